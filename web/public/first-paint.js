// Which ground does the page have before its code is there? Without this a dark page starts with a white flash.
;(function () {
  var chosen = null
  try {
    chosen = localStorage.getItem("jackfield.theme")
  } catch {
    // A browser that keeps nothing: the system's theme it is.
  }
  var dark = chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches)
  document.documentElement.style.background = dark ? "#121517" : "#f4f6f7"
})()

// Which page is shown? Three addresses and the browser's own history; a router library is not needed for that.
import { computed, ref } from "vue"

export type Page = "login" | "desk" | "figures"

const path = ref(location.pathname)
window.addEventListener("popstate", () => (path.value = location.pathname))

/** null: the address names no page of ours; the session decides then. */
export const page = computed<Page | null>(() => {
  switch (path.value.replace(/\/$/, "")) {
    case "/login":
      return "login"
    case "/desk":
      return "desk"
    case "/figures":
      return "figures"
    default:
      return null
  }
})

export function go(to: Page, how: "push" | "replace" = "push"): void {
  if (page.value === to) return
  history[how === "push" ? "pushState" : "replaceState"](null, "", `/${to}`)
  path.value = location.pathname
}

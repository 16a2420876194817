// Which page is shown? A few addresses and the browser's own history; a router library is not needed for that.
import { computed, ref } from "vue"

const FOR_ANYBODY = ["wallboard", "callback", "call"] as const
const PAGES = ["login", "desk", "live", "figures", "faq", "canned-answers", "spam", "admin", "settings"] as const

export type Page = (typeof PAGES)[number] | (typeof FOR_ANYBODY)[number] | "contact"

const path = ref(location.pathname)
window.addEventListener("popstate", () => (path.value = location.pathname))

const parts = computed(() => path.value.replace(/^\/|\/$/g, "").split("/"))

/** null: the address names no page of ours; the session decides then. */
export const page = computed<Page | null>(() => {
  const [first, second] = parts.value
  if (first === "contacts" && second) return "contact"
  const open = FOR_ANYBODY.find((each) => each === first)
  if (open) return open
  return PAGES.find((each) => each === first) ?? null
})

/** Whoever has the link needs no login. */
export const isForAnybody = computed(() => FOR_ANYBODY.some((each) => each === page.value))

/** Of which contact the contact page speaks. */
export const contactId = computed(() => (page.value === "contact" ? parts.value[1]! : null))

export function addressOf(to: Page, id?: string): string {
  return to === "contact" ? `/contacts/${id}` : `/${to}`
}

export function go(to: Page, id?: string, how: "push" | "replace" = "push"): void {
  const address = addressOf(to, id)
  if (address === path.value) return
  history[how === "push" ? "pushState" : "replaceState"](null, "", address)
  path.value = location.pathname
}

// What must the person be told now? A few lines at the foot of the page that go away by themselves.
import { shallowRef } from "vue"
import { i18n, said } from "./i18n"

const SHOWN_MS = 8_000
const AT_ONCE = 3

export interface Notice {
  id: number
  text: string
  isGood: boolean
}

export const notices = shallowRef<Notice[]>([])
let last = 0

/** What went wrong; or, where it is good, what was done out of sight. */
export function tell(text: string, isGood = false): void {
  const notice = { id: ++last, text, isGood }
  notices.value = [...notices.value.filter((each) => each.text !== text), notice].slice(-AT_ONCE)
  window.setTimeout(() => dismiss(notice.id), SHOWN_MS)
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((notice) => notice.id !== id)
}

export function refusalText(key: string | undefined, status?: number): string {
  const { t } = i18n.global
  const general = key ? t("refusal.general_with_key", { key }) : t("refusal.general")
  return said("refusal", key, status ? said("refusal.status", String(status), general) : general)
}

/** Of an act upon somebody else: said to them, "you" would be the wrong person. */
export function refusalOfOther(key: string | undefined, status?: number): string {
  return said("refusal_of_other", key, refusalText(key, status))
}

export function tellRefusal(key: string | undefined, status?: number): void {
  tell(refusalText(key, status))
}

// How does an offer reach somebody who looks elsewhere? A notification of the browser; it names queue and channel, never a person.
import { ref } from "vue"
import { notifying } from "./choices"

export type Permission = "default" | "granted" | "denied" | "impossible"

export const permission = ref<Permission>("Notification" in window ? Notification.permission : "impossible")
const shown = new Map<string, Notification>()

/** Only from a click: a browser holds other requests against the page. */
export async function askPermission(): Promise<void> {
  if (permission.value === "impossible") return
  permission.value = await Notification.requestPermission()
}

export function notify(id: string, title: string, body: string): void {
  if (permission.value !== "granted" || notifying.value === "off" || document.hasFocus() || shown.has(id)) return
  try {
    const notification = new Notification(title, { body, tag: id, icon: "/favicon.svg" })
    notification.onclick = () => {
      window.focus()
      notification.close()
    }
    shown.set(id, notification)
  } catch {
    // Some systems allow them to installed pages only.
  }
}

/** What is not offered any more is not announced any more. */
export function withdrawNotifications(offeredIds: string[]): void {
  for (const [id, notification] of shown) {
    if (offeredIds.includes(id)) continue
    notification.close()
    shown.delete(id)
  }
}

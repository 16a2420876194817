// Which keys work at the desk? Alt with a letter: it acts wherever the focus is and never on a letter typed into a note.
import { onBeforeUnmount, onMounted } from "vue"

export const KEYS = {
  KeyA: { show: "Alt+A", does: "accept" },
  KeyX: { show: "Alt+X", does: "decline" },
  KeyH: { show: "Alt+H", does: "hold" },
  KeyT: { show: "Alt+T", does: "transfer" },
  KeyO: { show: "Alt+O", does: "swap" },
  KeyC: { show: "Alt+C", does: "complete" },
  KeyV: { show: "Alt+V", does: "conference" },
  KeyB: { show: "Alt+B", does: "return" },
  KeyD: { show: "Alt+D", does: "dial" },
  KeyP: { show: "Alt+P", does: "recording" },
  KeyE: { show: "Alt+E", does: "end" },
  KeyF: { show: "Alt+F", does: "faq" },
  KeyN: { show: "Alt+N", does: "note" },
  KeyW: { show: "Alt+W", does: "finish" },
  KeyR: { show: "Alt+R", does: "ready" },
  KeyS: { show: "Alt+S", does: "state" },
  KeyM: { show: "Alt+M", does: "mute" },
  KeyJ: { show: "Alt+J", does: "next" },
  KeyK: { show: "Alt+K", does: "previous" },
  Slash: { show: "Alt+/", does: "keys" },
} as const

export type KeyAct = (typeof KEYS)[keyof typeof KEYS]["does"]

/** A question mark typed into nothing asks for the list, too. */
export function asksForList(event: KeyboardEvent): boolean {
  const at = event.target as HTMLElement | null
  const types = at?.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(at?.tagName ?? "")
  return event.key === "?" && !types && !event.ctrlKey && !event.metaKey
}

export function useKeys(acts: Record<KeyAct, () => void>): void {
  function pressed(event: KeyboardEvent): void {
    if (event.repeat) return
    const key = asksForList(event) ? KEYS.Slash : withAlt(event)
    if (!key) return
    event.preventDefault()
    acts[key.does]()
  }
  onMounted(() => window.addEventListener("keydown", pressed))
  onBeforeUnmount(() => window.removeEventListener("keydown", pressed))
}

function withAlt(event: KeyboardEvent) {
  if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return undefined
  return KEYS[event.code as keyof typeof KEYS]
}

export function shown(does: KeyAct): string {
  return Object.values(KEYS).find((key) => key.does === does)!.show
}

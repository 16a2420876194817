// Which keys work at the desk? Alt with a letter: it acts wherever the focus is and never on a letter typed into a note.
import { onBeforeUnmount, onMounted } from "vue"

export const KEYS = {
  KeyA: { show: "Alt+A", does: "accept" },
  KeyX: { show: "Alt+X", does: "decline" },
  KeyH: { show: "Alt+H", does: "hold" },
  KeyE: { show: "Alt+E", does: "end" },
  KeyW: { show: "Alt+W", does: "finish" },
  KeyR: { show: "Alt+R", does: "ready" },
  KeyJ: { show: "Alt+J", does: "next" },
  KeyK: { show: "Alt+K", does: "previous" },
  Slash: { show: "Alt+/", does: "keys" },
} as const

export type KeyAct = (typeof KEYS)[keyof typeof KEYS]["does"]

export function useKeys(acts: Record<KeyAct, () => void>): void {
  function pressed(event: KeyboardEvent): void {
    if (!event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || event.repeat) return
    const key = KEYS[event.code as keyof typeof KEYS]
    if (!key) return
    event.preventDefault()
    acts[key.does]()
  }
  onMounted(() => window.addEventListener("keydown", pressed))
  onBeforeUnmount(() => window.removeEventListener("keydown", pressed))
}

export function shown(does: KeyAct): string {
  return Object.values(KEYS).find((key) => key.does === does)!.show
}

// How does this person like to be called? Kept in this browser: a headset belongs to a machine, not to a login.
import { ref, watch } from "vue"
import { keep, kept, keptText } from "../kept"

const ON_OFF = ["on", "off"] as const
type OnOff = (typeof ON_OFF)[number]

export const ringing = keptRef("ringing", kept<OnOff>("ringing", ON_OFF, "on"))
export const notifying = keptRef("notifying", kept<OnOff>("notifying", ON_OFF, "on"))
export const ringDevice = keptRef("ring_device", keptText("ring_device") ?? "") // '' = the system's choice
export const ringVolume = keptRef("ring_volume", Number(keptText("ring_volume") ?? 60)) // per cent

/** Written as it changes. */
export function keptRef<T extends string | number>(name: string, first: T) {
  const value = ref(first)
  watch(value, (now) => keep(name, String(now)))
  return value
}

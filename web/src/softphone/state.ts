// In which state is the softphone? What happens is told as events; one that does not fit changes nothing.
import type { Segment } from "../desk/records"

export type Microphone = "unknown" | "there" | "denied" | "missing"
/** Why it is not ready, as far as a person can do something about it. */
export type Trouble = "refused" | "unanswered" | "lost" | "insecure" | "broken"
export type Sign = "off" | "other_tab" | "no_microphone" | "connecting" | "ready"

export interface Call {
  id: string
  number: string
  state: "ringing" | "answering" | "talking"
  isMuted: boolean
  stands: boolean // it stays open, and calls come to it
}

export interface Phone {
  isOn: boolean
  ownsAudio: boolean // of the tabs of one browser exactly one does
  microphone: Microphone
  isRegistered: boolean
  trouble: Trouble | null
  call: Call | null
}

export type PhoneEvent =
  | { is: "switched_on" }
  | { is: "switched_off" }
  | { is: "owned" }
  | { is: "microphone"; found: Microphone }
  | { is: "registered" }
  | { is: "unregistered" }
  | { is: "troubled"; by: Trouble }
  | { is: "rang"; id: string; number: string }
  | { is: "stood"; id: string }
  | { is: "answering"; id: string }
  | { is: "established"; id: string }
  | { is: "muted"; id: string; on: boolean }
  | { is: "ended"; id: string }

export const OFF: Phone = { isOn: false, ownsAudio: false, microphone: "unknown", isRegistered: false, trouble: null, call: null }

/** What may follow on which state of a call. */
const BEFORE: Record<"answering" | "established" | "muted", Call["state"][]> = {
  answering: ["ringing"],
  established: ["answering"],
  muted: ["talking"],
}

export function step(phone: Phone, event: PhoneEvent): Phone {
  if (event.is === "switched_on") return phone.isOn ? phone : { ...OFF, isOn: true }
  if (!phone.isOn) return phone
  switch (event.is) {
    case "switched_off":
      return OFF
    case "owned":
      return { ...phone, ownsAudio: true }
    case "microphone":
      return { ...phone, microphone: event.found }
    case "registered":
      return { ...phone, isRegistered: true, trouble: null }
    case "unregistered":
      return { ...phone, isRegistered: false }
    case "troubled":
      return { ...phone, isRegistered: false, trouble: event.by }
    case "rang":
      return takesCall(phone) ? { ...phone, call: { id: event.id, number: event.number, state: "ringing", isMuted: false, stands: false } } : phone
    case "stood":
      return takesCall(phone) ? { ...phone, call: { id: event.id, number: "", state: "answering", isMuted: false, stands: true } } : phone
    default:
      return phone.call?.id === event.id ? { ...phone, call: afterwards(phone.call, event) } : phone
  }
}

function afterwards(call: Call, event: Extract<PhoneEvent, { is: "answering" | "established" | "muted" | "ended" }>): Call | null {
  if (event.is === "ended") return null
  if (!BEFORE[event.is].includes(call.state)) return call
  if (event.is === "muted") return { ...call, isMuted: event.on }
  return { ...call, state: event.is === "answering" ? "answering" : "talking" }
}

/** One call at a time; a second one is told that the phone is busy. */
export function takesCall(phone: Phone): boolean {
  return phone.isOn && phone.ownsAudio && phone.call === null
}

/** The server rings after I accepted the offer: then it was I who wanted this call. */
export function answersByItself(phone: Phone, segments: readonly Segment[]): boolean {
  return phone.call?.state === "ringing" && segments.some(({ channel, state }) => channel === "phone" && state === "connecting")
}

export function signOf({ isOn, ownsAudio, microphone, isRegistered, trouble }: Phone): Sign {
  if (!isOn || trouble === "insecure") return "off"
  if (!ownsAudio) return "other_tab"
  if (microphone === "denied" || microphone === "missing") return "no_microphone"
  if (isRegistered) return "ready"
  return trouble === null || trouble === "lost" ? "connecting" : "off"
}

/** Under which key people read what is the matter. */
export function textKeyOf(phone: Phone): string {
  const sign = signOf(phone)
  if (sign === "no_microphone") return `softphone.microphone_${phone.microphone}`
  if (sign === "off" || sign === "connecting") return phone.trouble ? `softphone.trouble.${phone.trouble}` : `softphone.sign.${sign}`
  return sign === "ready" && phone.call?.stands ? "softphone.sign.stands" : `softphone.sign.${sign}`
}

/** My call as the desk knows it: its acts are the desk's, and not the phone's. */
export function segmentOnPhone(segments: readonly Segment[]): Segment | null {
  const urgency: Segment["state"][] = ["talking", "connecting", "held"]
  const calls = segments.filter(({ channel, state }) => channel === "phone" && urgency.includes(state))
  return calls.sort((a, b) => urgency.indexOf(a.state) - urgency.indexOf(b.state))[0] ?? null
}

export const KEYPAD = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"] as const

export function keypadKey(typed: string): string | null {
  return KEYPAD.find((key) => key === typed) ?? null
}

const QUIETEST_DB = -60

/** How loud a piece of sound is, 0 to 100: from 60 dB below the loudest to the loudest. */
export function levelOf(samples: Float32Array): number {
  if (samples.length === 0) return 0
  const power = samples.reduce((sum, each) => sum + each * each, 0) / samples.length
  const decibels = 10 * Math.log10(Math.max(power, 1e-9))
  return Math.round(Math.min(100, Math.max(0, 100 * (1 - decibels / QUIETEST_DB))))
}

// What does this tab's softphone do? It registers while the tab owns the audio, and answers what the desk has accepted.
import { computed, shallowRef, watch } from "vue"
import { api } from "../api/client"
import { actsOn } from "../desk/records"
import { act, segments } from "../desk/seat"
import { startRinging, stopRinging } from "../mine/ring"
import { lookForMicrophone, microphone, openMicrophone, release } from "./devices"
import type { Access, Line } from "./line"
import { answersByItself, OFF, segmentOnPhone, step, takesCall, type Phone, type PhoneEvent } from "./state"

const AUDIO_LOCK = "jackfield.softphone" // several tabs are one seat: the one that holds the lock has the phone
const ASKED_AGAIN_MS = 5_000
const RINGS_AFTER_MS = 800 // a call that I accepted is answered before it is heard

export const access = shallowRef<Access | null>(null)
export const phone = shallowRef<Phone>(OFF)
export const heard = shallowRef<MediaStream | null>(null) // of the other side
export const isAsking = shallowRef(false) // somebody rings whom I did not expect
export const segment = computed(() => segmentOnPhone(segments.value))

let line: Line | null = null
let voice: MediaStream | null = null // my own, for as long as a call is
let life: AbortController | null = null
let ringing: number | undefined

function tell(event: PhoneEvent): void {
  phone.value = step(phone.value, event)
}

/** Of whoever has logged in, if they have one. */
export async function takeUpPhone(): Promise<void> {
  layDownPhone()
  const mine = (life = new AbortController())
  access.value = await readAccess(mine.signal)
  if (!access.value || mine.signal.aborted) return
  tell({ is: "switched_on" })
  if (!navigator.locks || !navigator.mediaDevices) return tell({ is: "troubled", by: "insecure" })
  try {
    await navigator.locks.request(AUDIO_LOCK, { signal: mine.signal }, () => own(mine.signal))
  } catch (ended) {
    if (!mine.signal.aborted) throw ended
  }
}

/** The call ends, and the phone is nobody's. */
export function layDownPhone(): void {
  life?.abort()
  line?.close()
  line = life = access.value = heard.value = null
  letGo()
  tell({ is: "switched_off" })
}

async function readAccess(ended: AbortSignal): Promise<Access | null> {
  while (!ended.aborted) {
    const { data, response } = await api.GET("/v1/session/softphone").catch(() => ({ data: undefined, response: null }))
    if (data) return data
    if (response && response.status < 500) return null
    await new Promise((later) => window.setTimeout(later, ASKED_AGAIN_MS))
  }
  return null
}

async function own(ended: AbortSignal): Promise<void> {
  tell({ is: "owned" })
  const whenEnded = new Promise<void>((resolve) => ended.addEventListener("abort", () => resolve(), { once: true }))
  navigator.mediaDevices.addEventListener("devicechange", beReady)
  await Promise.race([beReady(), whenEnded])
  await whenEnded
  navigator.mediaDevices.removeEventListener("devicechange", beReady)
}

/** With a microphone it registers, without one it does not: nobody shall be put through to a phone that cannot speak. */
export async function beReady(): Promise<void> {
  const mine = life
  if (!mine || phone.value.call) return
  const found = await lookForMicrophone()
  if (mine.signal.aborted) return
  tell({ is: "microphone", found })
  if (found === "there") await register(mine.signal)
  else unregister()
}

async function register(ended: AbortSignal): Promise<void> {
  if (line || !access.value) return
  try {
    const { openLine } = await import("./line")
    if (ended.aborted || line || !access.value) return
    line = openLine(access.value, tell, (sound) => (heard.value = sound), () => takesCall(phone.value))
  } catch {
    tell({ is: "troubled", by: "broken" })
  }
}

function unregister(): void {
  if (!line || phone.value.call) return
  line.close()
  line = null
  tell({ is: "unregistered" })
}

// --- a call -------------------------------------------------------------------------------------------------------

export async function answer(): Promise<void> {
  const id = phone.value.call?.id
  if (id === undefined || phone.value.call?.state !== "ringing") return
  tell({ is: "answering", id })
  try {
    voice = await openMicrophone()
  } catch {
    tell({ is: "microphone", found: "missing" })
    return line?.hangUp(id)
  }
  if (phone.value.call?.id === id) line?.answer(id, voice)
  else letGo() // they went in this very moment
}

/** Calls come to it from now on, behind a beep; nothing rings. */
export async function stand(): Promise<void> {
  if (!line || !takesCall(phone.value)) return
  try {
    voice = await openMicrophone()
  } catch {
    return tell({ is: "microphone", found: "missing" })
  }
  if (line && takesCall(phone.value)) line.stand(voice)
  else letGo() // it rang in this very moment
}

export function hangUp(): void {
  if (phone.value.call) line?.hangUp(phone.value.call.id)
}

/** The contact's end is the desk's act; a call that the desk does not know ends by itself. */
export function endCall(): void {
  const known = segment.value
  const what = known && (["leave", "end"] as const).find((each) => actsOn(known).includes(each))
  if (known && what) void act({ what, segment: known.id })
  else hangUp()
}

export function toggleMute(): void {
  const { call } = phone.value
  if (call?.state === "talking") line?.mute(call.id, !call.isMuted)
}

export function press(key: string): void {
  const { call } = phone.value
  if (call?.state === "talking") line?.press(call.id, key)
}

function letGo(): void {
  release(voice)
  voice = null
}

watch([phone, segments], () => {
  if (answersByItself(phone.value, segments.value)) void answer()
})
watch(
  () => phone.value.call?.state,
  (now) => {
    window.clearTimeout(ringing)
    if (now === "ringing") ringing = window.setTimeout(() => (isAsking.value = true), RINGS_AFTER_MS)
    else isAsking.value = false
    if (now !== undefined) return
    letGo()
    if (phone.value.microphone !== "there") unregister()
  },
)
watch(isAsking, (now) => (now ? startRinging("softphone") : stopRinging("softphone")))
watch(microphone, async () => {
  const { call } = phone.value
  if (call?.state !== "talking") return
  const other = await openMicrophone().catch(() => null)
  if (!other) return
  if (phone.value.call?.id !== call.id) return release(other)
  line?.speakWith(call.id, other)
  release(voice)
  voice = other
})
window.addEventListener("beforeunload", (event) => phone.value.call && (segment.value || !phone.value.call.stands) && event.preventDefault())
window.addEventListener("pagehide", layDownPhone)

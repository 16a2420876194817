// How is an offer heard? Two soft tones on the chosen device, in one tab only, until it is gone.
import { ringDevice, ringing, ringVolume } from "./choices"

const TONES_HZ = [659, 880]
const TONE_S = 0.18
const EVERY_MS = 2_400
const AUDIO_LOCK = "jackfield.audio" // several tabs are one seat: the one that holds the lock is heard

type SinkContext = AudioContext & { setSinkId?(id: string): Promise<void> }

let context: SinkContext | null = null
let timer: number | undefined
let release: (() => void) | null = null

const reasons = new Set<string>() // an offer, a call at the softphone: it rings until none is left

export function startRinging(why: string): void {
  reasons.add(why)
  if (timer !== undefined || ringing.value === "off") return
  timer = window.setInterval(() => void ringOnce(), EVERY_MS)
  void ownAudio().then(() => ringOnce())
}

export function stopRinging(why: string): void {
  reasons.delete(why)
  if (reasons.size > 0) return
  window.clearInterval(timer)
  timer = undefined
  release?.()
  release = null
}

/** False: the browser keeps silent, be it that nobody has touched the page yet. */
export async function playTones(): Promise<boolean> {
  try {
    context ??= new AudioContext()
    await useDevice(context)
    if (context.state === "suspended") await context.resume()
    for (const [n, hz] of TONES_HZ.entries()) tone(context, hz, context.currentTime + n * (TONE_S + 0.02))
    return context.state === "running"
  } catch {
    return false
  }
}

async function ringOnce(): Promise<void> {
  if (timer !== undefined && release) await playTones()
}

async function useDevice(audio: SinkContext): Promise<void> {
  try {
    await audio.setSinkId?.(ringDevice.value)
  } catch {
    await audio.setSinkId?.("") // the headset was pulled: better aloud elsewhere than not at all
  }
}

function tone(audio: AudioContext, hz: number, at: number): void {
  const [sound, loudness] = [audio.createOscillator(), audio.createGain()]
  sound.frequency.value = hz
  loudness.gain.setValueAtTime(0, at)
  loudness.gain.linearRampToValueAtTime((ringVolume.value / 100) * 0.4, at + 0.02)
  loudness.gain.linearRampToValueAtTime(0, at + TONE_S)
  sound.connect(loudness).connect(audio.destination)
  sound.start(at)
  sound.stop(at + TONE_S)
}

/** Resolved when this tab may be heard; at once where the browser has no locks. */
function ownAudio(): Promise<void> {
  return new Promise((owned) => {
    const held = new Promise<void>((ended) => (release = ended))
    const mine = release
    release = null
    const take = () => {
      release = mine
      owned()
      return held
    }
    if (!navigator.locks) return void take()
    void navigator.locks.request(AUDIO_LOCK, { mode: "exclusive" }, () => (timer === undefined ? undefined : take()))
  })
}

export interface Device {
  id: string
  label: string
}

/** Where sound can go; null: this browser does not let a page choose. */
export async function outputs(): Promise<Device[] | null> {
  if (!("setSinkId" in AudioContext.prototype) || !navigator.mediaDevices) return null
  const all = await navigator.mediaDevices.enumerateDevices()
  const found = all.filter(({ kind, deviceId }) => kind === "audiooutput" && deviceId !== "default")
  return found.map(({ deviceId, label }) => ({ id: deviceId, label }))
}

/** Browsers name devices only to a page that may use one; the microphone is let go at once. */
export async function askForNames(): Promise<void> {
  try {
    const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
    for (const track of stream.getTracks()) track.stop()
  } catch {
    // Refused: the devices stay without names.
  }
}

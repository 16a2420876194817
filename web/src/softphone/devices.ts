// Which microphone and which loudspeaker? Kept in this browser: a headset belongs to a machine, not to a login.
import { keptText } from "../kept"
import { keptRef } from "../mine/choices"
import type { Device } from "../mine/ring"
import { levelOf, type Microphone } from "./state"

export const microphone = keptRef("microphone", keptText("microphone") ?? "") // '' = the system's choice
export const speaker = keptRef("speaker", keptText("speaker") ?? "")

/** Raises what getUserMedia raises. A device that was pulled is no reason for silence: another one is taken. */
export function openMicrophone(): Promise<MediaStream> {
  const chosen = microphone.value ? { deviceId: { ideal: microphone.value } } : {}
  return navigator.mediaDevices.getUserMedia({ audio: { ...chosen, echoCancellation: true, noiseSuppression: true, autoGainControl: true } })
}

export function release(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop()
}

/** The browser asks the person for it if nobody has said so yet. */
export async function lookForMicrophone(): Promise<Microphone> {
  try {
    release(await openMicrophone())
    return "there"
  } catch (refused) {
    return (refused as DOMException).name === "NotAllowedError" ? "denied" : "missing"
  }
}

export async function microphones(): Promise<Device[]> {
  const all = await navigator.mediaDevices.enumerateDevices()
  const found = all.filter(({ kind, deviceId }) => kind === "audioinput" && deviceId !== "default" && deviceId !== "")
  return found.map(({ deviceId, label }) => ({ id: deviceId, label }))
}

/** Tells how loud the microphone is until it is told to stop. Raises what getUserMedia raises. */
export async function listen(tell: (level: number) => void): Promise<() => void> {
  const stream = await openMicrophone()
  const context = new AudioContext()
  const analyser = context.createAnalyser()
  const samples = new Float32Array(analyser.fftSize)
  context.createMediaStreamSource(stream).connect(analyser)
  let frame = requestAnimationFrame(function measure() {
    analyser.getFloatTimeDomainData(samples)
    tell(levelOf(samples))
    frame = requestAnimationFrame(measure)
  })
  return () => {
    cancelAnimationFrame(frame)
    release(stream)
    void context.close()
  }
}

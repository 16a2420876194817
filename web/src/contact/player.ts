// How are the parts of a recording played? One after the other; each is fetched once, when somebody wants to hear it.
import { computed, onBeforeUnmount, ref, watch, type Ref } from "vue"
import { lengthOf, partAfter, placeAt, soundOf, type Part } from "./timeline"

export const SPEEDS = ["1", "1.25", "1.5", "2"] as const
export type Speed = (typeof SPEEDS)[number]

type State = "still" | "fetching" | "playing" | "lost" // lost: the sound did not come

export function usePlayer(parts: Ref<readonly Part[]>) {
  const [sounds, turntable] = [soundsKept(), turntableOf(goOn)]
  const soundMs = ref(0)
  const speed = ref<Speed>("1")
  const state = ref<State>("still")
  const skippedAfter = ref<string | null>(null) // from the part with this id it went on to the next
  const wholeMs = computed(() => soundOf(parts.value))
  const place = computed(() => placeAt(parts.value, soundMs.value))
  let frame = 0
  let latest = 0 // start: an earlier one that is still fetching has been overtaken

  async function start(): Promise<void> {
    const wanted = place.value
    if (!wanted) return
    const mine = ++latest
    turntable.stop()
    state.value = "fetching"
    const sound = await sounds.of(wanted.part)
    if (mine !== latest) return
    state.value = sound === null ? "lost" : "playing"
    if (sound === null) return
    const turns = await turntable.play(wanted.part, sound, wanted.withinMs, Number(speed.value))
    if (!turns && mine === latest) state.value = "still"
    follow()
  }

  function follow(): void {
    const reachedMs = state.value === "playing" ? turntable.reachedMs() : null
    if (reachedMs === null) return
    soundMs.value = reachedMs
    cancelAnimationFrame(frame) // it may have been sought meanwhile: one follows it
    frame = requestAnimationFrame(follow)
  }

  function goOn(played: Part): void {
    const next = state.value === "playing" ? partAfter(parts.value, played) : null
    soundMs.value = next?.soundMs ?? wholeMs.value
    skippedAfter.value = next ? played.id : null
    void (next ? start() : pause())
  }

  function play(): void {
    skippedAfter.value = null
    if (soundMs.value >= wholeMs.value) soundMs.value = 0
    void start()
  }

  function pause(): void {
    latest++
    state.value = "still"
    turntable.stop()
  }

  /** What is not being played is not fetched: nobody has heard it yet. */
  function seek(toMs: number): void {
    skippedAfter.value = null
    soundMs.value = Math.min(wholeMs.value, Math.max(0, toMs))
    if (state.value === "playing" || state.value === "fetching") void start()
  }

  watch(speed, (now) => turntable.turn(Number(now)))
  onBeforeUnmount(() => {
    pause()
    sounds.forget()
  })
  return { soundMs, wholeMs, place, speed, state, skippedAfter, play, pause, seek }
}

/** One part lies on it at a time. */
function turntableOf(ended: (part: Part) => void) {
  const audio = new Audio()
  let on: Part | null = null
  audio.addEventListener("ended", () => on && ended(on))

  /** False: the browser does not let it sound. */
  async function play(part: Part, sound: string, withinMs: number, speed: number): Promise<boolean> {
    if (on !== part) audio.src = sound
    on = part
    audio.currentTime = withinMs / 1_000
    audio.playbackRate = speed // the element forgets it with every new source
    return await audio.play().then(() => true, () => false)
  }

  /** Null: it does not turn. The very end of a part is the beginning of the next one, and not reached before that. */
  function reachedMs(): number | null {
    return on && !audio.paused ? on.soundMs + Math.min(audio.currentTime * 1_000, lengthOf(on) - 1) : null
  }

  return { play, reachedMs, stop: () => audio.pause(), turn: (speed: number) => (audio.playbackRate = speed) }
}

function soundsKept() {
  const addresses = new Map<string, string>() // within this page, by the part's id

  /** Null: it did not come. */
  async function of(part: Part): Promise<string | null> {
    const known = addresses.get(part.id)
    if (known) return known
    const answer = await fetch(`/v1/recordings/${part.id}`).catch(() => null)
    if (!answer?.ok) return null
    const address = URL.createObjectURL(await answer.blob())
    addresses.set(part.id, address)
    return address
  }

  function forget(): void {
    for (const address of addresses.values()) URL.revokeObjectURL(address)
  }

  return { of, forget }
}

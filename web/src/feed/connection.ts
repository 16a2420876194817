// What is one connection of this tab? Its records, its figures, its commands and its time, as a page can watch them.
import { computed, readonly, ref, shallowReactive, shallowRef, type ComputedRef, type DeepReadonly, type Ref, type ShallowRef } from "vue"
import { api } from "../api/client"
import { newId } from "../ids"
import { makeClock } from "./clock"
import { Commands, type Answer } from "./commands"
import { NO_RIGHT, type Act, type Do, type FeedName, type FeedRecord } from "./frames"
import { FeedSocket, SignedOut, type LinkState, type World } from "./socket"
import { emptyFeed, showFigures } from "./store"

const TICK_MS = 250

export interface Connection {
  records: Map<string, FeedRecord>
  figures: Map<string, FeedRecord>
  link: DeepReadonly<Ref<LinkState>>
  nowMs: DeepReadonly<Ref<number>>
  isConnected: ComputedRef<boolean>
  speed(): number // business milliseconds in a real one
  open(): void
  close(): void
  connectNow(): void
  ask(act: Act): Promise<Answer>
  underway: ShallowRef<Do[]>
}

export function makeConnection(name: FeedName, tab: string, ticket: () => Promise<string>, ended: () => void): Connection {
  const records = shallowReactive(new Map<string, FeedRecord>())
  const figures = shallowReactive(new Map<string, FeedRecord>())
  const [feed, clock, link] = [emptyFeed(records), makeClock(), ref<LinkState>("connecting")]
  const underway = shallowRef<Do[]>([])
  const now = ref(clock.nowMs())
  const commands: Commands = new Commands(
    (frame) => void socket?.send(frame),
    newId,
    () => performance.now(),
    () => (underway.value = commands.underway()),
  )
  let socket: FeedSocket | null = null
  let ticking: number | undefined

  function tell(state: LinkState): void {
    link.value = state
    now.value = clock.nowMs()
    if (state === "signed_out") ended()
  }

  function open(): void {
    if (socket) return
    socket = new FeedSocket(worldWith(ticket), { name, tab, feed, commands, clock, tell, figures: (frame) => showFigures(figures, name, frame) })
    socket.start()
    ticking = window.setInterval(() => (now.value = clock.nowMs()), TICK_MS)
    window.addEventListener("online", connectNow)
  }

  function close(): void {
    socket?.stop()
    socket = null
    window.clearInterval(ticking)
    window.removeEventListener("online", connectNow)
    records.clear()
    figures.clear()
    feed.pos = feed.parts = null
  }

  const connectNow = () => socket?.connectNow()
  const isConnected = computed(() => link.value === "connected")
  const ask = (act: Act) => (link.value === "no_right" ? Promise.resolve<Answer>({ state: "refused", problem: NO_RIGHT }) : commands.ask(act))
  return { records, figures, link: readonly(link), nowMs: readonly(now), isConnected, speed: clock.speed, open, close, connectNow, ask, underway }
}

/** A ticket for whoever is logged in. */
export async function ownTicket(): Promise<string> {
  const { data, response } = await api.POST("/v1/session/ticket")
  if (response.status === 401) throw new SignedOut()
  if (!data) throw new Error(`no ticket: ${response.status}`)
  return data.ticket
}

function worldWith(ticket: () => Promise<string>): World {
  return {
    open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`),
    ticket,
    monotonicMs: () => performance.now(),
    chance: () => Math.random(),
    after(ms, then) {
      const timer = window.setTimeout(then, ms)
      return () => window.clearTimeout(timer)
    },
  }
}

/** One name per tab, kept over a reload. */
export function tabName(): string {
  try {
    const name = sessionStorage.getItem("jackfield.tab") ?? newId()
    sessionStorage.setItem("jackfield.tab", name)
    return name
  } catch {
    return newId()
  }
}

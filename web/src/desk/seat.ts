// Where does the agent sit? The one connection of this tab: its records, its commands, its time.
import { computed, readonly, ref, shallowReactive, shallowRef } from "vue"
import { api } from "../api/client"
import { makeClock } from "../feed/clock"
import { Commands } from "../feed/commands"
import type { Act, Do, FeedRecord } from "../feed/frames"
import { FeedSocket, SignedOut, type LinkState, type World } from "../feed/socket"
import { emptyFeed } from "../feed/store"
import { newId } from "../ids"
import { tellRefusal } from "../notices"
import { signedOut } from "../session"
import { isOffer, meIn, segmentsIn } from "./records"

const TICK_MS = 250

const records = shallowReactive(new Map<string, FeedRecord>())
const feed = emptyFeed(records)
const clock = makeClock()
const linkState = ref<LinkState>("connecting")
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

export const link = readonly(linkState)
export const nowMs = readonly(now)
export const me = computed(() => meIn(records))
export const segments = computed(() => segmentsIn(records))
export const offers = computed(() => segments.value.filter(isOffer))
export const held = computed(() => segments.value.filter((segment) => !isOffer(segment)))
export const isConnected = computed(() => linkState.value === "connected")

export function sitDown(): void {
  if (socket) return
  socket = new FeedSocket(world, { name: "desk", tab: tabName(), feed, commands, clock, tell: (state) => enter(state) })
  socket.start()
  ticking = window.setInterval(() => (now.value = clock.nowMs()), TICK_MS)
  window.addEventListener("online", connectNow)
}

export function standUp(): void {
  socket?.stop()
  socket = null
  window.clearInterval(ticking)
  window.removeEventListener("online", connectNow)
  records.clear()
  feed.pos = feed.parts = null
}

export function connectNow(): void {
  socket?.connectNow()
}

/** True if the server did it; a refusal and a missing answer are told to the person here. */
export async function act(what: Act): Promise<boolean> {
  const answer = await commands.ask(what)
  if (answer.state === "refused") tellRefusal(answer.problem.text_key, answer.problem.status)
  if (answer.state === "unanswered") tellRefusal("unanswered")
  return answer.state === "done"
}

export function isUnderway(what: Act["what"], segment?: string): boolean {
  return underway.value.some((frame) => frame.what === what && (segment === undefined || frame.segment === segment))
}

function enter(state: LinkState): void {
  linkState.value = state
  now.value = clock.nowMs()
  if (state === "signed_out") signedOut()
}

const world: World = {
  open: () => new WebSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`),
  async ticket() {
    const { data, response } = await api.POST("/v1/session/ticket")
    if (response.status === 401) throw new SignedOut()
    if (!data) throw new Error(`no ticket: ${response.status}`)
    return data.ticket
  },
  monotonicMs: () => performance.now(),
  chance: () => Math.random(),
  after(ms, then) {
    const timer = window.setTimeout(then, ms)
    return () => window.clearTimeout(timer)
  },
}

/** One name per tab, kept over a reload. */
function tabName(): string {
  try {
    const name = sessionStorage.getItem("jackfield.tab") ?? newId()
    sessionStorage.setItem("jackfield.tab", name)
    return name
  } catch {
    return newId()
  }
}

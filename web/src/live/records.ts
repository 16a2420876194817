// What do the records of the live feed hold, as the server sends them?
import type { Channel, Role, SegmentState } from "../desk/records"
import type { Chosen, FeedRecord } from "../feed/frames"

export interface QueueRecord {
  id: string
  name: string
  company_id: string
  company: string
  closed: boolean
  service_level_s: number
  target_bp: number
  promise_s: number
}

export interface Hold {
  segment_id: string
  contact_id: string
  channel: Channel
  queue_id: string
  state: SegmentState
  role: Role
  since_ms: number
}

export interface AgentRecord {
  id: string
  name: string
  team_id: string | null
  team: string | null
  chosen: Chosen
  reason: string | null
  next_chosen: string | null
  not_responding: boolean
  desk_reachable: boolean
  phone_reachable: boolean
  since_ms: number
  load: number
  units: number
  skills: Record<string, number>
  queues: string[]
  holds: Hold[]
}

export interface ContactRecord {
  id: string
  channel: Channel
  company_id: string
  customer_id: string | null
  number: string | null
  queue_id: string
  state: "waiting" | SegmentState
  value: number
  queued_ms: number | null // null: it did not wait
  promise_ms: number | null
  limit_ms: number | null
  overdue: boolean
  agents: string[]
}

export interface AlertRecord {
  id: string
  rule: string
  queue_id?: string | null
  agent_id?: string | null
  level: "warn" | "alarm"
  since_ms: number
  seen: boolean
}

export interface AgentCounts {
  ready: number
  busy: number
  wrap_up: number
  away: number
  offline: number
  not_responding: number
  unreachable: number
}

export interface QueueFigures {
  as_of_ms: number
  waiting: number
  longest_since_ms: number | null
  overdue: number
  offered: number
  answered: number
  abandoned: number
  short_abandoned: number
  flowed_out: number
  service_level_bp: number | null
  abandon_rate_bp: number | null
  asa_ms: number | null
  wait_p50_ms: number | null
  wait_p90_ms: number | null
  replied: number
  reply_level_bp: number | null
  reply_wait_ms: number | null
  aht_ms: number | null
  occupancy_bp: number | null
  agents: AgentCounts
}

interface Kinds {
  queue: QueueRecord
  agent: AgentRecord
  contact: ContactRecord
  alert: AlertRecord
}

export function every<K extends keyof Kinds>(records: ReadonlyMap<string, FeedRecord>, kind: K): Kinds[K][] {
  const found: Kinds[K][] = []
  for (const [key, record] of records) if (key.startsWith(`${kind}/`)) found.push(record as unknown as Kinds[K])
  return found
}

export function figuresOf(figures: ReadonlyMap<string, FeedRecord>, queueId: string | null): QueueFigures | null {
  return (figures.get(queueId === null ? "all" : `queue/${queueId}`) as unknown as QueueFigures | undefined) ?? null
}

/** Since when they do it: a conversation, else what they chose. */
export function sinceOf(agent: AgentRecord): number {
  const doing = doingOf(agent)
  if (doing !== "busy" && doing !== "wrap_up") return agent.since_ms
  const active = agent.holds.filter(({ state }) => state !== "parked" && (doing === "wrap_up") === (state === "wrap_up"))
  return Math.min(...active.map(({ since_ms }) => since_ms))
}

/** What an agent is doing, in one word, for sorting and filtering. */
export type Doing = "flag" | "ready" | "busy" | "wrap_up" | "away" | "offline" | "unreachable"
export const DOINGS: Doing[] = ["flag", "unreachable", "ready", "busy", "wrap_up", "away", "offline"]

export function doingOf({ chosen, not_responding, desk_reachable, holds }: AgentRecord): Doing {
  if (not_responding && chosen !== "offline") return "flag" // who has gone home need not come back
  if (holds.some(({ state }) => state !== "wrap_up" && state !== "parked")) return "busy"
  if (holds.some(({ state }) => state === "wrap_up")) return "wrap_up"
  if (chosen !== "ready") return chosen
  return desk_reachable ? "ready" : "unreachable"
}

/** What the server asks of whoever is given something by hand; room and the flag it does not ask. */
export function isAtWork({ chosen, desk_reachable, phone_reachable }: AgentRecord, channel: Channel): boolean {
  return chosen === "ready" && desk_reachable && (channel !== "phone" || phone_reachable)
}

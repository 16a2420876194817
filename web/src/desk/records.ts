// What do the desk's records hold, as the server sends them?
import type { Act, Chosen, FeedRecord } from "../feed/frames"

export type Channel = "phone" | "chat" | "email" | "fax" | "task" | "message"
export type SegmentState = "offered" | "preview" | "connecting" | "talking" | "held" | "parked" | "wrap_up"

export interface Me {
  agent_id: string
  name: string
  chosen: Chosen
  reason: string | null
  next_chosen: string | null // 'ready', 'offline' or 'away:<reason>'
  not_responding: boolean
  desk_reachable: boolean
  phone_reachable: boolean
  since_ms: number
  load: number
  units: number
}

export interface Segment {
  id: string
  contact_id: string
  company_id: string | null
  channel: Channel | null
  queue_id: string
  queue: string
  state: SegmentState
  role: "primary" | "consult" | "conference" | "monitor"
  manual: boolean
  customer_id: string | null
  number: string | null
  queued_ms: number
  offered_ms: number
  expires_ms: number | null
  connected_ms: number | null
  wrap_up_until_ms: number | null
}

export type SegmentAct = Exclude<Act["what"], "choose" | "clear_flag" | "transfer">

export function meIn(records: ReadonlyMap<string, FeedRecord>): Me | null {
  return (records.get("me") as Me | undefined) ?? null
}

export function segmentsIn(records: ReadonlyMap<string, FeedRecord>): Segment[] {
  const segments: Segment[] = []
  for (const [key, record] of records) if (key.startsWith("segment/")) segments.push(record as unknown as Segment)
  return segments.sort((a, b) => a.offered_ms - b.offered_ms || (a.id < b.id ? -1 : 1))
}

export function isOffer({ state }: Segment): boolean {
  return state === "offered" || state === "preview"
}

/** Which buttons a state has; whether the act is possible is decided by the server. */
export function actsOn({ state, channel }: Segment): SegmentAct[] {
  const onWire = channel === "phone"
  switch (state) {
    case "offered":
    case "preview":
      return ["accept", "decline"]
    case "connecting":
      return []
    case "talking":
      return [onWire ? "hold" : "park", "end"]
    case "held":
      return ["retrieve", "end"]
    case "parked":
      return ["unpark", "end"]
    case "wrap_up":
      return ["finish"]
  }
}

/** 'away:meal' → away, meal. */
export function stateOf(next: string): { chosen: Chosen; reason: string | null } {
  const [chosen, ...reason] = next.split(":")
  return { chosen: chosen as Chosen, reason: reason.join(":") || null }
}

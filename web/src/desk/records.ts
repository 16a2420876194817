// What do the desk's records hold, as the server sends them?
import type { Chosen, DeskAct, FeedRecord } from "../feed/frames"

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

export type Role = "primary" | "consult" | "conference" | "monitor"

/** Another live segment of the same contact. */
export interface Party {
  segment_id: string
  agent_id: string
  agent: string
  role: Role
  state: SegmentState
}

/** Whom an agent called beside the customer, and why they are not there. */
export interface Outside {
  number: string
  state: "dialling" | "talking" | "held" | "busy" | "no_answer" | "failed" | "gone"
}

export interface Segment {
  id: string
  contact_id: string
  company_id: string | null
  channel: Channel | null
  direction?: "in" | "out" | "internal" | null // older servers leave it out
  queue_id: string
  queue: string
  state: SegmentState
  interrupted?: boolean // parked for something more urgent, and returns by itself; older servers leave it out
  role: Role
  manual: boolean
  customer_id: string | null
  number: string | null
  queued_ms: number
  offered_ms: number
  expires_ms: number | null
  connected_ms: number | null
  wrap_up_since_ms?: number | null // older servers leave it out
  wrap_up_until_ms: number | null
  with?: Party[]
  may?: string[] // what is possible now; older servers leave it out
  outside?: Outside | null // older servers leave it out
  recording?: "on" | "paused" | null // of the conversation, now; older servers leave it out
}

export type SegmentAct = Exclude<DeskAct["what"], "choose" | "clear_flag">

// In the order of their buttons.
const ACTS: SegmentAct[] = [
  "accept", "decline", "hold", "retrieve", "park", "unpark", "swap", "complete", "conference", "return", "transfer", "consult",
  "pause_recording", "resume_recording", "leave", "end", "finish",
]

export function meIn(records: ReadonlyMap<string, FeedRecord>): Me | null {
  return (records.get("me") as Me | undefined) ?? null
}

export function segmentsIn(records: ReadonlyMap<string, FeedRecord>): Segment[] {
  const segments: Segment[] = []
  for (const [key, record] of records) if (key.startsWith("segment/")) segments.push(record as unknown as Segment)
  return segments.sort((a, b) => a.offered_ms - b.offered_ms || (a.id < b.id ? -1 : 1))
}

const URGENCY: SegmentState[] = ["talking", "connecting", "held", "wrap_up", "parked"]

/** Whom I am at if I have not said so: who hears me, before who waits for me. */
export function mostUrgent(held: readonly Segment[]): Segment | null {
  return [...held].sort((a, b) => URGENCY.indexOf(a.state) - URGENCY.indexOf(b.state))[0] ?? null
}

export function isOffer({ state }: Segment): boolean {
  return state === "offered" || state === "preview"
}

/** Which buttons a segment has: what the record says may be done, else what its state suggests. */
export function actsOn(segment: Segment): SegmentAct[] {
  const { may } = segment
  return may ? ACTS.filter((each) => may.includes(each)) : actsOfState(segment)
}

function actsOfState({ state, channel }: Segment): SegmentAct[] {
  const onWire = channel === "phone"
  switch (state) {
    case "offered":
    case "preview":
      return ["accept", "decline"]
    case "connecting":
      return []
    case "talking":
      return [onWire ? "hold" : "park", "transfer", "end"]
    case "held":
      return ["retrieve", "transfer", "end"]
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

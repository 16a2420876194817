// When did who wait and who talk? The stays and segments of a contact as strips on one line of time.

export interface StayTold {
  id: string
  queue: string
  queued_ms: number
  ended_ms: number | null
  end: string | null
}

export interface SegmentTold {
  id: string
  agent_id: string
  role: string
  state: string
  offered_ms: number
  connected_ms: number | null
  ended_ms: number | null
  end: string | null
}

export interface EventTold {
  at_ms: number
  kind: string
  segment_id: string | null
}

export interface Strip {
  kind: "waiting" | "offered" | "talking" | "held" | "wrap_up"
  fromMs: number
  toMs: number
}

export interface Strand {
  id: string
  name: string
  role: string | null
  end: string | null
  strips: Strip[]
}

const BEGINS: Record<string, Strip["kind"]> = {
  "segment.offered": "offered", "segment.connected": "talking", "segment.held": "held", "segment.retrieved": "talking",
  "segment.parked": "held", "segment.unparked": "talking", "segment.ended": "wrap_up",
}
const OVER = ["segment.finished", "segment.declined", "segment.expired", "segment.withdrawn", "segment.failed"]

export function strandsOf(stays: StayTold[], segments: SegmentTold[], events: EventTold[], nowMs: number, nameOf: (agentId: string) => string): Strand[] {
  const waits = stays.map((stay) => ({
    id: stay.id, name: stay.queue, role: null, end: stay.end, at: stay.queued_ms,
    strips: [{ kind: "waiting" as const, fromMs: stay.queued_ms, toMs: stay.ended_ms ?? nowMs }],
  }))
  const served = segments.map((segment) => ({
    id: segment.id, name: nameOf(segment.agent_id), role: segment.role, end: segment.end, at: segment.offered_ms,
    strips: stripsOf(segment, events.filter(({ segment_id }) => segment_id === segment.id), nowMs),
  }))
  return [...waits, ...served].sort((a, b) => a.at - b.at)
}

function stripsOf(segment: SegmentTold, events: EventTold[], nowMs: number): Strip[] {
  const told = events.filter(({ kind }) => BEGINS[kind]).sort((a, b) => a.at_ms - b.at_ms)
  const over = events.find(({ kind }) => OVER.includes(kind))?.at_ms ?? segment.ended_ms ?? nowMs
  if (told.length === 0) return withoutEvents(segment, over)
  const strips = told.map(({ kind, at_ms }, n) => ({ kind: BEGINS[kind]!, fromMs: at_ms, toMs: told[n + 1]?.at_ms ?? Math.max(at_ms, over) }))
  return strips.filter(({ fromMs, toMs }) => toMs > fromMs)
}

/** The log may have been thinned out: the segment's own times are left. */
function withoutEvents({ offered_ms, connected_ms }: SegmentTold, over: number): Strip[] {
  if (connected_ms === null) return [{ kind: "offered", fromMs: offered_ms, toMs: over }]
  return [
    { kind: "offered", fromMs: offered_ms, toMs: connected_ms },
    { kind: "talking", fromMs: connected_ms, toMs: over },
  ]
}

export function spanOf(strands: readonly Strand[]): { fromMs: number; toMs: number } {
  const strips = strands.flatMap((strand) => strand.strips)
  const fromMs = Math.min(...strips.map((strip) => strip.fromMs))
  return { fromMs, toMs: Math.max(fromMs + 1, ...strips.map((strip) => strip.toMs)) }
}

// Where does which part of a recording lie, who was there, and what lies between? One line of time for a contact's sounds.
import { duration } from "../moments"
import type { EventTold, SegmentTold, StayTold } from "./strands"

export interface Recorded {
  id: string
  segment_id: string | null
  kind: string
  part: number
  began_ms: number
  length_ms: number
  state: string
}

/** `soundMs`: where its sound begins if all sounds are played one after the other. */
export interface Part {
  id: string
  n: number
  kind: string
  segmentId: string | null
  fromMs: number
  toMs: number
  soundMs: number
  isThere: boolean
}

export type Why = "held" | "paused" | "waiting" | "unrecorded"

export interface Gap {
  fromMs: number
  toMs: number
  why: Why
}

export interface Strip {
  kind: "talking" | "aside" | "held"
  fromMs: number
  toMs: number
}

export interface Lane {
  key: string
  name: string | null // null: the customer's
  strips: Strip[]
}

/** A piece of the line as it is drawn: parts to scale, gaps no wider than that they can be read. */
export interface Piece {
  fromMs: number
  toMs: number
  from: number // shares of the width
  to: number
}

const NARROWEST_GAP = 0.05 // of all sounds together
const WIDEST_GAP = 0.12
const APART_MS = 250 // what is closer follows at once
const NEAR_MS = 1_500 // a pause is noted a little after the part has ended

export function partsOf(recordings: readonly Recorded[]): Part[] {
  let soundMs = 0
  return [...recordings]
    .sort((a, b) => a.began_ms - b.began_ms || a.part - b.part)
    .map(({ id, kind, segment_id, began_ms, length_ms, state }, at) => {
      const isThere = state === "stored" && length_ms > 0
      const part = { id, n: at + 1, kind, segmentId: segment_id, fromMs: began_ms, toMs: began_ms + length_ms, soundMs, isThere }
      if (isThere) soundMs += length_ms
      return part
    })
}

export function lengthOf(part: Part): number {
  return part.toMs - part.fromMs
}

export function soundOf(parts: readonly Part[]): number {
  return parts.reduce((sum, part) => sum + (part.isThere ? lengthOf(part) : 0), 0)
}

// --- where the play head is -------------------------------------------------------------------------------------------

/** The part that sounds at this place, and the true instant; at the very end the last one's end. */
export function placeAt(parts: readonly Part[], soundMs: number): { part: Part; withinMs: number; atMs: number } | null {
  const there = parts.filter((part) => part.isThere)
  const found = there.findLast((part) => part.soundMs <= soundMs) ?? there[0]
  if (!found) return null
  const withinMs = Math.min(lengthOf(found), Math.max(0, soundMs - found.soundMs))
  return { part: found, withinMs, atMs: found.fromMs + withinMs }
}

/** Where the sound of this instant is; between parts, where the next one begins. */
export function soundAt(parts: readonly Part[], atMs: number): number {
  const next = parts.find((part) => part.isThere && part.toMs > atMs)
  return next ? next.soundMs + Math.max(0, atMs - next.fromMs) : soundOf(parts)
}

/** The part that is played after this one. */
export function partAfter(parts: readonly Part[], part: Part): Part | null {
  return parts.find((each) => each.isThere && each.n > part.n) ?? null
}

/** Where the part before begins; from well inside a part it is its own beginning. */
export function startBefore(parts: readonly Part[], soundMs: number): number {
  const inside = 1_000
  return parts.findLast((part) => part.isThere && part.soundMs < soundMs - inside)?.soundMs ?? 0
}

export function startAfter(parts: readonly Part[], soundMs: number): number {
  return parts.find((part) => part.isThere && part.soundMs > soundMs)?.soundMs ?? soundOf(parts)
}

// --- what lies between ------------------------------------------------------------------------------------------------

export function gapsOf(parts: readonly Part[], stays: readonly StayTold[], events: readonly EventTold[]): Gap[] {
  const gaps: Gap[] = []
  let endMs = parts[0]?.toMs ?? 0
  for (const part of parts.slice(1)) {
    if (part.fromMs - endMs > APART_MS) gaps.push({ fromMs: endMs, toMs: part.fromMs, why: whyOf(endMs, part.fromMs, stays, events) })
    endMs = Math.max(endMs, part.toMs)
  }
  return gaps
}

/** Rounded up: what is there is not nothing. */
export function lengthTold({ fromMs, toMs }: Gap): string {
  return duration(Math.ceil((toMs - fromMs) / 1_000) * 1_000)
}

function whyOf(fromMs: number, toMs: number, stays: readonly StayTold[], events: readonly EventTold[]): Why {
  const inside = (kind: string) => events.some((event) => event.kind === kind && event.at_ms >= fromMs - NEAR_MS && event.at_ms < toMs)
  if (inside("segment.recording_paused")) return "paused"
  if (stays.some(({ queued_ms, ended_ms }) => queued_ms < toMs && (ended_ms ?? toMs) > fromMs)) return "waiting"
  return inside("segment.held") || inside("segment.parked") ? "held" : "unrecorded"
}

// --- who was there ----------------------------------------------------------------------------------------------------

/** The customer's lane first, then the agents' in the order in which they came; only what lies between first and last part. */
export function lanesOf(
  parts: readonly Part[], gaps: readonly Gap[], segments: readonly SegmentTold[], events: readonly EventTold[], nameOf: (agentId: string) => string,
): Lane[] {
  const [first, last] = [parts[0], parts.at(-1)]
  if (!first || !last) return []
  const [fromMs, toMs] = [first.fromMs, Math.max(...parts.map((part) => part.toMs))]
  const spoken = parts.map((part) => ({ kind: "talking" as const, fromMs: part.fromMs, toMs: part.toMs }))
  const held = gaps.filter(({ why }) => why === "held").map((gap) => ({ kind: "held" as const, fromMs: gap.fromMs, toMs: gap.toMs }))
  const lanes: Lane[] = [{ key: "customer", name: null, strips: inOrder([...spoken, ...held]) }]
  for (const segment of [...segments].sort((a, b) => a.offered_ms - b.offered_ms)) {
    const strips = clipped(stripsOf(segment, events.filter(({ segment_id }) => segment_id === segment.id), toMs), fromMs, toMs)
    if (strips.length === 0) continue
    const known = lanes.find(({ key }) => key === segment.agent_id)
    if (known) known.strips = inOrder([...known.strips, ...strips])
    else lanes.push({ key: segment.agent_id, name: nameOf(segment.agent_id), strips })
  }
  return lanes
}

type Now = "talking" | "held" | null

const TALKS: Record<string, Now> = {
  "segment.connected": "talking", "segment.held": "held", "segment.retrieved": "talking", "segment.parked": "held",
  "segment.unparked": "talking", "segment.ended": null, "segment.finished": null,
}

/** A colleague who is asked speaks with the agent, aside from the customer, until the log says that they are more. */
function stripsOf(segment: SegmentTold, events: readonly EventTold[], endMs: number): Strip[] {
  if (segment.connected_ms === null) return []
  const change = events.find(({ kind }) => kind === "segment.role_changed")?.at_ms
  const asideUntilMs = change ?? (segment.role === "consult" ? Infinity : -Infinity)
  const overMs = segment.ended_ms ?? endMs
  const told: { now: Now; atMs: number }[] = events.filter(({ kind }) => kind in TALKS).map(({ kind, at_ms }) => ({ now: TALKS[kind]!, atMs: at_ms }))
  if (told.length === 0) told.push({ now: "talking", atMs: segment.connected_ms }) // the log may have been thinned out
  return told
    .flatMap(({ now, atMs }, n): Strip[] => (now ? [{ kind: now, fromMs: atMs, toMs: told[n + 1]?.atMs ?? overMs }] : []))
    .flatMap((strip) => asideFirst(strip, asideUntilMs))
    .filter(({ fromMs, toMs }) => toMs > fromMs)
}

function asideFirst(strip: Strip, untilMs: number): Strip[] {
  if (strip.kind !== "talking" || strip.fromMs >= untilMs) return [strip]
  return [
    { ...strip, kind: "aside", toMs: Math.min(strip.toMs, untilMs) },
    { ...strip, fromMs: Math.min(strip.toMs, untilMs) },
  ]
}

function clipped(strips: readonly Strip[], fromMs: number, toMs: number): Strip[] {
  const cut = strips.map((strip) => ({ ...strip, fromMs: Math.max(strip.fromMs, fromMs), toMs: Math.min(strip.toMs, toMs) }))
  return cut.filter((strip) => strip.toMs > strip.fromMs)
}

function inOrder(strips: Strip[]): Strip[] {
  return strips.sort((a, b) => a.fromMs - b.fromMs)
}

// --- how it is drawn --------------------------------------------------------------------------------------------------

export function scaleOf(parts: readonly Part[], gaps: readonly Gap[]): Piece[] {
  const first = parts[0]
  if (!first) return []
  const toMs = Math.max(...parts.map((part) => part.toMs))
  const edges = [first.fromMs, ...gaps.flatMap((gap) => [gap.fromMs, gap.toMs]), toMs]
  const soundMs = Math.max(1, toMs - first.fromMs - gaps.reduce((sum, gap) => sum + gap.toMs - gap.fromMs, 0))
  const weights = edges.slice(1).map((edge, n) => {
    const lengthMs = edge - edges[n]!
    return n % 2 === 0 ? lengthMs : Math.min(Math.max(lengthMs, soundMs * NARROWEST_GAP), soundMs * WIDEST_GAP)
  })
  const whole = Math.max(1, weights.reduce((sum, weight) => sum + weight, 0))
  let done = 0
  return weights.map((weight, n) => {
    const from = done / whole
    done += weight
    return { fromMs: edges[n]!, toMs: edges[n + 1]!, from, to: done / whole }
  })
}

/** An instant as a share of the width. */
export function shareAt(scale: readonly Piece[], atMs: number): number {
  const piece = scale.find(({ toMs }) => atMs <= toMs) ?? scale.at(-1)
  if (!piece) return 0
  const within = piece.toMs > piece.fromMs ? (atMs - piece.fromMs) / (piece.toMs - piece.fromMs) : 0
  return piece.from + Math.min(1, Math.max(0, within)) * (piece.to - piece.from)
}

export function instantAt(scale: readonly Piece[], share: number): number {
  const piece = scale.find(({ to }) => share <= to) ?? scale.at(-1)
  if (!piece) return 0
  const within = piece.to > piece.from ? (share - piece.from) / (piece.to - piece.from) : 0
  return piece.fromMs + Math.min(1, Math.max(0, within)) * (piece.toMs - piece.fromMs)
}

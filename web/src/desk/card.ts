// Who is it, and what happened before? The card of a contact as the server sends it; older servers send none or less.
import type { FeedRecord } from "../feed/frames"
import type { Channel, Segment } from "./records"

export type Level = "none" | "claimed" | "matched" | "verified"

export interface Candidate {
  customer_id: string
  name: string
  reason?: string
}

export interface Address {
  kind: string
  address: string
  level?: Level
}

export interface LastContact {
  contact_id: string
  channel: Channel
  direction?: "in" | "out"
  at_ms: number
  outcome?: string | null
  queue?: string | null
  disposition?: string | null
}

/** What has begun with this customer and is not over; what has a deadline says so. */
export interface OpenWork extends Omit<LastContact, "outcome" | "disposition"> {
  title?: string
  due_ms?: number | null
}

export interface Card {
  contact_id: string
  customer_id: string | null
  name: string | null
  level: Level
  candidates: Candidate[]
  value: number | null
  value_terms: Record<string, unknown>
  life_stage: string | null
  language: string | null
  local_time_zone: string | null
  addresses: Address[]
  last_contacts: LastContact[]
  open_work: OpenWork[]
  collected: Record<string, unknown>
  links: { name: string; url: string }[]
}

const EMPTY: Omit<Card, "contact_id"> = {
  customer_id: null, name: null, level: "none", candidates: [], value: null, value_terms: {}, life_stage: null, language: null,
  local_time_zone: null, addresses: [], last_contacts: [], open_work: [], collected: {}, links: [],
}

/** null: the server sends no card of this contact. */
export function cardIn(records: ReadonlyMap<string, FeedRecord>, contactId: string): Card | null {
  const sent = records.get(`card/${contactId}`)
  if (!sent) return null
  const given = Object.fromEntries(Object.entries(sent).filter(([, value]) => value !== null && value !== undefined))
  return { ...EMPTY, contact_id: contactId, ...given } as Card
}

/** What the value is made of, the weightiest first; a term is a number, or an object with `points`. */
export function termsOf(card: Card): { name: string; points: number }[] {
  const terms = Object.entries(card.value_terms).map(([name, term]) => ({ name, points: pointsOf(term) }))
  return terms.filter((term): term is { name: string; points: number } => term.points !== null).sort((a, b) => b.points - a.points)
}

function pointsOf(term: unknown): number | null {
  if (typeof term === "number") return term
  const points = (term as { points?: unknown } | null)?.points
  return typeof points === "number" ? points : null
}

/** Only addresses that a browser opens as a page: a link is made from a template of somebody's. */
export function safeLinks(card: Card): { name: string; url: string }[] {
  return card.links.filter(({ url }) => /^https?:\/\//i.test(url))
}

export type Tier = "high" | "middle" | "low"

export function tierOf(value: number): Tier {
  if (value >= 70) return "high"
  return value >= 40 ? "middle" : "low"
}

/** The clock on the customer's wall. */
export function localTime(zone: string | null, nowMs: number, language: string): string | null {
  if (!zone) return null
  try {
    return new Date(nowMs).toLocaleTimeString(language, { timeZone: zone, hour: "2-digit", minute: "2-digit" })
  } catch {
    return null // a zone that this browser does not know
  }
}

/** The key of what stands in place of a name. Two candidates are nobody yet. */
/** Whom a call between colleagues is with; null: there is a customer. */
export function colleagueIn(segment: Segment, somebody: string): string | null {
  return segment.direction === "internal" ? (segment.with?.[0]?.agent ?? somebody) : null
}

export function nameless(card: Card | null, customerId: string | null): "desk.known_customer" | "desk.unknown_customer" {
  const isKnown = card ? card.level === "matched" || card.level === "verified" : customerId !== null
  return isKnown ? "desk.known_customer" : "desk.unknown_customer"
}

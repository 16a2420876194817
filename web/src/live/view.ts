// What does this supervisor want to see, and in which order? Kept on the server; a damaged one becomes ours.
import { FIGURE_KEYS, isFigureKey, type FigureKey } from "./figure"
import type { Limits, Thresholds } from "./thresholds"

export const CARDS_MAX = 6
const KNOWN_BY_ARRANGING = 1

export interface View {
  v: number
  cards: FigureKey[]
  queues: FigureKey[] // columns of the table
  thresholds: Thresholds
}

export const OUR_VIEW: View = {
  v: KNOWN_BY_ARRANGING,
  cards: ["waiting", "longest", "service_level", "abandon_rate", "agents_ready", "occupancy"],
  queues: ["waiting", "longest", "overdue", "service_level", "offered", "answered", "abandoned", "aht", "agents_ready", "agents_busy", "agents_away"],
  thresholds: {},
}

export function copyOf(view: View): View {
  return JSON.parse(JSON.stringify(view)) as View
}

export function readView(kept: unknown): View {
  const { cards, queues, thresholds } = (kept ?? {}) as Record<string, unknown>
  return {
    v: KNOWN_BY_ARRANGING,
    cards: keysIn(cards, OUR_VIEW.cards).slice(0, CARDS_MAX),
    queues: keysIn(queues, OUR_VIEW.queues),
    thresholds: thresholdsIn(thresholds),
  }
}

function keysIn(kept: unknown, otherwise: FigureKey[]): FigureKey[] {
  const known = Array.isArray(kept) ? [...new Set(kept.filter(isFigureKey))] : []
  return known.length ? known : otherwise
}

function thresholdsIn(kept: unknown): Thresholds {
  const found: Thresholds = {}
  for (const [key, limits] of Object.entries((kept ?? {}) as Record<string, Partial<Limits> | null>)) {
    if (isFigureKey(key) && limits) found[key] = { warn: numberIn(limits.warn), alarm: numberIn(limits.alarm) }
  }
  return found
}

function numberIn(kept: unknown): number | null {
  return typeof kept === "number" && Number.isFinite(kept) ? Math.trunc(kept) : null
}

/** One step up or down in an order; at the end nothing moves. */
export function moved<T>(list: readonly T[], at: number, by: -1 | 1): T[] {
  const to = at + by
  if (to < 0 || to >= list.length) return [...list]
  const order = [...list]
  ;[order[at], order[to]] = [order[to]!, order[at]!]
  return order
}

export function others(chosen: readonly FigureKey[]): FigureKey[] {
  return FIGURE_KEYS.filter((key) => !chosen.includes(key))
}

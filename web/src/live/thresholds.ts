// When does a figure call for somebody? Two limits a figure, the person's own before ours; service level looks at its queue's target.
import { unitOf, type FigureKey } from "./figure"
import type { QueueRecord } from "./records"

export type Judgement = "fine" | "warn" | "alarm"

/** In the figure's own unit: counts, milliseconds, basis points. null = never. */
export interface Limits {
  warn: number | null
  alarm: number | null
}

export type Thresholds = Partial<Record<FigureKey, Limits>>

const BELOW_IS_BAD: FigureKey[] = ["service_level", "agents_ready"]
const FAR_BELOW_TARGET_BP = 1_000

export const OURS: Thresholds = {
  overdue: { warn: 1, alarm: 5 },
  abandon_rate: { warn: 500, alarm: 1_000 },
  agents_not_responding: { warn: 1, alarm: 3 },
  agents_unreachable: { warn: 1, alarm: null },
  occupancy: { warn: 9_000, alarm: 9_600 },
}

// What can be set in the page, in this order.
export const SETTABLE: FigureKey[] = [
  "waiting", "longest", "overdue", "service_level", "abandon_rate", "asa", "occupancy", "agents_ready", "agents_not_responding",
]

export function isBadBelow(key: FigureKey): boolean {
  return BELOW_IS_BAD.includes(key)
}

export function limitsOf(key: FigureKey, own: Thresholds, queue: QueueRecord | null): Limits | null {
  if (own[key]) return own[key]
  if (key === "service_level" && queue) return { warn: queue.target_bp, alarm: queue.target_bp - FAR_BELOW_TARGET_BP }
  if (key === "longest" && queue) return { warn: queue.promise_s * 500, alarm: queue.promise_s * 1_000 }
  return OURS[key] ?? null
}

export function judge(key: FigureKey, value: number | null, limits: Limits | null): Judgement {
  if (value === null || !limits) return "fine"
  const isBeyond = (limit: number | null) => limit !== null && (isBadBelow(key) ? value < limit : value >= limit)
  if (isBeyond(limits.alarm)) return "alarm"
  return isBeyond(limits.warn) ? "warn" : "fine"
}

// People set seconds and per cent.
const SCALE = { count: 1, ms: 1_000, bp: 100 } as const

export function asTyped(key: FigureKey, limit: number | null): number | null {
  return limit === null ? null : limit / SCALE[unitOf(key)]
}

export function asStored(key: FigureKey, typed: number | null): number | null {
  return typed === null ? null : Math.round(typed * SCALE[unitOf(key)])
}

// Which figures are there, in which unit, and where in the frame do they stand? Their definitions are texts: metric.<key>.
import type { AgentCounts, QueueFigures } from "./records"

export type Unit = "count" | "ms" | "bp"
export const FIGURE_KEYS = [
  "waiting", "longest", "overdue", "service_level", "offered", "answered", "abandoned", "short_abandoned", "flowed_out", "abandon_rate",
  "asa", "wait_p50", "wait_p90", "aht", "occupancy", "agents_ready", "agents_busy", "agents_wrap_up", "agents_away", "agents_offline",
  "agents_not_responding", "agents_unreachable",
] as const
export type FigureKey = (typeof FIGURE_KEYS)[number]

const UNITS: Partial<Record<FigureKey, Unit>> = {
  longest: "ms", asa: "ms", wait_p50: "ms", wait_p90: "ms", aht: "ms", service_level: "bp", abandon_rate: "bp", occupancy: "bp",
}

export function unitOf(key: FigureKey): Unit {
  return UNITS[key] ?? "count"
}

export function isFigureKey(key: unknown): key is FigureKey {
  return FIGURE_KEYS.includes(key as FigureKey)
}

/** null: nothing of nothing, or not measured. */
export function valueOf(figures: QueueFigures | null, key: FigureKey, nowMs: number): number | null {
  if (!figures) return null
  if (key === "longest") return figures.longest_since_ms === null ? null : Math.max(0, nowMs - figures.longest_since_ms)
  if (key.startsWith("agents_")) return figures.agents?.[key.slice("agents_".length) as keyof AgentCounts] ?? null
  const suffix = { ms: "_ms", bp: "_bp", count: "" }[unitOf(key)]
  const value = (figures as unknown as Record<string, unknown>)[key + suffix]
  return typeof value === "number" ? value : null
}

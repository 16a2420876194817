// What does an event say beside its kind? Only what a person can read: no ids, no instants of the engine, nothing that is not so.
import { duration } from "../moments"

const US_PER_MS = 1_000
const DURATIONS = ["wait_us", "talk_us", "hold_us", "wrap_up_us", "parked_us"]

export function besidesOf(data: Readonly<Record<string, unknown>>): [string, string][] {
  return Object.entries(data).flatMap(([name, value]): [string, string][] => {
    if (DURATIONS.includes(name) && typeof value === "number") return [[name.slice(0, -"_us".length), duration(value / US_PER_MS)]]
    const isForMachines = name.endsWith("_us") || name.endsWith("_id") || name === "v"
    return isForMachines || value === null || value === false || typeof value === "object" ? [] : [[name, String(value)]]
  })
}

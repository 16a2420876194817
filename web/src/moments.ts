// How is a duration told? 4:07, 1:02:09: the same width for the same length, so that nothing jumps.

export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000))
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (n: number) => String(n).padStart(2, "0")
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** What is left is rounded up: 0:00 means over. */
export function left(ms: number): string {
  return duration(Math.ceil(Math.max(0, ms) / 1_000) * 1_000)
}

/** Today the time of day, else the day too: what a person needs to place it. */
export function dayAndTime(ms: number, language: string, now = new Date()): string {
  const at = new Date(ms)
  const time = at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit" })
  if (at.toDateString() === now.toDateString()) return time
  const year = at.getFullYear() === now.getFullYear() ? undefined : ("numeric" as const)
  return `${at.toLocaleDateString(language, { day: "numeric", month: "short", year })} ${time}`
}

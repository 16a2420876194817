// When is something done later? As a person's clock shows it, which is how the browser's own field reads and writes it.

const MORNING_H = 9

/** The next day's morning, as `<input type="datetime-local">` takes it. */
export function morningAfter(nowMs: number): string {
  const at = new Date(nowMs)
  const then = new Date(at.getFullYear(), at.getMonth(), at.getDate() + 1, MORNING_H)
  const two = (n: number) => String(n).padStart(2, "0")
  return `${then.getFullYear()}-${two(then.getMonth() + 1)}-${two(then.getDate())}T${two(then.getHours())}:${two(then.getMinutes())}`
}

/** Milliseconds since 1970; null: that is no time. */
export function dueOf(text: string): number | null {
  const at = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}/.test(text) ? new Date(text).getTime() : NaN
  return Number.isNaN(at) ? null : at
}

// On which days, and at which times of these, may somebody be called? As the clock where they live shows it.

export interface Slot {
  at_ms: number
  free: number
}

export interface Day {
  name: string
  times: (Slot & { text: string })[]
}

export function daysOf(slots: readonly Slot[], language: string, zone: string | undefined): Day[] {
  const days: Day[] = []
  for (const slot of slots) {
    const at = new Date(slot.at_ms)
    const name = at.toLocaleDateString(language, { weekday: "long", day: "numeric", month: "long", timeZone: zone })
    const text = at.toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", timeZone: zone })
    if (days.at(-1)?.name !== name) days.push({ name, times: [] })
    days.at(-1)!.times.push({ ...slot, text })
  }
  return days
}

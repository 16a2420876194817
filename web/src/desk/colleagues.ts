// To whom can a contact go? Queues that are open and colleagues with their presence, as the server lists them.
import { addressed, ask, type Reply } from "../api/ask"
import type { Chosen } from "../feed/frames"

export interface Colleague {
  agent_id: string
  name: string
  team: string | null
  chosen: Chosen
  reason: string | null
  reachable: boolean
  free: boolean
  skills: Record<string, number>
}

export interface OpenQueue {
  queue_id: string
  company_id: string
  name: string
  closed: boolean
  waiting: number
  longest_since_ms: number | null
}

interface Items<T> {
  items: T[]
}

export async function colleaguesOf(companyId: string, q = ""): Promise<Reply<Colleague[]>> {
  const reply = await ask<Items<Colleague>>("GET", addressed("/v1/colleagues", { company_id: companyId, q }))
  if (reply.problem) return reply
  return { data: [...reply.data.items].sort((a, b) => presenceRank(a) - presenceRank(b) || a.name.localeCompare(b.name)), problem: null }
}

export async function queuesOf(companyId: string | null): Promise<Reply<OpenQueue[]>> {
  const reply = await ask<Items<OpenQueue>>("GET", addressed("/v1/queues-open", { company_id: companyId }))
  return reply.problem ? reply : { data: reply.data.items, problem: null }
}

/** As the server asks it of whoever is given something by hand. `reachable` is desk and phone: without a phone's need the server decides. */
export function isThere({ chosen, reachable }: Pick<Colleague, "chosen" | "reachable">, channel: string | null): boolean {
  return chosen === "ready" && (reachable || channel !== "phone")
}

/** Free, then busy, then whoever is away. */
export function presenceRank({ chosen, reachable, free }: Pick<Colleague, "chosen" | "reachable" | "free">): number {
  if (chosen !== "ready" || !reachable) return chosen === "offline" ? 3 : 2
  return free ? 0 : 1
}

/** Every word of the search stands somewhere in the text. */
export function matches(search: string, ...texts: (string | null | undefined)[]): boolean {
  const text = texts.join(" ").toLocaleLowerCase()
  return search.toLocaleLowerCase().split(/\s+/).every((word) => text.includes(word))
}

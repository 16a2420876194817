// To whom can a contact go? Queues that are open and colleagues with their presence, as the server lists them.
import { addressed, ask } from "../api/ask"
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
  name: string
  closed: boolean
  waiting: number | null
  longest_since_ms: number | null
}

interface Items<T> {
  items: T[]
}

/** null: this server does not list colleagues. */
export async function colleaguesOf(companyId: string, q = ""): Promise<Colleague[] | null> {
  const { data } = await ask<Items<Colleague>>("GET", addressed("/v1/colleagues", { company_id: companyId, q }))
  return data && [...data.items].sort((a, b) => presenceRank(a) - presenceRank(b) || a.name.localeCompare(b.name))
}

export async function queuesOf(companyId: string): Promise<OpenQueue[]> {
  const open = await ask<Items<OpenQueue>>("GET", addressed("/v1/queues-open", { company_id: companyId }))
  if (open.data) return open.data.items
  const all = await ask<Items<{ id: string; name: string; closed: boolean }>>("GET", addressed("/v1/queues", { company_id: companyId, limit: "200" }))
  return (all.data?.items ?? []).map(({ id, name, closed }) => ({ queue_id: id, name, closed, waiting: null, longest_since_ms: null }))
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

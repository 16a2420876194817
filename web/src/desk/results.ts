// What came of a contact, as far as the agent has written it? Kept while the wrap-up lasts, also over a lost connection.
import { reactive } from "vue"
import { api, type Disposition } from "../api/client"
import { act } from "./seat"

interface Result {
  disposition: string | null
  note: string
}

const results = reactive(new Map<string, Result>())
const known = new Map<string, Promise<Disposition[]>>()

export function resultOf(segmentId: string): Result {
  if (!results.has(segmentId)) results.set(segmentId, { disposition: null, note: "" })
  return results.get(segmentId)!
}

/** Results of contacts that are not held any more are of no use, and may be about a person. */
export function forgetResults(heldIds: string[]): void {
  for (const id of results.keys()) if (!heldIds.includes(id)) results.delete(id)
}

export function dispositionsOf(companyId: string): Promise<Disposition[]> {
  const asked = known.get(companyId) ?? ask(companyId)
  known.set(companyId, asked)
  return asked
}

export function finish(segmentId: string): Promise<boolean> {
  const { disposition, note } = resultOf(segmentId)
  return act({
    what: "finish",
    segment: segmentId,
    ...(disposition ? { disposition } : {}),
    ...(note.trim() ? { note: note.trim() } : {}),
  })
}

async function ask(companyId: string): Promise<Disposition[]> {
  try {
    const { data } = await api.GET("/v1/dispositions", { params: { query: { company_id: companyId, limit: 200 } } })
    if (data) return data.items.filter(({ archived }) => !archived).sort((a, b) => a.position - b.position)
  } catch {
    // The list is a help, not a need: the wrap-up works without it, and is asked for again next time.
  }
  known.delete(companyId)
  return []
}

// What came of a contact, as far as the agent has written it? A draft outlives a lost connection and a reload of the tab.
import { reactive, watch } from "vue"
import { api, type Disposition } from "../api/client"
import type { Problem } from "../feed/frames"
import { NOTHING_WRONG, type Wrong } from "../forms"
import { keep, keptText } from "../kept"
import { refusalText, tellRefusal } from "../notices"
import { ask } from "./seat"

export interface Result {
  disposition: string | null
  note: string
}

export const NOTE_MAX = 10_000
const LAST_USED_MAX = 8
const DRAFTS = "jackfield.drafts"

// The tab's own storage: it ends with the tab, and holds nothing but what is being written.
const results = reactive(new Map<string, Result>(readDrafts()))
const wrongs = reactive(new Map<string, Wrong>())
const known = new Map<string, Promise<Disposition[]>>()
watch(results, keepDrafts, { deep: true })

export function resultOf(segmentId: string): Result {
  if (!results.has(segmentId)) results.set(segmentId, { disposition: null, note: "" })
  return results.get(segmentId)!
}

/** What the server would not take of this result, by field. */
export function wrongWith(segmentId: string): Wrong {
  return wrongs.get(segmentId) ?? NOTHING_WRONG
}

/** Results of contacts that are not held any more are of no use, and may be about a person. */
export function forgetResults(heldIds: string[]): void {
  for (const kept of [results, wrongs]) for (const id of kept.keys()) if (!heldIds.includes(id)) kept.delete(id)
}

export function dispositionsOf(companyId: string): Promise<Disposition[]> {
  const asked = known.get(companyId) ?? readDispositions(companyId)
  known.set(companyId, asked)
  return asked
}

/** Those used last come first, the others in the order of the company. */
export function lastUsedFirst(dispositions: readonly Disposition[], used: readonly string[] = lastUsed()): Disposition[] {
  const rank = ({ id }: Disposition) => (used.includes(id) ? used.indexOf(id) : used.length)
  return [...dispositions].sort((a, b) => rank(a) - rank(b) || a.position - b.position)
}

export async function finish(segmentId: string): Promise<boolean> {
  const { disposition, note } = resultOf(segmentId)
  wrongs.delete(segmentId)
  const answer = await ask({
    what: "finish",
    segment: segmentId,
    ...(disposition ? { disposition } : {}),
    ...(note.trim() ? { note: note.trim() } : {}),
  })
  if (answer.state === "refused") tellWrong(segmentId, answer.problem)
  if (answer.state === "unanswered") tellRefusal("unanswered")
  const isDone = answer.state === "done"
  if (isDone && disposition) keep("dispositions", [disposition, ...lastUsed().filter((id) => id !== disposition)].slice(0, LAST_USED_MAX).join(","))
  return isDone
}

function tellWrong(segmentId: string, { field, text_key, status }: Problem): void {
  const isShown = field === "disposition" || field === "note"
  if (isShown) wrongs.set(segmentId, { fields: { [field]: refusalText(text_key, status) }, general: null })
  else tellRefusal(text_key, status)
}

function lastUsed(): string[] {
  return (keptText("dispositions") ?? "").split(",").filter(Boolean)
}

async function readDispositions(companyId: string): Promise<Disposition[]> {
  try {
    const { data } = await api.GET("/v1/dispositions", { params: { query: { company_id: companyId, limit: 200 } } })
    if (data) return data.items.filter(({ archived }) => !archived).sort((a, b) => a.position - b.position)
  } catch {
    // The list is a help, not a need: the wrap-up works without it, and is asked for again next time.
  }
  known.delete(companyId)
  return []
}

function readDrafts(): [string, Result][] {
  try {
    return JSON.parse(sessionStorage.getItem(DRAFTS) ?? "[]") as [string, Result][]
  } catch {
    return []
  }
}

function keepDrafts(): void {
  try {
    const written = [...results].filter(([, { note, disposition }]) => note || disposition)
    if (written.length) sessionStorage.setItem(DRAFTS, JSON.stringify(written))
    else sessionStorage.removeItem(DRAFTS)
  } catch {
    // Then a reload loses it, as without this.
  }
}

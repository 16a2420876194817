// What is asked often, and answered? Entries as the server has them, and what a form makes of one.
import { addressed, ask, type Reply } from "../api/ask"
import type { Figure } from "../api/client"

export const LANGUAGES = ["zh-CN", "en"] as const
export const STATES = ["draft", "published", "archived"] as const
export type FaqLanguage = (typeof LANGUAGES)[number]
export type FaqState = (typeof STATES)[number]

const PAGE = "200"
const UNANSWERED = "100"
const DAY_MS = 86_400_000

export interface Entry {
  id: string
  company_id: string
  key: string | null
  language: FaqLanguage
  question: string
  answer: string
  variants: string[]
  tags: string[]
  state: FaqState
  valid_from_ms: number | null
  valid_until_ms: number | null
  helpful: number
  unhelpful: number
  version: number
}

export interface Answer {
  id: string
  question: string
  answer_plain: string
  tags: string[]
  sure: boolean // else it may answer it, and the agent judges
}

export interface Unanswered {
  id: string
  language: FaqLanguage
  text: string
  times: number
  last_ms: number
}

/** As it is typed: one variant a line, tags between spaces or commas, days as the browser's field gives them. */
export interface Draft {
  language: FaqLanguage
  question: string
  answer: string
  variants: string
  tags: string
  key: string
  state: FaqState
  valid_from: string
  valid_until: string
}

export const FIELDS = ["language", "question", "answer", "variants", "tags", "key", "state", "valid_from_ms", "valid_until_ms"] as const

export function draftOf(entry: Entry | null, language: FaqLanguage, question = ""): Draft {
  return {
    language: entry?.language ?? language,
    question: entry?.question ?? question,
    answer: entry?.answer ?? "",
    variants: entry?.variants.join("\n") ?? "",
    tags: entry?.tags.join(", ") ?? "",
    key: entry?.key ?? "",
    state: entry?.state ?? "published",
    valid_from: dayOf(entry?.valid_from_ms ?? null),
    valid_until: dayOf(entry?.valid_until_ms ? entry.valid_until_ms - 1 : null),
  }
}

export function bodyOf(draft: Draft): Omit<Entry, "id" | "company_id" | "language" | "helpful" | "unhelpful" | "version"> {
  return {
    question: draft.question.trim(),
    answer: draft.answer.trim(),
    variants: draft.variants.split("\n").map((each) => each.trim()).filter(Boolean),
    tags: draft.tags.split(/[\s,，、|]+/).filter(Boolean),
    key: draft.key.trim() || null,
    state: draft.state,
    valid_from_ms: beginOf(draft.valid_from),
    valid_until_ms: draft.valid_until ? nextDay(draft.valid_until) : null,
  }
}

/** The day in the browser's zone, as a date field has it. */
export function dayOf(ms: number | null): string {
  if (ms === null) return ""
  const at = new Date(ms)
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`
}

function beginOf(day: string): number | null {
  const at = day ? new Date(`${day}T00:00:00`).getTime() : NaN
  return Number.isNaN(at) ? null : at
}

/** The last day counts whole, also where it has 23 or 25 hours. */
function nextDay(day: string): number | null {
  const begun = beginOf(day)
  return begun === null ? null : beginOf(dayOf(begun + DAY_MS * 1.1))
}

/** Those in which everything that was typed occurs. */
export function fitting(entries: readonly Entry[], typed: string): Entry[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter((entry) => {
    const text = [entry.question, ...entry.variants, entry.answer, ...entry.tags, entry.key ?? ""].join("\n").toLowerCase()
    return wanted.every((each) => text.includes(each))
  })
}

// --- asked of the server ----------------------------------------------------------------------------------------------

export function readEntries(company_id: string, language: FaqLanguage, state: FaqState | null, after: string | null): Promise<Reply<{ items: Entry[]; next: string | null }>> {
  return ask("GET", addressed("/v1/faq", { company_id, language, state, after, limit: PAGE }))
}

export function readUnanswered(company_id: string, language: FaqLanguage): Promise<Reply<{ items: Unanswered[] }>> {
  return ask("GET", addressed("/v1/faq/unanswered", { company_id, language, limit: UNANSWERED }))
}

/** Of visitors of the company's sites, in the last 30 days. */
export function readSolved(company_id: string): Promise<Reply<{ from_ms: number; to_ms: number; figures: Figure[] }>> {
  return ask("GET", addressed("/v1/faq/solved", { company_id }))
}

export function keep(entry: Entry | null, company_id: string, draft: Draft): Promise<Reply<Entry>> {
  const body = bodyOf(draft)
  if (entry) return ask("PATCH", `/v1/faq/${entry.id}`, { version: entry.version, ...body })
  return ask("POST", "/v1/faq", { company_id, language: draft.language, ...body })
}

/** `note`: what has no answer is put down for the editors. */
export function search(company_id: string, text: string, note = true): Promise<Reply<{ items: Answer[] }>> {
  return ask("POST", "/v1/faq/search", { company_id, text, note })
}

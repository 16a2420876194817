// What is said again and again? Texts as the server keeps them, and how one gets into what is being written.
import { addressed, ask, type Reply } from "../api/ask"
import type { components } from "../api/schema"

export type CannedAnswer = components["schemas"]["CannedAnswerShown"]
export type Found = components["schemas"]["CannedFound"]

export const VARIABLES = ["customer", "agent", "company", "queue"] as const
export const SCOPES = ["all", "zh-CN", "en"] as const
export type Scope = (typeof SCOPES)[number] // "all": of every language

export const FIELDS = ["name", "text", "queue_id", "language"] as const
const PAGE = "200"
const TYPED_MAX = 100

export interface Draft {
  name: string
  text: string
  queue_id: string // empty: of every queue
  language: Scope
}

export function draftOf(answer: CannedAnswer | null, language: Scope): Draft {
  if (answer) return { name: answer.name, text: answer.text, queue_id: answer.queue_id ?? "", language: answer.language ?? "all" }
  return { name: "", text: "", queue_id: "", language }
}

/** Names in braces that stand for nothing, each once. */
export function unknownIn(text: string): string[] {
  const named = [...text.matchAll(/\{([^{}\n]{0,40})\}/g)].map(([, name]) => name!)
  return [...new Set(named)].filter((name) => !(VARIABLES as readonly string[]).includes(name))
}

/** Those in which everything that was typed occurs. */
export function fitting(answers: readonly CannedAnswer[], typed: string): CannedAnswer[] {
  const wanted = typed.toLowerCase().split(/\s+/).filter(Boolean)
  return answers.filter(({ name, text }) => wanted.every((each) => `${name}\n${text}`.toLowerCase().includes(each)))
}

// --- while something is written ---------------------------------------------------------------------------------------

export interface Slash {
  from: number // where the slash stands
  typed: string
}

/** A slash at the start of the line in which the caret is, and what was typed behind it. */
export function slashIn(text: string, caret: number): Slash | null {
  const from = text.lastIndexOf("\n", caret - 1) + 1
  const typed = text.slice(from + 1, caret)
  return caret > from && text[from] === "/" && typed.length <= TYPED_MAX ? { from, typed } : null
}

/** The answer instead of the slash and what was typed; the caret stands behind it. */
export function inserted(text: string, slash: Slash, answer: string): { text: string; caret: number } {
  const before = text.slice(0, slash.from) + answer
  return { text: before + text.slice(slash.from + 1 + slash.typed.length), caret: before.length }
}

// --- asked of the server ----------------------------------------------------------------------------------------------

export function readAnswers(company_id: string, after: string | null): Promise<Reply<{ items: CannedAnswer[]; next: string | null }>> {
  return ask("GET", addressed("/v1/canned-answers", { company_id, after, limit: PAGE }))
}

export function keep(answer: CannedAnswer | null, company_id: string, draft: Draft): Promise<Reply<CannedAnswer>> {
  const body = { name: draft.name.trim(), text: draft.text.trim(), queue_id: draft.queue_id || null, language: draft.language === "all" ? null : draft.language }
  if (answer) return ask("PATCH", `/v1/canned-answers/${answer.id}`, { version: answer.version, ...body })
  return ask("POST", "/v1/canned-answers", { company_id, ...body })
}

export function remove(answer: CannedAnswer): Promise<Reply<null>> {
  return ask("DELETE", `/v1/canned-answers/${answer.id}`)
}

export function search(contact_id: string, text: string): Promise<Reply<{ items: Found[] }>> {
  return ask("POST", "/v1/canned-answers/search", { contact_id, text })
}

// What do colleagues tell each other about a contact? Notes as the server keeps them, and how a name gets into one.
import { reactive } from "vue"
import { ask, type Reply } from "../api/ask"
import type { components } from "../api/schema"
import { newId } from "../ids"

export type Note = components["schemas"]["NoteShown"]
export type Mention = components["schemas"]["MentionShown"]

export const TEXT_MAX = 4_000
export const MENTIONS_MAX = 10
const TYPED_MAX = 30

export interface At {
  from: number // where the sign stands
  typed: string
}

export interface Person {
  id: string
  name: string
}

/** Written here and not sent yet; goes with the page. `id`: a repeat of it is kept once. */
export interface Draft {
  id: string
  text: string
  people: Person[]
}

const drafts = reactive(new Map<string, Draft>())

export function draftOf(contactId: string): Draft {
  if (!drafts.has(contactId)) drafts.set(contactId, { id: newId(), text: "", people: [] })
  return drafts.get(contactId)!
}

export function forgetDraft(contactId: string): void {
  drafts.delete(contactId)
}

/** A name that is being typed behind an @ at the start of a word. */
export function atIn(text: string, caret: number): At | null {
  const from = text.lastIndexOf("@", caret - 1)
  if (from < 0 || (from > 0 && !/[\s(（，。、]/.test(text[from - 1]!))) return null
  const typed = text.slice(from + 1, caret)
  return typed.length <= TYPED_MAX && !/\n|\s\s|^\s/.test(typed) ? { from, typed } : null
}

export function named(text: string, at: At, person: Person): { text: string; caret: number } {
  const before = `${text.slice(0, at.from)}@${person.name} `
  return { text: before + text.slice(at.from + 1 + at.typed.length), caret: before.length }
}

/** Those who were picked and whose name still stands there. */
export function mentionedIn({ text, people }: Draft): string[] {
  return [...new Set(people.filter(({ name }) => text.includes(`@${name}`)).map(({ id }) => id))]
}

/** The text in pieces; those that name somebody are marked. */
export function piecesOf({ text, mentioned }: Note): { text: string; isName: boolean }[] {
  const names = mentioned.map(({ name }) => `@${name}`).sort((a, b) => b.length - a.length)
  if (!names.length) return [{ text, isName: false }]
  const pattern = new RegExp(`(${names.map((name) => name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|")})`)
  return text.split(pattern).filter(Boolean).map((piece) => ({ text: piece, isName: names.includes(piece) }))
}

// --- asked of the server ----------------------------------------------------------------------------------------------

export function notesOf(contactId: string): Promise<Reply<{ items: Note[] }>> {
  return ask("GET", `/v1/contacts/${contactId}/notes`)
}

export function write(contactId: string, draft: Draft): Promise<Reply<{ note_id: string }>> {
  return ask("POST", `/v1/contacts/${contactId}/notes`, { id: draft.id, text: draft.text.trim(), agent_ids: mentionedIn(draft) })
}

export function mentions(): Promise<Reply<{ items: Mention[] }>> {
  return ask("GET", "/v1/mentions")
}

export function see(contactId: string | null): Promise<Reply<null>> {
  return ask("POST", "/v1/mentions/seen", contactId ? { contact_id: contactId } : {})
}

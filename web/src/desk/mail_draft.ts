// What am I writing to this customer? A draft that the server keeps, with its files; a reload or another machine goes on from it.
import { ask, type Problem, type Reply } from "../api/ask"
import type { components } from "../api/schema"

type Kept = components["schemas"]["DraftShown"]
export type DraftFile = components["schemas"]["DraftFileShown"]

export const FILES_MAX = 10
export const FILES_BYTES_MAX = 15 * 1_048_576
const MEDIA_TYPE = /^[a-z0-9][a-z0-9.+-]*\/[a-z0-9][a-z0-9.+-]*$/

/** As it is typed: addresses with commas between. */
export interface Draft {
  text: string
  to: string
  cc: string
  bcc: string
  subject: string
  quotes: boolean
  forwards: string | null
}

export function emptyDraft(to: string): Draft {
  return { text: "", to, cc: "", bcc: "", subject: "", quotes: true, forwards: null }
}

export function addressesIn(text: string): string[] {
  return text.split(/[,;，；\s]+/).filter(Boolean)
}

export function draftOf(kept: Kept, to: string): Draft {
  if (!kept.is_kept) return emptyDraft(to)
  const [mine, cc, bcc] = [kept.to, kept.cc, kept.bcc].map((each) => each.join(", ")) as [string, string, string]
  return { text: kept.text, to: mine, cc, bcc, subject: kept.subject, quotes: kept.quotes, forwards: kept.forwards }
}

/** As the server keeps it: what is no address yet, or too long for one, is kept by the page alone. */
export function bodyOf(draft: Draft) {
  const { text, subject, quotes, forwards } = draft
  const kept = (typed: string) => addressesIn(typed).filter((each) => each.length >= 3 && each.length <= 254).slice(0, 20)
  return { text, subject, quotes, forwards, to: kept(draft.to), cc: kept(draft.cc), bcc: kept(draft.bcc) }
}

export function readDraft(contactId: string): Promise<Reply<Kept>> {
  return ask("GET", `/v1/contacts/${contactId}/draft`)
}

export function keepDraft(contactId: string, draft: Draft): Promise<Reply<Kept>> {
  return ask("PUT", `/v1/contacts/${contactId}/draft`, bodyOf(draft))
}

/** Looked at here first: what is too large is not brought there. */
export async function addFile(contactId: string, file: File, there: readonly DraftFile[]): Promise<Reply<Kept>> {
  const bytes = there.reduce((sum, { size_bytes }) => sum + (size_bytes ?? 0), file.size)
  if (there.length >= FILES_MAX) return refused("mail.too_many_files")
  if (bytes > FILES_BYTES_MAX) return refused("mail.files_too_large")
  const content = await base64Of(file)
  if (content === null) return refused("mail.file_unreadable")
  const media_type = MEDIA_TYPE.test(file.type) ? file.type : "application/octet-stream"
  return ask("POST", `/v1/contacts/${contactId}/draft/files`, { filename: file.name.replace(/[/\\]/g, "_").slice(-200), content, media_type })
}

export function removeFile(contactId: string, n: number): Promise<Reply<Kept>> {
  return ask("DELETE", `/v1/contacts/${contactId}/draft/files/${n}`)
}

function refused(text_key: string): { data: null; problem: Problem } {
  return { data: null, problem: { status: 422, text_key, errors: [] } }
}

function base64Of(file: File): Promise<string | null> {
  return new Promise((resolve) => {
    const reader = new FileReader()
    reader.onload = () => resolve((reader.result as string).split(",")[1] ?? "")
    reader.onerror = () => resolve(null)
    reader.readAsDataURL(file)
  })
}

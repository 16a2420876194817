// What of each chat does this tab hold? Messages read so far, what is on its way, and the draft; the last two outlive a reload.
import { reactive } from "vue"
import { ask } from "../api/ask"
import { base64Of } from "../files"
import { newId } from "../ids"
import { tellRefusal } from "../notices"
import { merged, stillPending, type Message, type Pending } from "./chat"

const READ_AT_ONCE = 200
const AGAIN_MS = 1_500
const FILE_BYTES_MAX = 5 * 1_048_576

export interface Chat {
  messages: Message[]
  pending: Pending[]
  draft: string
  isSending: boolean
}

const chats = reactive(new Map<string, Chat>())
const read = reactive(new Map<string, number>()) // by contact: the last message that was on the screen
const loading = new Set<string>()

export function chatHere(contactId: string): Chat {
  if (!chats.has(contactId)) {
    chats.set(contactId, { messages: [], pending: keptPending(contactId), draft: kept(`draft.${contactId}`) ?? "", isSending: false })
    void flush(contactId)
  }
  return chats.get(contactId)!
}

export function unreadOf(contactId: string, n: number): number {
  return Math.max(0, n - (read.get(contactId) ?? 0))
}

export function markRead(contactId: string, n: number): void {
  if (n > (read.get(contactId) ?? 0)) read.set(contactId, n)
}

export function keepDraft(contactId: string, text: string): void {
  chatHere(contactId).draft = text
  keep(`draft.${contactId}`, text)
}

/** Up to message `n`. */
export async function load(contactId: string, n: number): Promise<void> {
  const chat = chatHere(contactId)
  if (loading.has(contactId)) return
  loading.add(contactId)
  try {
    while ((chat.messages.at(-1)?.n ?? 0) < n) {
      const after = chat.messages.at(-1)?.n ?? 0
      const { data } = await ask<{ n: number; items: Message[] }>("GET", `/v1/contacts/${contactId}/messages?after=${after}&limit=${READ_AT_ONCE}`)
      if (!data?.items.length) return
      chat.messages = merged(chat.messages, data.items)
      setPending(contactId, stillPending(chat.pending, data.items))
    }
  } finally {
    loading.delete(contactId)
  }
}

export function say(contactId: string, body: string): void {
  setPending(contactId, [...chatHere(contactId).pending, { id: newId(), body }])
  void flush(contactId)
}

/** One after the other, each until the server has it; what it refuses goes back into the draft. */
async function flush(contactId: string): Promise<void> {
  const chat = chatHere(contactId)
  if (chat.isSending) return
  chat.isSending = true
  const sent = new Set<string>()
  let next: Pending | undefined
  while ((next = chat.pending.find((each) => !sent.has(each.id)))) {
    const { id, body } = next
    const { data, problem } = await ask<{ n: number }>("POST", `/v1/contacts/${contactId}/messages`, { id, body })
    if (!problem) {
      sent.add(id)
      void load(contactId, data.n)
    } else if (isPassing(problem.status)) await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
    else {
      setPending(contactId, chat.pending.filter((each) => each.id !== id))
      keepDraft(contactId, [chat.draft, body].filter(Boolean).join("\n"))
      tellRefusal(problem.text_key, problem.status)
    }
  }
  chat.isSending = false
}

/** What is in the way is told. */
export async function attach(contactId: string, file: File): Promise<void> {
  if (file.size > FILE_BYTES_MAX || !file.size) return tellRefusal(file.size ? "chat.file_too_large" : "chat.file_kind", 422)
  const content = await base64Of(file)
  const { data, problem } = await ask<{ n: number }>("POST", `/v1/contacts/${contactId}/files`, { id: newId(), name: file.name.slice(0, 200), content })
  if (problem) tellRefusal(problem.errors[0]?.text_key ?? problem.text_key, problem.status)
  else void load(contactId, data.n)
}

export function tellTyping(contactId: string): void {
  void ask("POST", `/v1/contacts/${contactId}/typing`)
}

function isPassing(status: number): boolean {
  return status === 0 || status === 429 || status >= 500
}

function setPending(contactId: string, pending: Pending[]): void {
  chatHere(contactId).pending = pending
  keep(`pending.${contactId}`, pending.length ? JSON.stringify(pending) : "")
}

function keptPending(contactId: string): Pending[] {
  try {
    return JSON.parse(kept(`pending.${contactId}`) || "[]") as Pending[]
  } catch {
    return []
  }
}

// Of this tab alone, and gone with it: it is about a customer.
function kept(name: string): string | null {
  try {
    return sessionStorage.getItem(`jackfield.${name}`)
  } catch {
    return null
  }
}

function keep(name: string, text: string): void {
  try {
    if (text) sessionStorage.setItem(`jackfield.${name}`, text)
    else sessionStorage.removeItem(`jackfield.${name}`)
  } catch {
    // Then it is lost with the page.
  }
}

// What is said in a chat? Messages as the server numbers them, and what this page has yet to bring there.
import type { FeedRecord } from "../feed/frames"

export interface ChatRecord {
  contact_id: string
  n: number // of the last message
  seen: number // up to which the visitor has read
  typing_until_ms: number | null
}

export interface Message {
  n: number
  sender: "customer" | "agent" | "system"
  at_ms: number
  body: string
  id: string | null
  file: { name: string | null; media_type: string; size_bytes: number | null } | null
}

/** Written here, and not stored yet as far as we know. */
export interface Pending {
  id: string
  body: string
}

export function chatIn(records: ReadonlyMap<string, FeedRecord>, contactId: string): ChatRecord | null {
  return (records.get(`chat/${contactId}`) as ChatRecord | undefined) ?? null
}

/** In the order of their numbers, each once. */
export function merged(known: readonly Message[], more: readonly Message[]): Message[] {
  const byNumber = new Map([...known, ...more].map((message) => [message.n, message]))
  return [...byNumber.values()].sort((a, b) => a.n - b.n)
}

/** What is stored needs to be brought no more. */
export function stillPending(pending: readonly Pending[], stored: readonly Message[]): Pending[] {
  const there = new Set(stored.map((message) => message.id))
  return pending.filter((each) => !there.has(each.id))
}

/** The last message of ours that the visitor has read. */
export function lastSeen(messages: readonly Message[], seen: number): number | null {
  return messages.filter((message) => message.sender === "agent" && message.n <= seen).at(-1)?.n ?? null
}

/** What the visitor called themselves; nobody has looked whether it is true. */
export function nameSaid(collected: Readonly<Record<string, unknown>> | undefined): string | null {
  return typeof collected?.name === "string" && collected.name ? collected.name : null
}

// What can an administrator set? Mailboxes, chat widgets and words that mean the same, as the server has them.
import { addressed, ask, type Reply } from "../api/ask"
import type { components } from "../api/schema"

type Schemas = components["schemas"]
export type Mailbox = Schemas["MailboxShown"]
export type ChatWidget = Schemas["WidgetShown"]
export type Synonyms = Schemas["SynonymsShown"]
export interface Named {
  id: string
  name: string
}

export const TLS = ["tls", "starttls", "none"] as const
export const QUESTIONS = ["name", "email", "topic"] as const
export const PORTS = { imap: { tls: 993, starttls: 143, none: 143 }, smtp: { tls: 465, starttls: 587, none: 25 } } as const
const ALL = "200"

export interface MailboxDraft {
  address: string
  queue_id: string
  username: string
  password: string // never told: empty leaves it as it is
  imap_host: string
  imap_port: string
  imap_tls: (typeof TLS)[number]
  smtp_host: string
  smtp_port: string
  smtp_tls: (typeof TLS)[number]
  sender_name: string
  signature: string
  acknowledge: boolean
  acknowledgement: string
  reopen_days: string
}

export interface WidgetDraft {
  name: string
  queue_id: string
  language: string
  origins: string // one a line
  questions: ChatWidget["questions"]
  answers_first: boolean
  tells_wait: boolean
  tells_position: boolean
  mailbox_id: string // empty: by none
  idle_warn_s: string
  idle_close_s: string
}

export const MAILBOX_FIELDS = ["address", "queue_id", "username", "password", "imap_host", "imap_port", "imap_tls", "smtp_host", "smtp_port", "smtp_tls", "sender_name", "signature", "acknowledgement", "reopen_days"] as const
export const WIDGET_FIELDS = ["name", "queue_id", "language", "origins", "mailbox_id", "idle_warn_s", "idle_close_s"] as const

export function mailboxDraft(of: Mailbox | null, queue_id: string): MailboxDraft {
  return {
    address: of?.address ?? "", queue_id: of?.queue_id ?? queue_id, username: of?.username ?? "", password: "",
    imap_host: of?.imap_host ?? "", imap_port: String(of?.imap_port ?? PORTS.imap.tls), imap_tls: of?.imap_tls ?? "tls",
    smtp_host: of?.smtp_host ?? "", smtp_port: String(of?.smtp_port ?? PORTS.smtp.tls), smtp_tls: of?.smtp_tls ?? "tls",
    sender_name: of?.sender_name ?? "", signature: of?.signature ?? "", acknowledge: of?.acknowledge ?? false,
    acknowledgement: of?.acknowledgement ?? "", reopen_days: String(of?.reopen_days ?? 30),
  }
}

export function mailboxBody(draft: MailboxDraft, isNew: boolean): Record<string, unknown> {
  const { address, password, acknowledgement, ...rest } = draft
  return {
    ...rest,
    ...(isNew ? { address: address.trim() } : {}),
    ...(password ? { password } : {}),
    username: draft.username.trim(),
    imap_host: draft.imap_host.trim(), smtp_host: draft.smtp_host.trim(),
    imap_port: Number(draft.imap_port), smtp_port: Number(draft.smtp_port), reopen_days: Number(draft.reopen_days),
    acknowledgement: acknowledgement.trim() || null,
  }
}

export function widgetDraft(of: ChatWidget | null, queue_id: string, language: string): WidgetDraft {
  return {
    name: of?.name ?? "", queue_id: of?.queue_id ?? queue_id, language: of?.language ?? language, origins: of?.origins.join("\n") ?? "",
    questions: [...(of?.questions ?? [])], answers_first: of?.answers_first ?? true, tells_wait: of?.tells_wait ?? true, tells_position: of?.tells_position ?? false,
    mailbox_id: of?.mailbox_id ?? "", idle_warn_s: String(of?.idle_warn_s ?? 180), idle_close_s: String(of?.idle_close_s ?? 300),
  }
}

export function widgetBody(draft: WidgetDraft): Record<string, unknown> {
  return {
    ...draft,
    name: draft.name.trim(),
    origins: linesOf(draft.origins),
    questions: QUESTIONS.filter((each) => draft.questions.includes(each)),
    mailbox_id: draft.mailbox_id || null,
    idle_warn_s: Number(draft.idle_warn_s), idle_close_s: Number(draft.idle_close_s),
  }
}

/** As browsers send them: an address that was copied whole becomes its site. */
export function linesOf(text: string): string[] {
  return text.split(/\s+/).filter(Boolean).map((each) => {
    try {
      return new URL(each).origin
    } catch {
      return each
    }
  })
}

/** One line in the site's pages. */
export function snippetOf(widget: ChatWidget, server: string): string {
  return `<script src="${server}/widget.js" data-key="${widget.key}" async></script>`
}

/** One group a line, its words between commas. */
export function groupsOf(text: string): string[][] {
  return text.split("\n").map((line) => line.split(/[,，、;；]/).map((each) => each.trim()).filter(Boolean)).filter((group) => group.length)
}

export function textOf(groups: readonly (readonly string[])[]): string {
  return groups.map((group) => group.join(", ")).join("\n")
}

// --- asked of the server ----------------------------------------------------------------------------------------------

type List<T> = Promise<Reply<{ items: T[] }>>

export function readCompanies(): List<Named> {
  return ask("GET", addressed("/v1/companies", { limit: ALL }))
}

export function readQueues(company_id: string): List<Named> {
  return ask("GET", addressed("/v1/queues", { company_id, limit: ALL }))
}

export function readMailboxes(company_id: string): List<Mailbox> {
  return ask("GET", addressed("/v1/mailboxes", { company_id, limit: ALL }))
}

export function readWidgets(company_id: string): List<ChatWidget> {
  return ask("GET", addressed("/v1/widgets", { company_id, limit: ALL }))
}

export function readSynonyms(company_id: string): List<Synonyms> {
  return ask("GET", addressed("/v1/faq/synonyms", { company_id, limit: ALL }))
}

export function keepMailbox(of: Mailbox | null, company_id: string, draft: MailboxDraft): Promise<Reply<Mailbox>> {
  const body = mailboxBody(draft, of === null)
  return of ? ask("PATCH", `/v1/mailboxes/${of.id}`, { version: of.version, ...body }) : ask("POST", "/v1/mailboxes", { company_id, ...body })
}

export function keepWidget(of: ChatWidget | null, company_id: string, draft: WidgetDraft): Promise<Reply<ChatWidget>> {
  const body = widgetBody(draft)
  return of ? ask("PATCH", `/v1/widgets/${of.id}`, { version: of.version, ...body }) : ask("POST", "/v1/widgets", { company_id, ...body })
}

export function keepSynonyms(company_id: string, language: string, version: number, groups: string[][]): Promise<Reply<Synonyms>> {
  return ask("POST", "/v1/faq/synonyms", { company_id, language, version, groups })
}

export function remove(kind: "mailboxes" | "widgets", id: string): Promise<Reply<null>> {
  return ask("DELETE", `/v1/${kind}/${id}`)
}

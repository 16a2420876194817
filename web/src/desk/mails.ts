// What was written with the customer of a contact? Asked for when the contact is opened, and whenever its card counts one more.
import { ask, type Reply } from "../api/ask"
import type { components } from "../api/schema"
import { i18n } from "../i18n"

export type Mail = components["schemas"]["MailShown"]

/** What is not named is as the server would have it. */
type Wish = Partial<components["schemas"]["NewMail"]> & { text: string }

export const TEXT_MAX = 20_000
const KILOBYTE = 1024
const ON_THEIR_WAY = ["kept", "sending"]

export function mailsOf(contactId: string): Promise<Reply<{ items: Mail[] }>> {
  return ask<{ items: Mail[] }>("GET", `/v1/contacts/${contactId}/mails`)
}

export function send(contactId: string, wish: Wish): Promise<Reply<{ mail_id: string }>> {
  return ask<{ mail_id: string }>("POST", `/v1/contacts/${contactId}/mails`, wish)
}

export function sizeOf(bytes: number | null): string {
  if (bytes === null) return ""
  const { t } = i18n.global
  return bytes < KILOBYTE ? t("mail.bytes", { n: bytes }) : t("mail.kilobytes", { n: Math.round(bytes / KILOBYTE) })
}

/** How many the contact has, as far as its card says. */
export function mailsIn(card: { collected: Readonly<Record<string, unknown>> } | null): number {
  return card ? Number(card.collected["mails"] ?? 1) : 0
}

/** Whether something of ours has not been taken by a mail server yet. */
export function isUnderWay(mails: readonly Mail[]): boolean {
  return mails.some((mail) => mail.direction === "out" && ON_THEIR_WAY.includes(mail.state))
}

/** A page of its own with nothing but the mail: no scripts, nothing from elsewhere, and the colours of paper. */
export function framed(html: string): string {
  const policy = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`
  const style = "<style>body{margin:8px;background:#fff;color:#1a1a1a;font:14px/1.5 system-ui,sans-serif;overflow-wrap:anywhere}</style>"
  return `<!doctype html><html><head>${policy}${style}</head><body>${html}</body></html>`
}

// Does what an administrator types become what the server takes, and is nothing secret said twice?
import { expect, test } from "vitest"
import { lookedOf } from "../src/admin/preview"
import { groupsOf, linesOf, mailboxBody, mailboxDraft, snippetOf, textOf, widgetBody, widgetDraft, type ChatWidget, type Mailbox } from "../src/admin/settings"

const WIDGET = { id: "w", key: "abc_DEF-123", name: "Shop", queue_id: "q", language: "en", origins: ["https://a.example"], questions: ["email"], answers_first: true, tells_wait: true, tells_position: false, mailbox_id: null, idle_warn_s: 180, idle_close_s: 300, version: 2 } as unknown as ChatWidget
const MAILBOX = { id: "m", address: "a@b.example", queue_id: "q", username: "u", imap_host: "h", imap_port: 993, imap_tls: "tls", smtp_host: "h", smtp_port: 465, smtp_tls: "tls", sender_name: "", signature: "", acknowledge: false, acknowledgement: null, reopen_days: 30, version: 1 } as unknown as Mailbox

test("a site that was copied with its page becomes the site alone", () => {
  expect(linesOf("https://Shop.example/cart?x=1\n\n http://localhost:8080 ")).toEqual(["https://shop.example", "http://localhost:8080"])
  expect(linesOf("shop")).toEqual(["shop"])
})

test("the password is sent only where one was typed, and stands in no draft", () => {
  const draft = mailboxDraft(MAILBOX, "")

  expect(draft.password).toBe("")
  expect(mailboxBody(draft, false)).not.toHaveProperty("password")
  expect(mailboxBody(draft, false)).not.toHaveProperty("address")
  expect(mailboxBody({ ...draft, password: "new" }, true)).toMatchObject({ password: "new", address: "a@b.example", imap_port: 993, acknowledgement: null })
})

test("a widget that is opened and kept says what it said before", () => {
  const { id, key, version, ...rest } = WIDGET as unknown as Record<string, unknown>
  expect([id, key, version]).toHaveLength(3)

  expect(widgetBody(widgetDraft(WIDGET, "", "zh-CN"))).toEqual(rest)
})

test("the line for the site's pages names server and key", () => {
  expect(snippetOf(WIDGET, "https://centre.example")).toBe('<script src="https://centre.example/widget.js" data-key="abc_DEF-123" async></script>')
})

test("groups of words come back as they were, with commas of either script", () => {
  expect(groupsOf("flat, apartment\n\n公寓，住房、住宅\n")).toEqual([["flat", "apartment"], ["公寓", "住房", "住宅"]])
  expect(groupsOf(textOf([["flat", "apartment"]]))).toEqual([["flat", "apartment"]])
})

test("the preview shows what is typed, before it is kept", () => {
  const draft = { ...widgetDraft(WIDGET, "", "en"), name: "Anew", mailbox_id: "m" }

  expect(lookedOf(draft)).toMatchObject({ name: "Anew", questions: ["email"], answers_first: true, transcripts: true, is_open: true })
})

// Does the widget bring each thing once, whatever the line does? The browser is recorded: what is posted, and what is sent.
import { beforeEach, expect, test, vi } from "vitest"
import { Chat } from "../widget/chat"

interface Posted {
  id: string
}

class Line {
  static readonly OPEN = 1
  static all: Line[] = []
  readyState = Line.OPEN
  sent: string[] = []
  onopen: (() => void) | null = null
  onmessage: ((event: { data: string }) => void) | null = null
  onclose: ((event: { code: number }) => void) | null = null

  constructor() {
    Line.all.push(this)
  }
  send(text: string) {
    this.sent.push((JSON.parse(text) as { t: string }).t)
  }
  close() {
    this.readyState = 3
  }
  hear(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
}

class Reader {
  result = "data:,YQ=="
  onload = () => {}
  readAsDataURL() {
    this.onload()
  }
}

let posted: Posted[] = []
let statuses: number[] = []

beforeEach(() => {
  posted = []
  statuses = []
  Line.all = []
  const kept = new Map<string, string>()
  vi.useFakeTimers()
  vi.stubGlobal("WebSocket", Line)
  vi.stubGlobal("FileReader", Reader)
  vi.stubGlobal("addEventListener", () => {})
  vi.stubGlobal("window", { setTimeout: (then: () => void, ms: number) => setTimeout(then, ms) })
  vi.stubGlobal("localStorage", { getItem: (name: string) => kept.get(name) ?? null, setItem: (name: string, text: string) => kept.set(name, text) })
  vi.stubGlobal("fetch", (_url: string, { body }: { body: string }) => {
    posted.push(JSON.parse(body) as Posted)
    const status = statuses.shift() ?? 201
    return status ? Promise.resolve({ status, json: () => Promise.resolve({}) }) : Promise.reject(new TypeError("no network"))
  })
})

function opened(): { chat: Chat; line: Line } {
  const chat = new Chat("http://server", "key", () => {})
  chat.kept.token = "token"
  chat.connectSoon(0)
  vi.advanceTimersByTime(1)
  return { chat, line: Line.all.at(-1)! }
}

test("a file whose answer was lost has the same id when it is picked again, and a new one once it is there", async () => {
  const { chat } = opened()
  const picked = () => new File(["a"], "bill.pdf", { lastModified: 1 })
  statuses = [0, 503, 201, 201]

  const told = [await chat.attach(picked()), await chat.attach(picked()), await chat.attach(picked()), await chat.attach(picked())]

  const [first, second, third, fourth] = posted.map(({ id }) => id)
  expect(told.map((wrong) => wrong === null)).toEqual([false, false, true, true])
  expect([second, third]).toEqual([first, first])
  expect(fourth).not.toBe(first)
})

test("a chat that was ended without a line is ended as soon as there is one, also after a reload", () => {
  opened().chat.end()
  const { chat, line } = opened()
  chat.kept.pending = [{ id: "a", body: "Bye" }]
  line.hear({ t: "welcome" })
  const sent = [...line.sent]
  line.hear({ t: "state", state: "closed", agent: null, wait: null })

  expect(sent).toEqual(["say", "leave"])
  expect(chat.kept.isEnding).toBe(false)
})

test("whoever writes after all is not sent away", () => {
  const { chat, line } = opened()
  chat.end()
  chat.say("Wait!")
  line.hear({ t: "welcome" })

  expect(line.sent).toEqual(["say"])
})

// Does the live view judge, order and keep what it is told to?
import { expect, test } from "vitest"
import type { FeedRecord } from "../src/feed/frames"
import { showFigures } from "../src/feed/store"
import { valueOf } from "../src/live/figure"
import { sorted, turned } from "../src/live/order"
import { doingOf, every, figuresOf, isAtWork, sinceOf, type AgentRecord, type QueueFigures, type QueueRecord } from "../src/live/records"
import { shownFigure } from "../src/live/show"
import { asStored, asTyped, judge, limitsOf } from "../src/live/thresholds"
import { moved, OUR_VIEW, readView } from "../src/live/view"

const queue = { id: "q", name: "Sales", target_bp: 8_000, service_level_s: 20, promise_s: 120 } as QueueRecord
const agent = (values: Partial<AgentRecord>) =>
  ({ id: "a", name: "Lin", chosen: "ready", not_responding: false, desk_reachable: true, holds: [], skills: {}, since_ms: 5, ...values }) as unknown as AgentRecord
const hold = (state: string, since_ms = 9) => ({ state, since_ms }) as AgentRecord["holds"][number]

test("the latest figures win, and those of another feed are none of ours", () => {
  const figures = new Map<string, FeedRecord>()
  const frame = (feed: string, waiting: number) => ({ t: "figures" as const, feed, pos: 7, put: { "queue/q": { waiting } } })

  for (const each of [frame("live", 1), frame("live", 4), frame("desk", 9)]) showFigures(figures, "live", each)

  expect(figuresOf(figures, "q")?.waiting).toBe(4)
  expect(figuresOf(figures, null)).toBeNull()
})

test("records are told apart by their kind", () => {
  const records = new Map<string, FeedRecord>([["queue/q", { id: "q" }], ["agent/a", { id: "a" }], ["agent/b", { id: "b" }]])

  expect(every(records, "agent").map(({ id }) => id)).toEqual(["a", "b"])
})

test("the longest wait grows while nothing is sent", () => {
  const figures = { longest_since_ms: 1_000, waiting: 2, service_level_bp: null, agents: { ready: 3 } } as unknown as QueueFigures

  expect(valueOf(figures, "longest", 61_000)).toBe(60_000)
  expect(valueOf(figures, "agents_ready", 0)).toBe(3)
  expect(valueOf(figures, "service_level", 0)).toBeNull()
  expect(shownFigure("longest", 60_000, "en")).toBe("1:00")
  expect(shownFigure("service_level", null, "en")).toBe("–")
  expect(shownFigure("service_level", 7_840, "en")).toBe("78.4%")
})

test.each([
  ["service_level", 8_000, "fine"],
  ["service_level", 7_999, "warn"],
  ["service_level", 6_999, "alarm"],
  ["longest", 59_999, "fine"],
  ["longest", 60_000, "warn"],
  ["longest", 120_000, "alarm"],
  ["overdue", 0, "fine"],
  ["overdue", 1, "warn"],
  ["waiting", 10_000, "fine"],
] as const)("%s at %d is %s by the queue's own target and promise", (key, value, judgement) => {
  expect(judge(key, value, limitsOf(key, {}, queue))).toBe(judgement)
})

test("a person's own limit comes before all others, and nothing is never judged", () => {
  const own = { longest: { warn: null, alarm: 10_000 } }

  expect(judge("longest", 10_000, limitsOf("longest", own, queue))).toBe("alarm")
  expect(judge("longest", 9_999, limitsOf("longest", own, queue))).toBe("fine")
  expect(judge("longest", null, limitsOf("longest", own, queue))).toBe("fine")
})

test("people set seconds and per cent, the server keeps milliseconds and basis points", () => {
  expect([asStored("longest", 90), asStored("service_level", 82.5), asStored("waiting", 4)]).toEqual([90_000, 8_250, 4])
  expect([asTyped("longest", 90_000), asTyped("service_level", 8_250), asTyped("waiting", null)]).toEqual([90, 82.5, null])
})

test("rows without a value come last in either direction, equal ones by name", () => {
  const rows = [{ n: "b", v: 2 }, { n: "a", v: 2 }, { n: "c", v: null }, { n: "d", v: 5 }]
  const names = (down: boolean) => sorted(rows, { key: "v", down }, (row) => row.v, (row) => row.n).map(({ n }) => n)

  expect(names(true)).toEqual(["d", "a", "b", "c"])
  expect(names(false)).toEqual(["a", "b", "d", "c"])
  expect(turned({ key: "v", down: true }, "v")).toEqual({ key: "v", down: false })
  expect(turned({ key: "v", down: false }, "n")).toEqual({ key: "n", down: true })
})

test.each([
  ["flag", agent({ not_responding: true, holds: [hold("talking")] })],
  ["busy", agent({ chosen: "away", holds: [hold("held"), hold("wrap_up")] })],
  ["wrap_up", agent({ holds: [hold("wrap_up"), hold("parked")] })],
  ["ready", agent({ holds: [hold("parked")] })],
  ["unreachable", agent({ desk_reachable: false })],
  ["offline", agent({ chosen: "offline", desk_reachable: false, not_responding: true })],
] as const)("what an agent does is told in one word: %s", (doing, record) => {
  expect(doingOf(record)).toBe(doing)
})

test("time counts from the conversation, else from the choice", () => {
  expect(sinceOf(agent({ holds: [hold("talking", 40), hold("parked", 10)] }))).toBe(40)
  expect(sinceOf(agent({ holds: [hold("parked", 10)] }))).toBe(5)
})

test("a damaged view becomes ours, a strange figure is left out, and six cards are the most", () => {
  expect(readView("nonsense")).toEqual(OUR_VIEW)
  expect(readView({ cards: ["waiting", "made_up", "waiting", "aht"] }).cards).toEqual(["waiting", "aht"])
  expect(readView({ cards: ["waiting", "longest", "overdue", "asa", "aht", "offered", "answered"] }).cards).toHaveLength(6)
  expect(readView({ thresholds: { waiting: { warn: "x", alarm: 7.9 }, made_up: { warn: 1 } } }).thresholds).toEqual({ waiting: { warn: null, alarm: 7 } })
})

test("a card moves one step, and not beyond the end", () => {
  expect(moved(["a", "b", "c"], 2, -1)).toEqual(["a", "c", "b"])
  expect(moved(["a", "b"], 1, 1)).toEqual(["a", "b"])
})

test("only who is at work on the channel can be given a contact by hand", () => {
  const there = agent({ desk_reachable: true, phone_reachable: false, not_responding: true })

  expect([isAtWork(there, "chat"), isAtWork(there, "phone")]).toEqual([true, false])
  expect(isAtWork({ ...there, chosen: "away" }, "chat")).toBe(false)
  expect(isAtWork({ ...there, desk_reachable: false }, "chat")).toBe(false)
})

// Does the contact page tell a decision and a life as they were?
import { expect, test } from "vitest"
import { besidesOf } from "../src/contact/besides"
import { candidatesIn, rivalsIn, stagesIn, whyAgent, whyContact, type Explanation } from "../src/contact/explain"
import { spanOf, strandsOf } from "../src/contact/strands"

const NOW_US = 1_000_000_000
const explanation = (values: Partial<Explanation>): Explanation => ({
  rule: 1, now_us: NOW_US, kind: "ordinary", order: "least_surplus", preferred: false, contested: false, window: 0, window_full: 20,
  window_overdue: 0, share_pct: 70, look_ahead_hit: false, counts: { profiles: 14, able: 6, logged_in: 4, free: 3, lines: 2, line: 3 },
  stays: [[2, NOW_US - 95_000_000, NOW_US - 65_000_000, "c1", "s1"], [1, NOW_US - 80_000_000, NOW_US - 80_000_000, "c2", "s2"]],
  agents: [[1, NOW_US - 240_000_000, "lin"], [1, NOW_US - 60_000_000, "ben"]],
  ...values,
})

test("the points of an ordinary contact are the seconds from its place times the rate", () => {
  expect(rivalsIn(explanation({})).map(({ points, waitedMs, isChosen }) => [points, waitedMs, isChosen])).toEqual([[190, 65_000, true], [80, 80_000, false]])
})

test("of an overdue contact it is told how far beyond the promise it is", () => {
  const overdue = explanation({ kind: "overdue", stays: [[2, NOW_US - 30_000_000, NOW_US, NOW_US - 150_000_000, "c1", "s1"]] })

  expect(rivalsIn(overdue)[0]).toMatchObject({ points: null, lateMs: 30_000, waitedMs: 150_000 })
  expect(whyContact(overdue)).toBe("only")
  expect(whyContact({ ...overdue, contested: true })).toBe("overdue_first")
})

test("each stage says how many fell out before it", () => {
  expect(stagesIn(explanation({})).map(({ key, left, out }) => [key, left, out])).toEqual([
    ["profiles", 14, 0], ["able", 6, 8], ["logged_in", 4, 2], ["free", 3, 1],
  ])
})

test.each([
  ["preferred", { preferred: true }],
  ["only", { agents: [[0, 0, "lin"]] as Explanation["agents"] }],
  ["fit", { agents: [[0, 9, "lin"], [3, 1, "ben"]] as Explanation["agents"] }],
  ["skilled", { order: "most_skilled" as const, agents: [[3, 9, "lin"], [0, 1, "ben"]] as Explanation["agents"] }],
  ["idle", {}],
  ["idle", { order: "longest_idle" as const }],
  ["id", { agents: [[1, 5, "lin"], [1, 5, "ben"]] as Explanation["agents"] }],
])("the agent was chosen because: %s", (why, values) => {
  expect(whyAgent(explanation(values))).toBe(why)
})

test("equal points are decided by who came first", () => {
  const [row] = explanation({}).stays

  expect(whyContact(explanation({}))).toBe("points")
  expect(whyContact(explanation({ stays: [row!, row!] }))).toBe("earlier")
  expect(candidatesIn(explanation({}))[0]).toEqual({ agentId: "lin", isChosen: true, surplus: 1, idleMs: 240_000 })
})

test("a life is told in strips: the wait, an offer missed, and a conversation with its hold and wrap-up", () => {
  const stay = { id: "st", queue: "Sales", queued_ms: 0, ended_ms: 69, end: "answered" }
  const segment = (id: string, values: object) => ({ id, agent_id: id, role: "primary", state: "done", offered_ms: 40, connected_ms: null, ended_ms: null, end: null, ...values })
  const event = (at_ms: number, kind: string, segment_id: string) => ({ at_ms, kind, segment_id })
  const events = [
    event(40, "segment.offered", "anna"), event(60, "segment.expired", "anna"), event(61, "segment.offered", "ben"), event(69, "segment.connected", "ben"),
    event(100, "segment.held", "ben"), event(120, "segment.retrieved", "ben"), event(200, "segment.ended", "ben"), event(230, "segment.finished", "ben"),
  ]

  const strands = strandsOf([stay], [segment("anna", {}), segment("ben", { offered_ms: 61 })], events, 500, (id) => id)

  expect(strands.map(({ name, strips }) => [name, strips.map(({ kind, fromMs, toMs }) => [kind, fromMs, toMs])])).toEqual([
    ["Sales", [["waiting", 0, 69]]],
    ["anna", [["offered", 40, 60]]],
    ["ben", [["offered", 61, 69], ["talking", 69, 100], ["held", 100, 120], ["talking", 120, 200], ["wrap_up", 200, 230]]],
  ])
  expect(spanOf(strands)).toEqual({ fromMs: 0, toMs: 230 })
})

test("without the log a segment's own times are left", () => {
  const segment = { id: "x", agent_id: "x", role: "primary", state: "done", offered_ms: 10, connected_ms: 20, ended_ms: 50, end: null }

  expect(strandsOf([], [segment], [], 99, (id) => id)[0]!.strips).toEqual([
    { kind: "offered", fromMs: 10, toMs: 20 },
    { kind: "talking", fromMs: 20, toMs: 50 },
  ])
})

test("beside an event stands what a person can read", () => {
  const data = { wait_us: 3_303_961, place_us: 1_795_689_379_173_812, queue_id: "01a2", manual: false, end: "answered", value: 90 }

  expect(besidesOf(data)).toEqual([["wait", "0:03"], ["end", "answered"], ["value", "90"]])
})

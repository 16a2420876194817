// Does the line of time of a recording have everything where it was, and nothing in the gaps?
import { expect, test } from "vitest"
import type { EventTold, SegmentTold, StayTold } from "../src/contact/strands"
import {
  gapsOf, instantAt, lanesOf, lengthTold, partAfter, partsOf, placeAt, scaleOf, shareAt, soundAt, soundOf, startAfter, startBefore, type Recorded,
} from "../src/contact/timeline"

const recorded = (part: number, began_ms: number, length_ms: number, values: Partial<Recorded> = {}): Recorded =>
  ({ id: `r${part}`, segment_id: "anna", kind: "call", part, began_ms, length_ms, state: "stored", ...values })
const segment = (id: string, offered_ms: number, connected_ms: number | null, ended_ms: number, role = "primary"): SegmentTold =>
  ({ id, agent_id: id, role, state: "done", offered_ms, connected_ms, ended_ms, end: null })
const event = (at_ms: number, kind: string, segment_id: string | null = null): EventTold => ({ at_ms, kind, segment_id })
const stay = (queued_ms: number, ended_ms: number | null): StayTold => ({ id: `s${queued_ms}`, queue: "Service", queued_ms, ended_ms, end: "answered" })

// Anna talks from 0:10 to 1:00, holds for half a minute, talks on; then it waits for Ben, who is recorded from 2:30 on.
const LATE = recorded(3, 150_000, 20_000, { segment_id: "ben" })
const CALL = [recorded(1, 10_000, 50_000), LATE, recorded(2, 90_000, 10_000)]
const EVENTS = [
  event(10_000, "segment.connected", "anna"), event(60_000, "segment.held", "anna"), event(90_000, "segment.retrieved", "anna"),
  event(100_000, "segment.ended", "anna"), event(130_000, "segment.finished", "anna"), event(150_000, "segment.connected", "ben"),
  event(170_000, "segment.ended", "ben"),
]
const STAYS = [stay(0, 10_000), stay(100_000, 150_000)]
const SEGMENTS = [segment("anna", 2_000, 10_000, 100_000), segment("ben", 140_000, 150_000, 170_000)]
const parts = partsOf(CALL)
const gaps = gapsOf(parts, STAYS, EVENTS)

test("the parts lie in the order of their instants, and their sounds follow each other", () => {
  expect(parts.map(({ id, n, fromMs, toMs, soundMs }) => [id, n, fromMs, toMs, soundMs])).toEqual([
    ["r1", 1, 10_000, 60_000, 0], ["r2", 2, 90_000, 100_000, 50_000], ["r3", 3, 150_000, 170_000, 60_000],
  ])
  expect(soundOf(parts)).toBe(80_000)
})

test("a gap knows how long it was, and why", () => {
  expect(gaps).toEqual([
    { fromMs: 60_000, toMs: 90_000, why: "held" },
    { fromMs: 100_000, toMs: 150_000, why: "waiting" },
  ])
  const paused = [...EVENTS, event(60_400, "segment.recording_paused", "anna")]
  expect(gapsOf(parts, STAYS, paused)[0]!.why).toBe("paused")
  expect(gapsOf(parts, [], [])[0]!.why).toBe("unrecorded")
  expect(gapsOf(partsOf([recorded(1, 0, 1_000), recorded(2, 1_200, 1_000)]), [], [])).toEqual([])
})

test("a gap of less than a second is not told as nothing", () => {
  expect([300, 1_000, 61_200].map((toMs) => lengthTold({ fromMs: 0, toMs, why: "held" }))).toEqual(["0:01", "0:01", "1:02"])
})

test("a place in the sound has its true instant, and an instant its place in the sound", () => {
  expect(placeAt(parts, 0)).toMatchObject({ part: { id: "r1" }, withinMs: 0, atMs: 10_000 })
  expect(placeAt(parts, 49_999)).toMatchObject({ part: { id: "r1" }, atMs: 59_999 })
  expect(placeAt(parts, 50_000)).toMatchObject({ part: { id: "r2" }, withinMs: 0, atMs: 90_000 })
  expect(placeAt(parts, 80_000)).toMatchObject({ part: { id: "r3" }, withinMs: 20_000, atMs: 170_000 })
  expect([10_000, 35_000, 95_000, 170_000].map((atMs) => soundAt(parts, atMs))).toEqual([0, 25_000, 55_000, 80_000])
})

test("in a gap the play head goes to the beginning of what comes next", () => {
  expect([60_000, 75_000, 120_000].map((atMs) => soundAt(parts, atMs))).toEqual([50_000, 50_000, 60_000])
})

test("after each part the next one is played, until there is none", () => {
  const [one, two, three] = [parts[0]!, parts[1]!, parts[2]!]
  expect([one, two, three].map((part) => partAfter(parts, part)?.id ?? null)).toEqual(["r2", "r3", null])
})

test("a part whose sound is gone has its place on the line and none in the sound", () => {
  const without = partsOf([CALL[0]!, recorded(2, 90_000, 10_000, { state: "missing" }), LATE])

  expect(without.map(({ isThere, soundMs }) => [isThere, soundMs])).toEqual([[true, 0], [false, 50_000], [true, 50_000]])
  expect(soundOf(without)).toBe(70_000)
  expect(partAfter(without, without[0]!)?.id).toBe("r3")
  expect(soundAt(without, 95_000)).toBe(50_000)
  expect(placeAt(without, 50_000)?.part.id).toBe("r3")
  expect(placeAt(partsOf([recorded(1, 0, 9, { state: "expected" })]), 0)).toBeNull()
})

test("from part to part by key: to the beginning of this one first, then of the one before", () => {
  expect([55_000, 50_500, 30_000, 0].map((at) => startBefore(parts, at))).toEqual([50_000, 0, 0, 0])
  expect([0, 50_000, 60_000].map((at) => startAfter(parts, at))).toEqual([50_000, 60_000, 80_000])
})

test("the customer has the first lane, and each agent one with what the log says", () => {
  const lanes = lanesOf(parts, gaps, SEGMENTS, EVENTS, (id) => id.toUpperCase())

  expect(lanes.map(({ name, strips }) => [name, strips.map(({ kind, fromMs, toMs }) => [kind, fromMs, toMs])])).toEqual([
    [null, [["talking", 10_000, 60_000], ["held", 60_000, 90_000], ["talking", 90_000, 100_000], ["talking", 150_000, 170_000]]],
    ["ANNA", [["talking", 10_000, 60_000], ["held", 60_000, 90_000], ["talking", 90_000, 100_000]]],
    ["BEN", [["talking", 150_000, 170_000]]],
  ])
})

test("a colleague who is asked speaks aside, until they take over", () => {
  const told = [...EVENTS, event(65_000, "segment.connected", "cleo"), event(80_000, "segment.role_changed", "cleo"), event(95_000, "segment.ended", "cleo")]
  const asked = [...SEGMENTS, segment("cleo", 62_000, 65_000, 95_000), segment("dan", 62_000, null, 64_000)]
  const lane = (segments: SegmentTold[], events: EventTold[]) => lanesOf(parts, gaps, segments, events, String).find(({ key }) => key === "cleo")!.strips

  expect(lane(asked, told)).toEqual([{ kind: "aside", fromMs: 65_000, toMs: 80_000 }, { kind: "talking", fromMs: 80_000, toMs: 95_000 }])
  expect(lane([segment("cleo", 62_000, 65_000, 95_000, "consult")], [])).toEqual([{ kind: "aside", fromMs: 65_000, toMs: 95_000 }])
  expect(lanesOf(parts, gaps, asked, told, String).map(({ key }) => key)).toEqual(["customer", "anna", "cleo", "ben"])
})

test("what lies before the first part and after the last one is not on the line", () => {
  const early = segment("anna", 0, 1_000, 500_000)

  expect(lanesOf(parts, gaps, [early], [], String)[1]!.strips).toEqual([{ kind: "talking", fromMs: 10_000, toMs: 170_000 }])
  expect(lanesOf(parts, gaps, [segment("early", 0, 1_000, 5_000)], [], String)).toHaveLength(1)
  expect(lanesOf([], [], SEGMENTS, EVENTS, String)).toEqual([])
})

test("parts are drawn to scale, and no gap takes more of the width than it needs to be read", () => {
  const scale = scaleOf(parts, gaps)
  const widths = scale.map(({ from, to }) => to - from)

  expect(scale.map(({ fromMs }) => fromMs)).toEqual([10_000, 60_000, 90_000, 100_000, 150_000])
  expect(widths[0]! / widths[2]!).toBeCloseTo(5)
  expect(widths[4]! / widths[2]!).toBeCloseTo(2)
  expect(widths[1]).toBeCloseTo(widths[3]!)
  expect(widths[1]! / widths[0]!).toBeCloseTo((80_000 * 0.12) / 50_000)
  expect(scale.at(-1)!.to).toBeCloseTo(1)
})

test("a click comes down on the instant that is drawn there", () => {
  const scale = scaleOf(parts, gaps)

  for (const atMs of [10_000, 33_000, 60_000, 70_000, 95_000, 120_000, 169_000]) expect(instantAt(scale, shareAt(scale, atMs))).toBeCloseTo(atMs)
  expect([shareAt(scale, 0), shareAt(scale, 10_000), shareAt(scale, 999_999)]).toEqual([0, 0, 1])
})

// Are times told in the same width and place, and files of problems read to their fields?
import { expect, test } from "vitest"
import { addressed, problemIn } from "../src/api/ask"
import { dayAndTime, duration, left } from "../src/moments"

test("what is left is rounded up, what has passed is rounded down", () => {
  expect([duration(59_999), left(59_001), left(0), duration(3_729_000)]).toEqual(["0:59", "1:00", "0:00", "1:02:09"])
})

test("today needs no date, another year needs its own", () => {
  const now = new Date(2026, 10, 26, 12, 0)
  const told = (at: Date) => dayAndTime(at.getTime(), "en-GB", now)

  expect(told(new Date(2026, 10, 26, 9, 5))).toBe("09:05")
  expect(told(new Date(2026, 10, 25, 9, 5))).toBe("25 Nov 09:05")
  expect(told(new Date(2025, 10, 25, 9, 5))).toBe("25 Nov 2025 09:05")
})

test("an address carries what is given, encoded, and nothing else", () => {
  expect(addressed("/v1/colleagues", { company_id: "c", q: "a b&c", team: null, state: "" })).toBe("/v1/colleagues?company_id=c&q=a+b%26c")
  expect(addressed("/v1/colleagues", { q: undefined })).toBe("/v1/colleagues")
})

test("an answer that is no problem of ours still has a key by its status", () => {
  expect(problemIn(null, 502)).toEqual({ status: 502, text_key: "status.502", errors: [], current: undefined })
})

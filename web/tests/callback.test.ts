// Does a slot stand on the day and at the time that the customer's own clock shows?
import { expect, test } from "vitest"
import { daysOf } from "../src/callback/slots"

const AT = Date.UTC(2026, 10, 1, 23, 30) // a Sunday

test("the same instant is another day elsewhere", () => {
  const of = (zone: string) => daysOf([{ at_ms: AT, free: 1 }], "en", zone).map(({ name, times }) => [name, times[0]!.text])

  expect(of("Europe/Berlin")).toEqual([["Monday, November 2", "12:30 AM"]])
  expect(of("America/New_York")).toEqual([["Sunday, November 1", "06:30 PM"]])
})

test("times of one day stand together in their order", () => {
  const slots = [0, 1, 26].map((half) => ({ at_ms: AT + half * 1_800_000, free: half }))

  expect(daysOf(slots, "en", "UTC").map(({ times }) => times.length)).toEqual([1, 2])
})

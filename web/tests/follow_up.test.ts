// Is a time of day the same on its way into the form and out of it?
import { expect, test } from "vitest"
import { dueOf, morningAfter } from "../src/desk/follow_up"

test("the next morning is at nine of the person's own day, also over the end of a month and a year", () => {
  const morning = (...at: [number, number, number, number]) => morningAfter(new Date(...at).getTime())

  expect(morning(2026, 10, 30, 23)).toBe("2026-12-01T09:00")
  expect(morning(2026, 11, 31, 0)).toBe("2027-01-01T09:00")
})

test("what the field says is that instant, and nothing else is one", () => {
  expect(dueOf("2026-12-01T09:00")).toBe(new Date(2026, 11, 1, 9).getTime())
  expect(["", "soon", "2026-13-45T99:99"].map(dueOf)).toEqual([null, null, null])
})

// Does a page of a fax turn and grow as far as it can, and no further?
import { expect, test } from "vitest"
import { ZOOMS, pageAddress, turned, zoomed, type Fax } from "../src/desk/faxes"

test("four turns bring a page back, to either side", () => {
  const right = [0, 1, 2, 3].map((now) => turned(now, 1))
  const left = [0, 1, 2, 3].map((now) => turned(now, -1))

  expect([right, left]).toEqual([[1, 2, 3, 0], [3, 0, 1, 2]])
})

test("beyond the largest and the smallest it stays as it is", () => {
  const smallest = ZOOMS[0], largest = ZOOMS.at(-1)!

  expect([zoomed(100, 1), zoomed(100, -1)]).toEqual([150, 75])
  expect([zoomed(largest, 1), zoomed(smallest, -1)]).toEqual([largest, smallest])
})

test("a page is asked for by its number, as large as it is needed", () => {
  expect(pageAddress({ id: "f1" } as Fax, 2, 120)).toBe("/v1/faxes/f1/pages/2?width=120")
})

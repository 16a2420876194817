// Does a slash ask where it should and nowhere else, and does what is inserted leave everything around it?
import { expect, test } from "vitest"
import { inserted, slashIn, unknownIn } from "../src/canned/answers"

test("a slash asks at the start of a line only, up to the caret", () => {
  expect(slashIn("/gre", 4)).toEqual({ from: 0, typed: "gre" })
  expect(slashIn("Hello\n/gr eet\nmore", 9)).toEqual({ from: 6, typed: "gr" })
  expect(slashIn("and/or", 6)).toBeNull()
  expect(slashIn("/greet\n", 7)).toBeNull()
  expect(slashIn("/", 0)).toBeNull()
  expect(slashIn("", 0)).toBeNull()
})

test("what is behind the caret and in other lines stays", () => {
  const text = "Hello\n/gr and more\nBye"
  expect(inserted(text, slashIn(text, 9)!, "Two\nlines")).toEqual({ text: "Hello\nTwo\nlines and more\nBye", caret: 15 })
})

test("a name in braces that stands for nothing is named, once", () => {
  expect(unknownIn("{customer} {oder} {agent} {oder} {a b}")).toEqual(["oder", "a b"])
})

// Is a name asked for where it may stand, and is nobody told who was taken out of the text again?
import { expect, test } from "vitest"
import { atIn, mentionedIn, named, piecesOf } from "../src/desk/notes"

test("an @ asks at the start of a word only, and never in an address", () => {
  expect(atIn("@Gr", 3)).toEqual({ from: 0, typed: "Gr" })
  expect(atIn("ask @Li W", 9)).toEqual({ from: 4, typed: "Li W" })
  expect(atIn("a@b.example", 5)).toBeNull()
  expect(atIn("@Grace\nmore", 11)).toBeNull()
  expect(atIn("@Grace  said", 12)).toBeNull()
  expect(atIn("", 0)).toBeNull()
})

test("a name is put in whole, and what follows stays", () => {
  expect(named("ask @Gr now", { from: 4, typed: "Gr" }, { id: "1", name: "Grace Hopper" })).toEqual({ text: "ask @Grace Hopper  now", caret: 18 })
})

test("who does not stand in the text any more is not told", () => {
  const people = [{ id: "1", name: "Grace" }, { id: "2", name: "Ada" }, { id: "1", name: "Grace" }]
  expect(mentionedIn({ id: "n", text: "@Grace look", people })).toEqual(["1"])
})

test("only names of those who are mentioned are marked", () => {
  const note = { note_id: "n", author: null, at_ms: 0, text: "@Ada (x) and @Ada", mentioned: [{ agent_id: "1", name: "Ada (x)" }] }
  expect(piecesOf(note)).toEqual([{ text: "@Ada (x)", isName: true }, { text: " and @Ada", isName: false }])
})

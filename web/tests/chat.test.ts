// Do messages keep their order, and is nothing shown twice that was brought twice?
import { expect, test } from "vitest"
import { lastSeen, merged, stillPending, type Message } from "../src/desk/chat"

const message = (n: number, sender: Message["sender"] = "agent", id: string | null = `id-${n}`): Message => ({ n, sender, at_ms: n, body: `word ${n}`, id, file: null })

test("messages that come late or again stand once and in their order", () => {
  const shown = merged([message(1), message(2)], [message(3), message(2), message(1)])

  expect(shown.map(({ n }) => n)).toEqual([1, 2, 3])
})

test("what is stored is brought no more, and what is not stays in its order", () => {
  const pending = ["id-2", "mine-1", "mine-2"].map((id) => ({ id, body: "" }))

  expect(stillPending(pending, [message(1), message(2)]).map(({ id }) => id)).toEqual(["mine-1", "mine-2"])
})

test("only the last word of ours that was read is marked so", () => {
  const said = [message(1), message(2), message(3, "customer"), message(4)]

  expect(lastSeen(said, 3)).toBe(2)
  expect(lastSeen(said, 0)).toBe(null)
})

// Is what the person asked for never dropped in silence, and never asked for twice under two names?
import { expect, test } from "vitest"
import { COMMAND_LIFE_MS, Commands } from "../src/feed/commands"
import type { Do } from "../src/feed/frames"

function desk() {
  const sent: Do[] = []
  const clock = { ms: 0 }
  let n = 0
  const commands = new Commands(
    (frame) => sent.push(frame),
    () => `id-${++n}`,
    () => clock.ms,
  )
  return { commands, sent, clock }
}

test("a command is sent at once and kept until it is done", async () => {
  const { commands, sent } = desk()
  const answer = commands.ask({ what: "accept", segment: "s1" })
  const underway = commands.underway().length

  commands.hear({ t: "done", id: "id-1", pos: 7, result: { state: "connecting" } })

  expect(sent).toEqual([{ t: "do", id: "id-1", what: "accept", segment: "s1" }])
  expect([underway, commands.underway().length]).toEqual([1, 0])
  expect(await answer).toEqual({ state: "done", result: { state: "connecting" } })
})

test("a refusal reaches the person with its problem", async () => {
  const { commands } = desk()
  const answer = commands.ask({ what: "accept", segment: "s1" })
  const problem = { status: 409, text_key: "offer.taken" }

  commands.hear({ t: "refused", id: "id-1", problem, retry: false })

  expect(await answer).toEqual({ state: "refused", problem })
})

test("after a reconnect it is sent again with the same id, and only once more", () => {
  const { commands, sent, clock } = desk()
  void commands.ask({ what: "end", segment: "s1" })
  clock.ms = 3_000

  commands.sendAgain()

  expect(sent.map(({ id }) => id)).toEqual(["id-1", "id-1"])
})

test("after ten seconds it is given up: the person is told, and nothing is sent later", async () => {
  const { commands, sent, clock } = desk()
  const answer = commands.ask({ what: "end", segment: "s1" })
  clock.ms = COMMAND_LIFE_MS

  commands.sendAgain()

  expect(await answer).toEqual({ state: "unanswered" })
  expect(sent).toHaveLength(1)
})

test("one that is refused for now is asked again with the same id", () => {
  const { commands, sent } = desk()
  void commands.ask({ what: "hold", segment: "s1" })
  commands.hear({ t: "refused", id: "id-1", problem: { status: 503 }, retry: true })

  commands.tryAgain()
  commands.tryAgain()

  expect(sent.map(({ id }) => id)).toEqual(["id-1", "id-1"])
})

test("an answer that comes twice, or to nobody, changes nothing", () => {
  const { commands } = desk()
  void commands.ask({ what: "hold", segment: "s1" })
  const done = { t: "done" as const, id: "id-1", pos: 1 }

  for (const frame of [done, done, { ...done, id: "id-9" }]) commands.hear(frame)

  expect(commands.underway()).toEqual([])
})

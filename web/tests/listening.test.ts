// Is it offered to listen where there is something to hear, and shown as long as one does?
import { expect, test } from "vitest"
import { conversationOf, isHeard, listenChoices, readListening, stillHeard, type Listening } from "../src/live/hearing"
import type { AgentRecord, Hold } from "../src/live/records"

const hold = (segment_id: string, state: string, channel = "phone") => ({ segment_id, state, channel }) as Hold
const agent = (...holds: Hold[]) => ({ id: "a", holds }) as unknown as AgentRecord
const now: Listening = { segment: "s", agent: "a", mode: "whisper" }

test.each([
  ["talking", "phone", true],
  ["held", "phone", true],
  ["connecting", "phone", false],
  ["offered", "phone", false],
  ["wrap_up", "phone", false],
  ["talking", "chat", false],
])("%s by %s can be heard: %s", (state, channel, heard) => {
  expect(isHeard(hold("s", state, channel))).toBe(heard)
})

test("of two calls the one that is talked in is heard", () => {
  expect(conversationOf(agent(hold("chat", "talking", "chat"), hold("first", "held"), hold("second", "talking")))?.segment_id).toBe("second")
  expect(conversationOf(agent(hold("first", "held")))?.segment_id).toBe("first")
  expect(conversationOf(agent(hold("first", "wrap_up")))).toBeNull()
})

test("where nothing is to be heard nothing is offered, and to stop only where one listens", () => {
  expect(listenChoices(undefined, now)).toEqual([])
  expect(listenChoices("other", now)).toEqual([{ key: "listen" }, { key: "whisper" }, { key: "barge" }])
  expect(listenChoices("s", now)).toEqual([
    { key: "listen", chosen: false },
    { key: "whisper", chosen: true },
    { key: "barge", chosen: false },
    { key: "stop_listening" },
  ])
})

test("listening ends with the conversation, and not when it is held", () => {
  expect(stillHeard(now, agent(hold("s", "held")))).toEqual(now)
  expect(stillHeard(now, agent(hold("s", "wrap_up")))).toBeNull()
  expect(stillHeard(now, agent(hold("next", "talking")))).toBeNull()
  expect(stillHeard(now, undefined)).toBeNull()
  expect(stillHeard(null, agent(hold("s", "talking")))).toBeNull()
})

test("what a tab has kept is read again, and anything else is nothing", () => {
  expect(readListening(JSON.stringify(now))).toEqual(now)
  for (const text of [null, "null", "{", "7", '{"segment":"s","agent":"a","mode":"shout"}', '{"mode":"listen"}']) expect(readListening(text)).toBeNull()
})

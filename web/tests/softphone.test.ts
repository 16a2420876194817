// Does the softphone take what fits, answer only what I accepted, and say what is the matter?
import { expect, test } from "vitest"
import type { Segment } from "../src/desk/records"
import { answersByItself, keypadKey, levelOf, OFF, segmentOnPhone, signOf, step, takesCall, textKeyOf, type Phone, type PhoneEvent } from "../src/softphone/state"

const READY: PhoneEvent[] = [{ is: "switched_on" }, { is: "owned" }, { is: "microphone", found: "there" }, { is: "registered" }]
const RANG: PhoneEvent = { is: "rang", id: "a", number: "+4930777001" }

const after = (...events: PhoneEvent[]): Phone => events.reduce(step, OFF)
const segment = (state: Segment["state"], channel: Segment["channel"] = "phone") => ({ id: state, state, channel }) as Segment

test("it says at each step what it waits for", () => {
  expect(READY.map((_, n) => signOf(after(...READY.slice(0, n + 1))))).toEqual(["other_tab", "connecting", "connecting", "ready"])
})

test("while another tab owns the audio it says so, whatever else is known", () => {
  expect(signOf(after({ is: "switched_on" }, { is: "registered" }, { is: "microphone", found: "denied" }))).toBe("other_tab")
})

test("without a microphone it is not ready, and the reason is told apart", () => {
  const texts = (["denied", "missing"] as const).map((found) => textKeyOf(after(...READY, { is: "microphone", found })))

  expect(texts).toEqual(["softphone.microphone_denied", "softphone.microphone_missing"])
})

test("a lost line is connecting again, and a registration ends the trouble", () => {
  const lost = after(...READY, { is: "troubled", by: "lost" })

  expect([signOf(lost), textKeyOf(lost)]).toEqual(["connecting", "softphone.trouble.lost"])
  expect(step(lost, { is: "registered" })).toEqual(after(...READY))
})

test("a refusal stays told until it registers", () => {
  expect(textKeyOf(after(...READY, { is: "troubled", by: "refused" }, { is: "unregistered" }))).toBe("softphone.trouble.refused")
})

test("a call goes its way: rings, is answered, talks, ends", () => {
  const events: PhoneEvent[] = [RANG, { is: "answering", id: "a" }, { is: "established", id: "a" }, { is: "muted", id: "a", on: true }, { is: "ended", id: "a" }]
  const states = events.map((_, n) => after(...READY, ...events.slice(0, n + 1)).call)

  expect(states.map((call) => call && [call.state, call.isMuted])).toEqual([
    ["ringing", false],
    ["answering", false],
    ["talking", false],
    ["talking", true],
    null,
  ])
})

test("what does not fit changes nothing", () => {
  const ringing = after(...READY, RANG)
  const misfits: PhoneEvent[] = [
    { is: "established", id: "a" },
    { is: "muted", id: "a", on: true },
    { is: "ended", id: "b" },
    { is: "answering", id: "b" },
    { is: "rang", id: "b", number: "1" },
    { is: "switched_on" },
  ]

  for (const misfit of misfits) expect([misfit, step(ringing, misfit)]).toEqual([misfit, ringing])
  for (const event of [...READY.slice(1), RANG]) expect(step(OFF, event)).toBe(OFF)
})

test("there is one call at a time, and none where the audio is another tab's", () => {
  expect([takesCall(after(...READY)), takesCall(after(...READY, RANG)), takesCall(after({ is: "switched_on" }))]).toEqual([true, false, false])
})

test("a socket that is lost ends no call", () => {
  expect(after(...READY, RANG, { is: "troubled", by: "lost" }).call?.id).toBe("a")
})

test("it answers by itself what the desk is connecting, and nothing else", () => {
  const ringing = after(...READY, RANG)

  expect(answersByItself(ringing, [segment("connecting")])).toBe(true)
  expect(answersByItself(ringing, [])).toBe(false)
  expect(answersByItself(ringing, [segment("talking"), segment("offered"), segment("connecting", "chat")])).toBe(false)
  expect(answersByItself(after(...READY), [segment("connecting")])).toBe(false)
  expect(answersByItself(step(ringing, { is: "answering", id: "a" }), [segment("connecting")])).toBe(false)
})

test("the call at the phone is who hears me before who waits for me", () => {
  expect(segmentOnPhone([segment("held"), segment("connecting"), segment("talking")])?.state).toBe("talking")
  expect(segmentOnPhone([segment("wrap_up"), segment("talking", "chat"), segment("offered")])).toBe(null)
})

test("twelve keys are keys, and nothing else that is typed", () => {
  expect(["0", "9", "*", "#", "a", "Enter", "10", ""].map(keypadKey)).toEqual(["0", "9", "*", "#", null, null, null, null])
})

test("the level runs from silence to the loudest", () => {
  const tone = (loudness: number) => new Float32Array(1000).fill(loudness)

  expect([levelOf(new Float32Array(0)), levelOf(tone(0)), levelOf(tone(0.001)), levelOf(tone(1))]).toEqual([0, 0, 0, 100])
  expect(levelOf(tone(0.1))).toBe(67)
})

test("a phone that stands is ready, says so, and takes no other call until it leaves the line", () => {
  const stands = after(...READY, { is: "stood", id: "a" }, { is: "established", id: "a" })

  expect([signOf(stands), textKeyOf(stands), takesCall(stands)]).toEqual(["ready", "softphone.sign.stands", false])
  expect(step(stands, RANG)).toBe(stands)
  expect(takesCall(step(stands, { is: "ended", id: "a" }))).toBe(true)
  expect(after(...READY, RANG, { is: "stood", id: "b" }).call?.id).toBe("a")
})

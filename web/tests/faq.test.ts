// Does a form make of an entry what it was, and of what was typed what the server takes?
import { expect, test } from "vitest"
import { bodyOf, dayOf, draftOf, fitting, type Entry } from "../src/faq/entries"

const ENTRY: Entry = {
  id: "1",
  company_id: "c",
  key: "deposit-return",
  language: "en",
  question: "When is my deposit returned?",
  answer: "Within **14 days**.\nLater with interest.",
  variants: ["Refund", "Money back"],
  tags: ["letting", "money"],
  state: "published",
  valid_from_ms: new Date("2026-03-28T00:00:00").getTime(),
  valid_until_ms: new Date("2026-04-01T00:00:00").getTime(),
  helpful: 0,
  unhelpful: 0,
  version: 3,
}

test("an entry that nobody changed is sent as it came", () => {
  const { question, answer, variants, tags, key, state, valid_from_ms, valid_until_ms } = ENTRY
  expect(bodyOf(draftOf(ENTRY, "zh-CN"))).toEqual({ question, answer, variants, tags, key, state, valid_from_ms, valid_until_ms })
})

test("the last day is shown as the last on which it is valid, and counts whole", () => {
  const draft = draftOf(ENTRY, "en")
  expect([draft.valid_from, draft.valid_until]).toEqual(["2026-03-28", "2026-03-31"])
})

test("every day of a year ends where the next begins, also where clocks are changed", () => {
  for (let day = 0; day < 366; day++) {
    const typed = dayOf(new Date(2026, 0, 1 + day).getTime())
    const next = dayOf(new Date(2026, 0, 2 + day).getTime())
    expect(dayOf(bodyOf({ ...draftOf(null, "en"), valid_until: typed }).valid_until_ms)).toBe(next)
  }
})

test("what is typed loosely is taken apart, and nothing becomes of empty fields", () => {
  const draft = { ...draftOf(null, "zh-CN"), question: " 几点开门？ ", answer: " 八点 ", variants: "营业时间\n\n  上班 \n", tags: "一般，时间、门店, x" }
  expect(bodyOf(draft)).toEqual({
    question: "几点开门？",
    answer: "八点",
    variants: ["营业时间", "上班"],
    tags: ["一般", "时间", "门店", "x"],
    key: null,
    state: "published",
    valid_from_ms: null,
    valid_until_ms: null,
  })
})

test("a question without an answer begins an entry in the language that is shown", () => {
  expect(draftOf(null, "zh-CN", "怎么停车")).toMatchObject({ language: "zh-CN", question: "怎么停车", answer: "", key: "" })
})

test("a filter wants every word, wherever it stands", () => {
  expect(fitting([ENTRY], "REFUND 14 days")).toEqual([ENTRY])
  expect(fitting([ENTRY], "deposit-return money")).toEqual([ENTRY])
  expect(fitting([ENTRY], "refund garage")).toEqual([])
  expect(fitting([ENTRY], "  ")).toEqual([ENTRY])
})

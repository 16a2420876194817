// Does the desk read its records as they are meant, and do without what an older server leaves out?
import { expect, test } from "vitest"
import { keyOf } from "../src/desk/buttons"
import { cardIn, localTime, nameless, safeLinks, termsOf, tierOf } from "../src/desk/card"
import { matches, presenceRank } from "../src/desk/colleagues"
import { KEYS } from "../src/desk/keys"
import { actsOn, mostUrgent, type Segment } from "../src/desk/records"

const segment = (values: Partial<Segment>): Segment => ({
  id: "s", contact_id: "c", company_id: "co", channel: "phone", queue_id: "q", queue: "Sales", state: "talking", role: "primary", manual: false,
  customer_id: null, number: null, queued_ms: 0, offered_ms: 0, expires_ms: null, connected_ms: null, wrap_up_until_ms: null, ...values,
})

test("buttons are what the record says may be done, in their own order", () => {
  const may = ["end", "finish_line", "conference", "complete", "return", "swap", "pause_recording"]

  expect(actsOn(segment({ state: "held", may }))).toEqual(["swap", "complete", "conference", "return", "pause_recording", "end"])
})

test("one key pauses the recording and resumes it, and no key does two things", () => {
  const shownKeys = Object.values(KEYS).map(({ show }) => show)

  expect(keyOf("pause_recording")).toBe(keyOf("resume_recording"))
  expect(new Set(shownKeys).size).toBe(shownKeys.length)
})

test("without that word the state decides, and a call is held where a chat is parked", () => {
  expect(actsOn(segment({}))).toEqual(["hold", "transfer", "end"])
  expect(actsOn(segment({ channel: "chat" }))).toEqual(["park", "transfer", "end"])
  expect(actsOn(segment({ state: "connecting" }))).toEqual([])
})

test("who hears me comes before who waits for me", () => {
  const [parked, talking, wrapUp] = [segment({ id: "p", state: "parked" }), segment({ id: "t" }), segment({ id: "w", state: "wrap_up" })]

  expect(mostUrgent([parked, wrapUp, talking])?.id).toBe("t")
  expect(mostUrgent([parked, wrapUp])?.id).toBe("w")
  expect(mostUrgent([])).toBeNull()
})

test("a card that lacks half of its fields is still a card", () => {
  const records = new Map([["card/c", { contact_id: "c", name: "Li Na", value_terms: null }]])

  expect(cardIn(records, "c")).toMatchObject({ name: "Li Na", level: "none", value: null, value_terms: {}, last_contacts: [] })
  expect(cardIn(records, "another")).toBeNull()
})

test("what the value is made of is told weightiest first, and what is no number is left out", () => {
  const card = cardIn(new Map([["card/c", { value_terms: { loyalty: 5, revenue: { points: 30 }, as_of: "2026" } }]]), "c")!

  expect(termsOf(card)).toEqual([{ name: "revenue", points: 30 }, { name: "loyalty", points: 5 }])
})

test("only web addresses become links", () => {
  const links = [{ name: "CRM", url: "https://crm.example/1" }, { name: "bad", url: "javascript:alert(1)" }]
  const card = cardIn(new Map([["card/c", { links }]]), "c")!

  expect(safeLinks(card).map(({ name }) => name)).toEqual(["CRM"])
})

test("a claim is not an identity", () => {
  const card = (level: string) => cardIn(new Map([["card/c", { level }]]), "c")

  expect(nameless(card("claimed"), "customer")).toBe("desk.unknown_customer")
  expect(nameless(card("verified"), "customer")).toBe("desk.known_customer")
  expect(nameless(null, "customer")).toBe("desk.known_customer")
})

test("the clock on the customer's wall, or none for a zone nobody knows", () => {
  const noonUtc = Date.UTC(2026, 0, 15, 12, 0)

  expect(localTime("Asia/Shanghai", noonUtc, "en-GB")).toBe("20:00")
  expect(localTime("Nowhere/Land", noonUtc, "en-GB")).toBeNull()
  expect([tierOf(70), tierOf(69), tierOf(39)]).toEqual(["high", "middle", "low"])
})

test("free colleagues stand before busy ones, and those before whoever is away or gone", () => {
  const rank = (chosen: "ready" | "away" | "offline", reachable: boolean, free: boolean) => presenceRank({ chosen, reachable, free })

  expect([rank("ready", true, true), rank("ready", true, false), rank("away", true, true), rank("offline", false, true)]).toEqual([0, 1, 2, 3])
  expect(rank("ready", false, true)).toBe(2)
})

test("a search finds when each of its words stands somewhere", () => {
  expect(matches("lin BILL", "Lin Hua", "billing zh")).toBe(true)
  expect(matches("lin fax", "Lin Hua", "billing")).toBe(false)
  expect(matches("", "anybody")).toBe(true)
})

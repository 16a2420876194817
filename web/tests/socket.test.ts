// Does the page stay connected by the protocol's rules? The world is recorded: what is sent, and what is waited for.
import { beforeEach, expect, test } from "vitest"
import { makeClock } from "../src/feed/clock"
import { Commands } from "../src/feed/commands"
import type { Do } from "../src/feed/frames"
import { FeedSocket, JITTER_MS, SILENCE_MS, SignedOut, type LinkState, type Wire, type World } from "../src/feed/socket"
import { emptyFeed } from "../src/feed/store"

class Recorded implements Wire {
  sent: Record<string, unknown>[] = []
  closed = false
  onopen: Wire["onopen"] = null
  onmessage: Wire["onmessage"] = null
  onclose: Wire["onclose"] = null

  send(text: string) {
    this.sent.push(JSON.parse(text))
  }
  close() {
    this.closed = true
  }
  hear(frame: object) {
    this.onmessage?.({ data: JSON.stringify(frame) } as MessageEvent)
  }
  end(code: number) {
    this.onclose?.({ code } as CloseEvent)
  }
}

function page(ticket: () => Promise<string> = async () => "ticket") {
  const wires: Recorded[] = []
  const waits: { ms: number; then: () => void; forgotten: boolean }[] = []
  const states: LinkState[] = []
  const now = { ms: 0 }
  const world: World = {
    open: () => wires[wires.push(new Recorded()) - 1]!,
    ticket,
    monotonicMs: () => now.ms,
    chance: () => 0.5,
    after: (ms, then) => {
      const wait = { ms, then, forgotten: false }
      waits.push(wait)
      return () => (wait.forgotten = true)
    },
  }
  const feed = emptyFeed()
  const commands: Commands = new Commands(
    (frame: Do) => void socket.send(frame),
    () => "id-1",
    () => now.ms,
  )
  const clock = makeClock(
    () => now.ms,
    () => 0,
  )
  const socket = new FeedSocket(world, { name: "desk", tab: "tab-1", feed, commands, clock, tell: (state) => states.push(state) })
  const settle = () => new Promise((resolve) => setTimeout(resolve))
  const second = () => waits.filter(({ ms, forgotten }) => ms === 1_000 && !forgotten).at(-1)!.then()
  return { socket, wires, waits, states, now, feed, commands, clock, settle, second }
}

const welcome = { t: "welcome", v: 1, session: "s", now_ms: 1_795_000_000_000, speed: 60 }
const snapshot = { t: "snapshot", feed: "desk", pos: 100, why: "new", records: { me: { load: 0 } } }

async function connected(desk = page()) {
  desk.socket.start()
  await desk.settle()
  const wire = desk.wires[0]!
  wire.onopen?.({} as Event)
  wire.hear(welcome)
  wire.hear(snapshot)
  return { ...desk, wire }
}

let desk: Awaited<ReturnType<typeof connected>>
beforeEach(async () => {
  desk = await connected()
})

test("hello carries the ticket, the tab and where the page stands", () => {
  expect(desk.wire.sent).toEqual([{ t: "hello", v: 1, ticket: "ticket", tab: "tab-1", feeds: [{ feed: "desk", pos: null }] }])
  expect(desk.states).toEqual(["connecting", "connected"])
})

test("a ping is answered in the message handler itself", () => {
  desk.wire.hear({ t: "ping", n: 7, pos: { desk: 180 } })

  expect(desk.wire.sent.at(-1)).toEqual({ t: "pong", n: 7 })
  expect(desk.feed.pos).toBe(180)
})

test("after a gap the page asks once, from where it stands, and no ping moves it meanwhile", () => {
  desk.wire.hear({ t: "turn", feed: "desk", prev: 105, pos: 106, put: { me: { load: 9 } } })
  desk.wire.hear({ t: "turn", feed: "desk", prev: 106, pos: 107, put: { me: { load: 9 } } })
  desk.wire.hear({ t: "ping", n: 1, pos: { desk: 107 } })
  const stood = desk.feed.pos
  desk.wire.hear({ t: "turn", feed: "desk", prev: 100, pos: 107, put: { me: { load: 9 } } })

  expect(desk.wire.sent.filter(({ t }) => t === "resume")).toEqual([{ t: "resume", feed: "desk", pos: 100 }])
  expect([stood, desk.feed.pos]).toEqual([100, 107])
})

test("a lost socket is opened again after at most three seconds, from where the page stands", async () => {
  desk.wire.end(1006)
  const wait = desk.waits.at(-1)!
  wait.then()
  await desk.settle()
  desk.wires[1]!.onopen?.({} as Event)

  expect(wait.ms).toBe(JITTER_MS / 2)
  expect(desk.wires[1]!.sent[0]).toMatchObject({ t: "hello", feeds: [{ feed: "desk", pos: 100 }] })
  expect(desk.states.at(-1)).toBe("reconnecting")
})

test("a command asked for while the socket is lost is sent after the next welcome", async () => {
  desk.wire.end(1006)
  void desk.commands.ask({ what: "end", segment: "s1" })
  desk.waits.at(-1)!.then()
  await desk.settle()
  const again = desk.wires[1]!
  again.onopen?.({} as Event)
  const before = again.sent.length
  again.hear(welcome)

  expect(before).toBe(1)
  expect(again.sent.at(-1)).toEqual({ t: "do", id: "id-1", what: "end", segment: "s1" })
})

test("a socket without a ping for fifteen seconds is dead, whatever the browser believes", () => {
  desk.now.ms = SILENCE_MS + 1
  desk.second()

  expect(desk.wire.closed).toBe(true)
  expect(desk.states.at(-1)).toBe("reconnecting")
})

test.each([
  [4001, "taken_over"],
  [4426, "reload"],
])("bye %i ends the page's tries: %s", (code, state) => {
  desk.wire.hear({ t: "bye", code, why: "…" })
  const waits = desk.waits.length
  desk.wire.end(code)

  expect(desk.states.at(-1)).toBe(state)
  expect(desk.waits.length).toBe(waits)
})

test("a seat taken over comes back when the person asks for it", async () => {
  desk.wire.end(4001)
  desk.socket.connectNow()
  await desk.settle()

  expect(desk.wires).toHaveLength(2)
})

test("a feed that is closed to the person is said to be, its acts are refused, and the right may be given back", async () => {
  const answer = desk.commands.ask({ what: "end", segment: "s1" })
  desk.wire.hear({ t: "bye", code: 4003, why: "no desk" })
  desk.wire.end(4003)
  const after = desk.states.length
  desk.waits.at(-1)!.then()
  await desk.settle()

  expect(await answer).toEqual({ state: "refused", problem: { status: 403, text_key: "right.missing" } })
  expect(desk.states.slice(after - 1)).toEqual(["no_right", "no_right"])
  expect(desk.wires).toHaveLength(2)
})

test("a session that has ended is no lost right: the next ticket says so", () => {
  desk.wire.hear({ t: "bye", code: 4003, why: "logged_out" })
  desk.wire.end(4003)

  expect(desk.states.at(-1)).toBe("reconnecting")
})

test("a restart waits as long as the server says, and the jitter", () => {
  desk.wire.hear({ t: "bye", code: 4010, why: "restart", after_ms: 800 })
  desk.wire.end(4010)

  expect(desk.waits.at(-1)!.ms).toBe(800 + JITTER_MS / 2)
})

test("without a session there is no next try", async () => {
  const signedOut = page(async () => {
    throw new SignedOut()
  })
  signedOut.socket.start()
  await signedOut.settle()

  expect(signedOut.states).toEqual(["connecting", "signed_out"])
})

test("business time runs from the welcome, at its speed", () => {
  desk.now.ms = 500

  expect(desk.clock.nowMs()).toBe(1_795_000_000_000 + 500 * 60)
})

// How does a page stay connected? Hello with a fresh ticket, an answer to every ping, resume after a gap, and again after a loss.
import type { Clock } from "./clock"
import type { Commands } from "./commands"
import { BYE, NO_RIGHT, type Bye, type FeedName, type Figures, type ServerFrame } from "./frames"
import { apply, type Feed } from "./store"

export type LinkState = "connecting" | "connected" | "reconnecting" | "taken_over" | "reload" | "unknown_feed" | "no_right" | "signed_out"

export const JITTER_MS = 3_000
export const SILENCE_MS = 15_000 // three pings missed: the socket is dead, whatever the browser believes
const RESUME_AGAIN_MS = 5_000
const VERSION = 1

export class SignedOut extends Error {}

/** The part of a WebSocket that is used; the browser's own fits. */
export interface Wire {
  send(text: string): void
  close(): void
  onopen: ((event: Event) => void) | null
  onmessage: ((event: MessageEvent) => void) | null
  onclose: ((event: CloseEvent) => void) | null
}

export interface World {
  open(): Wire
  ticket(): Promise<string> // raises SignedOut
  monotonicMs(): number
  chance(): number // 0 … 1
  after(ms: number, then: () => void): () => void // gives back how to forget it
}

export interface Seat {
  name: FeedName
  tab: string
  feed: Feed
  commands: Commands
  clock: Clock
  figures?(frame: Figures): void
  tell(state: LinkState): void
}

export class FeedSocket {
  private wire: Wire | null = null
  private bye: Bye | null = null
  private heardMs = 0
  private resumedMs: number | null = null
  private forgetRetry: (() => void) | null = null
  private forgetSecond: (() => void) | null = null
  private state: LinkState = "connecting"

  constructor(
    private readonly world: World,
    private readonly seat: Seat,
  ) {}

  start(): void {
    this.everySecond()
    void this.connect("connecting")
  }

  stop(): void {
    this.forgetRetry?.()
    this.forgetSecond?.()
    this.drop()
  }

  /** The network is back, or the person wants this machine to be the seat. */
  connectNow(): void {
    if (this.state === "connected") return
    this.forgetRetry?.()
    this.drop()
    void this.connect("reconnecting")
  }

  /** False if there is no open socket: the command is kept and sent after the next welcome. */
  send(frame: object): boolean {
    if (this.state !== "connected" || !this.wire) return false
    this.wire.send(JSON.stringify(frame))
    return true
  }

  private async connect(state: LinkState): Promise<void> {
    this.enter(state)
    try {
      const ticket = await this.world.ticket()
      if (this.state === state && !this.wire) this.greet(ticket)
    } catch (error) {
      if (error instanceof SignedOut) this.enter("signed_out")
      else this.retry(0)
    }
  }

  private greet(ticket: string): void {
    const wire = this.world.open()
    const { name, tab, feed } = this.seat
    this.wire = wire
    this.bye = null
    this.heardMs = this.world.monotonicMs()
    this.resumedMs = null
    feed.parts = null // the rest of a half snapshot went down with the old socket
    wire.onopen = () =>
      wire.send(JSON.stringify({ t: "hello", v: VERSION, ticket, tab, feeds: [{ feed: name, pos: feed.pos }] }))
    wire.onmessage = (event) => this.hear(JSON.parse(String(event.data)) as ServerFrame)
    wire.onclose = (event) => this.lost(this.bye ?? { t: "bye", code: event.code })
  }

  private hear(frame: ServerFrame): void {
    this.heardMs = this.world.monotonicMs()
    switch (frame.t) {
      case "ping":
        // At once and here: timers sleep in hidden tabs, and a late answer makes the agent unreachable.
        this.wire?.send(JSON.stringify({ t: "pong", n: frame.n }))
        return this.merge(frame)
      case "snapshot":
      case "turn":
        return this.merge(frame)
      case "figures":
        return this.seat.figures?.(frame)
      case "welcome":
        this.seat.clock.set(frame.now_ms, frame.speed ?? 1)
        this.enter("connected")
        return this.seat.commands.sendAgain()
      case "done":
      case "refused":
        return this.seat.commands.hear(frame)
      case "bye":
        this.bye = frame
    }
  }

  private merge(frame: Parameters<typeof apply>[2]): void {
    // While a resume is under way the page does not know how far it lags: it may not adopt a ping's position.
    if (frame.t === "ping" && this.resumedMs !== null) return
    const outcome = apply(this.seat.feed, this.seat.name, frame)
    if (outcome === "applied") this.resumedMs = null
    if (outcome === "resume" && this.resumedMs === null) this.resume()
  }

  private resume(): void {
    if (this.seat.feed.pos === null) {
      // Half of the first snapshot was lost: there is no position to ask from.
      this.drop()
      return this.retry(0)
    }
    this.resumedMs = this.world.monotonicMs()
    this.send({ t: "resume", feed: this.seat.name, pos: this.seat.feed.pos })
  }

  private lost(bye: Bye): void {
    this.wire = null
    if (bye.code === BYE.takenOver) return this.enter("taken_over")
    if (bye.code === BYE.reload) return this.enter("reload")
    // A server that is older than this page; the desk's feed is known to every one.
    if (bye.code === BYE.badFrame && this.seat.name !== "desk") return this.enter("unknown_feed")
    const hasNoRight = bye.code === BYE.rights && bye.why === `no ${this.seat.name}`
    if (hasNoRight) this.seat.commands.refuseAll(NO_RIGHT)
    this.retry(bye.after_ms ?? 0, hasNoRight ? "no_right" : "reconnecting") // a right may be given back
  }

  private retry(afterMs: number, state: "reconnecting" | "no_right" = "reconnecting"): void {
    this.enter(state)
    const waitMs = afterMs + this.world.chance() * JITTER_MS
    this.forgetRetry = this.world.after(waitMs, () => void this.connect(state))
  }

  private everySecond(): void {
    this.forgetSecond = this.world.after(1_000, () => {
      const nowMs = this.world.monotonicMs()
      this.seat.commands.giveUpOld()
      if (this.state === "connected") this.seat.commands.tryAgain()
      if (this.wire && nowMs - this.heardMs > SILENCE_MS) {
        this.drop()
        this.retry(0)
      }
      if (this.resumedMs !== null && nowMs - this.resumedMs > RESUME_AGAIN_MS) this.resume()
      this.everySecond()
    })
  }

  private drop(): void {
    const wire = this.wire
    this.wire = null
    if (!wire) return
    wire.onopen = wire.onmessage = wire.onclose = null
    wire.close()
  }

  private enter(state: LinkState): void {
    this.state = state
    this.seat.tell(state)
  }
}

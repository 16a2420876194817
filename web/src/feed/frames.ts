// What travels over the websocket? The frames of the protocol, version 1; unknown fields and kinds are ignored.

export type FeedName = "desk" | "live"
export type FeedRecord = Readonly<Record<string, unknown>>

export interface Snapshot {
  t: "snapshot"
  feed: string
  pos: number
  why?: string
  records: Record<string, FeedRecord>
  part?: number // 1 … of
  of?: number
}

export interface Turn {
  t: "turn"
  feed: string
  prev: number
  pos: number
  put?: Record<string, FeedRecord>
  drop?: string[]
}

/** Counts that move all the time; numbered by nothing, the latest wins. */
export interface Figures {
  t: "figures"
  feed: string
  pos: number
  put: Record<string, FeedRecord>
}

export interface Ping {
  t: "ping"
  n: number
  pos?: Record<string, number> // the position of each feed, so that a quiet page does not age
}

export interface Welcome {
  t: "welcome"
  v: number
  session: string
  now_ms: number
  speed?: number // business milliseconds in a real one: > 1 in a demo or a replay
}

export interface Problem {
  type?: string
  title?: string
  status: number
  field?: string | null
  text_key?: string
  current?: FeedRecord // of a stale version: what is there now
}

export interface Done {
  t: "done"
  id: string
  pos: number
  result?: FeedRecord
}

export interface Refused {
  t: "refused"
  id: string
  problem: Problem
  retry: boolean
}

export interface Bye {
  t: "bye"
  code: number
  why?: string
  after_ms?: number
}

export type FeedFrame = Snapshot | Turn | Ping
export type ServerFrame = FeedFrame | Figures | Welcome | Done | Refused | Bye

export interface Do {
  t: "do"
  id: string
  what: Act["what"]
  [field: string]: unknown
}

export type Chosen = "ready" | "away" | "offline"

// What an agent can do at the desk: a closed union.
export type DeskAct =
  | { what: "choose"; chosen: Chosen; reason?: string; when?: "now" | "next" }
  | { what: "clear_flag" }
  | { what: "accept"; segment: string }
  | { what: "decline"; segment: string; reason?: string }
  | { what: "hold" | "retrieve" | "park" | "unpark" | "end"; segment: string }
  | { what: "swap" | "complete" | "return" | "conference" | "leave"; segment: string }
  | { what: "pause_recording" | "resume_recording"; segment: string }
  | { what: "finish"; segment: string; disposition?: string; note?: string }
  | { what: "transfer"; segment: string; queue: string; keep?: boolean }
  | { what: "transfer" | "consult"; segment: string; agent: string }
  | { what: "transfer" | "consult"; segment: string; number: string }

// What a supervisor can do in the live view: a closed union.
export type LiveAct =
  | { what: "set_state"; agent: string; chosen: Chosen; reason?: string }
  | { what: "log_out" | "clear_flag"; agent: string }
  | { what: "set_skill"; agent: string; skill: string; level: number | null; version?: number }
  | { what: "move"; contact: string; queue: string }
  | { what: "reprioritise"; contact: string; value: number }
  | { what: "assign"; contact: string; agent: string }
  | { what: "withdraw"; segment: string }
  | { what: "close_queue"; queue: string; message?: string; version?: number }
  | { what: "open_queue"; queue: string; version?: number }
  | { what: "acknowledge"; alert: string }
  | { what: "monitor"; segment: string; mode: "listen" | "whisper" | "barge" | null }

export type Act = DeskAct | LiveAct

/** What the page says for a server that has closed its feed to this person. */
export const NO_RIGHT: Problem = { status: 403, text_key: "right.missing" }

// Why the server ends a socket.
export const BYE = { takenOver: 4001, rights: 4003, slow: 4008, restart: 4010, badFrame: 4400, reload: 4426 } as const

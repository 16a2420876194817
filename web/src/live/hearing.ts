// Which conversation can be listened to, and how does one listen? Pure; what this page has asked for stands in listening.ts.
import type { AgentRecord, Hold } from "./records"

/** Nobody hears the supervisor, the agent alone does, or all do. */
export const MODES = ["listen", "whisper", "barge"] as const
export type Mode = (typeof MODES)[number]

export interface Listening {
  segment: string
  agent: string
  mode: Mode
}

/** Over the phone, and connected: talked in, or held. */
export function isHeard({ channel, state }: Hold): boolean {
  return channel === "phone" && (state === "talking" || state === "held")
}

/** What there is to hear of this agent; where one call is held and another talked in, the latter. */
export function conversationOf({ holds }: AgentRecord): Hold | null {
  const heard = holds.filter(isHeard)
  return heard.find(({ state }) => state === "talking") ?? heard[0] ?? null
}

/** It ends with the conversation, whoever ended it. */
export function stillHeard(asked: Listening | null, agent: AgentRecord | undefined): Listening | null {
  return asked && agent?.holds.some((hold) => hold.segment_id === asked.segment && isHeard(hold)) ? asked : null
}

export type ListenKey = Mode | "stop_listening"

/** What can be chosen for a conversation; `chosen` says by which way one listens now. */
export function listenChoices(segment: string | undefined, now: Listening | null): { key: ListenKey; chosen?: boolean }[] {
  if (!segment) return []
  if (now?.segment !== segment) return MODES.map((key) => ({ key }))
  return [...MODES.map((key) => ({ key, chosen: key === now.mode })), { key: "stop_listening" }]
}

/** As it was kept by this tab; anything else is nothing. */
export function readListening(text: string | null): Listening | null {
  try {
    const { segment, agent, mode } = JSON.parse(text ?? "null") as Listening
    return typeof segment === "string" && typeof agent === "string" && MODES.includes(mode) ? { segment, agent, mode } : null
  } catch {
    return null
  }
}

// Which sign and which key has an act on a contact?
import type { IconName } from "../parts/Icon.vue"
import { shown, type KeyAct } from "./keys"
import type { SegmentAct } from "./records"

export const ICONS: Partial<Record<SegmentAct, IconName>> = {
  hold: "hold", retrieve: "play", park: "hold", unpark: "play", transfer: "transfer", consult: "consult", swap: "swap",
  complete: "check", conference: "conference", return: "back", leave: "leave", end: "hangup",
  pause_recording: "hold", resume_recording: "record",
}

const BY_KEY: Partial<Record<SegmentAct, KeyAct>> = {
  hold: "hold", retrieve: "hold", park: "hold", unpark: "hold", transfer: "transfer", consult: "transfer", swap: "swap",
  complete: "complete", conference: "conference", return: "return", pause_recording: "recording", resume_recording: "recording",
  leave: "end", end: "end", finish: "finish", accept: "accept", decline: "decline",
}

export function keyOf(act: SegmentAct): string | undefined {
  const key = BY_KEY[act]
  return key && shown(key)
}

// Which sign and which key has an act on a contact?
import type { IconName } from "../parts/Icon.vue"
import { shown, type KeyAct } from "./keys"
import type { SegmentAct } from "./records"

export const ICONS: Partial<Record<SegmentAct, IconName>> = {
  hold: "hold", retrieve: "play", park: "hold", unpark: "play", transfer: "transfer", consult: "consult", complete: "check",
  conference: "conference", return: "back", leave: "leave", end: "hangup",
}

const BY_KEY: Partial<Record<SegmentAct, KeyAct>> = {
  hold: "hold", retrieve: "hold", park: "hold", unpark: "hold", transfer: "transfer", consult: "transfer", complete: "complete",
  conference: "conference", return: "return", leave: "end", end: "end", finish: "finish", accept: "accept", decline: "decline",
}

export function keyOf(act: SegmentAct): string | undefined {
  const key = BY_KEY[act]
  return key && shown(key)
}

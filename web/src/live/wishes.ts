// What does a supervisor want to do, and to what? Opened from a row, done in a dialog.
import { shallowRef } from "vue"
import type { AgentRecord, ContactRecord, QueueRecord } from "./records"

export type AgentWish = { kind: "set_state" | "log_out" | "skills"; agent: AgentRecord }
export type ContactWish = { kind: "move" | "reprioritise" | "assign"; contact: ContactRecord }
export type QueueWish = { kind: "close_queue" | "open_queue"; queue: QueueRecord }
export type Wish = AgentWish | ContactWish | QueueWish

export const wish = shallowRef<Wish | null>(null)

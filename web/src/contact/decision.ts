// What is one decision, as the server tells it? Without an explanation: a person gave it, or it is older than they are kept.
import type { Explanation } from "./explain"

export interface Decision {
  seq: number
  at_ms: number
  stay_id: string
  segment_id: string
  agent_id: string
  manual: boolean
  explanation: Explanation | null
}

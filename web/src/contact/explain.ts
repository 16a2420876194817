// Why this contact, and why this agent? The stored explanation (docs/explanations.md) as facts that a person can read.

export interface Explanation {
  rule: number
  now_us: number
  kind: "overdue" | "ordinary"
  stays: unknown[][]
  agents: [number, number, string][]
  order: "least_surplus" | "most_skilled" | "longest_idle"
  interrupts?: boolean // since rule 2
  preferred: boolean
  contested: boolean
  window: number
  window_full: number
  window_overdue: number
  share_pct: number
  look_ahead_hit: boolean
  counts: Record<"profiles" | "able" | "logged_in" | "free" | "lines" | "line", number>
}

export interface Rival {
  contactId: string
  isChosen: boolean
  waitedMs: number
  /** ordinary: points by which the order goes; overdue: null */
  points: number | null
  /** overdue: beyond the promise by so much; ordinary: null */
  lateMs: number | null
  rate: number
}

export interface Candidate {
  agentId: string
  isChosen: boolean
  surplus: number
  idleMs: number
}

/** One stage of who was considered: so many are left, so many fell out before. */
export interface Stage {
  key: "profiles" | "able" | "logged_in" | "free"
  left: number
  out: number
}

const STAGES: Stage["key"][] = ["profiles", "able", "logged_in", "free"]
const US_PER_MS = 1_000
const US_PER_S = 1_000_000

export function rivalsIn({ kind, stays, now_us }: Explanation): Rival[] {
  return stays.map((row, n) => {
    const isChosen = n === 0
    if (kind === "overdue") {
      const [rate, promise, , queued, contact] = row as [number, number, number, number, string]
      return { contactId: contact, isChosen, rate, points: null, lateMs: ms(now_us - promise), waitedMs: ms(now_us - queued) }
    }
    const [rate, place, queued, contact] = row as [number, number, number, string]
    return { contactId: contact, isChosen, rate, points: Math.round(((now_us - place) * rate) / US_PER_S), lateMs: null, waitedMs: ms(now_us - queued) }
  })
}

export function candidatesIn({ agents, now_us }: Explanation): Candidate[] {
  return agents.map(([surplus, idle_us, agentId], n) => ({ agentId, isChosen: n === 0, surplus, idleMs: ms(now_us - idle_us) }))
}

export function stagesIn({ counts }: Explanation): Stage[] {
  return STAGES.map((key, n) => ({ key, left: counts[key], out: n === 0 ? 0 : Math.max(0, counts[STAGES[n - 1]!] - counts[key]) }))
}

/** Which sentence says why the first agent stands before the second. */
export function whyAgent(explanation: Explanation): "preferred" | "only" | "fit" | "skilled" | "idle" | "id" {
  const [first, second] = candidatesIn(explanation)
  if (explanation.preferred) return "preferred"
  if (!first || !second) return "only"
  if (explanation.order !== "longest_idle" && first.surplus !== second.surplus) return explanation.order === "most_skilled" ? "skilled" : "fit"
  return first.idleMs !== second.idleMs ? "idle" : "id"
}

/** Which sentence says why the first contact stands before the second. */
export function whyContact(explanation: Explanation): "only" | "overdue_first" | "overdue" | "points" | "earlier" {
  const [first, second] = rivalsIn(explanation)
  if (explanation.kind === "overdue") return explanation.contested ? "overdue_first" : second ? "overdue" : "only"
  if (!first || !second) return "only"
  return first.points !== second.points ? "points" : "earlier"
}

function ms(us: number): number {
  return Math.round(us / US_PER_MS)
}

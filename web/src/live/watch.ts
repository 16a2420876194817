// What does the supervisor watch? One connection to the live feed, open while a page needs it.
import { computed } from "vue"
import type { Answer } from "../feed/commands"
import { makeConnection, ownTicket, tabName, type Connection } from "../feed/connection"
import { NO_RIGHT, type LiveAct } from "../feed/frames"
import { refusalText, tellRefusal } from "../notices"
import { signedOut } from "../session"
import { every, figuresOf } from "./records"

export const STALE_MS = 5_000

export function watchWith(connection: Connection) {
  const { records, figures, nowMs, speed } = connection
  const byId = <T extends { id: string }>(all: T[]) => new Map(all.map((each) => [each.id, each]))
  const queues = computed(() => every(records, "queue"))
  const agents = computed(() => every(records, "agent"))
  const contacts = computed(() => every(records, "contact"))
  const alerts = computed(() => every(records, "alert").sort((a, b) => b.since_ms - a.since_ms))
  const figuresFor = (queueId: string | null) => figuresOf(figures, queueId)
  /** How old the figures are, in real time; null: there are none yet. */
  const ageMs = computed(() => {
    const all = figuresFor(null)
    return all ? Math.max(0, Math.round((nowMs.value - all.as_of_ms) / speed())) : null
  })
  const isStale = computed(() => ageMs.value === null || ageMs.value > STALE_MS || !connection.isConnected.value)
  return {
    ...connection, queues, agents, contacts, alerts, figuresFor, ageMs, isStale,
    queueById: computed(() => byId(queues.value)),
    agentById: computed(() => byId(agents.value)),
  }
}

export type Watch = ReturnType<typeof watchWith>

export const watching = watchWith(makeConnection("live", `${tabName()}.live`, ownTicket, signedOut))

/** What is told of a right that was lost while the page was open. */
export const noRight = computed(() => (watching.link.value === "no_right" ? refusalText(NO_RIGHT.text_key) : null))

/** There is an answer to be had: the server's, or that the right is gone. */
export const isAnswered = computed(() => watching.isConnected.value || noRight.value !== null)

/** For a dialog, which tells a refusal itself. */
export function ask(act: LiveAct): Promise<Answer> {
  return watching.ask(act)
}

export async function act(what: LiveAct): Promise<boolean> {
  const answer = await ask(what)
  if (answer.state === "refused") tellRefusal(answer.problem.text_key, answer.problem.status)
  if (answer.state === "unanswered") tellRefusal("unanswered")
  return answer.state === "done"
}

// Where does the agent sit? The one connection of this tab to the desk's feed, and what the desk reads from it.
import { computed } from "vue"
import type { Answer } from "../feed/commands"
import { makeConnection, ownTicket, tabName } from "../feed/connection"
import type { Act, DeskAct } from "../feed/frames"
import { tellRefusal } from "../notices"
import { signedOut } from "../session"
import { cardIn } from "./card"
import { chatIn } from "./chat"
import { isOffer, meIn, segmentsIn } from "./records"

const connection = makeConnection("desk", tabName(), ownTicket, signedOut)
const { records, underway } = connection

export const { link, nowMs, isConnected, connectNow } = connection
export const sitDown = connection.open
export const standUp = connection.close
export const me = computed(() => meIn(records))
export const segments = computed(() => segmentsIn(records))
export const offers = computed(() => segments.value.filter(isOffer))
export const held = computed(() => segments.value.filter((segment) => !isOffer(segment)))

export function cardOf(contactId: string) {
  return cardIn(records, contactId)
}

export function chatOf(contactId: string) {
  return chatIn(records, contactId)
}

/** How many notes there are on a contact, as far as the feed says. */
export function notesOn(contactId: string): number {
  return (records.get(`notes/${contactId}`) as { n: number } | undefined)?.n ?? 0
}

export const unseenMentions = computed(() => (records.get("mentions") as { unseen: number } | undefined)?.unseen ?? 0)

/** True if the server did it; a refusal and a missing answer are told to the person here. */
export async function act(what: DeskAct): Promise<boolean> {
  const answer = await ask(what)
  if (answer.state === "refused") tellRefusal(answer.problem.text_key, answer.problem.status)
  if (answer.state === "unanswered") tellRefusal("unanswered")
  return answer.state === "done"
}

/** The same for a dialog, which tells a refusal itself. */
export function ask(what: DeskAct): Promise<Answer> {
  return connection.ask(what)
}

export function isUnderway(what: Act["what"], segment?: string): boolean {
  return underway.value.some((frame) => frame.what === what && (segment === undefined || frame.segment === segment))
}

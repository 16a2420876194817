// What did the customer of a contact ask, as far as somebody has read it here? Answers are proposed for it.
import { shallowReactive } from "vue"

const QUESTION_MAX = 300

/** By contact; those of this page's life, and no more of them than an agent holds in a day. */
const questions = shallowReactive(new Map<string, string>())
const KEPT_MAX = 200

export function questionOf(contactId: string): string | null {
  return questions.get(contactId) ?? null
}

/** What a person wrote without what they answered to; it is asked as it stands. */
export function noteQuestion(contactId: string, subject: string | null, text: string): void {
  const words = `${subject ?? ""} ${text}`.replace(/\s+/g, " ").trim().slice(0, QUESTION_MAX)
  questions.delete(contactId)
  if (words) questions.set(contactId, words)
  if (questions.size > KEPT_MAX) questions.delete(questions.keys().next().value!)
}

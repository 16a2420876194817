// What is wrong with which field? A problem's pointers, in the person's language, where the person typed.
import type { Problem } from "./api/ask"
import { refusalText } from "./notices"

export interface Wrong {
  /** By the name of the field: /new → new. */
  fields: Record<string, string>
  /** What belongs to no field that is shown. */
  general: string | null
}

export const NOTHING_WRONG: Wrong = { fields: {}, general: null }

export function wrongOf(problem: Problem, shown: readonly string[]): Wrong {
  const fields: Record<string, string> = {}
  for (const { pointer, text_key } of problem.errors) {
    const name = pointer.replace(/^\//, "").split("/")[0]!
    if (shown.includes(name)) fields[name] ??= refusalText(text_key)
  }
  return { fields, general: Object.keys(fields).length ? null : refusalText(problem.text_key, problem.status) }
}

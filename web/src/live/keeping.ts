// Where is a view kept? On the server, with a version: who saves over somebody else's change is shown both.
import { ref, shallowRef } from "vue"
import { ask, type Problem } from "../api/ask"
import { OUR_VIEW, readView, type View } from "./view"

const ADDRESS = "/v1/me/views/live"

interface Kept {
  version: number
  value: unknown
}

export const view = shallowRef<View>(OUR_VIEW)
const version = ref(0)

export async function readKeptView(): Promise<void> {
  const { data } = await ask<Kept>("GET", ADDRESS)
  if (data) take(data)
}

export type Saving = { state: "saved" } | { state: "stale"; theirs: View; theirVersion: number } | { state: "refused"; problem: Problem }

/** `over`: the version that the person has seen and wants to replace. */
export async function saveView(wanted: View, over: number = version.value): Promise<Saving> {
  const { data, problem } = await ask<Kept>("PUT", ADDRESS, { version: over, value: wanted })
  if (data) {
    take(data)
    return { state: "saved" }
  }
  const current = problem.current as Kept | undefined
  if (problem.status === 409 && current) return { state: "stale", theirs: readView(current.value), theirVersion: current.version }
  return { state: "refused", problem }
}

export function takeTheirs(theirs: View, theirVersion: number): void {
  ;[view.value, version.value] = [theirs, theirVersion]
}

function take(kept: Kept): void {
  takeTheirs(readView(kept.value), kept.version)
}

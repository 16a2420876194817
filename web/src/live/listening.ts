// To whom do I listen just now? As this tab has asked for it; the phone that rings is my own.
import { computed, shallowRef } from "vue"
import { readListening, stillHeard, type Listening, type ListenKey } from "./hearing"
import { act, watching } from "./watch"

const KEPT = "jackfield.listening" // of this tab: after a reload the phone still listens

const asked = shallowRef(readListening(keptListening()))

export const listening = computed(() => stillHeard(asked.value, watching.agentById.value.get(asked.value?.agent ?? "")))

/** One conversation at a time: the phone that hears it is one. */
export async function monitor(agent: string, segment: string, key: ListenKey): Promise<void> {
  const now = listening.value
  if (now && now.segment !== segment && !(await act({ what: "monitor", segment: now.segment, mode: null }))) return
  const mode = key === "stop_listening" ? null : key
  if (await act({ what: "monitor", segment, mode })) note(mode && { segment, agent, mode })
}

function note(now: Listening | null): void {
  asked.value = now
  try {
    sessionStorage.setItem(KEPT, JSON.stringify(now))
  } catch {
    // Then a reload forgets it.
  }
}

function keptListening(): string | null {
  try {
    return sessionStorage.getItem(KEPT)
  } catch {
    return null
  }
}

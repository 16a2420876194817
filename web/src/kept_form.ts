// How is a form kept whose thing somebody else may have changed meanwhile? Nothing typed is lost, and what is wrong is said.
import { nextTick, ref, shallowRef, type Ref } from "vue"
import type { Reply } from "./api/ask"
import { NOTHING_WRONG, wrongOf, type Wrong } from "./forms"

interface About<T extends { id: string }> {
  /** Of the form's element. */
  id: string
  show: Ref<boolean>
  /** Those that are shown: what is wrong with another one is said below. */
  fields: readonly string[]
  /** What is wrong before anybody is asked, by field. */
  faults?: () => Record<string, string>
  keep: (base: T | null) => Promise<Reply<T>>
  remove: (base: T) => Promise<Reply<unknown>>
  kept: (thing: T) => void
  gone: (id: string) => void
}

export function useKeptForm<T extends { id: string }>(about: About<T>) {
  const base = shallowRef<T | null>(null) // from which the draft was made
  const newer = shallowRef<T | null>(null) // what somebody else made of it meanwhile
  const wrong = ref<Wrong>(NOTHING_WRONG)
  const isAsking = ref(false)
  const isSure = ref(false) // asked whether it shall really go

  function begin(thing: T | null): void {
    base.value = thing
    ;[newer.value, wrong.value, isSure.value] = [null, NOTHING_WRONG, false]
  }

  async function submit(): Promise<void> {
    if (isAsking.value) return // Enter was pressed twice
    wrong.value = { fields: about.faults?.() ?? {}, general: null }
    if (Object.keys(wrong.value.fields).length) return focusOnFault()
    isAsking.value = true
    const { data, problem } = await about.keep(base.value)
    isAsking.value = false
    if (!problem) {
      about.show.value = false
      return about.kept(data)
    }
    wrong.value = wrongOf(problem, about.fields)
    newer.value = problem.status === 409 && problem.current ? (problem.current as T) : null
    await focusOnFault()
  }

  async function focusOnFault(): Promise<void> {
    await nextTick()
    document.querySelector<HTMLElement>(`#${about.id} [aria-invalid=true]`)?.focus()
  }

  /** Mine over theirs: the person has seen that there is another. */
  function overwrite(): void {
    base.value = newer.value
    newer.value = null
    void submit()
  }

  /** At the second press. */
  async function drop(): Promise<void> {
    if (!isSure.value) return void (isSure.value = true)
    const { id } = base.value!
    const { problem } = await about.remove(base.value!)
    if (problem) return void (wrong.value = wrongOf(problem, []))
    about.show.value = false
    about.gone(id)
  }

  return { base, newer, wrong, isAsking, isSure, begin, submit, overwrite, drop }
}

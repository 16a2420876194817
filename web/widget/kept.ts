// What does the visitor's browser keep, so that a reload or a lost network costs nothing?

/** Written here, and not known to be stored. */
export interface Pending {
  id: string
  body: string
}

export interface Kept {
  token: string | null
  starting: Record<string, unknown> | null // a try whose answer has not come: the same is asked again
  pending: Pending[]
  asked: string | null // the FAQ, and no agent yet
  email: string // as it was said before the chat
  isOpen: boolean
  seen: number
  isEnding: boolean // they ended the chat, and it is not known to be over
}

const NOTHING: Kept = { token: null, starting: null, pending: [], asked: null, email: "", isOpen: false, seen: 0, isEnding: false }

export function readKept(key: string): Kept {
  try {
    return { ...NOTHING, ...(JSON.parse(localStorage.getItem(`jackfield.chat.${key}`) ?? "{}") as Partial<Kept>) }
  } catch {
    return { ...NOTHING }
  }
}

export function keep(key: string, kept: Kept): void {
  try {
    localStorage.setItem(`jackfield.chat.${key}`, JSON.stringify(kept))
  } catch {
    // Then it is forgotten with the page.
  }
}

export function newId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

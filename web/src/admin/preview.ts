// How does a widget look before it is kept? The widget itself, with somebody behind it who only plays the server.
import type { Chat, Looked } from "../../widget/chat"
import { View } from "../../widget/view"
import type { WidgetDraft } from "./settings"

/** What the site's page would be told. Nothing of it leaves the browser. */
export function lookedOf(draft: WidgetDraft): Looked {
  return {
    name: draft.name || "…", language: draft.language, questions: draft.questions, is_open: true, talks: false,
    answers_first: draft.answers_first, transcripts: draft.mailbox_id !== "",
  }
}

export function show(place: HTMLElement, draft: WidgetDraft): void {
  const host = document.createElement("jackfield-chat")
  place.replaceChildren(host)
  const acts = {
    messages: new Map(), standing: "none", agent: null, wait: null, isConnected: true,
    kept: { token: null, starting: null, pending: [], asked: null, email: "", isOpen: true, seen: 0 },
    look: () => Promise.resolve(lookedOf(draft)),
    ask: () => Promise.resolve([]),
    start: () => {
      acts.standing = "waiting"
      acts.wait = draft.tells_wait || draft.tells_position ? { low_min: draft.tells_wait ? 1 : null, high_min: draft.tells_wait ? 3 : null, position: draft.tells_position ? 2 : null } : null
      return Promise.resolve("started")
    },
    end: () => {
      acts.standing = "closed"
      view.draw()
    },
    leave: () => Promise.resolve(201), helped: () => Promise.resolve(), attach: () => Promise.resolve(null), sendTranscript: () => Promise.resolve(null),
    takeBack: () => "", connectSoon: () => undefined, see: () => undefined, say: () => undefined, typing: () => undefined, keep: () => undefined, forget: () => undefined,
  } as { wait: unknown; standing: string } & Record<string, unknown>
  const view = new View(host, acts as unknown as Chat, draft.language)
  void view.open(true)
}

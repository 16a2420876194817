// What has the person asked for and not been answered yet? Kept until done or refused, and sent again with the same id.
import type { Act, Do, Done, Problem, Refused } from "./frames"

export const COMMAND_LIFE_MS = 10_000
const AT_ONCE = 100 // nobody clicks faster; beyond it a command is refused here

export type Answer = { state: "done"; result: Done["result"] } | { state: "refused"; problem: Problem } | { state: "unanswered" }

interface Kept {
  frame: Do
  bornMs: number
  again: boolean // refused for now: the server had no writer
  answered: (answer: Answer) => void
}

export class Commands {
  private readonly kept = new Map<string, Kept>()

  constructor(
    private readonly send: (frame: Do) => void,
    private readonly newId: () => string,
    private readonly monotonicMs: () => number,
    private readonly changed: () => void = () => {},
  ) {}

  /** Sends the act; the promise is kept in any case: by the server's answer, or after ten seconds. */
  ask(act: Act): Promise<Answer> {
    return new Promise((answered) => {
      if (this.kept.size >= AT_ONCE) return answered({ state: "unanswered" })
      const frame: Do = { t: "do", id: this.newId(), ...act }
      this.kept.set(frame.id, { frame, bornMs: this.monotonicMs(), again: false, answered })
      this.changed()
      this.send(frame)
    })
  }

  /** The socket is new: what the old one may have lost is sent again; the server knows the ids it has seen. */
  sendAgain(): void {
    this.giveUpOld()
    for (const { frame } of this.kept.values()) this.send(frame)
  }

  hear(frame: Done | Refused): void {
    const kept = this.kept.get(frame.id)
    if (kept && frame.t === "refused" && frame.retry) {
      kept.again = true
      return
    }
    this.settle(frame.id, frame.t === "done" ? { state: "done", result: frame.result } : { state: "refused", problem: frame.problem })
  }

  /** Once a second while the socket is open: what was refused for now is asked again. */
  tryAgain(): void {
    for (const kept of this.kept.values()) {
      if (!kept.again) continue
      kept.again = false
      this.send(kept.frame)
    }
  }

  giveUpOld(): void {
    const oldest = this.monotonicMs() - COMMAND_LIFE_MS
    for (const [id, { bornMs }] of [...this.kept]) if (bornMs <= oldest) this.settle(id, { state: "unanswered" })
  }

  /** The feed is closed to this person: nothing of theirs will be answered any more. */
  refuseAll(problem: Problem): void {
    for (const id of [...this.kept.keys()]) this.settle(id, { state: "refused", problem })
  }

  /** Acts under way, for buttons that wait. */
  underway(): Do[] {
    return [...this.kept.values()].map(({ frame }) => frame)
  }

  private settle(id: string, answer: Answer): void {
    const kept = this.kept.get(id)
    if (!kept) return // answered twice, or given up
    this.kept.delete(id)
    this.changed()
    kept.answered(answer)
  }
}

// Does the page follow a run of the real server, whole, cut, with repeated and with lost frames?
import { existsSync } from "node:fs"
import { beforeAll, describe, expect, test } from "vitest"
import type { FeedFrame } from "../src/feed/frames"
import { play, readVectors, repository, screen, type Vector } from "./vectors"

const path = new URL("build/feed.ndjson", repository)
let vectors: Vector[] = []

beforeAll(() => {
  if (!existsSync(path)) throw new Error("build/feed.ndjson is missing: run pytest first, it writes it")
  vectors = readVectors(path)
})

const isTurn = (frame: FeedFrame) => frame.t === "turn"
const moves = (frame: FeedFrame) => frame.t === "turn" && frame.prev !== frame.pos

describe("a run of the real server", () => {
  test("has frames to be checked", () => {
    expect(vectors.filter(({ frames }) => frames.some(isTurn)).length).toBeGreaterThan(0)
  })

  test("played whole gives the screen of a fresh page", () => {
    for (const { name, snapshot, frames, fresh } of vectors) {
      const played = play(snapshot, frames)

      expect(played !== "resume" && screen(played), name).toEqual(screen(fresh!))
    }
  })

  test("with a turn twice is not taken for news: the page asks", () => {
    for (const { name, snapshot, frames } of vectors) {
      for (const k of some(frames)) {
        if (!moves(frames[k]!)) continue

        expect(play(snapshot, [...frames.slice(0, k + 1), ...frames.slice(k)]), `${name}, frame ${k} twice`).toBe("resume")
      }
    }
  })

  test("with a lost frame never shows a wrong screen: the page asks at the next turn", () => {
    for (const { name, snapshot, frames } of vectors) {
      for (const k of some(frames)) {
        const rest = frames.slice(k + 1)
        if (!moves(frames[k]!) || !rest[0] || !isTurn(rest[0])) continue

        expect(play(snapshot, [...frames.slice(0, k), ...rest]), `${name}, frame ${k} lost`).toBe("resume")
      }
    }
  })
})

/** At most 40 places in the run, spread evenly: a long run stays quick. */
function some(frames: FeedFrame[]): number[] {
  const step = Math.max(1, Math.floor(frames.length / 40))
  return frames.map((_, k) => k).filter((k) => k % step === 0)
}

// Does the page follow a run of the real server, whole, cut, with repeated and with lost frames?
import { existsSync } from "node:fs"
import { beforeAll, describe, expect, test } from "vitest"
import type { FeedFrame, Turn } from "../src/feed/frames"
import { play, readVectors, repository, screen, type Vector } from "./vectors"

const path = new URL("build/feed.ndjson", repository)
let vectors: Vector[] = []

beforeAll(() => {
  if (!existsSync(path)) throw new Error("build/feed.ndjson is missing: run pytest first, it writes it")
  vectors = readVectors(path)
})

const isTurn = (frame: FeedFrame, feed: string): frame is Turn => frame.t === "turn" && frame.feed === feed
const moves = (frame: FeedFrame, feed: string) => isTurn(frame, feed) && frame.prev !== frame.pos

describe("a run of the real server", () => {
  test("has frames to be checked", () => {
    expect(vectors.filter(({ snapshot, frames }) => frames.some((frame) => isTurn(frame, snapshot.feed))).length).toBeGreaterThan(0)
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
        if (!moves(frames[k]!, snapshot.feed)) continue

        expect(play(snapshot, [...frames.slice(0, k + 1), ...frames.slice(k)]), `${name}, frame ${k} twice`).toBe("resume")
      }
    }
  })

  test("with a lost frame never shows a wrong screen: the page asks at the next turn", () => {
    for (const { name, snapshot, frames } of vectors) {
      for (const k of some(frames)) {
        const rest = frames.slice(k + 1)
        if (!moves(frames[k]!, snapshot.feed) || !rest[0] || !isTurn(rest[0], snapshot.feed)) continue

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

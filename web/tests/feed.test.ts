// Does the page make of frames what the documentation says?
import { readdirSync } from "node:fs"
import { describe, expect, test } from "vitest"
import { apply, emptyFeed } from "../src/feed/store"
import { play, readVectors, repository, screen } from "./vectors"

const folder = new URL("tests/vectors/feed/", repository)
const files = readdirSync(folder).filter((name) => name.endsWith(".ndjson"))
const vectors = files.flatMap((file) => readVectors(new URL(file, folder)))

test("there are thirty vectors, each with its own name", () => {
  const names = new Set(vectors.map(({ name }) => name))

  expect([vectors.length, names.size]).toEqual([30, 30])
})

describe.each(vectors)("$name", ({ snapshot, frames, fresh, expect: expected }) => {
  test(expected === "resume" ? "the page asks for a resume" : "the page shows what a fresh page would", () => {
    const played = play(snapshot, frames)

    if (expected === "resume") expect(played).toBe("resume")
    else expect(played !== "resume" && screen(played)).toEqual(screen(fresh!))
  })
})

test("a frame that shows a gap changes nothing", () => {
  for (const { snapshot, frames } of vectors.filter((vector) => vector.expect === "resume")) {
    const feed = emptyFeed()
    apply(feed, snapshot.feed, snapshot)
    for (const frame of frames) {
      const before = structuredClone(screen(feed))
      if (apply(feed, snapshot.feed, frame) !== "resume") continue
      expect(screen(feed)).toEqual(before)
      break
    }
  }
})

test("a turn between two parts of a snapshot is not lost without a word", () => {
  const part = (k: number) => ({ t: "snapshot" as const, feed: "desk", pos: 200, part: k, of: 2, records: { [`r${k}`]: {} } })
  const turn = { t: "turn" as const, feed: "desk", prev: 200, pos: 201, put: { me: {} } }
  const feed = emptyFeed()

  const outcomes = [part(1), turn, part(2)].map((frame) => apply(feed, "desk", frame))

  expect(outcomes).toEqual(["ignored", "ignored", "resume"])
  expect(feed.pos).toBe(200)
})

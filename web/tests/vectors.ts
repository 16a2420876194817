// How is a feed vector played through the page's own store?
import { readFileSync } from "node:fs"
import type { FeedFrame, FeedRecord, Snapshot } from "../src/feed/frames"
import { apply, emptyFeed, type Feed } from "../src/feed/store"

export interface Vector {
  name: string
  snapshot: Snapshot
  frames: FeedFrame[]
  fresh?: Snapshot
  expect?: "resume"
}

export const repository = new URL("../../", import.meta.url)

export function readVectors(path: string | URL): Vector[] {
  const lines = readFileSync(path, "utf8").split("\n")
  return lines.filter((line) => line.trim() !== "").map((line) => JSON.parse(line) as Vector)
}

/** The screen after the frames, or "resume" at the first frame that shows a gap. */
export function play(snapshot: Snapshot, frames: FeedFrame[]): Feed | "resume" {
  const feed = emptyFeed()
  for (const frame of [snapshot, ...frames]) if (apply(feed, snapshot.feed, frame) === "resume") return "resume"
  return feed
}

export function screen(feed: Feed | Snapshot): { pos: number | null; records: Record<string, FeedRecord> } {
  const records = feed.records instanceof Map ? Object.fromEntries(feed.records) : feed.records
  return { pos: feed.pos, records }
}

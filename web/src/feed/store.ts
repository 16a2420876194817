// Which records does this page hold, and is it still gapless? A frame is applied whole or not at all.
import type { FeedFrame, FeedRecord, Figures, Snapshot, Turn } from "./frames"

export interface Feed {
  pos: number | null // the event number these records stand at; null = nothing yet
  records: Map<string, FeedRecord>
  parts: { snapshot: Snapshot[]; missed: boolean } | null // of a snapshot that is still arriving
}

// "resume": there is a gap; nothing was applied, and the server is to be asked from `pos` on.
export type Outcome = "applied" | "ignored" | "resume"

export function emptyFeed(records = new Map<string, FeedRecord>()): Feed {
  return { pos: null, records, parts: null }
}

export function apply(feed: Feed, name: string, frame: FeedFrame): Outcome {
  if (frame.t === "ping") return adopt(feed, frame.pos?.[name])
  if (frame.feed !== name) return "ignored"
  if (frame.t === "snapshot") return collect(feed, frame)
  return reduce(feed, frame)
}

function reduce(feed: Feed, turn: Turn): Outcome {
  if (feed.parts) {
    feed.parts.missed = true
    return "ignored"
  }
  if (turn.prev !== feed.pos) return "resume"
  for (const [key, record] of Object.entries(turn.put ?? {})) feed.records.set(key, record)
  for (const key of turn.drop ?? []) feed.records.delete(key)
  feed.pos = turn.pos
  return "applied"
}

function collect(feed: Feed, part: Snapshot): Outcome {
  const [k, of] = [part.part ?? 1, part.of ?? 1]
  if (k === 1) feed.parts = { snapshot: [], missed: false }
  if (feed.parts?.snapshot.length !== k - 1) {
    feed.parts = null
    return "resume"
  }
  feed.parts.snapshot.push(part)
  if (k < of) return "ignored"

  const { snapshot, missed } = feed.parts
  feed.parts = null
  feed.records.clear()
  for (const each of snapshot) for (const [key, record] of Object.entries(each.records)) feed.records.set(key, record)
  feed.pos = part.pos
  // A turn that came between two parts may hold what the snapshot does not.
  return missed ? "resume" : "applied"
}

function adopt(feed: Feed, pos: number | undefined): Outcome {
  if (pos === undefined || feed.pos === null || feed.parts || pos <= feed.pos) return "ignored"
  feed.pos = pos
  return "applied"
}

/** Figures stand beside the records and move no position. */
export function showFigures(figures: Map<string, FeedRecord>, name: string, frame: Figures): void {
  if (frame.feed !== name) return
  for (const [key, figure] of Object.entries(frame.put)) figures.set(key, figure)
}

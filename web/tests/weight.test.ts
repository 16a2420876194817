// Is the desk light enough for a slow line? Everything that its first view loads, gzipped, as it was built.
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"

const BUDGET_BYTES = 350_000
const dist = new URL("../dist/", import.meta.url)

function gzipped(path: string): number {
  return gzipSync(readFileSync(new URL(path, dist))).length
}

test("page, programs and styles of the desk's first view stay within 350 kB", () => {
  const html = readFileSync(new URL("index.html", dist), "utf8")
  const linked = [...html.matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(([, path]) => path!)
  const programs = linked.filter((path) => path.endsWith(".js")).map((path) => readFileSync(new URL(path, dist), "utf8"))

  expect(programs.some((text) => text.includes("transfer-dialog"))).toBe(true) // the desk is among them, and not fetched later
  expect(["index.html", ...linked].reduce((sum, path) => sum + gzipped(path), 0)).toBeLessThanOrEqual(BUDGET_BYTES)
})

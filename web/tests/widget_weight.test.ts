// Is the widget light enough for anybody's site? As it was built, gzipped.
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"
import { expect, test } from "vitest"

const BUDGET_BYTES = 15_000

test("the whole widget stays under 15 kB", () => {
  const text = readFileSync(new URL("../dist/widget.js", import.meta.url))

  expect(text.includes("jackfield-chat")).toBe(true)
  expect(gzipSync(text).length).toBeLessThan(BUDGET_BYTES)
})

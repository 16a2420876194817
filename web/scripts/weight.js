// Does the desk stay light? What a page loads before it shows anything, gzipped, against the budget.
import { readFileSync } from "node:fs"
import { gzipSync } from "node:zlib"

const BUDGET_KB = 350
const dist = new URL("../dist/", import.meta.url)
const html = readFileSync(new URL("index.html", dist), "utf8")
const first = [...html.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)].map(([, path]) => path)
const bytes = first.reduce((sum, path) => sum + gzipSync(readFileSync(new URL(path, dist))).length, 0)
const weight = Math.ceil(bytes / 1000)
console.log(`first JavaScript: ${weight} kB gzipped of ${BUDGET_KB}`)
if (weight > BUDGET_KB) process.exit(1)

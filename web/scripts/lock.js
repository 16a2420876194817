// How does the lock stay free of addresses? npm leaves out the registry's (.npmrc); this leaves out those of sponsors.
import { readFileSync, writeFileSync } from "node:fs"

const path = new URL("../package-lock.json", import.meta.url)
const lock = JSON.parse(readFileSync(path, "utf8"))
for (const entry of Object.values(lock.packages)) {
  delete entry.funding
  delete entry.deprecated
  delete entry.resolved
}
const text = JSON.stringify(lock, null, 2) + "\n"
if (/https?:/.test(text)) throw new Error("package-lock.json still holds an address")
writeFileSync(path, text)

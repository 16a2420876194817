// Which calls does the server know? Types from docs/openapi.json; the file is touched only when they change.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import openapiTS, { astToString } from "openapi-typescript"

const source = new URL("../../docs/openapi.json", import.meta.url)
const target = new URL("../src/api/schema.d.ts", import.meta.url)
if (!existsSync(source)) {
  console.error("docs/openapi.json is missing: `jackfield openapi` writes it")
  process.exit(0)
}
const text = "// Made from docs/openapi.json by scripts/types.js; not in git.\n\n" + astToString(await openapiTS(source))
if (!existsSync(target) || readFileSync(target, "utf8") !== text) writeFileSync(target, text)

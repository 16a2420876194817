// Which calls of the server may a page make? Types of /v1 from docs/openapi.json; the file is touched only when they change.
import { existsSync, readFileSync, writeFileSync } from "node:fs"
import openapiTS, { astToString } from "openapi-typescript"

const source = new URL("../../docs/openapi.json", import.meta.url)
const target = new URL("../src/api/schema.d.ts", import.meta.url)
if (!existsSync(source)) {
  console.error("docs/openapi.json is missing: `jackfield openapi` writes it")
  process.exit(1)
}
const document = JSON.parse(readFileSync(source, "utf8"))
document.paths = Object.fromEntries(Object.entries(document.paths).filter(([path]) => path.startsWith("/v1/")))
const types = astToString(await openapiTS(document))
const text = `// Made from docs/openapi.json by scripts/types.js; not in git.\n\n${types}`
if (!existsSync(target) || readFileSync(target, "utf8") !== text) writeFileSync(target, text)

// Has every key a sentence in every language?
import { readdirSync, readFileSync } from "node:fs"
import { expect, test } from "vitest"
import en from "../src/i18n/en.json"
import zh from "../src/i18n/zh-CN.json"

type Tree = { [key: string]: string | Tree }

function leaves(tree: Tree, path = ""): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    if (typeof value === "string") found.set(path + key, value)
    else for (const [inner, text] of leaves(value, `${path}${key}.`)) found.set(inner, text)
  }
  return found
}

const english = leaves(en)
const chinese = leaves(zh)
const source = new URL("../src/", import.meta.url)
const code = readdirSync(source, { recursive: true, encoding: "utf8" })
  .filter((name) => /\.(vue|ts)$/.test(name) && !name.endsWith("schema.d.ts"))
  .map((name) => readFileSync(new URL(name, source), "utf8"))
  .join("\n")
const used = new Set([...code.matchAll(/\bt\(\s*(?:[^"'`()]+\? ?)?["']([a-z_]+(?:\.[a-z_]+)+)["']/g)].map(([, key]) => key!))

test("both languages have the same keys", () => {
  expect([...chinese.keys()].sort()).toEqual([...english.keys()].sort())
})

test("no sentence is empty, and each has the same places for values", () => {
  const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([place]) => place).sort()
  for (const [key, text] of english) {
    expect([key, chinese.get(key)!.trim() === "", places(chinese.get(key)!)]).toEqual([key, false, places(text)])
  }
})

test("every key that the code names has a sentence", () => {
  expect(used.size).toBeGreaterThan(30)
  expect([...used].filter((key) => !english.has(key))).toEqual([])
})

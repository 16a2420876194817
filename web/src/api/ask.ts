// How are routes asked that a server may not have yet? Plain JSON on the same origin; the answer is data or a problem.
import { csrfToken } from "./csrf"

export interface Problem {
  status: number
  text_key: string
  errors: { pointer: string; text_key: string }[]
  current?: unknown // of a stale version: what is there now
}

export type Reply<T> = { data: T; problem: null } | { data: null; problem: Problem }

export async function ask<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, body?: unknown, key?: string): Promise<Reply<T>> {
  const headers: Record<string, string> = { accept: "application/json" }
  if (key) headers["idempotency-key"] = key // the same one is the same wish, however often it is sent
  if (body !== undefined) headers["content-type"] = "application/json"
  if (method !== "GET" && csrfToken()) headers["X-CSRF-Token"] = csrfToken()!
  try {
    const response = await fetch(path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) })
    const answer: unknown = response.status === 204 ? null : await response.json()
    return response.ok ? { data: answer as T, problem: null } : { data: null, problem: problemIn(answer, response.status) }
  } catch {
    return { data: null, problem: { status: 0, text_key: "unreachable", errors: [] } }
  }
}

/** `path` with the values that are there, encoded. */
export function addressed(path: string, query: Record<string, string | null | undefined>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== null && entry[1] !== undefined && entry[1] !== "")
  return given.length ? `${path}?${new URLSearchParams(given)}` : path
}

export function problemIn(answer: unknown, status: number): Problem {
  const { text_key, errors, current } = (answer ?? {}) as Partial<Problem>
  return { status, text_key: text_key ?? `status.${status}`, errors: errors ?? [], current }
}

// How does the page ask the server? Typed calls on the same origin; unsafe methods carry the CSRF token.
import createClient from "openapi-fetch"
import { csrfToken } from "./csrf"
import type { components, paths } from "./schema"

type Shown = components["schemas"]
export type Session = Shown["SessionShown"]
export type Disposition = Shown["DispositionShown"]
export type Figures = Shown["FiguresShown"]
export type QueueFigures = Shown["QueueFigures"]
export type Figure = Shown["FigureShown"]

export const api = createClient<paths>({ baseUrl: location.origin })

api.use({
  onRequest({ request }) {
    const csrf = csrfToken()
    if (csrf !== null && request.method !== "GET") request.headers.set("X-CSRF-Token", csrf)
    return request
  },
})

/** The key under which people read what went wrong. */
export function problemOf(error: unknown, status: number): string {
  const key = (error as { text_key?: unknown } | undefined)?.text_key
  return typeof key === "string" ? key : `status.${status}`
}

// The few calls the pages make, by hand until docs/openapi.json is there.
import type { Session } from "./client"

interface Answer<T> {
  headers: Record<string, unknown>
  content: { "application/json": T }
}
interface Call<T, Body = never> {
  parameters: { query?: Record<string, string | number | undefined>; header?: never; path?: never; cookie?: never }
  requestBody?: [Body] extends [never] ? never : { content: { "application/json": Body } }
  responses: { 200: Answer<T>; 422: Answer<{ text_key?: string }> }
}

export interface Disposition {
  id: string
  company_id: string
  name: string
}

export interface paths {
  "/v1/session": {
    get: Call<Session>
    post: Call<Session, { login: string; password: string }>
    delete: Call<unknown>
  }
  "/v1/session/ticket": { post: Call<{ ticket: string }> }
  "/v1/dispositions": { get: Call<{ items: Disposition[] }> }
  "/v1/figures": { get: Call<unknown> }
}

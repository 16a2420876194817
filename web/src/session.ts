// Who is logged in? The cookie is the browser's affair; the CSRF token and the person are kept here.
import { computed, shallowRef } from "vue"
import { api, problemOf, type Session } from "./api/client"
import { setCsrf } from "./api/csrf"

export const session = shallowRef<Session | null>(null)
export const isKnown = shallowRef(false) // whether the server was asked already

export const agentId = computed(() => session.value?.user?.agent_id ?? null)
export const maySeeFigures = computed(() => session.value?.user?.grants.some(({ role }) => role !== "agent") ?? false)
export const maySet = computed(() => session.value?.user?.grants.some(({ role, team_id }) => ["admin", "operator"].includes(role) && team_id === null) ?? false)

export async function readSession(): Promise<void> {
  const { data } = await api.GET("/v1/session")
  enter(data ?? null)
}

/** The key of the reason if it was refused. */
export async function logIn(login: string, password: string): Promise<string | null> {
  const { data, error, response } = await api.POST("/v1/session", { body: { login, password } })
  if (!data) return problemOf(error, response.status)
  enter(data)
  return null
}

export async function logOut(): Promise<void> {
  await api.DELETE("/v1/session")
  enter(null)
}

export function signedOut(): void {
  enter(null)
}

function enter(now: Session | null): void {
  setCsrf(now?.csrf ?? null)
  session.value = now
  isKnown.value = true
}

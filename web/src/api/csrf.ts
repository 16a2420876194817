// What proves that a request comes from our page? The token of the session, in a header of every unsafe request.

let token: string | null = null

export function setCsrf(now: string | null): void {
  token = now
}

export function csrfToken(): string | null {
  return token
}

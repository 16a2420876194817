// What does this browser remember of a person's taste? Only choices, never anything about a customer.

export function kept<T extends string>(name: string, known: readonly T[], otherwise: T): T {
  return known.find((each) => each === keptText(name)) ?? otherwise
}

export function keptText(name: string): string | null {
  try {
    return localStorage.getItem(`jackfield.${name}`)
  } catch {
    return null // private windows may forbid it
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`jackfield.${name}`, value)
  } catch {
    // Then it is forgotten with the page.
  }
}

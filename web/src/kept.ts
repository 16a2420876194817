// What does this browser remember of a person's taste? Only choices, never anything about a customer.

export function kept<T extends string>(name: string, known: readonly T[], otherwise: T): T {
  try {
    const value = localStorage.getItem(`jackfield.${name}`)
    return known.find((each) => each === value) ?? otherwise
  } catch {
    return otherwise // private windows may forbid it
  }
}

export function keep(name: string, value: string): void {
  try {
    localStorage.setItem(`jackfield.${name}`, value)
  } catch {
    // Then it is forgotten with the page.
  }
}

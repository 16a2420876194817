// In which order stand the rows of a table? By one column, nothing last, and equal ones by name so that nothing jumps.

export interface Sorting<Key> {
  key: Key
  down: boolean
}

export function sorted<Row, Key>(
  rows: readonly Row[],
  { key, down }: Sorting<Key>,
  value: (row: Row, key: Key) => number | string | null,
  name: (row: Row) => string,
): Row[] {
  const sign = down ? -1 : 1
  return rows
    .map((row) => ({ row, value: value(row, key), name: name(row) }))
    .sort((a, b) => {
      if (a.value === null || b.value === null) return Number(a.value === null) - Number(b.value === null) || a.name.localeCompare(b.name)
      return sign * compare(a.value, b.value) || a.name.localeCompare(b.name)
    })
    .map(({ row }) => row)
}

/** Another column begins with its largest; the same one turns round. */
export function turned<Key>(now: Sorting<Key>, key: Key): Sorting<Key> {
  return now.key === key ? { key, down: !now.down } : { key, down: true }
}

function compare(a: number | string, b: number | string): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))
}

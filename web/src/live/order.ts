// In which order stand the rows of a table? By one column, nothing last, and equal ones by name so that nothing jumps.
import { keep, keptText } from "../kept"

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

/** As this browser was left; a column that is not known any more is ours. */
export function keptSorting<Key extends string>(table: string, known: readonly Key[], otherwise: Sorting<Key>): Sorting<Key> {
  const [name, way] = (keptText(`sorting.${table}`) ?? "").split(" ")
  const key = known.find((each) => each === name)
  return key ? { key, down: way === "down" } : otherwise
}

export function keepSorting(table: string, { key, down }: Sorting<string>): void {
  keep(`sorting.${table}`, `${key} ${down ? "down" : "up"}`)
}

function compare(a: number | string, b: number | string): number {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b))
}

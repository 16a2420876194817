// How is a fax looked at: which page, how large, which way up?
import type { components } from "../api/schema"

export type Fax = components["schemas"]["FaxShown"]

export const ZOOMS = [50, 75, 100, 150, 200] as const // of the width that there is
export const THUMBNAIL_POINTS = 120
export const FILE_BYTES_MAX = 5_500_000 // of a document to be sent
export const PAGE_POINTS = 1_728

export function pageAddress(fax: Fax, page: number, points: number): string {
  return `/v1/faxes/${fax.id}/pages/${page}?width=${points}`
}

export function documentAddress(fax: Fax): string {
  return `/v1/faxes/${fax.id}/document`
}

/** The next larger or smaller one; at the end it stays. */
export function zoomed(now: number, step: 1 | -1): number {
  const at = ZOOMS.indexOf(now as (typeof ZOOMS)[number])
  return ZOOMS[Math.min(ZOOMS.length - 1, Math.max(0, at + step))]!
}

/** Quarter turns to the right, 0 to 3. */
export function turned(now: number, step: 1 | -1): number {
  return (now + step + 4) % 4
}

/** By which the customer came, where that is a telephone number. */
export function numberIn(collected: Readonly<Record<string, unknown>> | undefined): string {
  const from = collected?.from
  return typeof from === "string" && /^\+?[\d ()/-]{3,}$/.test(from) ? from : ""
}

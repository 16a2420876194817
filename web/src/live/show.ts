// How is a figure told? A count in the person's digits, a time as m:ss, a share in per cent; nothing of nothing is a dash.
import { duration } from "../moments"
import { unitOf, type FigureKey } from "./figure"

export const NONE = "–"

export function shownFigure(key: FigureKey, value: number | null, language: string): string {
  if (value === null) return NONE
  switch (unitOf(key)) {
    case "count":
      return value.toLocaleString(language)
    case "ms":
      return duration(value)
    case "bp":
      return (value / 10_000).toLocaleString(language, { style: "percent", maximumFractionDigits: 1, minimumFractionDigits: 1 })
  }
}

// How is a figure told? A count in the person's digits, a time as m:ss, a ratio in per cent; nothing of nothing is a dash.
import type { Figure } from "../api/client"
import { duration } from "../moments"

export const NONE = "–"

export function show(figure: Figure, language: string): string {
  switch (figure.unit) {
    case "count":
      return (figure.value ?? 0).toLocaleString(language)
    case "ms":
      return figure.value === null || figure.value === undefined ? NONE : duration(figure.value)
    case "ratio":
      return figure.ppm === null || figure.ppm === undefined ? NONE : percent(figure.ppm, language)
  }
}

function percent(ppm: number, language: string): string {
  return (ppm / 1_000_000).toLocaleString(language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 })
}

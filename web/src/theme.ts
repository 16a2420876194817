// How does Jackfield look? The one place for colours, spaces and type; Naive UI and our own CSS both take them from here.
import { darkTheme, type GlobalTheme, type GlobalThemeOverrides } from "naive-ui"
import { computed, ref, watchEffect } from "vue"
import { keep, kept } from "./kept"

export const THEMES = ["system", "light", "dark"] as const
export type ThemeChoice = (typeof THEMES)[number]

interface Palette {
  ground: string
  surface: string
  sunken: string
  line: string
  text: string
  muted: string
  accent: string
  accentHover: string
  accentPressed: string
  onAccent: string
  accentSoft: string
  good: string
  warn: string
  warnSoft: string
  bad: string
  badSoft: string
  shadow: string
  shadowDeep: string
  goodSoft: string
  infoSoft: string
}

// Text on its ground reaches 4.5 : 1 in every pair that is used.
const LIGHT: Palette = {
  ground: "#f4f6f7",
  surface: "#ffffff",
  sunken: "#eef1f3",
  line: "#dde2e6",
  text: "#1a2126",
  muted: "#57636c",
  accent: "#0b6b7d",
  accentHover: "#0d7c91",
  accentPressed: "#085665",
  onAccent: "#ffffff",
  accentSoft: "#e3f1f4",
  good: "#1b7a43",
  warn: "#915300",
  warnSoft: "#fdf2dd",
  bad: "#b3261e",
  badSoft: "#fcebea",
  shadow: "0 1px 2px rgb(16 24 32 / 6%), 0 4px 16px rgb(16 24 32 / 6%)",
  shadowDeep: "0 2px 6px rgb(16 24 32 / 10%), 0 18px 48px rgb(16 24 32 / 18%)",
  goodSoft: "#e4f4ea",
  infoSoft: "#e9eef9",
}

const DARK: Palette = {
  ground: "#121517",
  surface: "#1a1e21",
  sunken: "#23282c",
  line: "#30373c",
  text: "#e7ebee",
  muted: "#9dabb4",
  accent: "#5cc3d4",
  accentHover: "#7ad2e0",
  accentPressed: "#47adbe",
  onAccent: "#06262c",
  accentSoft: "#16333a",
  good: "#68c98f",
  warn: "#e8b45c",
  warnSoft: "#37290f",
  bad: "#f28b82",
  badSoft: "#3c1d1b",
  shadow: "0 1px 2px rgb(0 0 0 / 40%), 0 4px 16px rgb(0 0 0 / 30%)",
  shadowDeep: "0 2px 6px rgb(0 0 0 / 50%), 0 18px 48px rgb(0 0 0 / 50%)",
  goodSoft: "#173224",
  infoSoft: "#202a3c",
}

const FONT =
  '"Inter", "Segoe UI", system-ui, -apple-system, "PingFang SC", "Microsoft YaHei", "Noto Sans SC", "Noto Sans CJK SC", "WenQuanYi Zen Hei", sans-serif'

// One scale each. Pixels, because the desk is dense; the browser's zoom still works.
const SCALE: Record<string, string> = {
  "space-1": "4px",
  "space-2": "8px",
  "space-3": "12px",
  "space-4": "16px",
  "space-5": "24px",
  "space-6": "32px",
  "type-small": "12px",
  "type-body": "14px",
  "type-lead": "16px",
  "type-title": "20px",
  "type-figure": "28px",
  radius: "8px",
  "radius-small": "5px",
}

const systemDark = window.matchMedia("(prefers-color-scheme: dark)")
const systemIsDark = ref(systemDark.matches)
systemDark.addEventListener("change", (event) => (systemIsDark.value = event.matches))

export const themeChoice = ref<ThemeChoice>(kept("theme", THEMES, "system"))
const isDark = computed(() => themeChoice.value === "dark" || (themeChoice.value === "system" && systemIsDark.value))

export const naiveTheme = computed<GlobalTheme | null>(() => (isDark.value ? darkTheme : null))
export const naiveOverrides = computed<GlobalThemeOverrides>(() => overridesOf(isDark.value ? DARK : LIGHT))

function overridesOf(p: Palette): GlobalThemeOverrides {
  return {
    common: {
      fontFamily: FONT,
      fontSize: SCALE["type-body"],
      borderRadius: SCALE["radius-small"],
      primaryColor: p.accent,
      primaryColorHover: p.accentHover,
      primaryColorPressed: p.accentPressed,
      primaryColorSuppl: p.accentHover,
      errorColor: p.bad,
      warningColor: p.warn,
      successColor: p.good,
      textColorBase: p.text,
      textColor1: p.text,
      textColor2: p.text,
      textColor3: p.muted,
      placeholderColor: p.muted,
      bodyColor: p.ground,
      cardColor: p.surface,
      popoverColor: p.surface,
      modalColor: p.surface,
      borderColor: p.line,
      dividerColor: p.line,
    },
    Button: { textColorPrimary: p.onAccent, textColorHoverPrimary: p.onAccent, textColorPressedPrimary: p.onAccent,
      textColorFocusPrimary: p.onAccent, textColorDisabledPrimary: p.onAccent },
    Tooltip: { color: p.text, textColor: p.surface },
  } satisfies GlobalThemeOverrides
}

/** Puts palette and scales where CSS finds them: --surface, --space-3, … */
export function applyTheme(): void {
  watchEffect(() => {
    const { style } = document.documentElement
    const palette = Object.entries(isDark.value ? DARK : LIGHT)
    for (const [name, value] of palette) style.setProperty(`--${name.replace(/[A-Z]/g, (c) => "-" + c.toLowerCase())}`, value)
    for (const [name, value] of Object.entries(SCALE)) style.setProperty(`--${name}`, value)
    style.setProperty("--font", FONT)
    style.setProperty("color-scheme", isDark.value ? "dark" : "light")
    style.removeProperty("background")
    keep("theme", themeChoice.value)
  })
}

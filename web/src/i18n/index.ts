// In which language does the page speak? Both are in the bundle: switching needs no reload.
import { dateEnUS, dateZhCN, enUS, zhCN } from "naive-ui"
import { computed, watchEffect } from "vue"
import { createI18n } from "vue-i18n"
import { keep, kept } from "../kept"
import en from "./en.json"
import zh from "./zh-CN.json"

export const LANGUAGES = ["en", "zh-CN"] as const
export type Language = (typeof LANGUAGES)[number]

const preferred: Language = navigator.languages.some((tag) => tag.startsWith("zh")) ? "zh-CN" : "en"

export const i18n = createI18n({
  legacy: false,
  locale: kept("language", LANGUAGES, preferred) as string,
  fallbackLocale: "en",
  messages: { en, "zh-CN": zh },
})

const { locale, t, te } = i18n.global

export const language = computed<Language>({
  get: () => locale.value as Language,
  set: (chosen) => (locale.value = chosen),
})

export const naiveLocale = computed(() => (language.value === "en" ? enUS : zhCN))
export const naiveDateLocale = computed(() => (language.value === "en" ? dateEnUS : dateZhCN))

export function applyLanguage(): void {
  watchEffect(() => {
    document.documentElement.lang = language.value
    keep("language", language.value)
  })
}

/** The sentence for a key that the server names; its own word or a general sentence if we have none yet. */
export function said(prefix: string, key: string | undefined, otherwise: string): string {
  return key !== undefined && te(`${prefix}.${key}`, "en") ? t(`${prefix}.${key}`) : otherwise
}

// What starts the page?
import { createApp } from "vue"
import App from "./App.vue"
import { applyLanguage, i18n } from "./i18n"
import "./page.css"
import { applyTheme } from "./theme"

applyTheme()
applyLanguage()
createApp(App).use(i18n).mount("#app")

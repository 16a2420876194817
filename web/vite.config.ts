// How are the pages built? One initial bundle for desk and log-in; figures are loaded when they are opened.
import vue from "@vitejs/plugin-vue"
import { defineConfig } from "vitest/config"

const server = process.env.JACKFIELD_SERVER ?? "http://127.0.0.1:8000"

export default defineConfig({
  plugins: [vue()],
  define: {
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_PROD_DEVTOOLS__: false,
    __VUE_OPTIONS_API__: true, // naive-ui
    __VUE_PROD_DEVTOOLS__: false,
  },
  build: {
    target: "es2022",
    chunkSizeWarningLimit: 1200,
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0, // nothing as a data: address, the content security policy forbids it
  },
  server: {
    proxy: { "/v1": server, "/ws": { target: server, ws: true } },
  },
  test: { include: ["tests/**/*.test.ts"] },
})

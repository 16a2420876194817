// How is the widget built? One file without a framework, beside the pages.
import { fileURLToPath } from "node:url"
import { defineConfig } from "vite"

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  publicDir: false,
  build: {
    target: "es2022",
    outDir: fileURLToPath(new URL("../dist", import.meta.url)),
    emptyOutDir: false,
    lib: { entry: "main.ts", name: "JackfieldChat", formats: ["iife"], fileName: () => "widget.js" },
  },
})

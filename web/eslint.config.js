// Which habits does the code of the pages keep?
import { defineConfigWithVueTs, vueTsConfigs } from "@vue/eslint-config-typescript"
import pluginVue from "eslint-plugin-vue"

export default defineConfigWithVueTs(
  { ignores: ["dist/", "node_modules/", "src/api/schema.d.ts"] },
  pluginVue.configs["flat/recommended"],
  vueTsConfigs.strict,
  {
    rules: {
      "vue/multi-word-component-names": "off",
      "vue/max-attributes-per-line": "off",
      "vue/singleline-html-element-content-newline": "off",
      "vue/multiline-html-element-content-newline": "off",
      "vue/html-self-closing": "off",
      "vue/html-indent": "off",
      "vue/html-closing-bracket-newline": "off",
      "vue/no-bare-strings-in-template": ["error", { allowlist: ["Jackfield", "·", "/", "+", ":", "–", "…", "×", "中文", "English"] }],
      "@typescript-eslint/no-non-null-assertion": "off",
      "max-lines": ["error", 400],
      "max-lines-per-function": ["error", { max: 60, skipBlankLines: true }],
      eqeqeq: "error",
      "no-console": "error",
    },
  },
  { files: ["scripts/**"], rules: { "no-console": "off" } },
  { files: ["tests/**"], rules: { "max-lines-per-function": "off" } },
)

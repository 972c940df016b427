import js from "@eslint/js";
import globals from "globals";

export default [
  { ignores: [".cache/", ".venv/", "staticfiles/"] },
  js.configs.recommended,
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["examples/**/*.js", "live/static/**/*.js", "static/**/*.js", "tests/harness/*.js"],
    languageOptions: { globals: globals.browser },
  },
  { files: ["tests/js/*.js", "tests/streamdoctor/origins/*.js"], languageOptions: { globals: globals.node } },
];

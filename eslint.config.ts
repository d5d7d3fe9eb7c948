import stylistic from "@stylistic/eslint-plugin";
import { defineConfig, globalIgnores } from "eslint/config";
import tseslint from "typescript-eslint";

export default defineConfig(
  globalIgnores(["**/node_modules", ".berth", "coverage", "toolchain", "app/public", "**/*.mjs", "**/*.cjs"]),
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { "@stylistic": stylistic },
    rules: {
      // Prettier wraps code, but no comment. A link stays whole.
      "@stylistic/max-len": [
        "error",
        {
          code: 1000,
          comments: 100,
          ignoreUrls: true,
          ignoreTrailingComments: true,
          ignorePattern: "eslint-disable|@ts-expect-error",
        },
      ],
      // Numbers and booleans in messages are what an operator wants to read.
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true, allowBoolean: true },
      ],
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      "no-restricted-syntax": [
        "error",
        {
          selector:
            'Program > ExpressionStatement[expression.argument.callee.name="describe"] ~ ExpressionStatement[expression.argument.callee.name="describe"]',
          message:
            "When the first suite ends, nothing keeps the file alive until the second: now and then its tests do not run. Use a file for each.",
        },
      ],
      "@typescript-eslint/no-floating-promises": [
        "error",
        // node:test registers these and awaits them itself.
        {
          allowForKnownSafeCalls: [
            { from: "package", package: "node:test", name: ["test", "describe", "it", "suite"] },
          ],
        },
      ],
    },
  },
);

// What eslint asks of the pages' scripts. It runs from the root of the repository.

import js from "@eslint/js";
import globals from "globals";

const strict = {
  ...js.configs.recommended.rules,
  "array-callback-return": "error",
  "block-scoped-var": "error",
  "consistent-return": "error",
  "default-case-last": "error",
  "eqeqeq": "error",
  "func-style": ["error", "declaration", { allowArrowFunctions: true }],
  "max-depth": ["error", 3],
  "max-lines": ["error", 300],
  "no-alert": "error",
  "no-console": "error",
  "no-else-return": "error",
  "no-eval": "error",
  "no-implicit-coercion": "error",
  "no-implicit-globals": "error",
  "no-implied-eval": "error",
  "no-lonely-if": "error",
  "no-multi-assign": ["error", { ignoreNonDeclaration: true }],
  "no-new-func": "error",
  "no-param-reassign": "error",
  "no-plusplus": "error",
  "no-restricted-properties": [
    "error",
    // What people type is text, never HTML.
    ...["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "parseHTMLUnsafe"].map((property) => ({ property })),
    { object: "document", property: "write" },
    { object: "document", property: "writeln" },
    { object: "window", property: "event" },
  ],
  "no-restricted-syntax": [
    "error",
    {
      selector: "AssignmentExpression > MemberExpression.left[property.name=/^on(?!line$)[a-z]+$/]",
      message: "a handler that a second one would replace: use addEventListener",
    },
    {
      selector: "CallExpression[callee.property.name='setAttribute'][arguments.0.value=/^(on|style$)/]",
      message: "the pages' policy forbids inline handlers and styles",
    },
  ],
  "no-return-assign": "error",
  "no-script-url": "error",
  "no-sequences": "error",
  "no-shadow": ["error", { builtinGlobals: false }],
  "no-throw-literal": "error",
  "no-undef-init": "error",
  "no-unneeded-ternary": "error",
  "no-unused-expressions": "error",
  "no-unused-vars": ["error", { args: "all", caughtErrors: "all" }],
  "no-useless-concat": "error",
  "no-useless-rename": "error",
  "no-useless-return": "error",
  "no-var": "error",
  "object-shorthand": "error",
  "one-var": ["error", "never"],
  "prefer-arrow-callback": "error",
  "prefer-const": "error",
  "prefer-rest-params": "error",
  "prefer-spread": "error",
  "prefer-template": "error",
  "radix": "error",
  "require-await": "error",
  "strict": "error",
  "yoda": "error",
};

export default [
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  { ignores: ["**/node_modules/"] },
  {
    files: ["**/*.js"],
    languageOptions: { ecmaVersion: 2025, sourceType: "module", globals: globals.browser },
    rules: strict,
  },
  {
    // Classic scripts: the one that must be there before any module, and the one of a cell's output.
    files: ["helpers/pages/shared/reload.js", "helpers/pictures/frame.js"],
    languageOptions: { sourceType: "script" },
    rules: { strict: "off" }, // a block and a function whose names nobody shares
  },
];

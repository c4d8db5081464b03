// What stylelint asks of the pages' style sheets: its standard rules, and stricter ones.

export default {
  extends: ["stylelint-config-standard"],
  reportNeedlessDisables: true,
  reportInvalidScopeDisables: true,
  rules: {
    "color-named": "never",
    "declaration-no-important": true,
    "function-url-no-scheme-relative": true,
    "max-nesting-depth": 2,
    "unit-disallowed-list": ["pt", "cm", "mm", "in", "pc"],
    // Tokens stand in groups: what is paper and ink, what is client and server, what is type.
    "custom-property-empty-line-before": null,
    // The states of a part follow the part, even if a rule for another part is more specific.
    "no-descending-specificity": null,
    // Safari on a phone knows no other name for it.
    "property-no-vendor-prefix": [true, { ignoreProperties: ["-webkit-text-size-adjust"] }],
    // The name of a font, not a keyword.
    "value-keyword-case": ["lower", { ignoreKeywords: ["Roboto"] }],
  },
};

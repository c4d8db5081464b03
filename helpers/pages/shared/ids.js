// Ids that nobody else has.

/** 96 random bits in hex; crypto.randomUUID is missing where the page is neither https nor local. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Sizes as people read them.

const UNITS = ["bytes", "kB", "MB", "GB", "TB"];

/** Write a number of bytes: "0 bytes", "12 kB", "1.5 MB". */
export function formatSize(bytes) {
  let amount = bytes;
  let unit = 0;
  while (amount >= 999.5 && unit < UNITS.length - 1) {
    amount /= 1_000;
    unit += 1;
  }
  const digits = unit > 0 && amount < 9.95 ? 1 : 0;
  return `${amount.toFixed(digits)} ${bytes === 1 ? "byte" : UNITS[unit]}`;
}

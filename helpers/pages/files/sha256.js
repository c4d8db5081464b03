// SHA-256, a piece at a time: crypto.subtle wants a whole file in memory, and is missing where the
// page is neither https nor local.
//
//   const hash = new Sha256();
//   hash.update(bytes).update(more);
//   hash.digest(); // in hex; then it takes no more
//
// Source: FIPS 180-4 §5 and §6.2. Its constants are computed, not copied: the first 32 bits of the
// fractional parts of the roots of the first primes.

const BLOCK_BYTES = 64;
const ROUNDS = 64;
const PRIMES = [];
for (let number = 2; PRIMES.length < ROUNDS; number += 1) {
  if (PRIMES.every((prime) => number % prime)) PRIMES.push(number);
}
const firstBits = (root) => Math.floor((root - Math.floor(root)) * 2 ** 32);
const START = PRIMES.slice(0, 8).map((prime) => firstBits(Math.sqrt(prime)));
const K = Int32Array.from(PRIMES, (prime) => firstBits(Math.cbrt(prime)));

export class Sha256 {
  #state = Int32Array.from(START);
  #words = new Int32Array(ROUNDS);
  #block = new Uint8Array(BLOCK_BYTES); // what does not fill a block yet
  #view = new DataView(this.#block.buffer);
  #filled = 0;
  #size = 0;

  /** Take the next bytes. */
  update(bytes) {
    this.#size += bytes.length;
    let at = 0;
    if (this.#filled) {
      at = Math.min(BLOCK_BYTES - this.#filled, bytes.length);
      this.#block.set(bytes.subarray(0, at), this.#filled);
      this.#filled += at;
      if (this.#filled < BLOCK_BYTES) return this;
      this.#mix(this.#view, 0);
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (; at + BLOCK_BYTES <= bytes.length; at += BLOCK_BYTES) this.#mix(view, at);
    this.#block.set(bytes.subarray(at));
    this.#filled = bytes.length - at;
    return this;
  }

  /** The digest in hex. */
  digest() {
    this.#block.fill(0, this.#filled);
    this.#block[this.#filled] = 0x80;
    if (this.#filled >= BLOCK_BYTES - 8) {
      this.#mix(this.#view, 0);
      this.#block.fill(0);
    }
    const bits = this.#size * 8;
    this.#view.setUint32(BLOCK_BYTES - 8, Math.floor(bits / 2 ** 32));
    this.#view.setUint32(BLOCK_BYTES - 4, bits % 2 ** 32);
    this.#mix(this.#view, 0);
    return Array.from(this.#state, (word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  }

  /** Mix one block into the state. */
  #mix(view, at) {
    const words = this.#words;
    for (let i = 0; i < 16; i += 1) words[i] = view.getInt32(at + 4 * i);
    for (let i = 16; i < ROUNDS; i += 1) {
      const early = words[i - 15];
      const late = words[i - 2];
      const s0 = rotate(early, 7) ^ rotate(early, 18) ^ (early >>> 3);
      const s1 = rotate(late, 17) ^ rotate(late, 19) ^ (late >>> 10);
      words[i] = words[i - 16] + s0 + words[i - 7] + s1;
    }
    let [a, b, c, d, e, f, g, h] = this.#state;
    for (let i = 0; i < ROUNDS; i += 1) {
      const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const t1 = (h + s1 + ((e & f) ^ (~e & g)) + K[i] + words[i]) | 0;
      const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const t2 = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + t1) | 0;
      d = c;
      c = b;
      b = a;
      a = (t1 + t2) | 0;
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      this.#state[i] += word;
    });
  }
}

const rotate = (word, by) => (word >>> by) | (word << (32 - by));

// One file on its way from this page to the server, over as many connections as it takes.
//
// A chunk is 4 bytes of transfer number, 8 bytes of offset, and bytes of the file. The server says
// how far it has saved them; no more than a window is sent without hearing that. So `bufferedAmount`,
// what the browser has not passed on yet, stays small, the progress is that of the server's disk, and
// "Cancel" takes effect at once.

import { Emitter } from "../shared/emitter.js";
import { Sha256 } from "./sha256.js";

const HEADER_BYTES = 12;
const HASH_BYTES = 2 ** 20; // read at once for the checksum

/** Make the binary message that carries a part of a file. */
export function encodeChunk(transfer, offset, bytes) {
  const message = new Uint8Array(HEADER_BYTES + bytes.length);
  const view = new DataView(message.buffer);
  view.setUint32(0, transfer);
  view.setUint32(4, Math.floor(offset / 2 ** 32));
  view.setUint32(8, offset % 2 ** 32);
  message.set(bytes, HEADER_BYTES);
  return message;
}

/**
 * Events: change, when its state or its progress has changed.
 * state: "chosen" (its turn will come), "lost" (this page was reloaded: the file must be chosen again),
 * "offered", "sending", "checking", "stored", "failed".
 */
export class Upload extends Emitter {
  saved = 0; // bytes that are on the server's disk
  state = "chosen";
  error = "";
  #send;
  #finish;
  #hash = new Sha256();
  #hashed = 0;
  #digested = null;
  #turn = 0; // of sending: a new one begins with each connection, and ends the one before
  #wake = () => {}; // lets the turn go on when more is saved

  /** `send` sends a chunk, `finish` says that this was the last one and tells the checksum. */
  constructor({ id, name, size, lastModified }, file, { send, finish }) {
    super();
    Object.assign(this, { id, name, size, lastModified, file });
    this.#send = send;
    this.#finish = finish;
    if (!file) this.state = "lost";
  }

  /** Whether a file is the one that was chosen before. */
  matches({ name, size, lastModified }) {
    return this.name === name && this.size === size && this.lastModified === lastModified;
  }

  get isOver() {
    return this.state === "stored" || this.state === "failed";
  }

  /** What is needed to go on after a reload, once the file is chosen again. */
  get memo() {
    const { id, name, size, lastModified } = this;
    return { id, name, size, lastModified };
  }

  setState(state, error = "") {
    this.state = state;
    this.error = error;
    this.dispatch("change");
  }

  /** Stop sending, because the connection is lost or this was cancelled. */
  stop() {
    this.#turn += 1;
    this.#wake();
  }

  /** Note how far it is saved: there is room for more. */
  setSaved(offset) {
    this.saved = offset;
    this.dispatch("change");
    this.#wake();
  }

  /** Send what the server does not have yet, then the checksum. */
  async run(ready, limits) {
    this.stop();
    const turn = this.#turn;
    this.saved = ready.offset;
    this.setState("sending");
    try {
      await this.#sendChunks(turn, ready, limits);
      const sha256 = await this.#digest(turn);
      if (turn !== this.#turn) return;
      this.setState("checking");
      this.#finish(this.id, sha256);
    } catch (error) {
      if (turn === this.#turn) this.setState("failed", `the browser could not read it: ${error.message}`);
    }
  }

  async #sendChunks(turn, { transfer, offset }, { chunk, window }) {
    let sent = offset;
    while (sent < this.size && turn === this.#turn) {
      if (sent - this.saved >= window) {
        await this.#waitUntilSaved();
        continue;
      }
      const bytes = await this.#read(sent, chunk);
      if (turn === this.#turn) this.#send(encodeChunk(transfer, sent, bytes));
      sent += bytes.length;
    }
  }

  #waitUntilSaved() {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  /** Read a part of the file, and hash it on the way if it is the next one for the checksum. */
  async #read(offset, length) {
    const bytes = new Uint8Array(await this.file.slice(offset, offset + length).arrayBuffer());
    if (bytes.length !== Math.min(length, this.size - offset)) throw new Error("it has changed");
    if (offset === this.#hashed) {
      this.#hash.update(bytes);
      this.#hashed += bytes.length;
    }
    return bytes;
  }

  /** The checksum of the whole file: what was sent before a reload is read once more. */
  async #digest(turn) {
    while (this.#hashed < this.size && turn === this.#turn) await this.#read(this.#hashed, HASH_BYTES);
    if (this.#hashed === this.size) this.#digested ??= this.#hash.digest();
    return this.#digested;
  }
}

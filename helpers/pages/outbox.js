// What one has said and what has not come yet, and that one types: the same for every room.
//
//   const outbox = new Outbox(new Memory("chat", { outbox: [] }));
//   outbox.add({ text: "Hello" });
//   outbox.sendAll(() => socket.connected, (message) => send(message));

import { newId } from "./parts.js";

const TYPING_MS = 3_000; // the server forgets it after 5 s
export const AGAIN_MS = 1_500; // after "too fast", or no answer

/** The messages that no acknowledgement has come for, oldest first; a reload keeps them. */
export class Outbox {
  #memory;
  #sending = false;

  constructor(memory) {
    this.#memory = memory;
  }

  get waiting() {
    return this.#memory.outbox;
  }

  /** Keep a message until it is dropped, under an id by which the server knows it again. */
  add(said) {
    const message = { id: newId(), ...said };
    this.waiting.push(message);
    this.#memory.save();
    return message;
  }

  /** It has come, or was refused. */
  drop(id) {
    const index = this.waiting.findIndex((message) => message.id === id);
    if (index >= 0) this.waiting.splice(index, 1);
    this.#memory.save();
  }

  clear() {
    this.waiting.length = 0;
  }

  /** Send what waits while one is `here`: each one after the one before is dropped or tried. */
  async sendAll(here, send) {
    if (this.#sending) return;
    this.#sending = true;
    while (here() && this.waiting.length) {
      const settled = await send(this.waiting[0]);
      if (!settled) await new Promise((done) => setTimeout(done, AGAIN_MS)); // the same id: never twice
    }
    this.#sending = false;
  }
}

/** Tells the others that one types, but not at each key. */
export class Typing {
  #tell;
  #at = 0;

  constructor(tell) {
    this.#tell = tell;
  }

  type(on) {
    const now = Date.now();
    if (on ? now - this.#at < TYPING_MS : !this.#at) return;
    this.#at = on ? now : 0;
    this.#tell(on);
  }

  /** What one has typed is sent, or the room is another: the next key is told at once. */
  over() {
    this.#at = 0;
  }
}

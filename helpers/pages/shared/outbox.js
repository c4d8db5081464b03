// The messages that have not been acknowledged yet, and the notice that you are typing.
//
//   const outbox = new Outbox(new Memory("chat", { outbox: [] }));
//   outbox.add({ text: "Hello" });
//   outbox.sendAll(() => socket.connected, (message) => send(message));

import { newId } from "./ids.js";

const TYPING_MS = 3_000; // the server forgets it after 5 s
export const RETRY_MS = 1_500; // after "too fast", or no answer

/** Messages without an acknowledgement, oldest first; a reload keeps them. */
export class Outbox {
  #memory;
  #sending = false;

  constructor(memory) {
    this.#memory = memory;
  }

  get waiting() {
    return this.#memory.outbox;
  }

  /** Keep a message until it is dropped, under an id by which the server recognises it. */
  add(content) {
    const message = { id: newId(), ...content };
    this.waiting.push(message);
    this.#memory.save();
    return message;
  }

  /** Drop a message that has been acknowledged, or refused. */
  drop(id) {
    const index = this.waiting.findIndex((message) => message.id === id);
    if (index >= 0) this.waiting.splice(index, 1);
    this.#memory.save();
  }

  clear() {
    this.waiting.length = 0;
  }

  /** Send what is waiting while `canSend()`: each message after the one before it is settled. */
  async sendAll(canSend, send) {
    if (this.#sending) return;
    this.#sending = true;
    while (canSend() && this.waiting.length) {
      const settled = await send(this.waiting[0]);
      if (!settled) await new Promise((done) => setTimeout(done, RETRY_MS)); // the same id: never twice
    }
    this.#sending = false;
  }
}

/** Tells the others that you are typing, but not at each keystroke. */
export class TypingNotice {
  #send;
  #sentAt = 0;

  constructor(send) {
    this.#send = send;
  }

  set(typing) {
    const now = Date.now();
    if (typing ? now - this.#sentAt < TYPING_MS : !this.#sentAt) return;
    this.#sentAt = typing ? now : 0;
    this.#send(typing);
  }

  /** What was typed has been sent, or the room is another one: the next keystroke is told at once. */
  reset() {
    this.#sentAt = 0;
  }
}

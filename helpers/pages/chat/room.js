// The chat's room as its page sees it, whichever transport carries it: who is there, what was said,
// and what is still to be sent.
//
//   const room = new WebSocketRoom(); // or SocketIORoom
//   room.addEventListener("message", ({ detail: { message, fresh } }) => show(message));
//   room.join("Alice");
//   room.send("Hello");
//
// Events: status { status, words, elsewhere }, welcome { name, back, older },
// message { message, fresh }, history { messages, older }, sent { id },
// failed { id, text, to, error }, people [names], note { words }, typing [names],
// refused { code, text } (of the name), trouble { text }.
//
// A transport extends the class with connect(), retry(), join(name), leave() and
// fetchHistory(before), and with what the class calls: sendMessage(message), sendTyping(on), requestMissed() and begin().

import { Emitter } from "../shared/emitter.js";
import { Memory } from "../shared/memory.js";
import { Outbox, TypingNotice } from "../shared/outbox.js";

export class Room extends Emitter {
  newest = 0; // the seq of the newest message that this page shows
  isShown = false; // whether this page shows any history
  isJoined = false; // whether the server has welcomed this connection, and nothing is missing
  #people = new Set();
  #typists = new Set();
  #notice = new TypingNotice((on) => this.sendTyping(on));

  constructor(memoryName) {
    super();
    this.memory = new Memory(memoryName, { outbox: [] });
    this.outbox = new Outbox(this.memory);
  }

  get knownName() {
    return this.memory.knownName;
  }

  get name() {
    return this.memory.name;
  }

  /** Send a message; it is sent again until it is acknowledged. */
  send(text, to = null) {
    const message = this.outbox.add({ text, ...(to && { to }) });
    this.#notice.reset();
    this.sendMessage(message);
    return message;
  }

  /** Tell the others that you are typing, or that you have stopped. */
  setTyping(on) {
    if (this.isJoined) this.#notice.set(on);
  }

  // --- for the transports alone ------------------------------------------------------------

  /** Take a name to join with; what another person left behind is forgotten. */
  takeName(name) {
    if (name !== this.memory.name) this.#forget();
    this.memory.name = name;
  }

  /** Forget the room: its person has left. */
  reset() {
    this.isJoined = false;
    this.isShown = false;
    this.newest = 0;
    this.#forget();
  }

  /** Forget the token: a server with an empty database does not know us. */
  forgetToken() {
    this.memory.token = null;
    this.isShown = false;
  }

  refuseName({ code, text }) {
    this.memory.token = null;
    this.dispatch("refused", { code, text });
  }

  welcome({ name, token, people, messages, more, older }) {
    const back = this.isShown;
    Object.assign(this.memory, { name, token });
    this.memory.save();
    this.#people = new Set(people);
    this.#typists.clear();
    this.isShown = true;
    this.dispatch("welcome", { name, back, older });
    this.dispatch("people", [...this.#people]);
    this.dispatch("typing", []);
    this.addMissed({ messages, more }, back);
  }

  /** Add what was said before this connection, page by page. */
  addMissed({ messages, more }, fresh = true) {
    for (const message of messages) this.addMessage(message, fresh);
    if (more) this.requestMissed();
    else this.begin();
  }

  addMessage(message, fresh = true) {
    if (message.seq <= this.newest) return; // seen already
    this.newest = message.seq;
    if (message.from === this.name) this.acknowledge(message.id);
    this.dispatch("message", { message, fresh });
  }

  acknowledge(id) {
    this.outbox.drop(id);
    this.dispatch("sent", { id });
  }

  /** Drop a message that the server will never accept. */
  fail(message, error) {
    this.outbox.drop(message.id);
    this.dispatch("failed", { ...message, error });
  }

  setPresence(name, isHere) {
    this.#people[isHere ? "add" : "delete"](name);
    this.dispatch("people", [...this.#people]);
    this.dispatch("note", { words: `${name} ${isHere ? "joined" : "left"}` });
  }

  setTypist({ name, on }) {
    this.#typists[on ? "add" : "delete"](name);
    this.dispatch("typing", [...this.#typists]);
  }

  #forget() {
    this.outbox.clear();
    this.memory.forget();
  }
}

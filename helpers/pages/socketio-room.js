// The chat's side of Socket.IO: the same room as in chat-room.js, with the official client.
//
//   const room = new Room();
//   room.addEventListener("message", ({ detail: { message, fresh } }) => show(message));
//   room.join("Alice");
//   room.say("Hello");
//
// Its events and methods are those of chat-room.js.

import { Memory } from "./memory.js";
import { Outbox, Typing } from "./outbox.js";
import { ask, makeSocket } from "./socketio.js";

const CONTINUED_ELSEWHERE = 4001; // as chat says it
const LATER = ["too_fast", "not_saved", "error"]; // what may go well another time

export class Room extends EventTarget {
  #memory = new Memory("socketio chat", { outbox: [] });
  #last = 0; // the newest message that this page shows
  #shown = false; // whether it shows any history
  #here = false;
  #elsewhere = false;
  #people = new Set();
  #typing = new Set();
  #socket = makeSocket({ auth: (give) => give(this.#auth()) });
  #mine = new Typing((on) => this.#socket.emit("typing", { on }));
  outbox = new Outbox(this.#memory);

  constructor() {
    super();
    const socket = this.#socket;
    socket.on("connect", () => this.#say("open", "connected"));
    socket.on("disconnect", (reason) => this.#over(reason));
    socket.on("connect_error", (error) => this.#refused(error));
    socket.io.on("reconnect_attempt", () => this.#say("connecting", "connecting"));
    socket.on("welcome", (welcome) => this.#welcome(welcome));
    socket.on("message", (message) => this.#said(message, true));
    socket.on("joined", ({ name }) => this.#came(name, true));
    socket.on("left", ({ name }) => this.#came(name, false));
    socket.on("typing", (about) => this.#types(about));
    socket.on("elsewhere", () => (this.#elsewhere = true));
    addEventListener("online", () => this.#socket.active && !this.#socket.connected && socket.connect());
  }

  /** The name under which this page was here before, or that its address asks for. */
  get knownName() {
    return this.#memory.token ? this.#memory.name : "";
  }

  get name() {
    return this.#memory.name;
  }

  /** A connection needs a name, so there is none before one joins. */
  connect() {
    this.#say("closed", "not connected");
  }

  /** Come in under a name: the connection asks for it. */
  join(name) {
    if (name !== this.#memory.name) this.#forget();
    this.#memory.name = name;
    this.#elsewhere = false;
    this.#say("connecting", "connecting");
    this.#socket.disconnect().connect();
  }

  /** Leave for good: the name is free at once. */
  leave() {
    this.#socket.disconnect();
    this.#shown = false;
    this.#last = 0;
    this.#forget();
  }

  #forget() {
    this.outbox.clear();
    this.#memory.forget();
  }

  /** Say something; it is sent again until it is acknowledged. */
  say(text, to = null) {
    const message = this.outbox.add({ text, ...(to && { to }) });
    this.#mine.over();
    this.#sendAll();
    return message;
  }

  /** Tell the others that one types, or no longer. */
  type(on) {
    if (this.#here) this.#mine.type(on);
  }

  async history(before) {
    const page = await ask(this.#socket, "history", { before });
    if (page?.ok) this.#tell("history", page);
  }

  #auth() {
    const { name, token } = this.#memory;
    return { name, ...(token && { token, ...(this.#shown && { after: this.#last }) }) };
  }

  #sendAll() {
    this.outbox.sendAll(() => this.#here, (message) => this.#sendOne(message));
  }

  /** Whether that settles it. */
  async #sendOne(message) {
    const answer = await ask(this.#socket, "say", message);
    if (!answer || LATER.includes(answer.code)) return false;
    if (answer.ok) this.#stored({ ...message, ...answer, from: this.name });
    else {
      this.outbox.drop(message.id);
      this.#tell("failed", { ...message, error: answer.text });
    }
    return true;
  }

  #welcome({ name, token, people, messages, more, older }) {
    const back = this.#shown;
    Object.assign(this.#memory, { name, token });
    this.#memory.save();
    this.#people = new Set(people);
    this.#typing.clear();
    this.#shown = true;
    this.#tell("welcome", { name, back, older });
    this.#tell("people", [...this.#people]);
    this.#tell("typing", []);
    this.#caughtUp({ messages, more }, back);
  }

  async #caughtUp({ messages, more }, fresh) {
    for (const message of messages) this.#said(message, fresh);
    if (!more) {
      this.#here = this.#socket.connected;
      this.#sendAll();
      return;
    }
    const page = await ask(this.#socket, "catch_up", { after: this.#last });
    if (page?.ok) this.#caughtUp(page, true);
  }

  #said(message, fresh) {
    if (message.seq <= this.#last) return; // seen already
    this.#last = message.seq;
    if (message.from === this.name) this.#acknowledged(message.id);
    this.#tell("message", { message, fresh });
  }

  /** What the others say may come before the acknowledgement: one's own is shown all the same. */
  #stored(message) {
    if (!this.outbox.waiting.some(({ id }) => id === message.id)) return; // caught up with
    this.#last = Math.max(this.#last, message.seq);
    this.#acknowledged(message.id);
    this.#tell("message", { message, fresh: true });
  }

  #acknowledged(id) {
    this.outbox.drop(id);
    this.#tell("sent", { id });
  }

  #came(name, here) {
    this.#people[here ? "add" : "delete"](name);
    this.#tell("people", [...this.#people]);
    this.#tell("note", { name, what: here ? "joined" : "left" });
  }

  #types({ name, on }) {
    this.#typing[on ? "add" : "delete"](name);
    this.#tell("typing", [...this.#typing]);
  }

  #over(reason) {
    this.#here = false;
    if (this.#socket.active) this.#say("waiting", `${reason}; trying again`);
    else this.#say("closed", reason, this.#elsewhere ? CONTINUED_ELSEWHERE : 1000);
  }

  /** The server refuses the name, or there is no server: then the client tries again by itself. */
  #refused({ message, data }) {
    if (this.#socket.active) this.#say("waiting", `no connection (${message}); trying again`);
    else if (data?.code === "bad_token") {
      this.#memory.token = null; // a server with an empty database does not know us
      this.#shown = false;
      this.#socket.connect();
    } else {
      this.#memory.token = null;
      this.#say("closed", "not connected");
      this.#tell("refused", { code: data?.code, text: data?.text ?? message });
    }
  }

  #say(status, words, code) {
    this.#tell("status", { status, words, code });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

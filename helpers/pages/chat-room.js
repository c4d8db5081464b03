// The chat's side of the protocol: joining, coming back, and sending until it is acknowledged.
//
//   const room = new Room();
//   room.addEventListener("message", ({ detail: { message, fresh } }) => show(message));
//   room.join("Alice");
//   room.say("Hello");
//
// Events: status { status, words, code }, welcome { name, back, older }, message { message, fresh },
// history { messages, older }, sent { id }, failed { id, text, error }, people [names],
// note { name, what }, typing [names], refused { code, text } (of the name), trouble { text }.

import { Connection } from "./connection.js";
import { Memory } from "./memory.js";
import { AGAIN_MS, Outbox, Typing } from "./outbox.js";

const CONTINUED_ELSEWHERE = 4001;
const AT_ONCE = 10; // messages that are sent again together

export class Room extends EventTarget {
  #connection = new Connection("ws", { final: [CONTINUED_ELSEWHERE] });
  #memory = new Memory("chat", { outbox: [] });
  #last = 0; // the newest message that this page shows
  #shown = false; // whether it shows any history
  #here = false;
  #wanted = null; // the name to join with, once there is a connection
  #people = new Set();
  #typing = new Set();
  #mine = new Typing((on) => this.#send({ type: "typing", on }));
  #timer = 0;
  outbox = new Outbox(this.#memory);

  constructor() {
    super();
    this.#connection.addEventListener("status", ({ detail }) => this.#status(detail));
    this.#connection.addEventListener("message", ({ detail }) => this.#receive(JSON.parse(detail)));
  }

  /** The name under which this page was here before, or that its address asks for. */
  get knownName() {
    return this.#memory.token ? this.#memory.name : "";
  }

  get name() {
    return this.#memory.name;
  }

  connect() {
    this.#connection.connect();
  }

  /** Come in under a name, now or as soon as there is a connection. */
  join(name) {
    if (name !== this.#memory.name) this.#forget();
    this.#wanted = name;
    this.#memory.name = name;
    if (this.#connection.status === "open") this.#sendJoin();
    else this.connect();
  }

  /** Leave for good: the name is free at once. */
  leave() {
    this.#wanted = null;
    this.#here = false;
    this.#shown = false;
    this.#last = 0;
    this.#forget();
    this.#connection.close(1000, "left");
  }

  #forget() {
    this.outbox.clear();
    this.#memory.forget();
  }

  /** Say something; it is sent again until it is acknowledged. */
  say(text, to = null) {
    const message = this.outbox.add({ text, ...(to && { to }) });
    if (this.#here) this.#send({ type: "say", ...message });
    this.#mine.over();
    return message;
  }

  /** Tell the others that one types, or no longer. */
  type(on) {
    if (this.#here) this.#mine.type(on);
  }

  history(before) {
    this.#send({ type: "history", before });
  }

  #status(detail) {
    if (detail.status === "open" && this.#wanted) this.#sendJoin();
    if (detail.status !== "open") this.#here = false;
    this.#tell("status", detail);
  }

  #sendJoin() {
    const { name, token } = this.#memory;
    const after = this.#shown ? { after: this.#last } : {};
    this.#send({ type: "join", name, ...(token && { token, ...after }) });
  }

  #receive(message) {
    const carryOut = {
      welcome: () => this.#welcome(message),
      messages: () => this.#caughtUp(message),
      history: () => this.#tell("history", message),
      message: () => this.#said(message, true),
      ack: () => this.#acknowledged(message.id),
      joined: () => this.#came(message.name, true),
      left: () => this.#came(message.name, false),
      typing: () => this.#types(message),
      error: () => this.#failed(message),
    };
    carryOut[message.type]?.(); // what a newer server says besides is left alone
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

  #caughtUp({ messages, more }, fresh = true) {
    for (const message of messages) this.#said(message, fresh);
    if (more) {
      this.#send({ type: "catch_up", after: this.#last });
      return;
    }
    this.#here = true;
    this.#again();
  }

  #said(message, fresh) {
    if (message.seq <= this.#last) return; // seen already
    this.#last = message.seq;
    if (message.from === this.name) this.#acknowledged(message.id);
    this.#tell("message", { message, fresh });
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

  #failed({ code, text, id }) {
    const message = this.outbox.waiting.find((waiting) => waiting.id === id);
    if (code === "bad_token") {
      this.#memory.token = null; // a server with an empty database does not know us
      this.#shown = false;
      this.#sendJoin();
    } else if (code === "name_taken" || code === "bad_name") {
      this.#wanted = null;
      this.#memory.token = null;
      this.#tell("refused", { code, text });
    } else if (code === "too_fast" || code === "not_saved") {
      this.#timer ||= setTimeout(() => this.#again(), AGAIN_MS); // it does not say which message
    } else if (message) {
      this.outbox.drop(id);
      this.#tell("failed", { ...message, error: text });
    } else this.#tell("trouble", { text });
  }

  /** Send what is not acknowledged once more: a message that came has its id already. */
  #again() {
    this.#timer = 0;
    if (!this.#here) return;
    for (const message of this.outbox.waiting.slice(0, AT_ONCE)) this.#send({ type: "say", ...message });
    if (this.outbox.waiting.length > AT_ONCE) this.#timer = setTimeout(() => this.#again(), AGAIN_MS);
  }

  #send(message) {
    return this.#connection.send(JSON.stringify(message));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

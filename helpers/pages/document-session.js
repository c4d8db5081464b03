// The document's side of the protocol: logging in, and the sync protocol of Yjs in binary frames.
//
//   const session = new Session();
//   session.text;              // the Y.Text that is kept the same everywhere
//   session.logIn("Alice");
//
// Events: status { status, words, code }, welcome { me, back }, people [person], note { words },
// carets Map, log [entry], waiting count, refused { text } (of the name), trouble { text, code }.
// A person is { id, name, colour }. The document lives on while there is no connection: what is
// written then is merged when there is one again.

import * as Y from "yjs";
import * as sync from "y-protocols/sync";
import * as encoding from "lib0/encoding";
import * as decoding from "lib0/decoding";
import * as random from "lib0/random";
import { Connection } from "./connection.js";
import { Memory } from "./memory.js";

const CONTINUED_ELSEWHERE = 4001;
const SYNC = 0; // the kind of message: y-protocols calls the others awareness and auth
const GATHER_MS = 40; // keys that are struck together travel together
const AGAIN_MS = 1_500; // after the server refused an update
const ENTRIES = 200;
// What is refused for good: to send it again makes sense when there is something new in it.
const REFUSALS = new Set(["document_full", "too_long", "bad_update"]);

export class Session extends EventTarget {
  doc = new Y.Doc();
  text = this.doc.getText("text");
  people = new Map(); // by id
  carets = new Map(); // { anchor, head } by id
  entries = [];
  me = null;
  #connection = new Connection("ws", { final: [CONTINUED_ELSEWHERE] });
  #memory = new Memory("document");
  #wanted = false;
  #here = false;
  #updates = []; // written since they were sent last
  #sent = 0; // messages with updates, on this connection
  #saved = 0;
  #timer = 0;
  #again = 0;
  #refused = false; // then what comes later makes no sense to the server: it needs all of it
  #whole = false; // all of it is under way
  #known; // what the server had when this connection began

  constructor() {
    super();
    this.#connection.addEventListener("status", ({ detail }) => this.#status(detail));
    this.#connection.addEventListener("message", ({ detail }) => {
      if (typeof detail === "string") this.#receive(JSON.parse(detail));
      else this.#merge(new Uint8Array(detail));
    });
    addEventListener("pagehide", () => this.#flush());
    this.doc.on("update", (update, origin) => origin !== this && this.#written(update));
  }

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
  logIn(name) {
    if (name !== this.#memory.name) this.#memory.forget();
    this.#memory.name = name;
    this.#wanted = true;
    if (this.#connection.status === "open") this.#sendLogin();
    else this.connect();
  }

  logOut() {
    this.#flush();
    this.#wanted = false;
    this.#here = false;
    this.#memory.forget();
    this.#connection.close(1000, "logged out");
  }

  /** Tell the others where one's caret is: relative positions, or null for nowhere. */
  move(anchor, head) {
    if (this.#here) this.#send({ type: "caret", ...(anchor && { anchor, head }) });
  }

  #status(detail) {
    if (detail.status === "open" && this.#wanted) this.#sendLogin();
    if (detail.status !== "open") this.#here = false;
    this.#tell("status", detail);
    this.#tellWaiting();
  }

  #sendLogin() {
    const { name, token } = this.#memory;
    this.#send({ type: "login", name, ...(token && { token }) });
  }

  #receive(message) {
    const carryOut = {
      welcome: () => this.#welcome(message),
      joined: () => this.#came(message.person),
      left: () => this.#went(message.id),
      caret: () => this.#moved(message),
      log: () => this.#logged(message.entry),
      saved: () => this.#savedSoFar(message.count),
      error: () => this.#failed(message),
    };
    carryOut[message.type]?.(); // what a newer server says besides is left alone
  }

  #welcome({ id, name, token, colour, people, log }) {
    const back = this.me !== null;
    this.me = { id, name, colour };
    if (token !== this.#memory.token) this.doc.clientID = random.uint32(); // the old one is whoever's one was
    Object.assign(this.#memory, { name, token });
    this.#memory.save();
    this.people = new Map(people.map((person) => [person.id, person]));
    this.carets = new Map(people.filter((person) => person.anchor && person.id !== id).map((person) => [person.id, { ...person, at: Date.now() }]));
    this.entries = log;
    this.#here = true;
    this.#updates = []; // step 2 has them all
    this.#sent = this.#saved = 0;
    this.#trusted();
    this.#tell("welcome", { me: this.me, back });
    for (const what of ["people", "carets"]) this.#tell(what, this[what]);
    this.#tell("log", this.entries);
    this.#sendSync((encoder) => sync.writeSyncStep1(encoder, this.doc));
  }

  #merge(message) {
    const decoder = decoding.createDecoder(message);
    if (decoding.readVarUint(decoder) !== SYNC) return;
    if (message[1] === sync.messageYjsSyncStep1) {
      this.#known = decoding.readVarUint8Array(decoding.createDecoder(message.subarray(2)));
    }
    const answer = encoding.createEncoder();
    encoding.writeVarUint(answer, SYNC);
    sync.readSyncMessage(decoder, answer, this.doc, this);
    if (encoding.length(answer) > 1) this.#sendUpdates(encoding.toUint8Array(answer));
  }

  #written(update) {
    if (this.#here) this.#updates.push(update);
    if (this.#here && this.#refused) this.#soonAgain();
    else this.#timer ||= setTimeout(() => this.#flush(), GATHER_MS);
    this.#tellWaiting();
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#here || this.#refused || !this.#updates.length) return;
    const update = Y.mergeUpdates(this.#updates);
    this.#updates = [];
    this.#sendSync((encoder) => sync.writeUpdate(encoder, update), true);
  }

  /** The server has all of it, or is about to ask for it. */
  #trusted() {
    this.#refused = this.#whole = false;
    clearTimeout(this.#again);
    this.#again = 0;
  }

  #soonAgain() {
    this.#again ||= setTimeout(() => this.#onceMore(), AGAIN_MS);
  }

  /** After a refusal: all of this connection once more. What the server has changes nothing. */
  #onceMore() {
    this.#again = 0;
    if (!this.#here) return;
    this.#updates = [];
    this.#whole = true;
    const update = Y.encodeStateAsUpdate(this.doc, this.#known);
    this.#sendSync((encoder) => sync.writeUpdate(encoder, update), true);
  }

  #sendSync(write, updates = false) {
    const encoder = encoding.createEncoder();
    encoding.writeVarUint(encoder, SYNC);
    write(encoder);
    const message = encoding.toUint8Array(encoder);
    if (updates) this.#sendUpdates(message);
    else this.#connection.send(message);
  }

  #sendUpdates(message) {
    if (this.#connection.send(message)) this.#sent++;
    this.#tellWaiting();
  }

  #came(person) {
    this.people.set(person.id, person);
    this.#tell("people", this.people);
    this.#tell("note", { words: `${person.name} joined` });
  }

  #went(id) {
    const name = this.people.get(id)?.name;
    this.people.delete(id);
    this.carets.delete(id);
    this.#tell("people", this.people);
    this.#tell("carets", this.carets);
    if (name) this.#tell("note", { words: `${name} left` });
  }

  #moved({ id, anchor, head }) {
    if (anchor && head) this.carets.set(id, { anchor, head, at: Date.now() });
    else this.carets.delete(id);
    this.#tell("carets", this.carets);
  }

  #logged(entry) {
    if (this.entries.at(-1)?.seq === entry.seq) this.entries.pop();
    this.entries.push(entry);
    this.entries.splice(0, this.entries.length - ENTRIES);
    this.#tell("log", this.entries);
  }

  #savedSoFar(count) {
    this.#saved = count;
    this.#sent = Math.max(this.#sent, count);
    if (this.#whole && this.#sent === count) {
      this.#trusted();
      this.#flush(); // what was written since
    }
    this.#tellWaiting();
  }

  #failed({ code, text }) {
    const later = code === "too_fast" || code === "not_saved";
    if (later || REFUSALS.has(code)) {
      this.#sent = Math.max(this.#saved, this.#sent - 1); // it may have been a caret
      this.#refused = true;
      this.#whole = false;
      this.#tellWaiting();
    }
    if (code === "bad_token") {
      this.#memory.token = null; // a server with an empty database does not know us
      this.#sendLogin();
    } else if (code === "bad_name") {
      this.#wanted = false;
      this.#tell("refused", { text });
    } else if (later) this.#soonAgain();
    else this.#tell("trouble", { text, code });
  }

  /** How many updates are not on the server's disk yet; null without a connection. */
  #tellWaiting() {
    const count = Math.max(this.#refused ? 1 : 0, this.#sent - this.#saved + this.#updates.length);
    this.#tell("waiting", this.#here ? count : null);
  }

  #send(message) {
    return this.#connection.send(JSON.stringify(message));
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// The document's side of the protocol: logging in, and the sync protocol of Yjs in binary frames.
//
//   const session = new Session();
//   session.text;              // the Y.Text that is kept the same everywhere
//   session.logIn("Alice");
//
// Events: status { status, words, elsewhere }, welcome { me, back }, people Map, note { words },
// carets Map, log [entry], waiting count, refused { text } (of the name), trouble { text, code }.
// A person is { id, name, colour }. The document stays usable without a connection: what is written
// then is merged as soon as there is a connection again.

import * as Y from "yjs";
import * as sync from "y-protocols/sync";
import * as encoding from "lib0/encoding";
import * as decoding from "lib0/decoding";
import * as random from "lib0/random";
import { Connection, CONTINUED_ELSEWHERE } from "../shared/connection.js";
import { Emitter } from "../shared/emitter.js";
import { Memory } from "../shared/memory.js";
import { RETRY_MS } from "../shared/outbox.js";

const SYNC = 0; // the kind of message: y-protocols calls the others awareness and auth
const PING = JSON.stringify({ type: "ping" });
const GATHER_MS = 40; // keystrokes in quick succession travel together
const ENTRIES = 200;
// Refused for good: sending again makes sense only when there is something new in the update.
const REFUSALS = new Set(["document_full", "too_long", "bad_update"]);

export class Session extends Emitter {
  doc = new Y.Doc();
  text = this.doc.getText("text");
  people = new Map(); // by id
  carets = new Map(); // { anchor, head } by id
  entries = [];
  me = null;
  #connection = new Connection("ws", { final: [CONTINUED_ELSEWHERE], ping: PING });
  #memory = new Memory("document");
  #wanted = false; // whether to log in as soon as there is a connection
  #isLoggedIn = false;
  #updates = []; // written since the last were sent
  #sent = 0; // messages with updates, on this connection
  #saved = 0;
  #timer = 0;
  #resendTimer = 0;
  #refused = false; // an update was: later ones make no sense to the server, which needs all of them
  #sendingAll = false; // all updates of this connection are under way
  #serverState; // what the server had when this connection began

  #handlers = {
    welcome: (message) => this.#welcome(message),
    joined: ({ person }) => this.#addPerson(person),
    left: ({ id }) => this.#removePerson(id),
    caret: (message) => this.#setCaret(message),
    log: ({ entry }) => this.#addEntry(entry),
    saved: ({ count }) => this.#setSaved(count),
    closed: (message) => this.#connection.explain(message),
    error: (message) => this.#handleError(message),
  };

  constructor() {
    super();
    this.#connection.addEventListener("status", ({ detail }) => this.#handleStatus(detail));
    this.#connection.addEventListener("message", ({ detail }) => {
      if (typeof detail === "string") this.#handleMessage(JSON.parse(detail));
      else this.#handleSync(new Uint8Array(detail));
    });
    addEventListener("pagehide", () => this.#flush());
    this.doc.on("update", (update, origin) => {
      if (origin !== this) this.#addUpdate(update);
    });
  }

  get knownName() {
    return this.#memory.knownName;
  }

  get name() {
    return this.#memory.name;
  }

  connect() {
    this.#connection.connect();
  }

  /** Log in under a name, now or as soon as there is a connection. */
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
    this.#isLoggedIn = false;
    this.#memory.forget();
    this.#connection.close(1000, "logged out");
  }

  /** Tell the others where your caret is: relative positions, or null for nowhere. */
  sendCaret(anchor, head) {
    if (this.#isLoggedIn) this.#sendJson({ type: "caret", ...(anchor && { anchor, head }) });
  }

  #handleStatus(detail) {
    if (detail.status === "open" && this.#wanted) this.#sendLogin();
    if (detail.status !== "open") this.#isLoggedIn = false;
    this.dispatch("status", detail);
    this.#dispatchWaiting();
  }

  #sendLogin() {
    const { name, token } = this.#memory;
    this.#sendJson({ type: "login", name, ...(token && { token }) });
  }

  #handleMessage(message) {
    this.#handlers[message.type]?.(message); // what only a newer server says is ignored
  }

  #welcome({ id, name, token, colour, people, log }) {
    const back = this.me !== null;
    this.me = { id, name, colour };
    if (token !== this.#memory.token) this.doc.clientID = random.uint32(); // the old id belongs to somebody else
    Object.assign(this.#memory, { name, token });
    this.#memory.save();
    this.people = new Map(people.map((person) => [person.id, person]));
    this.carets = new Map(people.filter((person) => person.anchor && person.id !== id).map((person) => [person.id, { ...person, at: Date.now() }]));
    this.entries = log;
    this.#isLoggedIn = true;
    this.#updates = []; // sync step 2 contains them all
    this.#sent = this.#saved = 0;
    this.#endRefusal();
    this.dispatch("welcome", { me: this.me, back });
    this.dispatch("people", this.people);
    this.dispatch("carets", this.carets);
    this.dispatch("log", this.entries);
    this.#sendSync((encoder) => sync.writeSyncStep1(encoder, this.doc));
  }

  #handleSync(message) {
    const decoder = decoding.createDecoder(message);
    if (decoding.readVarUint(decoder) !== SYNC) return;
    if (message[1] === sync.messageYjsSyncStep1) {
      this.#serverState = decoding.readVarUint8Array(decoding.createDecoder(message.subarray(2)));
    }
    const answer = encoding.createEncoder();
    encoding.writeVarUint(answer, SYNC);
    sync.readSyncMessage(decoder, answer, this.doc, this);
    if (encoding.length(answer) > 1) this.#sendUpdates(encoding.toUint8Array(answer));
  }

  #addUpdate(update) {
    if (this.#isLoggedIn) this.#updates.push(update);
    if (this.#isLoggedIn && this.#refused) this.#resendSoon();
    else this.#timer ||= setTimeout(() => this.#flush(), GATHER_MS);
    this.#dispatchWaiting();
  }

  #flush() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    if (!this.#isLoggedIn || this.#refused || !this.#updates.length) return;
    const update = Y.mergeUpdates(this.#updates);
    this.#updates = [];
    this.#sendSync((encoder) => sync.writeUpdate(encoder, update), true);
  }

  /** The server has all updates, or is about to ask for them. */
  #endRefusal() {
    this.#refused = this.#sendingAll = false;
    clearTimeout(this.#resendTimer);
    this.#resendTimer = 0;
  }

  #resendSoon() {
    this.#resendTimer ||= setTimeout(() => this.#resendAll(), RETRY_MS);
  }

  /** After a refusal, send all updates of this connection again; those the server has change nothing. */
  #resendAll() {
    this.#resendTimer = 0;
    if (!this.#isLoggedIn) return;
    this.#updates = [];
    this.#sendingAll = true;
    const update = Y.encodeStateAsUpdate(this.doc, this.#serverState);
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
    if (this.#connection.send(message)) this.#sent += 1;
    this.#dispatchWaiting();
  }

  #addPerson(person) {
    this.people.set(person.id, person);
    this.dispatch("people", this.people);
    this.dispatch("note", { words: `${person.name} joined` });
  }

  #removePerson(id) {
    const name = this.people.get(id)?.name;
    this.people.delete(id);
    this.carets.delete(id);
    this.dispatch("people", this.people);
    this.dispatch("carets", this.carets);
    if (name) this.dispatch("note", { words: `${name} left` });
  }

  #setCaret({ id, anchor, head }) {
    if (anchor && head) this.carets.set(id, { anchor, head, at: Date.now() });
    else this.carets.delete(id);
    this.dispatch("carets", this.carets);
  }

  #addEntry(entry) {
    if (this.entries.at(-1)?.seq === entry.seq) this.entries.pop();
    this.entries.push(entry);
    this.entries.splice(0, this.entries.length - ENTRIES);
    this.dispatch("log", this.entries);
  }

  #setSaved(count) {
    this.#saved = count;
    this.#sent = Math.max(this.#sent, count);
    if (this.#sendingAll && this.#sent === count) {
      this.#endRefusal();
      this.#flush(); // what was written since
    }
    this.#dispatchWaiting();
  }

  #handleError({ code, text }) {
    const later = code === "too_fast" || code === "not_saved";
    if (later || REFUSALS.has(code)) {
      this.#sent = Math.max(this.#saved, this.#sent - 1); // the refused message may have been a caret
      this.#refused = true;
      this.#sendingAll = false;
      this.#dispatchWaiting();
    }
    if (code === "bad_token") {
      this.#memory.token = null; // a server with an empty database does not know us
      this.#sendLogin();
    } else if (code === "bad_name") {
      this.#wanted = false;
      this.dispatch("refused", { text });
    } else if (later) this.#resendSoon();
    else this.dispatch("trouble", { text, code });
  }

  /** Say how many updates are not on the server's disk yet; null without a connection. */
  #dispatchWaiting() {
    const count = Math.max(this.#refused ? 1 : 0, this.#sent - this.#saved + this.#updates.length);
    this.dispatch("waiting", this.#isLoggedIn ? count : null);
  }

  #sendJson(message) {
    this.#connection.send(JSON.stringify(message));
  }
}

// The files' side of the protocol: joining, the list of files, and the uploads of this page.
//
//   const session = new Session();
//   session.join("Alice");
//   session.add(file); // a File, chosen or dropped
//
// Events: status { status, words, elsewhere }, welcome { name, back }, people [{ id, name }],
// files [file], added file, uploads [Upload], sent { upload }, refused { code, text } (of the name),
// trouble { text }.
// What was on its way when the connection was lost goes on with the next one.

import { Connection, CONTINUED_ELSEWHERE } from "../shared/connection.js";
import { Emitter } from "../shared/emitter.js";
import { newId } from "../shared/ids.js";
import { Memory } from "../shared/memory.js";
import { RETRY_MS } from "../shared/outbox.js";
import { Upload } from "./upload.js";

const PING = JSON.stringify({ type: "ping" });
const AT_ONCE = 2; // uploads; the others wait for their turn
/** Errors after which an upload is offered again: where it is now, it goes on. */
const AGAIN = new Set(["busy", "not_saved", "wrong_offset", "incomplete", "expired"]);
const RUNNING = new Set(["offered", "sending", "checking"]);

export class Session extends Emitter {
  files = new Map(); // by id
  people = new Map(); // names by id
  uploads = new Map(); // of this page, by the id that it chose
  limits = null;
  me = null;
  isJoined = false;
  #connection = new Connection("ws", { final: [CONTINUED_ELSEWHERE], ping: PING });
  #memory = new Memory("files", { uploads: [] });
  #wanted = false; // whether to join as soon as there is a connection
  #retryTimer = 0;
  #handlers = {
    welcome: (message) => this.#welcome(message),
    ready: (message) => this.#start(message),
    saved: ({ id, offset }) => this.uploads.get(id)?.setSaved(offset),
    stored: ({ id }) => this.#complete(id),
    added: ({ file }) => this.#addFile(file),
    removed: ({ id }) => this.#removeFile(id),
    joined: ({ person }) => this.#setPresence(person.id, person.name),
    left: ({ id }) => this.#setPresence(id, null),
    closed: (message) => this.#connection.explain(message),
    error: (message) => this.#handleError(message),
  };

  constructor() {
    super();
    this.#connection.addEventListener("status", ({ detail }) => this.#handleStatus(detail));
    this.#connection.addEventListener("message", ({ detail }) => {
      if (typeof detail !== "string") return; // this page fetches files by HTTP
      const message = JSON.parse(detail);
      this.#handlers[message.type]?.(message); // what only a newer server says is ignored
    });
    for (const memo of this.#memory.uploads) this.#keep(memo, null);
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

  /** Join under a name, now or as soon as there is a connection. */
  join(name) {
    if (name !== this.#memory.name) this.#memory.forget();
    this.#memory.name = name;
    this.#wanted = true;
    if (this.#connection.status === "open") this.#sendJoin();
    else this.connect();
  }

  /** Leave for good: the name is free at once, and what is on its way is given up. */
  leave() {
    for (const upload of [...this.uploads.values()]) this.cancel(upload);
    this.#wanted = false;
    this.isJoined = false;
    this.#memory.forget();
    this.#connection.close(1000, "left");
  }

  /** Send a file, or go on with one that was on its way before a reload. */
  add(file) {
    const known = [...this.uploads.values()].find((upload) => upload.state === "lost" && upload.matches(file));
    const { name, size, lastModified } = file;
    const upload = this.#keep({ id: known?.id ?? newId(), name, size, lastModified }, file);
    this.#remember();
    this.#offerNext();
    return upload;
  }

  /** Give an upload up, or take one that has failed off the list. */
  cancel(upload) {
    upload.stop();
    if (!upload.isOver && upload.state !== "chosen") this.#sendJson({ type: "cancel", id: upload.id });
    this.#drop(upload);
  }

  /** Remove a file of one's own, for everybody. */
  remove(id) {
    this.#sendJson({ type: "remove", file: id });
  }

  /** Keep an upload on the list, in the place of an earlier one with its id. */
  #keep(memo, file) {
    const actions = {
      send: (chunk) => this.#connection.send(chunk),
      finish: (id, sha256) => this.#sendJson({ type: "finish", id, sha256 }),
    };
    const upload = new Upload(memo, file, actions);
    this.uploads.set(memo.id, upload);
    upload.addEventListener("change", () => {
      this.dispatch("uploads", this.uploads);
      if (upload.state === "failed") this.#offerNext(); // its place is free
    });
    this.dispatch("uploads", this.uploads);
    return upload;
  }

  #drop(upload) {
    this.uploads.delete(upload.id);
    this.#remember();
    this.dispatch("uploads", this.uploads);
    this.#offerNext();
  }

  #remember() {
    this.#memory.uploads = [...this.uploads.values()].filter((upload) => !upload.isOver).map((upload) => upload.memo);
    this.#memory.save();
  }

  #handleStatus(detail) {
    if (detail.status === "open" && this.#wanted) this.#sendJoin();
    if (detail.status !== "open") this.#pause();
    this.dispatch("status", detail);
  }

  /** Without a connection everything that was on its way waits for its turn again. */
  #pause() {
    this.isJoined = false;
    for (const upload of this.uploads.values()) {
      upload.stop();
      if (RUNNING.has(upload.state)) upload.setState("chosen");
    }
  }

  #sendJoin() {
    const { name, token } = this.#memory;
    this.#sendJson({ type: "join", name, ...(token && { token }) });
  }

  #welcome({ id, name, token, people, files, limits }) {
    const back = this.me !== null;
    this.me = { id, name };
    this.limits = limits;
    Object.assign(this.#memory, { name, token });
    this.#memory.save();
    this.isJoined = true;
    this.people = new Map(people.map((person) => [person.id, person.name]));
    const known = this.files;
    this.files = new Map(files.map((file) => [file.id, file]));
    this.dispatch("welcome", { name, back });
    this.dispatch("people", this.people);
    this.dispatch("files", this.files);
    for (const file of back ? files : []) if (!known.has(file.id)) this.dispatch("added", file); // meanwhile
    this.#offerNext();
  }

  /** Offer the files whose turn it is. */
  #offerNext() {
    if (!this.isJoined) return;
    const all = [...this.uploads.values()];
    const free = AT_ONCE - all.filter((upload) => RUNNING.has(upload.state)).length;
    for (const upload of all.filter(({ state }) => state === "chosen").slice(0, Math.max(0, free))) {
      upload.setState("offered");
      this.#sendJson({ type: "offer", id: upload.id, name: upload.name, size: upload.size });
    }
  }

  #start(ready) {
    this.uploads.get(ready.id)?.run(ready, this.limits);
  }

  #complete(id) {
    const upload = this.uploads.get(id);
    if (!upload) return;
    upload.stop();
    upload.setSaved(upload.size);
    upload.setState("stored");
    this.dispatch("sent", { upload });
    this.#drop(upload);
  }

  #addFile(file) {
    this.files.set(file.id, file);
    this.dispatch("files", this.files);
    this.dispatch("added", file);
  }

  #removeFile(id) {
    this.files.delete(id);
    this.dispatch("files", this.files);
  }

  #setPresence(id, name) {
    if (name === null) this.people.delete(id);
    else this.people.set(id, name);
    this.dispatch("people", this.people);
  }

  #handleError({ code, text, id }) {
    const upload = this.uploads.get(id);
    if (code === "bad_token") {
      this.#memory.token = null; // a server with an empty database does not know us
      this.#sendJoin();
    } else if (code === "name_taken" || code === "bad_name") {
      this.#wanted = false;
      this.#memory.token = null;
      this.dispatch("refused", { code, text });
    } else if (code === "too_fast") this.#retrySoon([...this.uploads.values()]); // it does not say which
    else if (upload && AGAIN.has(code)) this.#retrySoon([upload]);
    else if (upload) this.#fail(upload, text);
    else if (id === undefined) this.dispatch("trouble", { text });
  }

  #fail(upload, text) {
    upload.stop();
    upload.setState("failed", text);
    this.#remember();
  }

  /** Offer uploads again in a while, whatever the server has of them. */
  #retrySoon(uploads) {
    for (const upload of uploads) {
      if (!RUNNING.has(upload.state)) continue;
      upload.stop();
      upload.setState("chosen");
    }
    clearTimeout(this.#retryTimer);
    this.#retryTimer = setTimeout(() => this.#offerNext(), RETRY_MS);
  }

  #sendJson(message) {
    this.#connection.send(JSON.stringify(message));
  }
}

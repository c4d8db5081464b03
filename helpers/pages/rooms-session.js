// The rooms of somebody who has signed in: what the server says of them, and what one says there.
//
//   const rooms = new Rooms();
//   rooms.addEventListener("message", ({ detail: { message, fresh } }) => show(message));
//   rooms.connect();
//   rooms.open("Tea");
//   rooms.say("Hello");
//
// What comes for the room that is open is told; of the others that one has joined, how much.

import { io } from "./node_modules/socket.io-client/dist/socket.io.esm.min.js";
import { Memory } from "./memory.js";
import { newId } from "./parts.js";

const TYPING_MS = 3_000; // the server forgets it after 5 s
const ACK_MS = 5_000; // without an acknowledgement it is sent again
const AGAIN_MS = 1_500; // after "too fast"
const LATER = ["too_fast", "not_saved", "error", "not_signed_in"]; // what may go well another time
const asked = new URLSearchParams(location.search);

export class Rooms extends EventTarget {
  name = "";
  list = []; // {name, owner, members} of every room
  joined = new Set();
  unread = new Map(); // how much was said in each room since one was there
  current = null; // the room that is open: its name
  owner = "";
  #memory = new Memory("rooms", { person: "", room: null, outbox: [] });
  #seen = new Set(); // the seqs of the messages that are shown
  #opening = null;
  #members = new Set();
  #online = new Set();
  #typing = new Set();
  #typedAt = 0;
  #asked = asked.get("room");
  #here = false;
  #sending = false;
  #why = null; // the server has signed us out
  #socket = io({
    path: new URL("socket.io/", document.baseURI).pathname, // it holds behind a proxy, too
    autoConnect: false,
    reconnectionDelay: 500,
    reconnectionDelayMax: 5_000,
    ...(asked.get("transport") && { transports: [asked.get("transport")] }),
  });

  constructor() {
    super();
    this.outbox = this.#memory.outbox; // what no acknowledgement has come for, oldest first
    const socket = this.#socket;
    const on = { welcome: this.#welcome, rooms: this.#listed, message: this.#said, online: this.#counted };
    for (const [event, act] of Object.entries(on)) socket.on(event, (about) => act.call(this, about));
    socket.on("joined", ({ room, name }) => this.#came(room, name, true));
    socket.on("left", ({ room, name }) => this.#came(room, name, false));
    socket.on("closed", ({ room }) => this.#shut(room, "closed"));
    socket.on("typing", (about) => this.#types(about));
    socket.on("signed_out", ({ why }) => (this.#why = why));
    socket.on("connect", () => this.#tell("status", { status: "open" }));
    socket.on("disconnect", (reason) => this.#over(reason));
    socket.on("connect_error", (error) => this.#refused(error));
    socket.io.on("reconnect_attempt", () => this.#tell("status", { status: "connecting" }));
    addEventListener("online", () => socket.active && !socket.connected && socket.connect());
  }

  connect() {
    this.#why = null;
    this.#tell("status", { status: "connecting" });
    this.#socket.disconnect().connect();
  }

  /** Forget everything of the one who has signed out. */
  forget() {
    this.#socket.disconnect();
    this.outbox.length = 0;
    this.#memory.room = null;
    this.#memory.forget();
    this.#leaveOpen();
    this.joined.clear();
    this.unread.clear();
    this.list = [];
  }

  /** Open a room: join it, or make it. */
  async open(room, how = "join") {
    const opening = (this.#opening = { room, came: [] });
    const answer = await this.#ask(how, { room });
    if (opening !== this.#opening) return; // another one since
    this.#opening = null;
    if (answer?.ok) this.#opened(answer, opening.came);
    else this.#tell("refused", { how, code: answer?.code, text: answer?.text ?? "no answer; try again" });
  }

  leave = (room) => this.#end("leave", room, "left");
  close = (room) => this.#end("close", room, "closed");

  async #end(how, room, why) {
    const answer = await this.#ask(how, { room });
    if (answer?.ok) this.#shut(room, why);
    else this.#tell("refused", { how, text: answer?.text ?? "no answer; try again" });
  }

  /** Say something in the open room; it is sent again until it is acknowledged. */
  say(text) {
    const message = { room: this.current, id: newId(), text };
    this.outbox.push(message);
    this.#memory.save();
    this.#typedAt = 0;
    this.#sendAll();
    return message;
  }

  /** Take back what was refused. */
  drop(id) {
    const index = this.outbox.findIndex((message) => message.id === id);
    if (index >= 0) this.outbox.splice(index, 1);
    this.#memory.save();
  }

  /** Tell the others in the room that one types, but not at each key. */
  type(on) {
    const now = Date.now();
    if (!this.#here || !this.current || (on ? now - this.#typedAt < TYPING_MS : !this.#typedAt)) return;
    this.#typedAt = on ? now : 0;
    this.#socket.emit("typing", { room: this.current, on });
  }

  async history(before) {
    const { current: room } = this;
    const page = await this.#ask("history", { room, before });
    if (page?.ok && room === this.current) this.#tell("history", page);
  }

  /** Emit an event, and wait for its acknowledgement; null if none comes. */
  async #ask(event, fields) {
    try {
      return await this.#socket.timeout(ACK_MS).emitWithAck(event, fields);
    } catch {
      return null;
    }
  }

  #welcome({ name, until, rooms, joined }) {
    const memory = this.#memory;
    if (memory.person && memory.person !== name) {
      this.outbox.length = 0; // somebody else's
      memory.room = null;
      this.#leaveOpen();
    }
    this.name = memory.person = name;
    memory.save();
    Object.assign(this, { list: rooms, joined: new Set(joined) });
    this.#here = true;
    this.#tell("welcome", { name, until });
    this.#changed();
    if (this.current && !this.joined.has(this.current)) this.#shut(this.current, "closed");
    const room = this.#wanted();
    if (room) this.open(room);
    this.#sendAll();
  }

  /** The room to open: that which was, or which the address asks for, or the only one. */
  #wanted() {
    const { room } = this.#memory;
    if (this.#opening) return this.#opening.room;
    if (this.joined.has(room)) return room;
    const fold = (name) => name.normalize("NFKC").toLowerCase();
    const named = this.#asked && this.list.find(({ name }) => fold(name) === fold(this.#asked));
    this.#asked = null; // once: who leaves it is not brought back
    return named ? named.name : this.joined.size === 1 ? [...this.joined][0] : null;
  }

  #listed({ rooms }) {
    this.list = rooms;
    this.#changed();
  }

  #opened({ room, owner, members, online, messages, older }, came) {
    const newest = Math.max(0, ...this.#seen);
    const back = room === this.current && !(older && messages[0]?.seq > newest); // no gap
    if (!back) this.#seen.clear();
    this.current = this.#memory.room = room;
    this.owner = owner;
    this.#memory.save();
    this.joined.add(room);
    this.unread.delete(room);
    this.#members = new Set(members);
    this.#online = new Set(online);
    this.#typing.clear();
    this.#typedAt = 0;
    this.#tell("opened", { room, owner, older, back });
    for (const message of [...messages, ...came]) this.#show(message, back);
    this.#tell("shown", {});
    this.#tellPeople();
    this.#tell("typing", []);
    this.#changed();
  }

  #said(message) {
    if (message.room === this.#opening?.room) this.#opening.came.push(message);
    if (message.room === this.current) this.#show(message, true);
    else if (message.from !== this.name) {
      this.unread.set(message.room, (this.unread.get(message.room) ?? 0) + 1);
      this.#changed();
    }
  }

  #show(message, fresh) {
    if (this.#seen.has(message.seq)) return;
    this.#seen.add(message.seq);
    if (message.from === this.name) this.drop(message.id);
    this.#tell("message", { message, fresh });
  }

  /** Send what waits, oldest first: each one after the one before is acknowledged. */
  async #sendAll() {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#here && this.outbox.length) await this.#sendOne(this.outbox[0]);
    this.#sending = false;
  }

  async #sendOne(message) {
    const answer = await this.#ask("say", message);
    if (answer?.ok) {
      this.drop(message.id);
      if (message.room === this.current) this.#show({ ...message, ...answer, from: this.name }, true);
    } else if (answer && !LATER.includes(answer.code)) {
      this.drop(message.id);
      this.#tell("failed", { ...message, error: answer.text });
    } else await new Promise((done) => setTimeout(done, AGAIN_MS)); // the same id: never twice
  }

  #came(room, name, here) {
    if (name === this.name) {
      if (here) this.joined.add(room); // in another tab
      else this.#shut(room, "left");
      this.#changed();
    }
    if (room !== this.current) return;
    this.#members[here ? "add" : "delete"](name);
    this.#tellPeople();
    if (name !== this.name) this.#tell("note", { words: `${name} ${here ? "joined" : "left"}` });
  }

  #counted({ room, names }) {
    if (room !== this.current) return;
    this.#online = new Set(names);
    this.#tellPeople();
  }

  #types({ room, name, on }) {
    if (room !== this.current) return;
    this.#typing[on ? "add" : "delete"](name);
    this.#tell("typing", [...this.#typing]);
  }

  /** A room is closed, or left: here, in another tab, or while there was no connection. */
  #shut(room, why) {
    this.joined.delete(room);
    this.unread.delete(room);
    if (why === "closed") this.list = this.list.filter(({ name }) => name !== room);
    for (const { id } of this.outbox.filter((message) => message.room === room)) this.drop(id);
    if (room === this.current) {
      this.#leaveOpen();
      this.#tell("shut", { room, why });
    }
    this.#changed();
  }

  #leaveOpen() {
    this.current = this.#opening = this.#memory.room = null;
    this.#seen.clear();
    this.#typing.clear();
  }

  #over(reason) {
    this.#here = false;
    if (this.#why) this.#tell("signed-out", { why: this.#why });
    else if (this.#socket.active) this.#tell("status", { status: "waiting", words: `${reason}; trying again` });
    else this.#tell("status", { status: "closed" });
  }

  #refused({ message, data }) {
    if (data?.code === "not_signed_in") this.#tell("signed-out", { why: "not_signed_in" });
    else this.#tell("status", { status: "waiting", words: `no connection (${message}); trying again` });
  }

  #tellPeople() {
    const sorted = [...this.#members].sort((a, b) => a.localeCompare(b, [], { numeric: true }));
    this.#tell("people", sorted.map((name) => ({ name, online: this.#online.has(name) || name === this.name })));
  }

  #changed() {
    this.#tell("rooms", {});
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

// The rooms of somebody who has signed in: what the server says of them, and what one says there.
//
//   const rooms = new Rooms();
//   rooms.addEventListener("message", ({ detail: { message, fresh } }) => show(message));
//   rooms.connect();
//   rooms.open("Tea");
//   rooms.say("Hello");
//
// What comes for the room that is open is told; of the others that one has joined, how much.

import { Memory } from "./memory.js";
import { Outbox, Typing } from "./outbox.js";
import { ask, makeSocket } from "./socketio.js";

const LATER = ["too_fast", "not_saved", "error", "not_signed_in"]; // what may go well another time

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
  #asked = new URLSearchParams(location.search).get("room");
  #here = false;
  #why = null; // the server has signed us out
  #socket = makeSocket();
  #mine = new Typing((on) => this.#socket.emit("typing", { room: this.current, on }));
  outbox = new Outbox(this.#memory);

  constructor() {
    super();
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
    this.outbox.clear();
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
    const answer = await ask(this.#socket, how, { room });
    if (opening !== this.#opening) return; // another one since
    this.#opening = null;
    if (answer?.ok) this.#opened(answer, opening.came);
    else this.#tell("refused", { how, code: answer?.code, text: answer?.text ?? "no answer; try again" });
  }

  leave = (room) => this.#end("leave", room, "left");
  close = (room) => this.#end("close", room, "closed");

  async #end(how, room, why) {
    const answer = await ask(this.#socket, how, { room });
    if (answer?.ok) this.#shut(room, why);
    else this.#tell("refused", { how, text: answer?.text ?? "no answer; try again" });
  }

  /** Say something in the open room; it is sent again until it is acknowledged. */
  say(text) {
    const message = this.outbox.add({ room: this.current, text });
    this.#mine.over();
    this.#sendAll();
    return message;
  }

  /** Tell the others in the room that one types, or no longer. */
  type(on) {
    if (this.#here && this.current) this.#mine.type(on);
  }

  async history(before) {
    const { current: room } = this;
    const page = await ask(this.#socket, "history", { room, before });
    if (page?.ok && room === this.current) this.#tell("history", page);
  }

  #welcome({ name, until, rooms, joined }) {
    const memory = this.#memory;
    if (memory.person && memory.person !== name) {
      this.outbox.clear(); // somebody else's
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
    this.#mine.over();
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
    if (message.from === this.name) this.outbox.drop(message.id);
    this.#tell("message", { message, fresh });
  }

  #sendAll() {
    this.outbox.sendAll(() => this.#here, (message) => this.#sendOne(message));
  }

  /** Whether that settles it. */
  async #sendOne(message) {
    const answer = await ask(this.#socket, "say", message);
    if (!answer || LATER.includes(answer.code)) return false;
    this.outbox.drop(message.id);
    if (!answer.ok) this.#tell("failed", { ...message, error: answer.text });
    else if (message.room === this.current) this.#show({ ...message, ...answer, from: this.name }, true);
    return true;
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
    for (const { id } of this.outbox.waiting.filter((message) => message.room === room)) this.outbox.drop(id);
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

// The rooms of somebody who has signed in: what the server says about them, and what is said there.
//
//   const rooms = new Rooms();
//   rooms.addEventListener("message", ({ detail: { message, fresh } }) => show(message));
//   rooms.connect();
//   rooms.open("Tea");
//   rooms.send("Hello");
//
// Events: status { status, words }, signed-out { why }, welcome { name, until }, rooms {},
// refused { how, code, text }, opened { room, owner, older, back }, message { message, fresh },
// shown {}, history { messages, older }, failed { room, id, text, error }, note { words },
// people [{ name, online }], typing [names], shut { room, why }. They are about the open room; for
// the others that you have joined, only the number of messages is kept.

import { compareNames } from "../shared/dom.js";
import { Emitter } from "../shared/emitter.js";
import { Memory } from "../shared/memory.js";
import { Outbox, TypingNotice } from "../shared/outbox.js";
import { describeEnd, end, makeSocket, PASSING_ERRORS, request, tryNow } from "../shared/socketio.js";

const PASSING = [...PASSING_ERRORS, "not_signed_in"]; // refused now, but perhaps not later
const NO_ANSWER = "no answer, so try again";

export class Rooms extends Emitter {
  name = "";
  list = []; // {name, owner, members} of every room
  joined = new Set();
  unread = new Map(); // how many messages each room has had since you were there
  current = null; // the room that is open: its name
  owner = "";
  #memory = new Memory("rooms", { person: "", room: null, outbox: [] });
  #seen = new Set(); // the seqs of the messages that are shown
  #opening = null; // the room that is being opened, and what was said there meanwhile
  #members = new Set();
  #online = new Set();
  #typists = new Set();
  #requestedRoom = new URLSearchParams(location.search).get("room");
  #isWelcome = false;
  #signedOutWhy = null; // set once the server has signed us out
  #socket = makeSocket();
  #notice = new TypingNotice((on) => this.#socket.emit("typing", { room: this.current, on }));
  outbox = new Outbox(this.#memory);

  constructor() {
    super();
    const socket = this.#socket;
    socket.on("welcome", (welcome) => this.#welcome(welcome));
    socket.on("rooms", ({ rooms }) => this.#setList(rooms));
    socket.on("message", (message) => this.#addMessage(message));
    socket.on("online", (online) => this.#setOnline(online));
    socket.on("joined", ({ room, name }) => this.#setMembership(room, name, true));
    socket.on("left", ({ room, name }) => this.#setMembership(room, name, false));
    socket.on("closed", ({ room }) => this.#shut(room, "closed"));
    socket.on("typing", (typist) => this.#setTypist(typist));
    socket.on("signed_out", ({ why }) => {
      this.#signedOutWhy = why;
    });
    socket.on("connect", () => this.dispatch("status", { status: "open" }));
    socket.on("disconnect", (reason) => this.#handleDisconnect(reason));
    socket.on("connect_error", (error) => this.#handleConnectError(error));
    socket.io.on("reconnect_attempt", () => this.dispatch("status", { status: "connecting" }));
  }

  connect() {
    this.#signedOutWhy = null;
    tryNow(this.#socket);
  }

  /** Forget everything about the person who has signed out. */
  forget() {
    end(this.#socket);
    this.outbox.clear();
    this.#memory.room = null;
    this.#memory.forget();
    this.#leaveOpen();
    this.joined.clear();
    this.unread.clear();
    this.list = [];
  }

  /** Open a room: join it, or create it. */
  async open(room, how = "join") {
    const opening = { room, received: [] };
    this.#opening = opening;
    const answer = await request(this.#socket, how, { room });
    if (opening !== this.#opening) return; // another room was chosen since
    this.#opening = null;
    if (answer?.ok) this.#show(answer, opening.received);
    else this.dispatch("refused", { how, code: answer?.code, text: answer?.text ?? NO_ANSWER });
  }

  leave(room) {
    return this.#end("leave", room, "left");
  }

  close(room) {
    return this.#end("close", room, "closed");
  }

  async #end(how, room, why) {
    const answer = await request(this.#socket, how, { room });
    if (answer?.ok) this.#shut(room, why);
    else this.dispatch("refused", { how, text: answer?.text ?? NO_ANSWER });
  }

  /** Send a message to the open room; it is sent again until it is acknowledged. */
  send(text) {
    const message = this.outbox.add({ room: this.current, text });
    this.#notice.reset();
    this.#sendWaiting();
    return message;
  }

  /** Tell the others in the room that you are typing, or that you have stopped. */
  setTyping(on) {
    if (this.#isWelcome && this.current) this.#notice.set(on);
  }

  async fetchHistory(before) {
    const { current: room } = this;
    const page = await request(this.#socket, "history", { room, before });
    if (page?.ok && room === this.current) this.dispatch("history", page);
  }

  #welcome({ name, until, rooms, joined }) {
    const memory = this.#memory;
    if (memory.person && memory.person !== name) {
      this.outbox.clear(); // it is somebody else's
      memory.room = null;
      this.#leaveOpen();
    }
    this.name = memory.person = name;
    memory.save();
    Object.assign(this, { list: rooms, joined: new Set(joined) });
    this.#isWelcome = true;
    this.dispatch("welcome", { name, until });
    this.#dispatchRooms();
    if (this.current && !this.joined.has(this.current)) this.#shut(this.current, "closed");
    const room = this.#chooseRoom();
    if (room) this.open(room);
    this.#sendWaiting();
  }

  /** Choose the room to open: the one that was open, or that the address asks for, or the only one. */
  #chooseRoom() {
    const { room } = this.#memory;
    if (this.#opening) return this.#opening.room;
    if (this.joined.has(room)) return room;
    const fold = (name) => name.normalize("NFKC").toLowerCase();
    const named = this.#requestedRoom && this.list.find(({ name }) => fold(name) === fold(this.#requestedRoom));
    this.#requestedRoom = null; // once: somebody who leaves it is not brought back
    return named ? named.name : this.joined.size === 1 ? [...this.joined][0] : null;
  }

  #setList(rooms) {
    this.list = rooms;
    this.#dispatchRooms();
  }

  #show({ room, owner, members, online, messages, older }, received) {
    const newest = Math.max(0, ...this.#seen);
    const back = room === this.current && !(older && messages[0]?.seq > newest); // without a gap
    if (!back) this.#seen.clear();
    this.current = this.#memory.room = room;
    this.owner = owner;
    this.#memory.save();
    this.joined.add(room);
    this.unread.delete(room);
    this.#members = new Set(members);
    this.#online = new Set(online);
    this.#typists.clear();
    this.#notice.reset();
    this.dispatch("opened", { room, owner, older, back });
    for (const message of [...messages, ...received]) this.#showMessage(message, back);
    this.dispatch("shown", {});
    this.#dispatchPeople();
    this.dispatch("typing", []);
    this.#dispatchRooms();
  }

  #addMessage(message) {
    if (message.room === this.#opening?.room) this.#opening.received.push(message);
    if (message.room === this.current) this.#showMessage(message, true);
    else if (message.from !== this.name) {
      this.unread.set(message.room, (this.unread.get(message.room) ?? 0) + 1);
      this.#dispatchRooms();
    }
  }

  #showMessage(message, fresh) {
    if (this.#seen.has(message.seq)) return;
    this.#seen.add(message.seq);
    if (message.from === this.name) this.outbox.drop(message.id);
    this.dispatch("message", { message, fresh });
  }

  #sendWaiting() {
    this.outbox.sendAll(() => this.#isWelcome, (message) => this.#sendOne(message));
  }

  /** Send a message; returns whether that settles it. */
  async #sendOne(message) {
    const answer = await request(this.#socket, "say", message);
    if (!answer || PASSING.includes(answer.code)) return false;
    this.outbox.drop(message.id);
    if (!answer.ok) this.dispatch("failed", { ...message, error: answer.text });
    else if (message.room === this.current) this.#showMessage({ ...message, ...answer, from: this.name }, true);
    return true;
  }

  #setMembership(room, name, isMember) {
    if (name === this.name) {
      if (isMember) this.joined.add(room); // in another tab
      else this.#shut(room, "left");
      this.#dispatchRooms();
    }
    if (room !== this.current) return;
    this.#members[isMember ? "add" : "delete"](name);
    this.#dispatchPeople();
    if (name !== this.name) this.dispatch("note", { words: `${name} ${isMember ? "joined" : "left"}` });
  }

  #setOnline({ room, names }) {
    if (room !== this.current) return;
    this.#online = new Set(names);
    this.#dispatchPeople();
  }

  #setTypist({ room, name, on }) {
    if (room !== this.current) return;
    this.#typists[on ? "add" : "delete"](name);
    this.dispatch("typing", [...this.#typists]);
  }

  /** Shut a room that is closed, or left: here, in another tab, or while there was no connection. */
  #shut(room, why) {
    this.joined.delete(room);
    this.unread.delete(room);
    if (why === "closed") this.list = this.list.filter(({ name }) => name !== room);
    for (const { id } of this.outbox.waiting.filter((message) => message.room === room)) this.outbox.drop(id);
    if (room === this.current) {
      this.#leaveOpen();
      this.dispatch("shut", { room, why });
    }
    this.#dispatchRooms();
  }

  #leaveOpen() {
    this.current = this.#opening = this.#memory.room = null;
    this.#seen.clear();
    this.#typists.clear();
  }

  #handleDisconnect(reason) {
    this.#isWelcome = false;
    if (this.#signedOutWhy) this.dispatch("signed-out", { why: this.#signedOutWhy });
    else if (reason !== "io client disconnect") this.dispatch("status", { status: "waiting", words: describeEnd(this.#socket, reason) });
    else this.dispatch("status", { status: "closed" });
  }

  #handleConnectError({ message, data }) {
    if (data?.code === "not_signed_in") this.dispatch("signed-out", { why: "not_signed_in" });
    else this.dispatch("status", { status: "waiting", words: `no connection (${message}); trying again` });
  }

  #dispatchPeople() {
    const sorted = [...this.#members].sort(compareNames);
    this.dispatch("people", sorted.map((name) => ({ name, online: this.#online.has(name) || name === this.name })));
  }

  #dispatchRooms() {
    this.dispatch("rooms", {});
  }
}

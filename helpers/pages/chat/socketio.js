// The chat's room on Socket.IO: events with acknowledgements, by the official client.

import { end, makeSocket, PASSING_ERRORS, request, tryNow } from "../shared/socketio.js";
import { Room } from "./room.js";

export default class SocketIORoom extends Room {
  #continuesElsewhere = false;
  #socket = makeSocket({ auth: (give) => give(this.#makeAuth()) });

  constructor() {
    super("socketio chat");
    const socket = this.#socket;
    socket.on("connect", () => this.#setStatus("open", "connected"));
    socket.on("disconnect", (reason) => this.#handleDisconnect(reason));
    socket.on("connect_error", (error) => this.#handleConnectError(error));
    socket.io.on("reconnect_attempt", () => this.#setStatus("connecting", "connecting"));
    socket.on("welcome", (welcome) => this.welcome(welcome));
    socket.on("message", (message) => this.addMessage(message));
    socket.on("joined", ({ name }) => this.setPresence(name, true));
    socket.on("left", ({ name }) => this.setPresence(name, false));
    socket.on("typing", (typist) => this.setTypist(typist));
    socket.on("elsewhere", () => {
      this.#continuesElsewhere = true;
    });
  }

  /** A connection needs a name, so there is none before somebody joins. */
  connect() {
    this.#setStatus("closed", "not connected");
  }

  /** Join under a name: the connection asks for it. */
  join(name) {
    this.takeName(name);
    this.#continuesElsewhere = false;
    this.retry();
  }

  retry() {
    tryNow(this.#socket);
  }

  /** Leave for good: the name is free at once. */
  leave() {
    end(this.#socket);
    this.reset();
  }

  async fetchHistory(before) {
    const page = await request(this.#socket, "history", { before });
    if (page?.ok) this.dispatch("history", page);
  }

  sendMessage() {
    this.#sendWaiting();
  }

  sendTyping(on) {
    this.#socket.emit("typing", { on });
  }

  async requestMissed() {
    const page = await request(this.#socket, "catch_up", { after: this.newest });
    if (page?.ok) this.addMissed(page);
  }

  begin() {
    this.isJoined = this.#socket.connected;
    this.#sendWaiting();
  }

  #makeAuth() {
    const { name, token } = this.memory;
    return { name, ...(token && { token, ...(this.isShown && { after: this.newest }) }) };
  }

  #sendWaiting() {
    this.outbox.sendAll(() => this.isJoined, (message) => this.#sendOne(message));
  }

  /** Send a message; returns whether that settles it. */
  async #sendOne(message) {
    const answer = await request(this.#socket, "say", message);
    if (!answer || PASSING_ERRORS.includes(answer.code)) return false;
    if (answer.ok) this.#addStored({ ...message, ...answer, from: this.name });
    else this.fail(message, answer.text);
    return true;
  }

  /** Show your own message, even if what others said since has arrived before its acknowledgement. */
  #addStored(message) {
    if (!this.outbox.waiting.some(({ id }) => id === message.id)) return; // shown with what was missed
    this.newest = Math.max(this.newest, message.seq);
    this.acknowledge(message.id);
    this.dispatch("message", { message, fresh: true });
  }

  #handleDisconnect(reason) {
    this.isJoined = false;
    if (this.#socket.active) this.#setStatus("waiting", `${reason}; trying again`);
    else this.#setStatus("closed", reason, this.#continuesElsewhere);
  }

  /** The server refuses the name, or there is no server: then the client tries again by itself. */
  #handleConnectError({ message, data }) {
    if (this.#socket.active) this.#setStatus("waiting", `no connection (${message}); trying again`);
    else if (data?.code === "bad_token") {
      this.forgetToken();
      this.#socket.connect();
    } else {
      this.#setStatus("closed", "not connected");
      this.refuseName({ code: data?.code, text: data?.text ?? message });
    }
  }

  #setStatus(status, words, elsewhere = false) {
    this.dispatch("status", { status, words, elsewhere });
  }
}

// The chat's room on a WebSocket: JSON messages, as the server's docstring has them.

import { Connection, CONTINUED_ELSEWHERE } from "../shared/connection.js";
import { RETRY_MS } from "../shared/outbox.js";
import { Room } from "./room.js";

const PING = JSON.stringify({ type: "ping" });
const AT_ONCE = 10; // messages that are sent again together

export default class WebSocketRoom extends Room {
  #connection = new Connection("ws", { final: [CONTINUED_ELSEWHERE], ping: PING });
  #wanted = false; // whether to join as soon as there is a connection
  #timer = 0;
  #handlers = {
    welcome: (message) => this.welcome(message),
    messages: (message) => this.addMissed(message),
    history: (message) => this.dispatch("history", message),
    message: (message) => this.addMessage(message),
    ack: ({ id }) => this.acknowledge(id),
    joined: ({ name }) => this.setPresence(name, true),
    left: ({ name }) => this.setPresence(name, false),
    typing: (message) => this.setTypist(message),
    closed: (message) => this.#connection.explain(message),
    error: (message) => this.#handleError(message),
  };

  constructor() {
    super("chat");
    this.#connection.addEventListener("status", ({ detail }) => this.#handleStatus(detail));
    this.#connection.addEventListener("message", ({ detail }) => {
      const message = JSON.parse(detail);
      this.#handlers[message.type]?.(message); // what only a newer server says is ignored
    });
  }

  connect() {
    this.#connection.connect();
  }

  retry() {
    this.connect();
  }

  /** Join under a name, now or as soon as there is a connection. */
  join(name) {
    this.takeName(name);
    this.#wanted = true;
    if (this.#connection.status === "open") this.#sendJoin();
    else this.connect();
  }

  /** Leave for good: the name is free at once. */
  leave() {
    this.#wanted = false;
    this.reset();
    this.#connection.close(1000, "left");
  }

  fetchHistory(before) {
    this.#sendJson({ type: "history", before });
  }

  sendMessage(message) {
    if (this.isJoined) this.#sendJson({ type: "say", ...message });
  }

  sendTyping(on) {
    this.#sendJson({ type: "typing", on });
  }

  requestMissed() {
    this.#sendJson({ type: "catch_up", after: this.newest });
  }

  begin() {
    this.isJoined = true;
    this.#sendWaiting();
  }

  #handleStatus(detail) {
    if (detail.status === "open" && this.#wanted) this.#sendJoin();
    if (detail.status !== "open") this.isJoined = false;
    this.dispatch("status", detail);
  }

  #handleError({ code, text, id }) {
    const message = this.outbox.waiting.find((waiting) => waiting.id === id);
    if (code === "bad_token") {
      this.forgetToken();
      this.#sendJoin();
    } else if (code === "name_taken" || code === "bad_name") {
      this.#wanted = false;
      this.refuseName({ code, text });
    } else if (code === "too_fast" || code === "not_saved") {
      this.#sendLater(); // it does not say which message it was
    } else if (message) this.fail(message, text);
    else this.dispatch("trouble", { text });
  }

  #sendJoin() {
    const { name, token } = this.memory;
    const after = this.isShown ? { after: this.newest } : {};
    this.#sendJson({ type: "join", name, ...(token && { token, ...after }) });
  }

  /** Send what is not acknowledged: if a message arrived before, the server knows its id. */
  #sendWaiting() {
    this.#timer = 0;
    if (!this.isJoined) return;
    for (const message of this.outbox.waiting.slice(0, AT_ONCE)) this.sendMessage(message);
    if (this.outbox.waiting.length > AT_ONCE) this.#sendLater();
  }

  #sendLater() {
    if (!this.#timer) this.#timer = setTimeout(() => this.#sendWaiting(), RETRY_MS);
  }

  #sendJson(message) {
    this.#connection.send(JSON.stringify(message));
  }
}

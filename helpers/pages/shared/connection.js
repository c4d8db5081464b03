// A WebSocket that reconnects by itself, with backoff and jitter, and says what is happening.
//
//   const connection = new Connection("ws");
//   connection.addEventListener("status", ({ detail }) => show(detail.status, detail.words));
//   connection.addEventListener("message", ({ detail }) => show(detail));
//   connection.send("Hello");
//
// status: "connecting", "open", "waiting" (to try again) or "closed" (until connect() is called).
// A status has `words` for people, and `elsewhere`: whether this person continues in another tab.

import { Emitter } from "./emitter.js";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5_000; // somebody is waiting in front of this page, and the server is near
const STABLE_MS = 5_000; // a connection that lasted this long has proved itself: the delay is short again
const OPEN_DEADLINE_MS = 10_000;

/** The close code for a connection whose person continues on a newer one. */
export const CONTINUED_ELSEWHERE = 4001;

const CODES = {
  1000: "normal closure",
  1001: "the server is going away",
  1002: "protocol error",
  1003: "a kind of data the server does not accept",
  1005: "no code given",
  1006: "no closing handshake",
  1007: "text that is not UTF-8",
  1008: "against the server's rules",
  1009: "message too big",
  1010: "an extension is missing",
  1011: "an error in the server",
  1012: "the server is restarting",
  1013: "try again later",
};

/** The address of a WebSocket next to this page: right behind a proxy and under https as well. */
export function address(path = "ws", page = document.location.href) {
  const url = new URL(path, page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return url.href;
}

/** Say a close code in words: "1001, the server is going away". */
export function describeClose(code, reason = "") {
  const words = CODES[code] ?? (code >= 4000 ? "a code of this application" : "an unknown code");
  return reason ? `${code}, ${words}: ${reason}` : `${code}, ${words}`;
}

/** How long to wait before attempt 0, 1, 2 …: doubled each time, and never the same for everybody. */
export function delayMs(attempt, random = Math.random) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(longest * (0.5 + random() / 2));
}

export class Connection extends Emitter {
  #url;
  #socket = null;
  #attempt = 0;
  #timer = 0;
  #wanted = false;
  #final;

  /** `final`: close codes after which it does not try again until connect() is called. */
  constructor(path = "ws", { final = [] } = {}) {
    super();
    this.#url = address(path);
    this.#final = final;
    this.status = "closed";
    addEventListener("online", () => {
      if (this.status === "waiting") this.connect();
    });
    addEventListener("pageshow", (event) => {
      if (event.persisted && this.#wanted) this.connect();
    });
  }

  get url() {
    return this.#url;
  }

  /** Connect, or try again at once instead of later. */
  connect() {
    if (this.status === "open" || this.status === "connecting") return;
    clearTimeout(this.#timer);
    this.#wanted = true;
    this.#setStatus("connecting", "connecting");
    this.#open();
  }

  /** Send text or bytes; false when there is no connection to send them on. */
  send(data) {
    if (this.status !== "open") return false;
    this.#socket.send(data);
    return true;
  }

  /** Close for good: until connect() is called. */
  close(code = 1000, reason = "") {
    this.#wanted = false;
    clearTimeout(this.#timer);
    if (this.status === "waiting") this.#setStatus("closed", "closed");
    else this.#socket?.close(code, reason);
  }

  #open() {
    const socket = new WebSocket(this.#url);
    let openedAt = 0;
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const deadline = setTimeout(() => socket.close(), OPEN_DEADLINE_MS);
    socket.addEventListener("open", () => {
      clearTimeout(deadline);
      openedAt = performance.now();
      this.#setStatus("open", "connected");
    });
    socket.addEventListener("message", ({ data }) => this.dispatch("message", data));
    socket.addEventListener("close", ({ code, reason }) => {
      clearTimeout(deadline);
      if (openedAt && performance.now() - openedAt >= STABLE_MS) this.#attempt = 0;
      const what = openedAt ? `closed with ${describeClose(code, reason)}` : "no connection";
      if (this.#final.includes(code)) this.#wanted = false;
      if (this.#wanted) this.#retry(what);
      else this.#setStatus("closed", what, code === CONTINUED_ELSEWHERE);
    });
  }

  #retry(what) {
    const ms = delayMs(this.#attempt);
    this.#attempt += 1;
    this.#timer = setTimeout(() => this.connect(), ms); // first: a listener may close
    this.#setStatus("waiting", `${what}; trying again in ${(ms / 1000).toFixed(1)} s`);
  }

  #setStatus(status, words, elsewhere = false) {
    this.status = status;
    this.dispatch("status", { status, words, elsewhere });
  }
}

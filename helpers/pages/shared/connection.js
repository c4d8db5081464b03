// A WebSocket that reconnects by itself, with backoff and jitter, and says what is happening.
//
//   const connection = new Connection("ws", { ping: JSON.stringify({ type: "ping" }) });
//   connection.addEventListener("status", ({ detail }) => show(detail.status, detail.words));
//   connection.addEventListener("message", ({ detail }) => show(detail));
//   connection.send("Hello");
//
// status: "connecting", "open", "waiting" (to try again) or "closed" (until connect() is called).
// A status has `words` for people, and `elsewhere`: whether this person continues in another tab.
//
// 1. An attempt that fails is followed by a longer pause, of up to half a minute. Before a page opens
//    another WebSocket it asks by HTTP whether the server is back: Chromium delays every WebSocket of
//    a process in which many have failed.
// 2. A page that is hidden does not try. It does at once when it is shown, or the network is back.
// 3. A network may vanish without a word. A browser cannot send pings, so a page that may do so asks
//    its server for a message after some silence, and tries again if none arrives. Others wait for
//    what a server sends by itself, or for the answer to what was sent: see expectAnswer().
// 4. Proxies lose close codes. What one means is said in a message before it: see explain().

import { Emitter } from "./emitter.js";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
const STABLE_MS = 5_000; // a connection that lasted this long has proved itself: the delay is short again
const OPEN_DEADLINE_MS = 10_000;
const SILENCE_MS = 4_000; // without a message, until the server is asked for one
const ANSWER_MS = 4_000; // without a message, until the connection counts as lost
const TICK_MS = 500; // between two looks at the clock
const LATE_MS = 2_000; // a tick that is later than this: the page was asleep, and messages may wait
const ABANDONED = 4000; // the close code for a connection that does not answer: this is not a goodbye

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
  #number = 0; // of the attempt: whatever belongs to an earlier one no longer counts
  #attempt = 0; // in a row that did not last
  #hasFailed = false; // whether the attempt before did not open
  #timer = 0;
  #wanted = false;
  #why = null; // what the server said about its closing: { code, text }
  #final;
  #ping;
  #silent;
  #heardAt = 0;
  #askedAt = 0; // when a message became due; 0 if none is
  #tickedAt = 0;

  /**
   * `final`: close codes after which it does not try again until connect() is called.
   * `ping`: a message that the server answers. `silent`: whether a server that says nothing may be
   * well, unless an answer is expected. With neither, the server sends something every few seconds.
   */
  constructor(path = "ws", { final = [], ping = null, silent = false } = {}) {
    super();
    this.#url = address(path);
    this.#final = final;
    this.#ping = ping;
    this.#silent = silent;
    this.status = "closed";
    addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => (document.hidden ? this.#rest() : this.#wake()));
    addEventListener("pageshow", (event) => {
      if (event.persisted && this.#wanted) this.connect();
    });
    setInterval(() => this.#tick(), TICK_MS);
  }

  get url() {
    return this.#url;
  }

  /** Connect, or try again at once instead of later. */
  connect() {
    if (this.status === "open" || this.status === "connecting") return;
    this.#attempt = 0;
    this.#try();
  }

  /** Send text or bytes; false when there is no connection to send them on. */
  send(data) {
    if (this.status !== "open") return false;
    this.#socket.send(data);
    return true;
  }

  /** Expect a message soon: if none arrives, the connection counts as lost. */
  expectAnswer() {
    this.#askedAt ||= performance.now();
  }

  /** Note why the server is about to close the connection: { code, text }. */
  explain({ code, text }) {
    this.#why = { code, text };
  }

  /** Close for good: until connect() is called. */
  close(code = 1000, reason = "") {
    this.#wanted = false;
    clearTimeout(this.#timer);
    if (this.status === "open") this.#socket.close(code, reason);
    else if (this.status !== "closed") this.#abandon("closed");
  }

  async #try() {
    clearTimeout(this.#timer);
    this.#wanted = true;
    this.#number += 1;
    const number = this.#number;
    this.#setStatus("connecting", "connecting");
    const back = !this.#hasFailed || (await isServerBack());
    if (number !== this.#number) return; // it was closed meanwhile
    if (back) this.#open();
    else this.#retry("no connection");
  }

  #open() {
    const socket = new WebSocket(this.#url);
    const deadline = setTimeout(() => this.#abandon("no connection"), OPEN_DEADLINE_MS);
    let openedAt = 0;
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    this.#why = null;
    this.#hasFailed = true;
    socket.addEventListener("open", () => {
      clearTimeout(deadline);
      if (socket !== this.#socket) return;
      openedAt = performance.now();
      this.#hasFailed = false;
      this.#hear();
      this.#setStatus("open", "connected");
    });
    socket.addEventListener("message", ({ data }) => {
      if (socket !== this.#socket) return;
      this.#hear();
      this.dispatch("message", data);
    });
    socket.addEventListener("close", ({ code, reason }) => {
      clearTimeout(deadline);
      if (socket === this.#socket) this.#closed(openedAt, code, reason);
    });
  }

  #closed(openedAt, code, reason) {
    this.#socket = null;
    if (openedAt && performance.now() - openedAt >= STABLE_MS) this.#attempt = 0;
    const why = this.#why;
    const elsewhere = code === CONTINUED_ELSEWHERE || why?.code === "elsewhere";
    const how = why?.text ? `closed: ${why.text}` : `closed with ${describeClose(code, reason)}`;
    const what = openedAt ? how : "no connection";
    if (this.#final.includes(code) || why?.code === "elsewhere") this.#wanted = false;
    if (this.#wanted) this.#retry(what);
    else this.#setStatus("closed", what, elsewhere);
  }

  /** Give up a connection or an attempt, and do not wait for what the other side has to say. */
  #abandon(what) {
    const socket = this.#socket;
    this.#socket = null; // from now on nobody listens to it
    this.#number += 1;
    socket?.close(ABANDONED);
    if (this.#wanted) this.#retry(what);
    else this.#setStatus("closed", what);
  }

  #retry(what) {
    const ms = delayMs(this.#attempt);
    this.#attempt += 1;
    clearTimeout(this.#timer);
    if (!document.hidden) this.#timer = setTimeout(() => this.#try(), ms); // first: a listener may close
    const when = document.hidden ? "when this page is shown" : `in ${(ms / 1000).toFixed(1)} s`;
    this.#setStatus("waiting", `${what}; trying again ${when}`);
  }

  /** Stop trying: nobody looks. */
  #rest() {
    clearTimeout(this.#timer);
  }

  /** Somebody looks again, or the network is back. */
  #wake() {
    if (document.hidden) return;
    if (this.status === "waiting") this.#try();
    if (this.status !== "open") return;
    this.#heardAt = performance.now();
    this.#askedAt = 0;
    if (this.#ping) this.#ask();
  }

  #hear() {
    this.#heardAt = performance.now();
    this.#askedAt = 0;
  }

  #ask() {
    this.expectAnswer();
    if (this.#ping) this.send(this.#ping);
  }

  /** Look whether the connection is still alive, while somebody looks at the page. */
  #tick() {
    const now = performance.now();
    const asleep = now - this.#tickedAt > LATE_MS;
    this.#tickedAt = now;
    if (this.status !== "open" || document.hidden) return;
    if (asleep && this.#askedAt) this.#askedAt = now; // the answer may be in the queue
    if (this.#askedAt) {
      if (now - this.#askedAt >= ANSWER_MS) this.#abandon("no answer from the server");
    } else if (!this.#silent && now - this.#heardAt >= SILENCE_MS) this.#ask();
  }

  #setStatus(status, words, elsewhere = false) {
    this.status = status;
    this.dispatch("status", { status, words, elsewhere });
  }
}

/** Whether the server answers by HTTP; a proxy answers for one that has gone, with 500 or more. */
function isServerBack() {
  const options = { cache: "no-store", signal: AbortSignal.timeout(OPEN_DEADLINE_MS) };
  return fetch("healthz", options).then(({ status }) => status < 500, () => false);
}

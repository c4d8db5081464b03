// A WebSocket that comes back: it reconnects with backoff and jitter, and says what happens.
//
//   const connection = new Connection("ws");
//   connection.addEventListener("status", ({ detail }) => show(detail.status, detail.words));
//   connection.addEventListener("message", ({ detail }) => show(detail));
//   connection.send("Hello");
//
// status: "connecting", "open", "waiting" (to try again) or "closed" (until connect() is called)

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 5_000; // somebody waits before this page, and the server is near
const STABLE_MS = 5_000; // open for so long, a connection has proved itself: the delay starts anew
const OPEN_DEADLINE_MS = 10_000;

const CODES = {
  1000: "normal closure",
  1001: "the server is going away",
  1002: "protocol error",
  1003: "a kind of data that the server does not take",
  1005: "no code given",
  1006: "no closing handshake",
  1007: "text that is not UTF-8",
  1008: "against the server's rules",
  1009: "message too big",
  1010: "an extension is missing",
  1011: "an error in the server",
  1012: "the server restarts",
  1013: "try again later",
};

/** The address of a WebSocket beside this page: it holds behind a proxy and under https too. */
export function address(path = "ws", page = document.location.href) {
  const url = new URL(path, page);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  url.hash = "";
  return url.href;
}

/** A close code in words: "1001, the server is going away". */
export function closeWords(code, reason = "") {
  const words = CODES[code] ?? (code >= 4000 ? "a code of this application" : "an unknown code");
  return reason ? `${code}, ${words}: ${reason}` : `${code}, ${words}`;
}

/** How long to wait before attempt 0, 1, 2 …: doubled each time, and never the same for all. */
export function delayMs(attempt, random = Math.random) {
  const longest = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** attempt);
  return Math.round(longest * (0.5 + random() / 2));
}

export class Connection extends EventTarget {
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
    addEventListener("online", () => this.status === "waiting" && this.connect());
    addEventListener("pageshow", (event) => event.persisted && this.#wanted && this.connect());
  }

  get url() {
    return this.#url;
  }

  /** Connect, or try again at once instead of later. */
  connect() {
    if (this.status === "open" || this.status === "connecting") return;
    clearTimeout(this.#timer);
    this.#wanted = true;
    this.#say("connecting", "connecting");
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
    if (this.status === "waiting") this.#say("closed", "closed");
    else this.#socket?.close(code, reason);
  }

  #open() {
    const socket = new WebSocket(this.#url);
    let openedAt = 0;
    socket.binaryType = "arraybuffer";
    this.#socket = socket;
    const deadline = setTimeout(() => socket.close(), OPEN_DEADLINE_MS);
    socket.onopen = () => {
      clearTimeout(deadline);
      openedAt = performance.now();
      this.#say("open", "connected");
    };
    socket.onmessage = ({ data }) => {
      this.dispatchEvent(new CustomEvent("message", { detail: data }));
    };
    socket.onclose = ({ code, reason }) => {
      clearTimeout(deadline);
      if (openedAt && performance.now() - openedAt >= STABLE_MS) this.#attempt = 0;
      const what = openedAt ? `closed with ${closeWords(code, reason)}` : "no connection";
      if (this.#final.includes(code)) this.#wanted = false;
      if (this.#wanted) this.#retry(what, code);
      else this.#say("closed", what, { code });
    };
  }

  #retry(what, code) {
    const ms = delayMs(this.#attempt++);
    this.#timer = setTimeout(() => this.connect(), ms); // first: who hears of it may close
    this.#say("waiting", `${what}; trying again in ${(ms / 1000).toFixed(1)} s`, { code, ms });
  }

  #say(status, words, more = {}) {
    this.status = status;
    this.dispatchEvent(new CustomEvent("status", { detail: { status, words, ...more } }));
  }
}

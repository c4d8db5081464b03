// The voter's side of vote: one voter a browser, one choice a poll, sent until it is counted.
//
//   const session = new Session();
//   session.addEventListener("poll", ({ detail }) => show(detail));
//   session.open("K7QX2M");
//   session.cast(1);
//
// Events: status { status, words }, poll (the poll, after each change), trouble { code, text },
// missing { code, text } (there is no such poll), made { code }.

import { askedName } from "./memory.js";
import { AGAIN_MS } from "./outbox.js";
import { newId } from "./parts.js";
import { ask, makeSocket } from "./socketio.js";

const PASSING = ["too_fast", "not_saved", "error"]; // what may go well the next time
const store = browserStore();

export class Session extends EventTarget {
  #socket = makeSocket({ auth: { voter: ownToken(`vote voter ${askedName}`) } });
  #code = null;
  #sending = false;
  poll = null;

  constructor() {
    super();
    const socket = this.#socket;
    socket.on("connect", () => this.#connected());
    socket.on("disconnect", (reason) => this.#say("waiting", `${reason}; trying again`));
    socket.on("connect_error", ({ message }) => this.#say("waiting", `no connection (${message})`));
    socket.io.on("reconnect_attempt", () => this.#say("connecting", "connecting"));
    socket.on("totals", (totals) => this.#counted(totals));
    socket.on("mine", (mine) => this.#votedElsewhere(mine));
    addEventListener("online", () => socket.connected || socket.connect());
    this.#say("connecting", "connecting");
    socket.connect();
  }

  /** Whether this browser made the poll, and may close it. */
  get owner() {
    return store.getItem(this.#ownerKey(this.#code)) !== null;
  }

  /** The choice that is not counted yet; null if there is none. */
  get pending() {
    return JSON.parse(store.getItem(this.#pendingKey) ?? "null");
  }

  set pending(choice) {
    if (choice) store.setItem(this.#pendingKey, JSON.stringify(choice));
    else store.removeItem(this.#pendingKey);
  }

  get #pendingKey() {
    return `vote pending ${askedName} ${this.#code}`;
  }

  #ownerKey(code) {
    return `vote owner ${askedName} ${code}`;
  }

  /** Show a poll, now or as soon as there is a connection. */
  open(code) {
    if (this.#code && this.#code !== code) ask(this.#socket, "leave", { code: this.#code });
    this.#code = code;
    this.poll = null;
    if (this.#socket.connected) this.#open();
  }

  /** Choose an option; it is sent again until it is counted. */
  cast(option) {
    const turn = Math.max(this.poll.turn, this.pending?.turn ?? 0) + 1;
    this.pending = { option, turn };
    this.#changed({});
    this.#send();
  }

  /** Make a poll; false if it did not come to that. A retry makes no second one. */
  async create(id, question, options) {
    const owner = newId() + newId();
    const kept = store.getItem(`vote making ${id}`) ?? owner;
    store.setItem(`vote making ${id}`, kept);
    const answer = await ask(this.#socket, "create", { id, question, options, owner: kept });
    if (!answer?.ok) {
      this.#tell("trouble", answer ?? { text: "no answer; try again" });
      return false;
    }
    store.removeItem(`vote making ${id}`);
    store.setItem(this.#ownerKey(answer.code), kept);
    this.#tell("made", { code: answer.code });
    return true;
  }

  /** Close the poll for good. */
  async close() {
    const owner = store.getItem(this.#ownerKey(this.#code));
    const answer = await ask(this.#socket, "close", { code: this.#code, owner });
    if (!answer?.ok) this.#tell("trouble", answer ?? { text: "no answer; try again" });
  }

  #connected() {
    this.#say("open", "connected");
    if (this.#code) this.#open();
  }

  async #open() {
    const code = this.#code;
    const answer = await ask(this.#socket, "open", { code });
    if (code !== this.#code) return; // another one is asked for by now
    if (!answer || PASSING.includes(answer.code)) {
      setTimeout(() => code === this.#code && this.#socket.connected && this.#open(), AGAIN_MS);
    } else if (answer.code === "too_many_polls") this.#tell("trouble", answer);
    else if (!answer.ok) this.#tell("missing", answer);
    else {
      this.#changed(answer.poll);
      this.#send();
    }
  }

  /** Send the choice until it is counted, or refused. */
  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    while (this.#socket.connected && this.poll && this.pending) await this.#sendOnce(this.pending);
    this.#sending = false;
  }

  async #sendOnce({ option, turn }) {
    const code = this.#code;
    const answer = await ask(this.#socket, "cast", { code, option, turn });
    if (code !== this.#code || this.pending?.turn !== turn) return; // chosen anew meanwhile
    if (answer?.ok) {
      const overtaken = answer.turn >= turn && answer.mine !== option; // in another tab
      this.pending = overtaken ? { option, turn: answer.turn + 1 } : null;
      this.#changed({ mine: answer.mine, turn: answer.turn });
    } else if (answer && !PASSING.includes(answer.code)) {
      this.pending = null;
      this.#changed({});
      this.#tell("trouble", answer);
    } else await new Promise((done) => setTimeout(done, AGAIN_MS));
  }

  #counted(totals) {
    if (totals.code === this.poll?.code && totals.version >= this.poll.version) this.#changed(totals);
  }

  #votedElsewhere({ code, mine, turn }) {
    if (code === this.poll?.code && turn > this.poll.turn) this.#changed({ mine, turn });
  }

  #changed(news) {
    this.poll = { ...this.poll, ...news };
    this.#tell("poll", this.poll);
  }

  #say(status, words) {
    this.#tell("status", { status, words });
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

/** A secret of this browser: every tab of it is the same voter. */
function ownToken(key) {
  const token = store.getItem(key) ?? newId() + newId();
  store.setItem(key, token);
  return token;
}

/** A browser may deny its store to a frame: then it forgets with the page. */
function browserStore() {
  try {
    localStorage.getItem("");
    return localStorage;
  } catch {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, text) => kept.set(key, text),
      removeItem: (key) => kept.delete(key),
    };
  }
}

// The voter's side of vote: a browser is one voter, with one choice in each poll, which is sent until
// it is counted.
//
//   const session = new Session();
//   session.addEventListener("poll", ({ detail }) => show(detail));
//   session.open("K7QX2M");
//   session.cast(1);
//
// Events: status { status, words }, poll (the poll, after each change), trouble { code, text },
// missing { code, text } (there is no such poll), made { code }.

import { Emitter } from "../shared/emitter.js";
import { newId } from "../shared/ids.js";
import { requestedName } from "../shared/memory.js";
import { RETRY_MS } from "../shared/outbox.js";
import { describeEnd, makeSocket, PASSING_ERRORS, request, tryNow } from "../shared/socketio.js";

const NO_ANSWER = { text: "no answer, so try again" };
const store = openStore();

export class Session extends Emitter {
  #socket = makeSocket({ auth: { voter: getToken(`vote voter ${requestedName}`) } });
  #code = null;
  #sending = false;
  poll = null;

  constructor() {
    super();
    const socket = this.#socket;
    socket.on("connect", () => this.#connected());
    socket.on("disconnect", (reason) => this.#setStatus("waiting", describeEnd(socket, reason)));
    socket.on("connect_error", ({ message }) => this.#setStatus("waiting", `no connection (${message})`));
    socket.io.on("reconnect_attempt", () => this.#setStatus("connecting", "connecting"));
    socket.on("totals", (totals) => this.#updateTotals(totals));
    socket.on("mine", (mine) => this.#updateOwnVote(mine));
    this.retry();
  }

  /** Connect, or try again at once, even if the server has ended the connection. */
  retry() {
    tryNow(this.#socket);
  }

  /** Whether this browser created the poll, and may close it. */
  get isOwner() {
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
    return `vote pending ${requestedName} ${this.#code}`;
  }

  #ownerKey(code) {
    return `vote owner ${requestedName} ${code}`;
  }

  /** Show a poll, now or as soon as there is a connection. */
  open(code) {
    if (this.#code && this.#code !== code) request(this.#socket, "leave", { code: this.#code });
    this.#code = code;
    this.poll = null;
    if (this.#socket.connected) this.#open();
  }

  /** Choose an option; it is sent again until it is counted. */
  cast(option) {
    const turn = Math.max(this.poll.turn, this.pending?.turn ?? 0) + 1;
    this.pending = { option, turn };
    this.#update({});
    this.#send();
  }

  /** Create a poll; returns whether that worked. A retry does not create a second one. */
  async create(id, question, options) {
    const owner = newId() + newId();
    const kept = store.getItem(`vote making ${id}`) ?? owner;
    store.setItem(`vote making ${id}`, kept);
    const answer = await request(this.#socket, "create", { id, question, options, owner: kept });
    if (!answer?.ok) {
      this.dispatch("trouble", answer ?? NO_ANSWER);
      return false;
    }
    store.removeItem(`vote making ${id}`);
    store.setItem(this.#ownerKey(answer.code), kept);
    this.dispatch("made", { code: answer.code });
    return true;
  }

  /** Close the poll for good. */
  async close() {
    const owner = store.getItem(this.#ownerKey(this.#code));
    const answer = await request(this.#socket, "close", { code: this.#code, owner });
    if (!answer?.ok) this.dispatch("trouble", answer ?? NO_ANSWER);
  }

  #connected() {
    this.#setStatus("open", "connected");
    if (this.#code) this.#open();
  }

  async #open() {
    const code = this.#code;
    const answer = await request(this.#socket, "open", { code });
    if (code !== this.#code) return; // another poll was asked for since
    if (!answer || PASSING_ERRORS.includes(answer.code)) {
      setTimeout(() => code === this.#code && this.#socket.connected && this.#open(), RETRY_MS);
    } else if (answer.code === "too_many_polls") this.dispatch("trouble", answer);
    else if (!answer.ok) this.dispatch("missing", answer);
    else {
      this.#update(answer.poll);
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
    const answer = await request(this.#socket, "cast", { code, option, turn });
    if (code !== this.#code || this.pending?.turn !== turn) return; // the choice has changed since
    if (answer?.ok) {
      const overtaken = answer.turn >= turn && answer.mine !== option; // in another tab
      this.pending = overtaken ? { option, turn: answer.turn + 1 } : null;
      this.#update({ mine: answer.mine, turn: answer.turn });
    } else if (answer && !PASSING_ERRORS.includes(answer.code)) {
      this.pending = null;
      this.#update({});
      this.dispatch("trouble", answer);
    } else await new Promise((done) => setTimeout(done, RETRY_MS));
  }

  #updateTotals(totals) {
    if (totals.code === this.poll?.code && totals.version >= this.poll.version) this.#update(totals);
  }

  #updateOwnVote({ code, mine, turn }) {
    if (code === this.poll?.code && turn > this.poll.turn) this.#update({ mine, turn });
  }

  #update(changes) {
    this.poll = { ...this.poll, ...changes };
    this.dispatch("poll", this.poll);
  }

  #setStatus(status, words) {
    this.dispatch("status", { status, words });
  }
}

/** Get this browser's secret, by which every tab of it is the same voter. */
function getToken(key) {
  const token = store.getItem(key) ?? newId() + newId();
  store.setItem(key, token);
  return token;
}

/** Open the browser's store. It may be denied to a frame, which then forgets when the page is gone. */
function openStore() {
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

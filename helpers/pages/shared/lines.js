// What was said, as a list: days, people, times, your own and private messages, and links.

import { createElement, createTime } from "./dom.js";

const NEAR_END_PX = 32;
const TOGETHER_MS = 5 * 60_000; // messages in a row by one person share a heading
const KEPT = 1_000; // lines on the page; the oldest are removed
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/gi;
const formatDay = (at) => new Date(at).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });

export class Lines {
  #list;
  #top; // the first item, which holds the button for older messages
  #empty;
  #waiting = new Map(); // your own messages without an acknowledgement, by id
  #onUnread;
  #unread = 0;
  #following = true; // whether the reader is at the end, and stays there

  constructor(list, empty, onUnread) {
    this.#list = list;
    this.#top = list.firstElementChild;
    this.#empty = empty;
    this.#onUnread = onUnread;
    list.addEventListener("scroll", () => {
      this.#following = this.#isAtEnd();
      if (this.#following) this.#markRead();
    });
    new ResizeObserver(() => {
      if (this.#following) this.scrollToEnd();
    }).observe(list);
  }

  /** The seq of the oldest message that is shown: the history before it can be asked for. */
  get oldest() {
    return Number(this.#list.querySelector("[data-seq]")?.dataset.seq ?? 0);
  }

  clear() {
    while (this.#top.nextElementSibling) this.#top.nextElementSibling.remove();
    this.#list.append(this.#empty);
    this.#waiting.clear();
    this.#markRead();
  }

  /** Add a message: at the end, above those that are waiting to be sent. */
  add(message, me, fresh) {
    const mine = message.from === me;
    const follow = this.#isAtEnd() || (mine && fresh);
    this.#waiting.get(message.id)?.remove();
    if (mine) this.#waiting.delete(message.id);
    this.#place(this.#createLine(message, mine), this.#firstWaiting());
    this.#settle(follow, fresh && !mine);
  }

  /** Add messages from before everything else, and leave the reader where they are. */
  addOlder(messages, me) {
    const before = this.#list.scrollHeight - this.#list.scrollTop;
    const first = this.#top.nextElementSibling;
    for (const message of messages) this.#place(this.#createLine(message, message.from === me), first);
    const last = messages.at(-1);
    if (last && first?.matches(".day") && first.textContent === formatDay(last.at)) first.remove(); // the day begins above now
    this.#list.scrollTop = this.#list.scrollHeight - before;
  }

  /** Show a message of your own before anybody else has it. */
  addWaiting({ id, text, to }, me) {
    if (this.#waiting.has(id)) return;
    const at = new Date().toISOString();
    const line = this.#createLine({ id, text, to, from: me, at }, true);
    line.dataset.state = "waiting";
    line.append(createElement("span", "state", "sending …"));
    this.#waiting.set(id, line);
    this.#place(line, null);
    this.#settle(true, false);
  }

  /** Take away a message of your own that was refused. */
  remove(id) {
    this.#waiting.get(id)?.remove();
    this.#waiting.delete(id);
  }

  /** Mark a message of your own as not sent, and leave it there to be read. */
  markRefused(id) {
    const line = this.#waiting.get(id);
    if (!line) return;
    this.#waiting.delete(id);
    line.dataset.state = "refused";
    line.querySelector(".state").textContent = "not sent";
  }

  /** Add a line about what happened, such as "Bob joined". */
  addNote(words) {
    const follow = this.#isAtEnd();
    const line = createElement("li", "line event", words);
    this.#place(line, this.#firstWaiting());
    this.#settle(follow, false);
  }

  scrollToEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#following = true;
    this.#markRead();
  }

  #firstWaiting() {
    return this.#waiting.values().next().value ?? null;
  }

  #createLine({ seq, at, from, to, text }, mine) {
    const line = createElement("li", "line");
    Object.assign(line.dataset, { from, at, ...(seq && { seq }), ...(mine && { mine: "" }), ...(to && { to }) });
    const head = createElement("p", "author", "");
    head.append(createElement("b", "from", mine ? "you" : from));
    if (to) head.append(createElement("span", "private", mine ? `to ${to}, privately` : "to you, privately"));
    line.append(head, createText(text), createTime(at));
    return line;
  }

  /** Put a line above another, and the day above it where a day begins. */
  #place(line, before) {
    this.#empty.remove();
    const last = before ? before.previousElementSibling : this.#list.lastElementChild;
    const { at, from, to } = line.dataset;
    if (at && (!last?.dataset.at || formatDay(last.dataset.at) !== formatDay(at)) && !this.#hasDayAbove(last, at)) {
      this.#list.insertBefore(createElement("li", "day", formatDay(at)), before);
    } else if (last?.dataset.from === from && last?.dataset.to === to && new Date(at) - new Date(last.dataset.at) < TOGETHER_MS) {
      line.dataset.continued = "";
    }
    this.#list.insertBefore(line, before);
  }

  /** Whether a day is already shown above a line. Notes have no day: look above them. */
  #hasDayAbove(line, at) {
    let above = line;
    while (above && !above.dataset.at && !above.classList.contains("day")) above = above.previousElementSibling;
    if (!above) return false;
    return (above.dataset.at ? formatDay(above.dataset.at) : above.textContent) === formatDay(at);
  }

  #settle(follow, counts) {
    if (follow) {
      this.#dropOldest();
      this.scrollToEnd();
    } else if (counts) {
      this.#unread += 1;
      this.#onUnread(this.#unread);
    }
  }

  /** Remove the oldest lines while nobody is reading them; the history brings them back. */
  #dropOldest() {
    while (this.#list.children.length > KEPT + 1) {
      this.#top.nextElementSibling.remove();
      this.#top.querySelector("button").hidden = false;
    }
  }

  #markRead() {
    this.#unread = 0;
    this.#onUnread(0);
  }

  #isAtEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }
}

/** Create a text in which http and https addresses, and nothing else, are links. */
function createText(text) {
  const words = createElement("p", "text", "");
  let done = 0;
  for (const found of text.matchAll(LINK)) {
    const link = createElement("a", "", found[0]);
    Object.assign(link, { href: found[0], target: "_blank", rel: "noopener noreferrer" });
    words.append(text.slice(done, found.index), link);
    done = found.index + found[0].length;
  }
  words.append(text.slice(done));
  words.dir = "auto";
  return words;
}

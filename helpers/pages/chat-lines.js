// What was said, as a list: days, people, times, one's own and private messages, and links.

import { part, timeTag } from "./parts.js";

const NEAR_END_PX = 32;
const TOGETHER_MS = 5 * 60_000; // one after the other, by one person: one heading
const KEPT = 1_000; // lines on the page; the oldest make room
const LINK = /https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]]/gi;
const dayOf = (at) => new Date(at).toLocaleDateString([], { weekday: "long", day: "numeric", month: "long" });

export class Lines {
  #list;
  #top; // the first item, which holds the button for older messages
  #empty;
  #waiting = new Map(); // one's own messages without an acknowledgement, by id
  #onUnread;
  #unread = 0;
  #following = true; // the reader is at the end, and stays there

  constructor(list, empty, onUnread) {
    this.#list = list;
    this.#top = list.firstElementChild;
    this.#empty = empty;
    this.#onUnread = onUnread;
    list.addEventListener("scroll", () => {
      this.#following = this.#atEnd();
      if (this.#following) this.#read();
    });
    new ResizeObserver(() => this.#following && this.toEnd()).observe(list);
  }

  /** The seq of the oldest message that is shown, for asking what came before it. */
  get oldest() {
    return Number(this.#list.querySelector("[data-seq]")?.dataset.seq ?? 0);
  }

  clear() {
    while (this.#top.nextElementSibling) this.#top.nextElementSibling.remove();
    this.#list.append(this.#empty);
    this.#waiting.clear();
    this.#read();
  }

  /** Add what came: at the end, before what still waits to be sent. */
  add(message, me, fresh) {
    const mine = message.from === me;
    const follow = this.#atEnd() || (mine && fresh);
    this.#waiting.get(message.id)?.remove();
    if (mine) this.#waiting.delete(message.id);
    this.#place(this.#line(message, mine), this.#firstWaiting());
    this.#after(follow, fresh && !mine);
  }

  /** Add what was said before everything else, and leave the reader where they are. */
  addOlder(messages, me) {
    const before = this.#list.scrollHeight - this.#list.scrollTop;
    const first = this.#top.nextElementSibling;
    for (const message of messages) this.#place(this.#line(message, message.from === me), first);
    const last = messages.at(-1);
    if (last && first?.matches(".day") && first.textContent === dayOf(last.at)) first.remove(); // it begins above now
    this.#list.scrollTop = this.#list.scrollHeight - before;
  }

  /** Show one's own message before anybody else has it. */
  addWaiting({ id, text, to }, me) {
    if (this.#waiting.has(id)) return;
    const at = new Date().toISOString();
    const line = this.#line({ id, text, to, from: me, at }, true);
    line.dataset.state = "waiting";
    line.append(part("span", "state", "sending …"));
    this.#waiting.set(id, line);
    this.#place(line, null);
    this.#after(true, false);
  }

  /** Take away one's own message that was refused. */
  remove(id) {
    this.#waiting.get(id)?.remove();
    this.#waiting.delete(id);
  }

  /** Say of one's own message that it is not sent, and leave it to be read. */
  refuse(id) {
    const line = this.#waiting.get(id);
    if (!line) return;
    this.#waiting.delete(id);
    line.dataset.state = "refused";
    line.querySelector(".state").textContent = "not sent";
  }

  /** Add a line about what happened, such as "Bob joined". */
  note(words) {
    const follow = this.#atEnd();
    const line = part("li", "line event", words);
    this.#place(line, this.#firstWaiting());
    this.#after(follow, false);
  }

  toEnd() {
    this.#list.scrollTop = this.#list.scrollHeight;
    this.#following = true;
    this.#read();
  }

  #firstWaiting() {
    return this.#waiting.values().next().value ?? null;
  }

  #line({ seq, at, from, to, text }, mine) {
    const line = part("li", "line");
    Object.assign(line.dataset, { from, at, ...(seq && { seq }), ...(mine && { mine: "" }), ...(to && { to }) });
    const head = part("p", "by", "");
    head.append(part("b", "from", mine ? "you" : from));
    if (to) head.append(part("span", "private", mine ? `to ${to}, privately` : "to you, privately"));
    line.append(head, withLinks(text), timeTag(at));
    return line;
  }

  /** Put a line before another, with the day above it where a day begins. */
  #place(line, before) {
    this.#empty.remove();
    const last = before ? before.previousElementSibling : this.#list.lastElementChild;
    const { at, from, to } = line.dataset;
    if (at && (!last?.dataset.at || dayOf(last.dataset.at) !== dayOf(at)) && !this.#sameDayAbove(last, at)) {
      this.#list.insertBefore(part("li", "day", dayOf(at)), before);
    } else if (last?.dataset.from === from && last?.dataset.to === to && new Date(at) - new Date(last.dataset.at) < TOGETHER_MS) {
      line.dataset.goesOn = "";
    }
    this.#list.insertBefore(line, before);
  }

  /** Notes have no day: look above them. */
  #sameDayAbove(line, at) {
    while (line && !line.dataset.at && !line.classList.contains("day")) line = line.previousElementSibling;
    if (!line) return false;
    return line.dataset.at ? dayOf(line.dataset.at) === dayOf(at) : line.textContent === dayOf(at);
  }

  #after(follow, counts) {
    if (follow) {
      this.#makeRoom();
      this.toEnd();
    } else if (counts) this.#onUnread(++this.#unread);
  }

  /** Let the oldest go while nobody reads there; they are to be had again. */
  #makeRoom() {
    while (this.#list.children.length > KEPT + 1) {
      this.#top.nextElementSibling.remove();
      this.#top.querySelector("button").hidden = false;
    }
  }

  #read() {
    this.#unread = 0;
    this.#onUnread(0);
  }

  #atEnd() {
    const { scrollHeight, scrollTop, clientHeight } = this.#list;
    return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
  }
}

/** Text in which http and https addresses, and nothing else, can be followed. */
function withLinks(text) {
  const words = part("p", "text", "");
  let done = 0;
  for (const found of text.matchAll(LINK)) {
    const link = part("a", "", found[0]);
    Object.assign(link, { href: found[0], target: "_blank", rel: "noopener noreferrer" });
    words.append(text.slice(done, found.index), link);
    done = found.index + found[0].length;
  }
  words.append(text.slice(done));
  words.dir = "auto";
  return words;
}

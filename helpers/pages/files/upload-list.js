// The list of what is on its way: a bar for each file, what is happening to it, and a button.

import { createElement, toSentence } from "../shared/dom.js";
import { formatSize } from "./sizes.js";

const SPEED_MS = 2_000; // over which the speed is measured

const WORDS = {
  chosen: "waiting for its turn",
  offered: "asking the server",
  checking: "comparing the checksum",
  lost: "choose this file again to go on",
};

export class UploadList {
  #list;
  #onCancel;
  #items = new Map(); // by upload
  #due = false;
  #uploads = new Map();
  #connected = false;

  constructor(list, onCancel) {
    this.#list = list;
    this.#onCancel = onCancel;
  }

  /** Show uploads, at most once for each picture that the screen shows; hidden pages show none. */
  draw(uploads, connected) {
    this.#uploads = uploads;
    this.#connected = connected;
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => this.#draw());
  }

  #draw() {
    this.#due = false;
    const all = new Set(this.#uploads.values());
    for (const [upload, item] of this.#items) {
      if (all.has(upload)) continue;
      item.root.remove();
      this.#items.delete(upload);
    }
    for (const upload of all) this.#update(upload);
  }

  #update(upload) {
    let item = this.#items.get(upload);
    if (!item) {
      item = this.#create(upload);
      this.#items.set(upload, item);
      this.#list.append(item.root);
    }
    const { root, bar, words, button } = item;
    root.dataset.state = upload.state;
    bar.value = upload.saved;
    const text = this.#describe(upload, item);
    if (words.textContent !== text) words.textContent = text;
    words.classList.toggle("error", upload.state === "failed");
    const label = upload.state === "failed" ? "Dismiss" : "Cancel";
    if (button.textContent === label) return;
    button.textContent = label;
    button.setAttribute("aria-label", `${label} ${upload.name}`);
  }

  #create(upload) {
    const root = createElement("li", "item upload");
    const name = createElement("span", "name", upload.name);
    name.dir = "auto";
    const bar = createElement("progress");
    bar.max = Math.max(1, upload.size);
    bar.setAttribute("aria-label", `How much of ${upload.name} is saved`);
    const words = createElement("p", "note");
    const button = createElement("button", "small");
    button.type = "button";
    button.addEventListener("click", () => this.#onCancel(upload));
    root.append(name, words, button, bar);
    return { root, bar, words, button, marks: [] };
  }

  #describe(upload, item) {
    const { state, saved, size, error } = upload;
    if (state === "failed") return toSentence(error);
    const progress = `${formatSize(saved)} of ${formatSize(size)}`;
    if (state === "lost") return WORDS.lost;
    if (!this.#connected) return saved ? `${progress}, goes on when the connection is back` : "waiting for a connection";
    return WORDS[state] ?? `${progress}${describeSpeed(item.marks, saved)}`;
  }
}

/** How fast it goes, once that can be said. */
function describeSpeed(marks, saved) {
  const now = performance.now();
  marks.push({ at: now, saved });
  while (marks.length > 2 && now - marks[1].at > SPEED_MS) marks.shift();
  const [first] = marks;
  const seconds = (now - first.at) / 1_000;
  if (seconds < 0.5 || saved <= first.saved) return "";
  return `, ${formatSize((saved - first.saved) / seconds)} a second`;
}

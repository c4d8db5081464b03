// A text area bound to a Y.Text: each change on one side is made on the other.

import * as Y from "yjs";

const MOST_AT_ONCE = 60_000; // UTF-16 units: even with 3 bytes each they fit into an update

/** Find the one replacement that turns `before` into `after`; `caret` is where it ended. */
export function findDifference(before, after, caret) {
  const shorter = Math.min(before.length, after.length);
  const longestEnd = Math.min(shorter, after.length - caret);
  let end = 0;
  while (end < longestEnd && before.at(-1 - end) === after.at(-1 - end)) end += 1;
  if (end && isLow(after.charCodeAt(after.length - end))) end -= 1;
  let start = 0;
  while (start < shorter - end && before[start] === after[start]) start += 1;
  if (start && isLow(after.charCodeAt(start))) start -= 1;
  if (start && isLow(before.charCodeAt(start))) start -= 1;
  return { start, removed: before.length - end - start, inserted: after.slice(start, after.length - end) };
}

/** Whether a code is the second half of a surrogate pair: on its own, Yjs would lose it. */
const isLow = (code) => code >= 0xdc00 && code <= 0xdfff;

/** Move an index through a change of Yjs; what others insert right there comes after it. */
export function moveIndex(index, delta) {
  let moved = index;
  let at = 0;
  for (const { retain = 0, insert = "", delete: removed = 0 } of delta) {
    if (at + retain > moved || (insert && at + retain >= moved)) return moved;
    at += retain;
    if (insert) {
      moved += insert.length;
      at += insert.length;
    }
    moved -= Math.min(removed, Math.max(0, moved - at));
  }
  return moved;
}

export class Binding {
  #area;
  #text;
  #shown = ""; // what the area held when it last was the same as the text
  #composing = null; // where a word is being composed, as in Japanese

  constructor(area, text) {
    this.#area = area;
    this.#text = text;
    this.undo = new Y.UndoManager(text, { trackedOrigins: new Set([this]), captureTimeout: 400 });
    text.observe((event, transaction) => {
      if (transaction.origin !== this) this.#show(event.delta);
    });
    area.addEventListener("compositionstart", () => this.#beginComposing());
    area.addEventListener("compositionend", () => this.#endComposing());
    area.addEventListener("input", () => {
      if (!this.#composing) this.#write(0);
    });
    area.addEventListener("keydown", (event) => this.#handleKey(event));
    area.addEventListener("beforeinput", (event) => {
      if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return;
      event.preventDefault(); // the browser's own undo would take back what others wrote
      this.undo[event.inputType === "historyUndo" ? "undo" : "redo"]();
    });
    this.#show([]);
  }

  /** Read your selection, as positions that stay at their characters; null while there is none. */
  readSelection() {
    if (document.activeElement !== this.#area || this.#composing) return null;
    const { selectionStart, selectionEnd } = this.#area;
    const position = (index) => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.#text, index));
    return { anchor: position(selectionStart), head: position(selectionEnd) };
  }

  /** Find where somebody else's position is in this text; null when it makes no sense. */
  findIndex(position) {
    if (position?.tname !== "text") return null; // Yjs would make a type of any other name
    try {
      const found = Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(position), this.#text.doc);
      return found?.type === this.#text ? found.index : null;
    } catch {
      return null;
    }
  }

  #write(shift) {
    const after = this.#area.value;
    const { start, removed, inserted } = findDifference(this.#shown, after, this.#area.selectionEnd);
    if (!removed && !inserted) return;
    if (inserted.length > MOST_AT_ONCE) {
      this.#area.dispatchEvent(new CustomEvent("toomuch", { detail: MOST_AT_ONCE }));
      this.#show([]);
      this.#area.setSelectionRange(start, start + removed);
      return;
    }
    this.#shown = after;
    this.#text.doc.transact(() => {
      const at = start + shift;
      if (removed) this.#text.delete(at, removed);
      if (inserted) this.#text.insert(at, inserted);
    }, this);
  }

  /** Show what others wrote, and keep the reader's selection and place. */
  #show(delta) {
    if (this.#composing) return;
    const { selectionStart, selectionEnd, selectionDirection, scrollTop } = this.#area;
    this.#shown = this.#text.toString();
    this.#area.value = this.#shown;
    this.#area.setSelectionRange(moveIndex(selectionStart, delta), moveIndex(selectionEnd, delta), selectionDirection);
    this.#area.scrollTop = scrollTop;
    this.#area.dispatchEvent(new Event("shown"));
  }

  #beginComposing() {
    const at = this.#area.selectionStart;
    this.#composing = { at, position: Y.createRelativePositionFromTypeIndex(this.#text, at) };
  }

  /** Write the word where its place is now: others may have written meanwhile. */
  #endComposing() {
    const { at, position } = this.#composing;
    const now = Y.createAbsolutePositionFromRelativePosition(position, this.#text.doc);
    this.#composing = null;
    this.#write((now?.index ?? at) - at);
    const caret = this.#area.selectionEnd + (now?.index ?? at) - at;
    this.#show([]);
    this.#area.setSelectionRange(caret, caret);
  }

  #handleKey(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.undo.redo();
    else this.undo.undo();
  }
}

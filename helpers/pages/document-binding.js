// A text area that is the same text as a Y.Text: each change on one side is made on the other.

import * as Y from "yjs";

const MOST_AT_ONCE = 60_000; // UTF-16 units: with 3 bytes each they still are an update

/** The one replacement that makes `after` of `before`; `caret` is where it ended. */
export function difference(before, after, caret) {
  const shorter = Math.min(before.length, after.length);
  const longestEnd = Math.min(shorter, after.length - caret);
  let end = 0;
  while (end < longestEnd && before.at(-1 - end) === after.at(-1 - end)) end++;
  if (end && isLow(after.charCodeAt(after.length - end))) end--;
  let start = 0;
  while (start < shorter - end && before[start] === after[start]) start++;
  if (start && isLow(after.charCodeAt(start))) start--;
  if (start && isLow(before.charCodeAt(start))) start--;
  return { start, removed: before.length - end - start, inserted: after.slice(start, after.length - end) };
}

/** Half of a pair: Yjs would lose it. */
const isLow = (code) => code >= 0xdc00 && code <= 0xdfff;

/** Where an index is after a change of Yjs; what is inserted there by others comes after it. */
export function moved(index, delta) {
  let at = 0;
  for (const { retain = 0, insert = "", delete: removed = 0 } of delta) {
    if (at + retain > index || (insert && at + retain >= index)) return index;
    at += retain;
    if (insert) {
      index += insert.length;
      at += insert.length;
    }
    index -= Math.min(removed, Math.max(0, index - at));
  }
  return index;
}

export class Binding {
  #area;
  #text;
  #shown = ""; // what the area held when it was last the same as the text
  #composing = null; // where a word is being put together, as in Japanese

  constructor(area, text) {
    this.#area = area;
    this.#text = text;
    this.undo = new Y.UndoManager(text, { trackedOrigins: new Set([this]), captureTimeout: 400 });
    text.observe((event, transaction) => transaction.origin !== this && this.#show(event.delta));
    area.addEventListener("compositionstart", () => this.#compose());
    area.addEventListener("compositionend", () => this.#composed());
    area.addEventListener("input", () => this.#composing || this.#write(0));
    area.addEventListener("keydown", (event) => this.#keys(event));
    area.addEventListener("beforeinput", (event) => {
      if (event.inputType !== "historyUndo" && event.inputType !== "historyRedo") return;
      event.preventDefault(); // the browser's own would undo what others wrote
      this.undo[event.inputType === "historyUndo" ? "undo" : "redo"]();
    });
    this.#show([]);
  }

  /** One's selection, as positions that stay at their letters; null while there is none. */
  selection() {
    if (document.activeElement !== this.#area || this.#composing) return null;
    const { selectionStart, selectionEnd } = this.#area;
    const position = (index) => Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(this.#text, index));
    return { anchor: position(selectionStart), head: position(selectionEnd) };
  }

  /** Where somebody else's position is in this text; null when it makes no sense. */
  index(position) {
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
    const { start, removed, inserted } = difference(this.#shown, after, this.#area.selectionEnd);
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
    this.#area.setSelectionRange(moved(selectionStart, delta), moved(selectionEnd, delta), selectionDirection);
    this.#area.scrollTop = scrollTop;
    this.#area.dispatchEvent(new Event("shown"));
  }

  #compose() {
    const at = this.#area.selectionStart;
    this.#composing = { at, position: Y.createRelativePositionFromTypeIndex(this.#text, at) };
  }

  /** Others may have written meanwhile: the word goes where its place is now. */
  #composed() {
    const { at, position } = this.#composing;
    const now = Y.createAbsolutePositionFromRelativePosition(position, this.#text.doc);
    this.#composing = null;
    this.#write((now?.index ?? at) - at);
    const caret = this.#area.selectionEnd + (now?.index ?? at) - at;
    this.#show([]);
    this.#area.setSelectionRange(caret, caret);
  }

  #keys(event) {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.isComposing) return;
    const key = event.key.toLowerCase();
    if (key !== "z" && key !== "y") return;
    event.preventDefault();
    if (key === "y" || event.shiftKey) this.undo.redo();
    else this.undo.undo();
  }
}

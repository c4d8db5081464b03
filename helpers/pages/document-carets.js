// Other people's carets and selections, drawn by a copy of the text that lies under the area.

import { part } from "./parts.js";

export class Carets {
  #area;
  #mirror;

  constructor(area, mirror) {
    this.#area = area;
    this.#mirror = mirror;
    area.addEventListener("scroll", () => this.#follow());
    new ResizeObserver(() => this.#follow()).observe(area);
  }

  /** Draw carets: { name, colour, from, to, at, idle }, where `at` is the end that moves. */
  draw(carets) {
    const text = this.#area.value;
    const marks = carets.flatMap(({ name, colour, from, to, at, idle }) => [
      { index: at, caret: { name, colour, idle } },
      ...(from < to ? [{ index: from, open: colour }, { index: to, close: colour }] : []),
    ]);
    marks.sort((a, b) => a.index - b.index);
    const pieces = [];
    const open = []; // the selections that are open here, the newest last
    let done = 0;
    for (const mark of marks) {
      const index = Math.min(mark.index, text.length);
      pieces.push(piece(text.slice(done, index), open.at(-1)));
      done = index;
      if (mark.caret) pieces.push(caretOf(mark.caret));
      if (mark.open !== undefined) open.push(mark.open);
      if (mark.close !== undefined) open.splice(open.lastIndexOf(mark.close), 1);
    }
    pieces.push(piece(text.slice(done), undefined), "\n"); // a last line that is empty counts, too
    this.#mirror.replaceChildren(...pieces);
    this.#follow();
  }

  /** Keep the copy as wide as the area without its scroll bar, and at the same place. */
  #follow() {
    const { width } = this.#area.getBoundingClientRect(); // clientWidth is rounded: a word may not fit
    this.#mirror.style.width = `${width - (this.#area.offsetWidth - this.#area.clientWidth)}px`;
    this.#mirror.style.height = `${this.#area.clientHeight}px`;
    this.#mirror.scrollTop = this.#area.scrollTop;
    const edge = this.#mirror.getBoundingClientRect().right;
    for (const flag of this.#mirror.querySelectorAll(".flag")) {
      delete flag.dataset.left;
      if (flag.getBoundingClientRect().right > edge) flag.dataset.left = "";
    }
  }
}

function piece(text, colour) {
  if (colour === undefined) return text;
  const selected = part("span", "selected", text);
  selected.dataset.colour = colour;
  return selected;
}

function caretOf({ name, colour, idle }) {
  const caret = part("span", "caret", "");
  caret.dataset.colour = colour;
  caret.toggleAttribute("data-idle", idle);
  caret.append(part("span", "flag", name));
  return caret;
}

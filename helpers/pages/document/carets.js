// Other people's carets and selections, drawn by a copy of the text that lies on top of the area.

import { createElement } from "../shared/dom.js";

export class Carets {
  #area;
  #mirror;

  constructor(area, mirror) {
    this.#area = area;
    this.#mirror = mirror;
    area.addEventListener("scroll", () => this.#fitMirror());
    new ResizeObserver(() => this.#fitMirror()).observe(area);
  }

  /** Draw carets { name, colour, from, to, at, idle }: `at` is the end of the selection that moves. */
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
      pieces.push(createPiece(text.slice(done, index), open.at(-1)));
      done = index;
      if (mark.caret) pieces.push(createCaret(mark.caret));
      if (mark.open !== undefined) open.push(mark.open);
      if (mark.close !== undefined) open.splice(open.lastIndexOf(mark.close), 1);
    }
    pieces.push(createPiece(text.slice(done), undefined), "\n"); // even an empty last line has a height
    this.#mirror.replaceChildren(...pieces);
    this.#fitMirror();
  }

  /** Keep the copy as wide as the area without its scroll bar, and scrolled to the same place. */
  #fitMirror() {
    const { width } = this.#area.getBoundingClientRect(); // clientWidth is rounded, and a word may not fit
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

function createPiece(text, colour) {
  if (colour === undefined) return text;
  const selected = createElement("span", "selected", text);
  selected.dataset.colour = colour;
  return selected;
}

function createCaret({ name, colour, idle }) {
  const caret = createElement("span", "caret", "");
  caret.dataset.colour = colour;
  caret.toggleAttribute("data-idle", idle);
  caret.append(createElement("span", "flag", name));
  return caret;
}

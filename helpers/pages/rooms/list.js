// The list of rooms: your own, with how much you have not read, and the others, which you may join.

import { compareNames, createElement } from "../shared/dom.js";

export class RoomList {
  #mine;
  #others;
  #choose;

  /** `choose` is called with the name of a room. */
  constructor(mine, others, choose) {
    this.#mine = mine;
    this.#others = others;
    this.#choose = choose;
  }

  /** Draw the rooms again, and leave the focus on the room where it was. */
  draw({ list, joined, unread, current }) {
    const focused = document.activeElement?.dataset?.room;
    const sorted = [...list].sort((a, b) => compareNames(a.name, b.name));
    const known = new Set(list.map(({ name }) => name));
    const fresh = [...joined].filter((name) => !known.has(name)).map((name) => ({ name, members: 1 }));
    const mine = [...sorted.filter(({ name }) => joined.has(name)), ...fresh];
    const others = sorted.filter(({ name }) => !joined.has(name));
    this.#mine.replaceChildren(...mine.map((room) => this.#createItem(room, unread.get(room.name) ?? 0, room.name === current)));
    this.#others.replaceChildren(...others.map((room) => this.#createItem(room, null, false)));
    for (const [items, rooms] of [[this.#mine, mine], [this.#others, others]]) {
      items.previousElementSibling.hidden = items.hidden = rooms.length === 0;
    }
    if (focused !== undefined) this.focus(focused);
  }

  focus(room) {
    const buttons = [...this.#mine.querySelectorAll("button"), ...this.#others.querySelectorAll("button")];
    (buttons.find((button) => button.dataset.room === room) ?? buttons[0])?.focus();
  }

  /** Create a room's item; `unread` is null for a room that you have not joined. */
  #createItem({ name, members }, unread, current) {
    const button = createElement("button", "room-button");
    button.type = "button";
    button.dataset.room = name;
    if (current) button.setAttribute("aria-current", "true");
    button.append(createElement("span", "name", name));
    if (unread === null) button.append(createElement("span", "count", members === 1 ? "1 member" : `${members} members`));
    else if (unread > 0) {
      const count = createElement("span", "new", String(unread));
      count.append(createElement("span", "visually-hidden", " new"));
      button.append(count);
    }
    button.addEventListener("click", () => this.#choose(name));
    const item = createElement("li");
    item.append(button);
    return item;
  }
}

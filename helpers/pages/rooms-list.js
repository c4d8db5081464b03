// The list of rooms: one's own, with what one has not read, and the others, which one may join.

import { part } from "./parts.js";

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

  /** Draw the rooms anew, and leave the focus on the room where it was. */
  draw({ list, joined, unread, current }) {
    const focused = document.activeElement?.dataset?.room;
    const sorted = [...list].sort((a, b) => a.name.localeCompare(b.name, [], { numeric: true }));
    const known = new Set(list.map(({ name }) => name));
    const fresh = [...joined].filter((name) => !known.has(name)).map((name) => ({ name, members: 1 }));
    const mine = [...sorted.filter(({ name }) => joined.has(name)), ...fresh];
    const others = sorted.filter(({ name }) => !joined.has(name));
    this.#mine.replaceChildren(...mine.map((room) => this.#item(room, unread.get(room.name) ?? 0, room.name === current)));
    this.#others.replaceChildren(...others.map((room) => this.#item(room, null, false)));
    for (const [items, rooms] of [[this.#mine, mine], [this.#others, others]]) {
      items.previousElementSibling.hidden = items.hidden = rooms.length === 0;
    }
    if (focused !== undefined) this.focus(focused);
  }

  focus(room) {
    const buttons = [...this.#mine.querySelectorAll("button"), ...this.#others.querySelectorAll("button")];
    (buttons.find((button) => button.dataset.room === room) ?? buttons[0])?.focus();
  }

  /** `unread` is null for a room that one has not joined. */
  #item({ name, members }, unread, current) {
    const button = part("button", "to-room");
    button.type = "button";
    button.dataset.room = name;
    if (current) button.setAttribute("aria-current", "true");
    button.append(part("span", "name", name));
    if (unread === null) button.append(part("span", "count", members === 1 ? "1 member" : `${members} members`));
    else if (unread > 0) {
      const count = part("span", "new", String(unread));
      count.append(part("span", "visually-hidden", " new"));
      button.append(count);
    }
    button.addEventListener("click", () => this.#choose(name));
    const item = part("li");
    item.append(button);
    return item;
  }
}

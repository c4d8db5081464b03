// What a page still knows after a reload: who you are, and what has not been sent yet.
//
//   const memory = new Memory("chat", { outbox: [] });
//   memory.name, memory.token, memory.outbox
//   memory.save();
//
// `?name=Alice` in the page's address is a name to join with, and gives the page a memory of its own.

import { isTopPage } from "./dom.js";

export const requestedName = new URLSearchParams(location.search).get("name") ?? "";

export class Memory {
  #key;

  constructor(server, more = {}) {
    // The frames of a tab share the store: without names of their own they would be one person.
    this.#key = requestedName || isTopPage() ? `${server} ${location.pathname} ${requestedName}` : "";
    const stored = this.#key && withStore((store) => store.getItem(this.#key));
    Object.assign(this, { name: requestedName, token: null, ...more }, stored ? JSON.parse(stored) : {});
  }

  /** The name under which this page was here before. */
  get knownName() {
    return this.token ? this.name : "";
  }

  save() {
    const text = JSON.stringify(this);
    if (this.#key) withStore((store) => store.setItem(this.#key, text));
  }

  forget() {
    Object.assign(this, { name: "", token: null });
    if (this.#key) withStore((store) => store.removeItem(this.#key));
  }
}

/** A browser may deny its store to a frame, or have no space: then a reload forgets, and that is all. */
function withStore(act) {
  try {
    return act(sessionStorage);
  } catch {
    return null;
  }
}

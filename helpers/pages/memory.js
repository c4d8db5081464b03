// What a page still knows after a reload: who one is, and what is not sent yet.
//
//   const memory = new Memory("chat", { outbox: [] });
//   memory.name, memory.token, memory.outbox
//   memory.save();
//
// `?name=Alice` in the page's address is a name to come in with, and a memory of its own.

export const askedName = new URLSearchParams(location.search).get("name") ?? "";

export class Memory {
  #key;

  constructor(server, more = {}) {
    // Frames of one tab share the store: without names of their own they would be one person.
    this.#key = askedName || window.top === window ? `${server} ${location.pathname} ${askedName}` : "";
    const stored = this.#key && withStore((store) => store.getItem(this.#key));
    Object.assign(this, { name: askedName, token: null, ...more }, stored ? JSON.parse(stored) : {});
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

/** A browser may deny its store to a frame, or have no room: then a reload forgets, no more. */
function withStore(act) {
  try {
    return act(sessionStorage);
  } catch {
    return null;
  }
}

// An EventTarget whose events carry data: the base of what pages listen to.

export class Emitter extends EventTarget {
  /** Dispatch an event; its `detail` is the data. */
  dispatch(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

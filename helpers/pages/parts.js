// How pages make elements: what people type is text, never HTML.

/** An element with a class and a text. */
export function part(tag, name = "", text = "") {
  const element = document.createElement(tag);
  element.className = name;
  element.textContent = text;
  return element;
}

/** A time of day, with the whole date for whoever asks. */
export function timeTag(at) {
  const time = part("time", "at", new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at;
  time.title = new Date(at).toLocaleString();
  return time;
}

/** Put words into an element so that they are announced, the same words again as well. */
export function announce(element, words) {
  element.textContent = "";
  element.textContent = words;
}

/** The status of a connection on the pill. */
export function showStatus(pill, status) {
  const names = { connecting: "connecting", open: "connected", waiting: "reconnecting", closed: "closed" };
  pill.dataset.status = status;
  pill.textContent = names[status];
}

/** 96 random bits; crypto.randomUUID is missing where the page is neither https nor local. */
export function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// How pages make and fill elements: what people type is text, never HTML.

export const $ = (id) => document.getElementById(id);

/** Create an element with a class and a text. */
export function createElement(tag, className = "", text = "") {
  const element = document.createElement(tag);
  element.className = className;
  element.textContent = text;
  return element;
}

/** Create a time of day; its tooltip is the whole date. */
export function createTime(at) {
  const date = new Date(at);
  const time = createElement("time", "time", date.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }));
  time.dateTime = at;
  time.title = date.toLocaleString();
  return time;
}

/** Show an error next to what it is about; no words take it away. */
export function showError(id, words) {
  replaceText($(id), words);
}

/** Have a screen reader say something. */
export function announce(words) {
  replaceText($("announcement"), words);
}

/** Show the status of the connection on the pill; the button that tries again is beside it meanwhile. */
export function showStatus(status, names = {}) {
  const pill = $("pill");
  showRetry(status);
  pill.dataset.status = status;
  pill.textContent = { connecting: "connecting", open: "connected", waiting: "reconnecting", closed: "closed", ...names }[status];
}

/** Show the button while the page waits and while it tries: it does not flicker under the pointer. */
function showRetry(status) {
  const button = $("retry");
  if (!button || (status === "connecting" && !button.hidden)) return;
  const hadFocus = document.activeElement === button;
  button.hidden = status !== "waiting";
  if (hadFocus && button.hidden) $("pill").focus();
}

/** Open or close a panel that a button controls. */
export function setOpen(panel, button, open) {
  panel.toggleAttribute("data-open", open);
  button.setAttribute("aria-expanded", String(open));
}

/** Make a sentence of an error, which is a lower-case fact without a full stop. */
export function toSentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

/** Whether nothing frames this page, so that it may take the focus by itself. */
export const isTopPage = () => window.top === window;

/** Whether to move the focus on this page: a frame does not grab it from the page around it. */
export const mayTakeFocus = () => isTopPage() || document.hasFocus();

/** Compare names as people sort them: "Bob 2" comes before "Bob 10". */
export const compareNames = (a, b) => a.localeCompare(b, [], { numeric: true });

/** Replace a text so that it is announced, even if the words are the same as before. */
function replaceText(element, words) {
  element.textContent = "";
  element.textContent = words;
}

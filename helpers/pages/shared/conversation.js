// A conversation on a page: its lines, the form in which you write, and who is typing.
//
//   const conversation = new Conversation(room, { send: (text) => room.send(text) });
//   conversation.lines.add(message, room.name, true);
//
// The pages of the chats and of rooms have it in common, with the elements that it names.

import { $, setOpen, showError, toSentence } from "./dom.js";
import { Lines } from "./lines.js";

const TALLEST_PX = 160; // of the field, before it scrolls
const LONGEST_MESSAGE = 4_000; // characters; a far longer message would close the connection
const ERROR = "message-error";

export class Conversation {
  lines = new Lines($("lines"), $("empty"), showUnread);
  #room;
  #send;
  #findError;

  /**
   * `room` has a `name` for whoever writes here, setTyping() and fetchHistory(), and the events
   * "history" and "typing". `send(text)` sends a message and returns it, or null if there is nowhere
   * to send it; `findError(text)` says why it cannot be sent.
   */
  constructor(room, { send, findError = () => "" }) {
    this.#room = room;
    this.#send = send;
    this.#findError = findError;
    room.addEventListener("history", ({ detail }) => this.#addHistory(detail));
    room.addEventListener("typing", ({ detail: names }) => showTyping(names));
    $("older").addEventListener("click", () => room.fetchHistory(this.lines.oldest));
    $("unread").addEventListener("click", () => {
      this.lines.scrollToEnd();
      $("text").focus();
    });
    this.#listenToForm();
  }

  /** What is in the field and has not been sent. */
  get draft() {
    return $("text").value;
  }

  set draft(text) {
    $("text").value = text;
    fitField();
  }

  /** Put a message that was refused back into the field, unless something is being written there. */
  takeBack({ id, text, error }) {
    showError(ERROR, toSentence(error));
    if (this.draft) {
      this.lines.markRefused(id); // it stays where it is
      return false;
    }
    this.lines.remove(id);
    this.draft = text;
    return true;
  }

  #listenToForm() {
    $("composer").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    $("text").addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      $("composer").requestSubmit();
    });
    $("text").addEventListener("input", () => {
      this.#room.setTyping(this.draft !== "");
      fitField();
    });
  }

  #submit() {
    const text = this.draft;
    if (!text.trim()) return;
    const error = findLengthError(text) || this.#findError(text);
    showError(ERROR, error);
    if (error) return;
    const message = this.#send(text);
    if (!message) return;
    this.lines.addWaiting(message, this.#room.name);
    this.draft = "";
  }

  #addHistory({ messages, older }) {
    if (!older && document.activeElement === $("older")) $("lines").focus();
    $("older").hidden = !older;
    this.lines.addOlder(messages, this.#room.name);
  }
}

/** Show the panel with the people, where it is not beside the messages anyway. */
export function showPeople(open) {
  setOpen($("people"), $("people-toggle"), open);
}

function findLengthError(text) {
  const length = [...text].length;
  if (length <= LONGEST_MESSAGE) return "";
  return `That is ${length.toLocaleString("en")} characters. A message has at most ${LONGEST_MESSAGE.toLocaleString("en")}.`;
}

function showTyping(names) {
  const [first, second] = names;
  const few = ["", `${first} is typing …`, `${first} and ${second} are typing …`];
  $("typing").textContent = few[names.length] ?? `${names.length} people are typing …`;
}

function showUnread(count) {
  $("unread").hidden = count === 0;
  $("unread").textContent = count === 1 ? "1 new message ↓" : `${count} new messages ↓`;
}

function fitField() {
  $("text").style.height = "auto";
  $("text").style.height = `${Math.min($("text").scrollHeight + 2, TALLEST_PX)}px`;
}

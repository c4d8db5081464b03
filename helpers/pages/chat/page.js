// The page of the chats: who is here, what they say, and what you say to them.

import TransportRoom from "transport"; // websocket.js or socketio.js, as the server speaks
import { Conversation, showPeople } from "../shared/conversation.js";
import {
  $, announce, compareNames, createElement, isTopPage, mayTakeFocus, showError, showStatus, toSentence,
} from "../shared/dom.js";
import { requestedName } from "../shared/memory.js";

const LONGEST_STEM = 20; // characters of a name before its number
const app = document.title;
const room = new TransportRoom();
const conversation = new Conversation(room, { send: (text) => room.send(text, recipient), findError: findRecipientError });
const { lines } = conversation;
let recipient = null; // to whom you write privately
let recipientLeft = false; // then nothing is sent until you choose again
let present = new Set(); // the names of everybody who is here
let entered = false;

room.addEventListener("status", ({ detail: { status, words, elsewhere } }) => {
  showStatus(status);
  if (status === "waiting" || (status === "closed" && !elsewhere)) announce(words);
  if (status === "closed" && entered) showContinued(elsewhere);
});

$("retry").addEventListener("click", () => room.retry());

room.addEventListener("welcome", ({ detail: { name, back, older } }) => {
  document.title = `${name} · ${app}`;
  if (!back) {
    lines.clear();
    $("older").hidden = !older;
  }
  enter();
  if (!back) announce(`You are here as ${name}.`);
  // below the messages that follow the welcome
  queueMicrotask(() => room.outbox.waiting.forEach((message) => lines.addWaiting(message, name)));
});

room.addEventListener("message", ({ detail: { message, fresh } }) => {
  lines.add(message, room.name, fresh);
  if (fresh && message.from !== room.name) {
    announce(`${message.from}${message.to ? ", to you alone" : ""}: ${message.text}`);
  }
});

room.addEventListener("failed", ({ detail: message }) => {
  if (!conversation.takeBack(message)) return;
  const { to = null } = message; // it goes to nobody else
  if (to !== recipient) writeTo(to);
  checkRecipient();
});

room.addEventListener("trouble", ({ detail: { text } }) => showError("message-error", toSentence(text)));
room.addEventListener("note", ({ detail: { words } }) => {
  lines.addNote(words);
  announce(words);
});

room.addEventListener("people", ({ detail: names }) => {
  const focused = $("names").contains(document.activeElement) ? document.activeElement.textContent : null;
  present = new Set(names);
  $("people-toggle").textContent = `${names.length} online`;
  $("names").replaceChildren(...[...names].sort(compareNames).map(createPerson));
  if (focused !== null) focusPerson(focused);
  checkRecipient();
});

room.addEventListener("refused", ({ detail: { code, text } }) => {
  const name = $("name").value || room.name || requestedName;
  leavePage();
  $("name").value = code === "name_taken" ? suggestName(name) : name;
  showError("name-error", toSentence(text));
  $("name").focus();
  $("name").select();
});

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  showError("name-error", "");
  const name = $("name").value.trim();
  if (name) room.join(name);
});

$("composer").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && recipient && !event.isComposing) writeTo(null);
});
$("to-everybody").addEventListener("click", () => writeTo(null));

$("people-toggle").addEventListener("click", () => {
  const open = !$("people").hasAttribute("data-open");
  showPeople(open);
  if (open) $("names").querySelector("button")?.focus();
});
$("people").addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  showPeople(false);
  $("people-toggle").focus();
});

$("leave").addEventListener("click", () => {
  room.leave();
  leavePage();
  announce("You have left.");
  $("name").focus();
});

function enter() {
  if (entered) return;
  entered = true;
  for (const id of ["room", "composer", "people-toggle"]) $(id).hidden = false;
  $("join").hidden = true;
  lines.scrollToEnd();
  if (mayTakeFocus()) $("text").focus();
}

function leavePage() {
  entered = false;
  for (const id of ["room", "composer", "people-toggle"]) $(id).hidden = true;
  $("join").hidden = false;
  showPeople(false);
  setRecipient(null);
}

/** Show that this tab stays quiet: the same person continues in another one, or the server ended it. */
function showContinued(elsewhere) {
  const { name } = room;
  leavePage();
  $("name").value = name;
  if (elsewhere) showError("name-error", "You are here in another tab. Join to continue in this one.");
}

function createPerson(name) {
  const item = createElement("li");
  if (name === room.name) {
    item.append(createElement("span", "me", `${name} (you)`));
    return item;
  }
  const button = createElement("button", "person", name);
  button.type = "button";
  button.title = `write to ${name} privately`;
  button.addEventListener("click", () => writeTo(name));
  item.append(button);
  return item;
}

/** Focus a person again: others may join or leave while the keyboard moves through the list. */
function focusPerson(name) {
  const buttons = [...$("names").querySelectorAll("button")];
  (buttons.find((button) => button.textContent === name) ?? buttons[0] ?? $("leave")).focus();
}

/** Write to one person, or with null to everybody. */
function writeTo(name) {
  setRecipient(name);
  showPeople(false);
  $("text").focus();
}

function setRecipient(name) {
  recipient = name;
  recipientLeft = false;
  $("recipient-state").textContent = ", privately";
  showError("message-error", "");
  $("recipient").hidden = !name;
  $("recipient-name").textContent = name ?? "";
  $("text-label").textContent = name ? `Message to ${name} alone` : "Message to everybody";
}

/** When somebody leaves, private words for them go to nobody else: not to everybody, nor to the next
 * person of that name. */
function checkRecipient() {
  if (!recipient || recipientLeft || present.has(recipient)) return;
  recipientLeft = true;
  $("recipient-state").textContent = ", who has left";
}

function findRecipientError() {
  return recipientLeft ? `${recipient} has left, so nothing is sent. Choose somebody else, or everybody.` : "";
}

/** Suggest another name when one is taken: "Bob" becomes "Bob 2". */
function suggestName(name) {
  const [, stem, number] = name.match(/^(.*?)(?: (\d+))?$/u);
  return `${[...stem].slice(0, LONGEST_STEM).join("")} ${Number(number ?? 1) + 1}`;
}

if (room.knownName || requestedName) room.join(room.knownName || requestedName);
else {
  room.connect();
  if (isTopPage()) $("name").focus();
}

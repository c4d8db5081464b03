// The page of chat: who is here, what they say, and what one says to them.

import { Lines } from "./chat-lines.js";
import { Room } from "room"; // chat-room.js or socketio-room.js: the page's import map says
import { askedName } from "./memory.js";
import { announce, part, showStatus } from "./parts.js";

const TALLEST_PX = 160; // of the field, before it scrolls
const LONGEST = 4_000; // characters of a message; what is far longer would close the connection
const $ = (id) => document.getElementById(id);
const app = document.title;
const room = new Room();
const lines = new Lines($("lines"), $("empty"), showUnread);
let to = null; // to whom one speaks privately
let gone = false; // whether they have left since: then nothing is sent until one chooses anew
let present = new Set(); // the names of all who are here
let here = false;

room.addEventListener("status", ({ detail: { status, words, code } }) => {
  showStatus($("pill"), status);
  if (status === "waiting" || (status === "closed" && code !== 4001)) tell(words);
  if (status === "closed" && here) elsewhere(code === 4001);
});

room.addEventListener("welcome", ({ detail: { name, back, older } }) => {
  if (!back) lines.clear();
  if (!back) $("older").hidden = !older;
  document.title = `${name} · ${app}`;
  enter();
  if (!back) tell(`You are here as ${name}.`);
  // below what was said before, which comes next
  queueMicrotask(() => room.outbox.waiting.forEach((message) => lines.addWaiting(message, name)));
});

room.addEventListener("message", ({ detail: { message, fresh } }) => {
  lines.add(message, room.name, fresh);
  if (fresh && message.from !== room.name) {
    tell(`${message.from}${message.to ? ", to you alone" : ""}: ${message.text}`);
  }
});

room.addEventListener("history", ({ detail: { messages, older } }) => {
  if (!older && document.activeElement === $("older")) $("lines").focus();
  $("older").hidden = !older;
  lines.addOlder(messages, room.name);
});

room.addEventListener("failed", ({ detail: { id, text, to: whom = null, error } }) => {
  say("say-error", error);
  if ($("text").value) {
    lines.refuse(id); // it stays where it is, beside what one writes now
    return;
  }
  lines.remove(id);
  $("text").value = text; // it is kept, to be mended, and to nobody else
  if (whom !== to) speakTo(whom);
  notice();
  grow();
});

room.addEventListener("trouble", ({ detail: { text } }) => say("say-error", text));
room.addEventListener("note", ({ detail: { name, what } }) => {
  lines.note(`${name} ${what}`);
  tell(`${name} ${what}`);
});

room.addEventListener("people", ({ detail: names }) => {
  const sorted = [...names].sort((a, b) => a.localeCompare(b, [], { numeric: true }));
  const focused = $("names").contains(document.activeElement) ? document.activeElement.textContent : null;
  present = new Set(names);
  $("who").textContent = `${names.length} online`;
  $("names").replaceChildren(...sorted.map(personItem));
  if (focused !== null) focusPerson(focused);
  notice();
});

room.addEventListener("typing", ({ detail: names }) => {
  const [first, second] = names;
  $("typing").textContent = ["", `${first} is typing …`, `${first} and ${second} are typing …`][names.length] ?? `${names.length} people are typing …`;
});

room.addEventListener("refused", ({ detail: { code, text } }) => {
  const name = $("name").value || room.name || askedName;
  leaveRoom();
  $("name").value = code === "name_taken" ? another(name) : name;
  say("name-error", `${text[0].toUpperCase()}${text.slice(1)}.`);
  $("name").focus();
  $("name").select();
});

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  say("name-error", "");
  const name = $("name").value.trim();
  if (name) room.join(name);
});

$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (!text.trim()) return;
  const fault = faultOf(text);
  say("say-error", fault);
  if (fault) return;
  lines.addWaiting(room.say(text, to), room.name);
  $("text").value = "";
  grow();
});

$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("say").requestSubmit();
  }
});

$("say").addEventListener("keydown", (event) => {
  if (event.key === "Escape" && to && !event.isComposing) speakTo(null);
});

$("text").addEventListener("input", () => {
  room.type($("text").value !== "");
  grow();
});

$("older").addEventListener("click", () => room.history(lines.oldest));
$("unread").addEventListener("click", () => {
  lines.toEnd();
  $("text").focus();
});
$("to-all").addEventListener("click", () => speakTo(null));
$("who").addEventListener("click", () => showPeople($("people").dataset.open === undefined));
$("people").addEventListener("keydown", (event) => {
  if (event.key === "Escape") showPeople(false, true);
});
$("leave").addEventListener("click", () => {
  room.leave();
  leaveRoom();
  tell("You have left.");
  $("name").focus();
});

function enter() {
  if (here) return;
  here = true;
  for (const id of ["room", "say", "who"]) $(id).hidden = false;
  $("join").hidden = true;
  lines.toEnd();
  if (window.top === window || document.hasFocus()) $("text").focus(); // a frame does not grab it
}

function leaveRoom() {
  here = false;
  for (const id of ["room", "say", "who"]) $(id).hidden = true;
  $("join").hidden = false;
  showPeople(false);
  speakTo(null, false);
}

/** The same person is here in another tab: this one stays quiet until it is asked for. */
function elsewhere(continued) {
  const name = room.name;
  leaveRoom();
  $("name").value = name;
  if (continued) say("name-error", "You are here in another tab. Join to go on in this one.");
}

function personItem(name) {
  const item = part("li", "", "");
  if (name === room.name) {
    item.append(part("span", "me", `${name} (you)`));
    return item;
  }
  const button = part("button", "person", name);
  button.type = "button";
  button.title = `say something to ${name} alone`;
  button.addEventListener("click", () => speakTo(name));
  item.append(button);
  return item;
}

/** Somebody may come or go while one moves through the list with the keyboard. */
function focusPerson(name) {
  const buttons = [...$("names").querySelectorAll("button")];
  (buttons.find((button) => button.textContent === name) ?? buttons[0] ?? $("leave")).focus();
}

/** Why a text cannot be sent; empty if it can. */
function faultOf(text) {
  const length = [...text].length;
  if (length > LONGEST) return `expected at most ${LONGEST.toLocaleString("en")} characters of text, got ${length.toLocaleString("en")}`;
  return gone ? `${to} has left: nothing is sent; choose somebody, or everybody` : "";
}

/** When somebody leaves, private words for them go to nobody else: not to everybody, nor to the next of that name. */
function notice() {
  if (!to || gone || present.has(to)) return;
  gone = true;
  $("to-state").textContent = ", who has left";
}

function speakTo(name, focus = true) {
  to = name;
  gone = false;
  $("to-state").textContent = ", privately";
  say("say-error", "");
  $("to").hidden = !name;
  $("to-name").textContent = name ?? "";
  $("text-label").textContent = name ? `Message to ${name} alone` : "Message to everybody";
  $("say").dataset.private = name ? "yes" : "";
  if (!focus) return;
  showPeople(false);
  $("text").focus();
}

function showPeople(open, focus = false) {
  if (open) $("people").dataset.open = "";
  else delete $("people").dataset.open;
  $("who").setAttribute("aria-expanded", String(open));
  if (open) $("names").querySelector("button")?.focus();
  else if (focus) $("who").focus();
}

function showUnread(count) {
  $("unread").hidden = count === 0;
  $("unread").textContent = count === 1 ? "1 new message ↓" : `${count} new messages ↓`;
}

/** Words beside what they are about. */
function say(id, words) {
  announce($(id), words);
}

function tell(words) {
  say("news", words);
}

/** Another name, where one is taken: "Bob" becomes "Bob 2". */
function another(name) {
  const [, stem, number] = name.match(/^(.*?)(?: (\d+))?$/u);
  return `${[...stem].slice(0, 20).join("")} ${Number(number ?? 1) + 1}`;
}

function grow() {
  $("text").style.height = "auto";
  $("text").style.height = `${Math.min($("text").scrollHeight + 2, TALLEST_PX)}px`;
}

if (room.knownName || askedName) room.join(room.knownName || askedName);
else {
  room.connect();
  if (window.top === window) $("name").focus();
}

// The page of document: one text, who is writing it, where their carets are, and what they did.

import {
  $, announce, createElement, createTime, isTopPage, mayTakeFocus, setOpen, showError, showStatus, toSentence,
} from "../shared/dom.js";
import { requestedName } from "../shared/memory.js";
import { Binding } from "./binding.js";
import { Carets } from "./carets.js";
import { Session } from "./session.js";

const CARET_MS = 60; // a caret is sent this often at most: only where it is now matters
const EDITING_MS = 4_000; // since their last keystroke, somebody counts as writing
const SHOWN_ENTRIES = 50;
const narrow = matchMedia("(max-width: 30rem)");
const session = new Session();
const binding = new Binding($("text"), session.text);
const carets = new Carets($("text"), $("mirror"));
const avatars = new Map(); // list items by person: a tooltip and the focus stay
let entered = false;
let sentCaret = ""; // the caret that was sent last
let caretTimer = 0;
let waiting = 0; // updates that are not saved, or null
let lost = false; // whether the connection is lost, and this was announced
let refused = false; // whether the server has refused an update

session.addEventListener("status", ({ detail: { status, words, elsewhere } }) => {
  showStatus(status);
  if (status === "waiting" && !lost) announce(words);
  if (status === "waiting") lost = true;
  if (status === "open") sentCaret = "";
  if (status === "closed" && entered) showContinued(elsewhere);
});

$("retry").addEventListener("click", () => session.connect());

session.addEventListener("welcome", ({ detail: { me, back } }) => {
  document.title = `${me.name} · document`;
  enter();
  if (!back) announce(`You are writing here as ${me.name}.`);
  else if (lost) announce("connected again");
  lost = false;
  sendCaret();
});

session.addEventListener("people", showAvatars);
session.addEventListener("carets", () => {
  showCarets();
  showAvatars();
});
session.addEventListener("note", ({ detail: { words } }) => announce(words));
session.addEventListener("log", ({ detail: entries }) => showLog(entries));
session.addEventListener("waiting", ({ detail: count }) => {
  waiting = count;
  const words = describeWaiting(count);
  if ($("saved").textContent !== words) $("saved").textContent = words;
  if (count === 0 && refused) $("error").textContent = "";
  if (count === 0) refused = false;
});
session.addEventListener("trouble", ({ detail: { text } }) => {
  refused = true; // until everything is saved
  const advice = waiting === 0 ? "" : " What you write now is only on this page: copy it.";
  const words = toSentence(text) + advice;
  if (advice) $("saved").textContent = "not saved";
  if ($("error").textContent !== words) showError("error", words); // once, not at each keystroke
});

session.addEventListener("refused", ({ detail: { text } }) => {
  const name = $("name").value || session.name;
  leaveEditor();
  $("name").value = name;
  showError("name-error", toSentence(text));
  $("name").focus();
});

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  showError("name-error", "");
  const name = $("name").value.trim();
  if (name) session.logIn(name);
});

$("leave").addEventListener("click", () => {
  session.logOut();
  leaveEditor();
  announce("You have logged out.");
  $("name").focus();
});

$("undo").addEventListener("click", () => binding.undo.undo());
$("redo").addEventListener("click", () => binding.undo.redo());
$("log-toggle").addEventListener("click", () => showLogPanel(!$("log-panel").hasAttribute("data-open")));
$("log-panel").addEventListener("keydown", (event) => {
  if (event.key === "Escape") showLogPanel(false);
});
$("text").addEventListener("toomuch", ({ detail: most }) => {
  showError("error", `That is too much at once. Insert at most ${most.toLocaleString("en")} characters.`);
});
$("text").addEventListener("beforeinput", () => {
  if (!refused) $("error").textContent = "";
});
$("text").addEventListener("shown", showCarets);
$("text").addEventListener("input", showCarets);
document.addEventListener("selectionchange", sendCaretSoon);
for (const what of ["focus", "blur", "select"]) $("text").addEventListener(what, sendCaretSoon);
for (const what of ["stack-item-added", "stack-item-popped", "stack-cleared"]) binding.undo.on(what, showUndo);
narrow.addEventListener("change", showAvatars);
setInterval(() => {
  showAvatars(); // somebody may have stopped writing
  if (session.carets.size) showCarets();
}, EDITING_MS / 2);
addEventListener("beforeunload", (event) => {
  if (entered && waiting !== 0) event.preventDefault(); // what is not saved is only on this page
});

function enter() {
  if (entered) return;
  entered = true;
  for (const id of ["editor", "toolbar", "avatars"]) $(id).hidden = false;
  $("join").hidden = true;
  showUndo();
  if (mayTakeFocus()) $("text").focus();
}

function leaveEditor() {
  entered = false;
  for (const id of ["editor", "toolbar", "avatars"]) $(id).hidden = true;
  $("join").hidden = false;
  showLogPanel(false);
}

/** Show that this tab stays quiet: the same person continues in another one, or the server ended it. */
function showContinued(elsewhere) {
  const { name } = session;
  leaveEditor();
  $("name").value = name;
  if (elsewhere) showError("name-error", "You are here in another tab. Log in to continue in this one.");
}

/** Send where your caret is: soon, and not again for a while. */
function sendCaretSoon() {
  caretTimer ||= setTimeout(sendCaret, CARET_MS);
}

function sendCaret() {
  caretTimer = 0;
  const caret = binding.readSelection();
  const words = JSON.stringify(caret);
  if (words === sentCaret || !entered) return;
  sentCaret = words;
  session.sendCaret(caret?.anchor ?? null, caret?.head ?? null);
}

function showCarets() {
  const drawn = [];
  for (const [id, { anchor, head }] of session.carets) {
    const person = session.people.get(id);
    const [start, at] = [binding.findIndex(anchor), binding.findIndex(head)];
    if (!person || at === null) continue;
    const [from, to] = [Math.min(start ?? at, at), Math.max(start ?? at, at)];
    drawn.push({ name: person.name, colour: person.colour, from, to, at, idle: !isEditing(id) });
  }
  carets.draw(drawn);
}

function showAvatars() {
  const others = [...session.people.values()].filter(({ id }) => id !== session.me?.id);
  const sorted = [...(session.me ? [session.me] : []), ...others.sort((a, b) => a.name.localeCompare(b.name))];
  const most = narrow.matches ? 3 : 6; // the others are a number
  const shown = sorted.length > most + 1 ? sorted.slice(0, most) : sorted;
  const rest = sorted.slice(shown.length);
  const items = shown.map(updateAvatar);
  if (rest.length) items.push(updateItem("rest", `+${rest.length}`, rest.map(({ name }) => name).join(", ")));
  const same = items.every((item, i) => item === $("avatars").children[i]);
  if (!same || items.length !== $("avatars").children.length) $("avatars").replaceChildren(...items);
}

function updateAvatar({ id, name, colour }) {
  const mine = id === session.me?.id;
  const editing = !mine && isEditing(id);
  const item = updateItem(id, makeInitials(name), `${name}${mine ? " (you)" : ""}${editing ? ", writing" : ""}`);
  item.dataset.colour = colour;
  item.toggleAttribute("data-editing", editing);
  return item;
}

function isEditing(id) {
  return Date.now() - (session.carets.get(id)?.at ?? 0) < EDITING_MS;
}

/** Update an item of the avatars, the same one each time, with its label and its tooltip. */
function updateItem(key, letters, words) {
  if (!avatars.has(key)) {
    const item = createElement("li", "avatar");
    item.append(createElement("span"), createElement("span", "tooltip"));
    item.tabIndex = 0;
    item.lastChild.setAttribute("aria-hidden", "true"); // the label says the same
    avatars.set(key, item);
  }
  const item = avatars.get(key);
  item.setAttribute("aria-label", words);
  for (const [i, text] of [letters, words].entries()) {
    if (item.children[i].textContent !== text) item.children[i].textContent = text;
  }
  return item;
}

/** Make initials: "Alice Liddell" is AL, "Bob" is B. */
function makeInitials(name) {
  const words = name.split(" ");
  const capital = ([letter]) => letter.toLocaleUpperCase();
  return words.length > 1 ? capital([...words[0]]) + capital([...words.at(-1)]) : capital([...name]);
}

function showLog(entries) {
  const items = entries.slice(-SHOWN_ENTRIES).reverse().map((entry) => {
    const item = createElement("li");
    const author = createElement("b", "author", entry.name);
    author.dataset.colour = entry.colour;
    const words = createElement("span");
    words.append(author, ` ${describeEntry(entry)}`);
    item.append(words, createTime(entry.at));
    return item;
  });
  $("log").replaceChildren(...items);
}

function describeEntry({ what, added, removed }) {
  if (what !== "edited") return what;
  const wrote = added ? `wrote ${added} ${added === 1 ? "character" : "characters"}` : "";
  const took = removed ? `removed ${removed}` : "";
  return [wrote, took].filter(Boolean).join(", ");
}

function showUndo() {
  $("undo").disabled = !binding.undo.undoStack.length;
  $("redo").disabled = !binding.undo.redoStack.length;
}

function showLogPanel(open) {
  setOpen($("log-panel"), $("log-toggle"), open);
}

function describeWaiting(count) {
  if (count === null) return "no connection: what you write is kept here and merged later";
  return count ? "saving …" : "saved";
}

if (session.knownName || requestedName) session.logIn(session.knownName || requestedName);
else {
  session.connect();
  if (isTopPage()) $("name").focus();
}

// The page of document: one text, who writes it, where their carets are, and what they did.

import { Binding } from "./document-binding.js";
import { Carets } from "./document-carets.js";
import { Session } from "./document-session.js";
import { askedName } from "./memory.js";
import { announce, part, showStatus, timeTag } from "./parts.js";

const CARET_MS = 60; // a caret is told so often at most: only where it is now is worth anything
const EDITING_MS = 4_000;
const narrow = matchMedia("(max-width: 30rem)");
const $ = (id) => document.getElementById(id);
const session = new Session();
const binding = new Binding($("text"), session.text);
const carets = new Carets($("text"), $("mirror"));
const avatars = new Map(); // list items, by whose they are: a tooltip and the focus stay
let here = false;
let told = ""; // the caret that was told last
let telling = 0;
let waiting = 0; // updates that are not saved, or null
let away = false; // and said so
let troubled = false; // something was refused

session.addEventListener("status", ({ detail: { status, words, code } }) => {
  showStatus($("pill"), status);
  if (status === "waiting" && !away) tell(words);
  if (status === "waiting") away = true;
  if (status === "open") told = "";
  if (status === "closed" && here) elsewhere(code === 4001);
});

session.addEventListener("welcome", ({ detail: { me, back } }) => {
  document.title = `${me.name} · document`;
  enter();
  if (!back) tell(`You write here as ${me.name}.`);
  else if (away) tell("connected again");
  away = false;
  tellCaret();
});

session.addEventListener("people", showAvatars);
session.addEventListener("carets", () => {
  showCarets();
  showAvatars();
});
session.addEventListener("note", ({ detail: { words } }) => tell(words));
session.addEventListener("log", ({ detail: entries }) => showLog(entries));
session.addEventListener("waiting", ({ detail: count }) => {
  waiting = count;
  const words = count === null ? "no connection: what you write is kept here, and merged later" : count ? "saving …" : "saved";
  if ($("saved").textContent !== words) $("saved").textContent = words;
  if (count === 0 && troubled) $("error").textContent = "";
  if (count === 0) troubled = false;
});
session.addEventListener("trouble", ({ detail: { text, code } }) => {
  troubled = true; // until all is saved
  const kept = waiting === 0 ? "" : " What you write now is on this page alone: copy it.";
  const words = sentence(text) + kept;
  if (kept) $("saved").textContent = "not saved";
  if ($("error").textContent !== words) announce($("error"), words); // once, not at each letter
});

session.addEventListener("refused", ({ detail: { text } }) => {
  const name = $("name").value || session.name;
  leaveDesk();
  $("name").value = name;
  announce($("name-error"), sentence(text));
  $("name").focus();
});

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  announce($("name-error"), "");
  const name = $("name").value.trim();
  if (name) session.logIn(name);
});

$("leave").addEventListener("click", () => {
  session.logOut();
  leaveDesk();
  tell("You have left.");
  $("name").focus();
});

$("undo").addEventListener("click", () => binding.undo.undo());
$("redo").addEventListener("click", () => binding.undo.redo());
$("show-log").addEventListener("click", () => showPanel($("log-panel").dataset.open === undefined));
$("log-panel").addEventListener("keydown", (event) => event.key === "Escape" && showPanel(false));
$("text").addEventListener("toomuch", ({ detail: most }) => {
  announce($("error"), `That is too much at once: at most ${most.toLocaleString()} characters.`);
});
$("text").addEventListener("beforeinput", () => {
  if (!troubled) $("error").textContent = "";
});
$("text").addEventListener("shown", showCarets);
$("text").addEventListener("input", showCarets);
document.addEventListener("selectionchange", soonTellCaret);
for (const what of ["focus", "blur", "select"]) $("text").addEventListener(what, soonTellCaret);
for (const what of ["stack-item-added", "stack-item-popped", "stack-cleared"]) binding.undo.on(what, showUndo);
narrow.addEventListener("change", showAvatars);
setInterval(() => {
  showAvatars(); // who stopped writing
  if (session.carets.size) showCarets();
}, EDITING_MS / 2);
addEventListener("beforeunload", (event) => {
  if (here && waiting !== 0) event.preventDefault(); // what is not saved is on this page alone
});

function enter() {
  if (here) return;
  here = true;
  for (const id of ["desk", "bar", "avatars"]) $(id).hidden = false;
  $("join").hidden = true;
  showUndo();
  if (window.top === window || document.hasFocus()) $("text").focus(); // a frame does not grab it
}

function leaveDesk() {
  here = false;
  for (const id of ["desk", "bar", "avatars"]) $(id).hidden = true;
  $("join").hidden = false;
  showPanel(false);
}

/** The same person writes in another tab: this one stays quiet until it is asked for. */
function elsewhere(continued) {
  const name = session.name;
  leaveDesk();
  $("name").value = name;
  if (continued) announce($("name-error"), "You are here in another tab. Log in to go on in this one.");
}

/** Tell where one's caret is, at once and then not for a while. */
function soonTellCaret() {
  telling ||= setTimeout(tellCaret, CARET_MS);
}

function tellCaret() {
  telling = 0;
  const caret = binding.selection();
  const words = JSON.stringify(caret);
  if (words === told || !here) return;
  told = words;
  session.move(caret?.anchor ?? null, caret?.head ?? null);
}

function showCarets() {
  const drawn = [];
  for (const [id, { anchor, head }] of session.carets) {
    const person = session.people.get(id);
    const [start, at] = [binding.index(anchor), binding.index(head)];
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
  const items = shown.map((person) => avatar(person));
  if (rest.length) items.push(labelled("rest", `+${rest.length}`, rest.map(({ name }) => name).join(", ")));
  const same = items.every((item, i) => item === $("avatars").children[i]);
  if (!same || items.length !== $("avatars").children.length) $("avatars").replaceChildren(...items);
}

function avatar({ id, name, colour }) {
  const mine = id === session.me?.id;
  const editing = !mine && isEditing(id);
  const item = labelled(id, initials(name), `${name}${mine ? " (you)" : ""}${editing ? ", writing" : ""}`);
  item.dataset.colour = colour;
  item.toggleAttribute("data-editing", editing);
  return item;
}

function isEditing(id) {
  return Date.now() - (session.carets.get(id)?.at ?? 0) < EDITING_MS;
}

/** An item of the avatars, the same one each time, with a label and a tooltip. */
function labelled(key, letters, words) {
  if (!avatars.has(key)) {
    const item = part("li", "avatar");
    item.append(part("span"), part("span", "tip"));
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

/** "Alice Liddell" is AL, "Bob" is B. */
function initials(name) {
  const words = name.split(" ");
  const first = ([letter]) => letter.toLocaleUpperCase();
  return words.length > 1 ? first([...words[0]]) + first([...words.at(-1)]) : first([...name]);
}

function showLog(entries) {
  const items = entries.slice(-50).reverse().map((entry) => {
    const item = part("li");
    const who = part("b", "who", entry.name);
    who.dataset.colour = entry.colour;
    const words = part("span");
    words.append(who, ` ${deed(entry)}`);
    item.append(words, timeTag(entry.at));
    return item;
  });
  $("log").replaceChildren(...items);
}

function deed({ what, added, removed }) {
  if (what !== "edited") return what;
  const wrote = added ? `wrote ${added} ${added === 1 ? "character" : "characters"}` : "";
  const took = removed ? `removed ${removed}` : "";
  return [wrote, took].filter(Boolean).join(", ");
}

function showUndo() {
  $("undo").disabled = !binding.undo.undoStack.length;
  $("redo").disabled = !binding.undo.redoStack.length;
}

function showPanel(open) {
  if (open) $("log-panel").dataset.open = "";
  else delete $("log-panel").dataset.open;
  $("show-log").setAttribute("aria-expanded", String(open));
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function tell(words) {
  announce($("news"), words);
}

if (session.knownName || askedName) session.logIn(session.knownName || askedName);
else {
  session.connect();
  if (window.top === window) $("name").focus();
}

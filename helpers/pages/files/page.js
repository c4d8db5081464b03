// The page of files: what you send, what others have sent, and who is here.

import {
  $, announce, compareNames, createElement, createTime, isTopPage, mayTakeFocus, showError, showStatus, toSentence,
} from "../shared/dom.js";
import { requestedName } from "../shared/memory.js";
import { formatSize } from "./sizes.js";
import { Session } from "./session.js";
import { UploadList } from "./upload-list.js";

const session = new Session();
const uploads = new UploadList($("uploads"), (upload) => {
  session.cancel(upload);
  announce(`${upload.name}: given up`);
  $("choose").focus();
});
const items = new Map(); // list items by the file's id: the focus stays
let entered = false;
let lost = false; // whether the connection is lost, and this was announced

session.addEventListener("status", ({ detail: { status, words, elsewhere } }) => {
  showStatus(status);
  if (status === "waiting" && !lost) announce(words);
  if (status === "waiting") lost = true;
  if (status === "closed" && entered) showContinued(elsewhere);
  uploads.draw(session.uploads, session.isJoined);
});

$("retry").addEventListener("click", () => session.connect());

session.addEventListener("welcome", ({ detail: { name, back } }) => {
  document.title = `${name} · files`;
  enter();
  if (!back) announce(`You are here as ${name}.`);
  else if (lost) announce("connected again");
  lost = false;
  const { file, person } = session.limits;
  $("largest").textContent = `At most ${formatSize(file)} each, and ${formatSize(person)} together. Files are deleted after a while.`;
});

session.addEventListener("people", ({ detail: people }) => {
  const names = [...people].filter(([id]) => id !== session.me.id).map(([, name]) => name);
  const others = names.length ? names.sort(compareNames).join(", ") : "nobody else";
  $("people").textContent = `Here: you (${session.me.name}) and ${others}`;
});

session.addEventListener("uploads", () => {
  uploads.draw(session.uploads, session.isJoined);
  $("uploads-panel").hidden = session.uploads.size === 0;
});

session.addEventListener("sent", ({ detail: { upload } }) => announce(`${upload.name} is sent`));

session.addEventListener("files", ({ detail: files }) => drawFiles(files));

session.addEventListener("added", ({ detail: file }) => {
  if (file.owner !== session.me.id) announce(`${file.name} arrived from ${file.from}`);
});

session.addEventListener("trouble", ({ detail: { text } }) => showError("error", toSentence(text)));

session.addEventListener("refused", ({ detail: { text } }) => {
  const name = $("name").value || session.name;
  leavePage();
  $("name").value = name;
  showError("name-error", toSentence(text));
  $("name").focus();
  $("name").select();
});

$("join").addEventListener("submit", (event) => {
  event.preventDefault();
  showError("name-error", "");
  const name = $("name").value.trim();
  if (name) session.join(name);
});

$("leave").addEventListener("click", () => {
  session.leave();
  leavePage();
  announce("You have left.");
  $("name").focus();
});

// --- choosing and dropping files ---------------------------------------------------------

$("choose").addEventListener("click", () => $("picker").click());
$("picker").addEventListener("change", () => {
  addAll($("picker").files);
  $("picker").value = ""; // the same file may be chosen again
});

for (const type of ["dragenter", "dragover"]) {
  addEventListener(type, (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault(); // else the browser would open the file in place of this page
    Object.assign(event.dataTransfer, { dropEffect: entered ? "copy" : "none" });
    $("drop").toggleAttribute("data-over", entered);
  });
}
addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) $("drop").removeAttribute("data-over");
});
addEventListener("drop", (event) => {
  $("drop").removeAttribute("data-over");
  if (!hasFiles(event)) return;
  event.preventDefault();
  if (entered) addAll(event.dataTransfer.files);
});

function hasFiles(event) {
  return event.dataTransfer?.types.includes("Files") ?? false;
}

function addAll(files) {
  showError("error", "");
  for (const file of files) session.add(file);
}

// --- the list of files -------------------------------------------------------------------

/** Show the newest first; an item stays the element that it is, with its focus. */
function drawFiles(files) {
  for (const [id, item] of items) {
    if (files.has(id)) continue;
    if (item.contains(document.activeElement)) $("choose").focus();
    item.remove();
    items.delete(id);
  }
  for (const file of files.values()) {
    if (items.has(file.id)) continue;
    const item = createFile(file);
    items.set(file.id, item);
    $("files").prepend(item);
  }
  $("empty").hidden = items.size > 0;
}

function createFile(file) {
  const item = createElement("li", "item");
  const link = createElement("a", "name", file.name);
  Object.assign(link, { href: `download/${file.id}`, download: file.name, dir: "auto" });
  const mine = file.owner === session.me.id;
  const about = createElement("p", "note", `${formatSize(file.size)}, from ${mine ? "you" : file.from}, `);
  about.append(createTime(file.at));
  item.append(link, about);
  if (mine) item.append(createRemoveButton(file));
  return item;
}

/** A button that asks before it removes a file for everybody. */
function createRemoveButton(file) {
  const button = createElement("button", "small", "Remove");
  button.type = "button";
  button.setAttribute("aria-label", `Remove ${file.name}`);
  const ask = (asking) => {
    button.toggleAttribute("data-asking", asking);
    button.textContent = asking ? "Remove for everybody?" : "Remove";
    button.setAttribute("aria-label", asking ? `Remove for everybody? ${file.name}` : `Remove ${file.name}`);
  };
  button.addEventListener("click", () => {
    if (button.hasAttribute("data-asking")) session.remove(file.id);
    else ask(true);
  });
  button.addEventListener("blur", () => ask(false));
  return button;
}

// --- coming and leaving ------------------------------------------------------------------

function enter() {
  if (entered) return;
  entered = true;
  for (const id of ["shelf", "foot"]) $(id).hidden = false;
  $("join").hidden = true;
  if (mayTakeFocus()) $("choose").focus();
}

function leavePage() {
  entered = false;
  for (const id of ["shelf", "foot"]) $(id).hidden = true;
  $("join").hidden = false;
}

/** Show that this tab stays quiet: the same person continues in another one, or the server ended it. */
function showContinued(elsewhere) {
  const { name } = session;
  leavePage();
  $("name").value = name;
  if (elsewhere) showError("name-error", "You are here in another tab. Join to continue in this one.");
}

if (session.knownName || requestedName) session.join(session.knownName || requestedName);
else {
  session.connect();
  if (isTopPage()) $("name").focus();
}

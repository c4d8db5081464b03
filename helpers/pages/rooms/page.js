// The page of rooms: sign in, find a room or create one, and talk there, in as many tabs as you like.

import { Conversation, showPeople } from "../shared/conversation.js";
import {
  $, announce, createElement, isTopPage, mayTakeFocus, showError, showStatus, toSentence,
} from "../shared/dom.js";
import { requestedName } from "../shared/memory.js";
import { moveToParentSite, onSignedIn, signOut } from "./account.js";
import { RoomList } from "./list.js";
import { Rooms } from "./session.js";
import { SignInForm } from "./sign-in.js";

const CHOOSE = "Choose a room, or create one.";
const rooms = new Rooms();
const conversation = new Conversation(rooms, { send: (text) => rooms.current && rooms.send(text) });
const { lines } = conversation;
const list = new RoomList($("mine"), $("others"), (room) => choose(room));
const form = new SignInForm($("sign-in"), () => begin());
const drafts = new Map(); // what you have begun to write in each room
let signedIn = false; // and welcome
let endedWhy = ""; // why the session before has ended

// --- signing in and out ------------------------------------------------------------------

/** Connect: by its cookie the server recognises this browser and welcomes it, or says that it does not. */
function begin(why = "") {
  endedWhy = why;
  rooms.connect();
}

function showSignIn(why) {
  $("pill").hidden = true;
  if (!form.hidden) return; // somebody may have begun to type
  signedIn = false;
  rooms.forget();
  drafts.clear();
  showNoRoom();
  for (const id of ["workspace", "account"]) $(id).hidden = true;
  $("account").open = false;
  document.title = "rooms";
  announce(form.show(why, why === "expired" ? rooms.name : requestedName));
}

for (const id of ["sign-out", "sign-out-everywhere"]) {
  $(id).addEventListener("click", async () => {
    const answer = await signOut(id === "sign-out-everywhere");
    if (answer.ok) showSignIn("signed_out");
    else $("until").textContent = answer.text;
  });
}

onSignedIn(() => {
  if (!form.hidden) begin();
});

rooms.addEventListener("signed-out", ({ detail: { why } }) => {
  if (why === "not_signed_in") showSignIn(endedWhy || (signedIn ? "expired" : "")); // it may have expired unnoticed
  else begin(why); // perhaps this browser has a new session already
});

rooms.addEventListener("status", ({ detail: { status, words } }) => {
  showStatus(status);
  $("pill").hidden = status === "closed";
  if (words) announce(words);
});

$("retry").addEventListener("click", () => rooms.connect());

rooms.addEventListener("welcome", ({ detail: { name, until } }) => {
  $("me").textContent = name;
  const end = new Date(until);
  const day = end.toDateString() === new Date().toDateString() ? {} : { weekday: "long" };
  $("until").textContent = `Signed in until ${end.toLocaleTimeString([], { ...day, hour: "2-digit", minute: "2-digit" })}`;
  endedWhy = "";
  if (signedIn) return;
  signedIn = true;
  form.hide();
  for (const id of ["workspace", "account"]) $(id).hidden = false;
  announce(`You are signed in as ${name}.`);
  if (!rooms.joined.size && isTopPage()) $("new-room").focus();
});

// --- the list of rooms -------------------------------------------------------------------

rooms.addEventListener("rooms", () => {
  list.draw(rooms);
  $("rooms-empty").hidden = rooms.list.length + rooms.joined.size > 0;
  const unread = [...rooms.unread.values()].reduce((sum, count) => sum + count, 0);
  $("back").textContent = unread ? `Rooms · ${unread} new` : "Rooms";
  if (signedIn) document.title = `${unread ? `(${unread}) ` : ""}${rooms.current ?? rooms.name} · rooms`;
});

function choose(room) {
  showError("create-error", "");
  if (room === rooms.current) show("room");
  else rooms.open(room);
}

$("create-form").addEventListener("submit", (event) => {
  event.preventDefault();
  showError("create-error", "");
  const room = $("new-room").value.trim();
  if (room) rooms.open(room, "create");
});

rooms.addEventListener("refused", ({ detail: { how, text } }) => {
  showError(how === "create" || !rooms.current ? "create-error" : "message-error", toSentence(text));
  if (how === "create") $("new-room").focus();
});

/** Show the rooms or the room: a phone shows one of them. */
function show(view) {
  $("page").dataset.view = view;
  if (view === "room" && mayTakeFocus()) $("text").focus();
}

$("back").addEventListener("click", () => {
  show("rooms");
  list.focus(rooms.current);
});

// --- the room that is open ---------------------------------------------------------------

rooms.addEventListener("opened", ({ detail: { room, owner, older, back } }) => {
  if (back) return;
  drafts.set($("room-name").textContent, conversation.draft);
  lines.clear();
  $("older").hidden = !older;
  $("room-name").textContent = room;
  $("close").hidden = owner !== rooms.name;
  $("text-label").textContent = `Message to ${room}`;
  if ($("new-room").value.trim().toLowerCase() === room.toLowerCase()) $("new-room").value = "";
  showError("message-error", "");
  for (const id of ["room", "people"]) $(id).hidden = false;
  $("no-room").hidden = true;
  showPeople(false);
  conversation.draft = drafts.get(room) ?? "";
  show("room");
});

rooms.addEventListener("shown", () => {
  for (const message of rooms.outbox.waiting) {
    if (message.room === rooms.current) lines.addWaiting(message, rooms.name);
  }
  lines.scrollToEnd();
});

rooms.addEventListener("message", ({ detail: { message, fresh } }) => {
  lines.add(message, rooms.name, fresh);
  if (fresh && message.from !== rooms.name) announce(`${message.from}: ${message.text}`);
});

rooms.addEventListener("failed", ({ detail: message }) => {
  if (message.room === rooms.current) conversation.takeBack(message);
});

rooms.addEventListener("note", ({ detail: { words } }) => {
  lines.addNote(words);
  announce(words);
});

rooms.addEventListener("people", ({ detail: members }) => {
  const online = members.filter((member) => member.online).length;
  $("people-toggle").textContent = `${online} of ${members.length} online`;
  $("names").replaceChildren(...members.map(createMember));
});

rooms.addEventListener("shut", ({ detail: { room, why } }) => {
  const what = why === "closed" ? `${room} is closed.` : `You have left ${room}.`;
  showNoRoom(`${what} ${CHOOSE}`);
  announce($("no-room").textContent);
  if (mayTakeFocus()) list.focus();
});

function showNoRoom(words = CHOOSE) {
  drafts.delete($("room-name").textContent);
  $("room-name").textContent = "";
  conversation.draft = "";
  lines.clear();
  $("names").replaceChildren();
  for (const id of ["room", "people"]) $(id).hidden = true;
  $("no-room").hidden = false;
  $("no-room").textContent = words;
  if ($("closing").open) $("closing").close();
  show("rooms");
}

function createMember({ name, online }) {
  const item = createElement("li", "member", name === rooms.name ? `${name} (you)` : name);
  item.dataset.online = online ? "yes" : "no";
  if (name === rooms.owner) item.append(createElement("span", "owner", "owner"));
  item.append(createElement("span", "visually-hidden", online ? ", online" : ", away"));
  return item;
}

$("leave").addEventListener("click", () => rooms.leave(rooms.current));
$("close").addEventListener("click", () => {
  $("closing-text").textContent = `Everybody leaves ${rooms.current}, and what was said there is gone.`;
  $("closing").returnValue = "";
  $("closing").showModal();
});
$("closing").addEventListener("close", () => {
  if ($("closing").returnValue === "close" && rooms.current) rooms.close(rooms.current);
});

// --- what opens and closes ---------------------------------------------------------------

$("people-toggle").addEventListener("click", () => showPeople(!$("people").hasAttribute("data-open")));

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if ($("account").open) $("me").focus();
  else if ($("people").hasAttribute("data-open")) $("people-toggle").focus();
  $("account").open = false;
  showPeople(false);
});

$("account").addEventListener("focusout", ({ relatedTarget }) => {
  if (relatedTarget && !$("account").contains(relatedTarget)) $("account").open = false;
});

addEventListener("pointerdown", ({ target }) => {
  if (!$("account").contains(target)) $("account").open = false;
});

if (!moveToParentSite()) begin();

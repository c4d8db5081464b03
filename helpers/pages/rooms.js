// The page of rooms: sign in, find a room or make one, and talk there; in as many tabs as one likes.

import { Lines } from "./chat-lines.js";
import { askedName } from "./memory.js";
import { announce, part, showStatus } from "./parts.js";
import { movesToSite, signOut, whenSignedIn } from "./rooms-account.js";
import { RoomList } from "./rooms-list.js";
import { Rooms } from "./rooms-session.js";
import { SignIn } from "./rooms-sign.js";

const TALLEST_PX = 160; // of the field, before it scrolls
const LONGEST = 4_000; // characters of a message
const $ = (id) => document.getElementById(id);
const rooms = new Rooms();
const lines = new Lines($("lines"), $("empty"), showUnread);
const list = new RoomList($("mine"), $("others"), (room) => choose(room));
const form = new SignIn($("sign"), () => begin());
const drafts = new Map(); // what one has begun to write in each room
let inside = false; // signed in, and welcome
let ended = ""; // why the session before has ended

// --- signing in and out ------------------------------------------------------------------

/** Connect: the server knows by the cookie who this browser is, and welcomes it or says nobody. */
function begin(why = "") {
  ended = why;
  rooms.connect();
}

function showSignIn(why) {
  $("pill").hidden = true;
  if (!form.hidden) return; // one may have begun to type
  inside = false;
  rooms.forget();
  drafts.clear();
  showNowhere();
  for (const id of ["house", "account"]) $(id).hidden = true;
  $("account").open = false;
  document.title = "rooms";
  tell(form.show(why, why === "expired" ? rooms.name : askedName));
}

for (const id of ["sign-out", "sign-out-everywhere"]) {
  $(id).addEventListener("click", async () => {
    const answer = await signOut(id === "sign-out-everywhere");
    if (answer.ok) showSignIn("signed_out");
    else $("until").textContent = answer.text;
  });
}

whenSignedIn(() => !form.hidden && begin());

rooms.addEventListener("signed-out", ({ detail: { why } }) => {
  if (why === "not_signed_in") showSignIn(ended || (inside ? "expired" : "")); // it may have expired unseen
  else begin(why); // perhaps this browser has a new session already
});

rooms.addEventListener("status", ({ detail: { status, words } }) => {
  showStatus($("pill"), status);
  $("pill").hidden = status === "closed";
  if (words) tell(words);
});

rooms.addEventListener("welcome", ({ detail: { name, until } }) => {
  $("me").textContent = name;
  const end = new Date(until);
  const day = end.toDateString() === new Date().toDateString() ? {} : { weekday: "long" };
  $("until").textContent = `Signed in until ${end.toLocaleTimeString([], { ...day, hour: "2-digit", minute: "2-digit" })}`;
  ended = "";
  if (inside) return;
  inside = true;
  form.hide();
  for (const id of ["house", "account"]) $(id).hidden = false;
  tell(`You are signed in as ${name}.`);
  if (!rooms.joined.size && window.top === window) $("new-room").focus();
});

// --- the list of rooms -------------------------------------------------------------------

rooms.addEventListener("rooms", () => {
  list.draw(rooms);
  $("no-rooms").hidden = rooms.list.length + rooms.joined.size > 0;
  const unread = [...rooms.unread.values()].reduce((sum, count) => sum + count, 0);
  $("back").textContent = unread ? `Rooms · ${unread} new` : "Rooms";
  if (inside) document.title = `${unread ? `(${unread}) ` : ""}${rooms.current ?? rooms.name} · rooms`;
});

function choose(room) {
  say("create-error", "");
  if (room === rooms.current) show("room");
  else rooms.open(room);
}

$("create").addEventListener("submit", (event) => {
  event.preventDefault();
  say("create-error", "");
  const room = $("new-room").value.trim();
  if (room) rooms.open(room, "create");
});

rooms.addEventListener("refused", ({ detail: { how, text } }) => {
  const words = `${text[0].toUpperCase()}${text.slice(1)}.`;
  say(how === "create" || !rooms.current ? "create-error" : "say-error", words);
  if (how === "create") $("new-room").focus();
});

/** On a phone, the rooms or the room: one of them. */
function show(view) {
  $("page").dataset.view = view;
  if (view === "room" && (window.top === window || document.hasFocus())) $("text").focus();
}

$("back").addEventListener("click", () => {
  show("rooms");
  list.focus(rooms.current);
});

// --- the room that is open ---------------------------------------------------------------

rooms.addEventListener("opened", ({ detail: { room, owner, older, back } }) => {
  if (back) return;
  drafts.set($("room-name").textContent, $("text").value);
  lines.clear();
  $("older").hidden = !older;
  $("room-name").textContent = room;
  $("close").hidden = owner !== rooms.name;
  $("text-label").textContent = `Message to ${room}`;
  $("text").value = drafts.get(room) ?? "";
  if ($("new-room").value.trim().toLowerCase() === room.toLowerCase()) $("new-room").value = "";
  say("say-error", "");
  for (const id of ["inside", "people"]) $(id).hidden = false;
  $("nowhere").hidden = true;
  showPeople(false);
  show("room");
  grow();
});

rooms.addEventListener("shown", () => {
  for (const message of rooms.outbox.waiting) if (message.room === rooms.current) lines.addWaiting(message, rooms.name);
  lines.toEnd();
});

rooms.addEventListener("message", ({ detail: { message, fresh } }) => {
  lines.add(message, rooms.name, fresh);
  if (fresh && message.from !== rooms.name) tell(`${message.from}: ${message.text}`);
});

rooms.addEventListener("history", ({ detail: { messages, older } }) => {
  if (!older && document.activeElement === $("older")) $("lines").focus();
  $("older").hidden = !older;
  lines.addOlder(messages, rooms.name);
});

rooms.addEventListener("failed", ({ detail: { room, id, text, error } }) => {
  if (room !== rooms.current) return;
  say("say-error", error);
  if ($("text").value) {
    lines.refuse(id); // it stays where it is, beside what one writes now
    return;
  }
  lines.remove(id);
  $("text").value = text; // it is kept, to be mended
  grow();
});

rooms.addEventListener("note", ({ detail: { words } }) => {
  lines.note(words);
  tell(words);
});

rooms.addEventListener("people", ({ detail: members }) => {
  const online = members.filter((member) => member.online).length;
  $("who").textContent = `${online} of ${members.length} online`;
  $("names").replaceChildren(...members.map(memberItem));
});

rooms.addEventListener("typing", ({ detail: names }) => {
  const [first, second] = names;
  $("typing").textContent = ["", `${first} is typing …`, `${first} and ${second} are typing …`][names.length] ?? `${names.length} people are typing …`;
});

rooms.addEventListener("shut", ({ detail: { room, why } }) => {
  showNowhere();
  $("nowhere").textContent = why === "closed" ? `${room} is closed. Choose another room, or make one.` : `You have left ${room}. Choose a room, or make one.`;
  tell($("nowhere").textContent);
  if (window.top === window || document.hasFocus()) list.focus();
});

function showNowhere() {
  drafts.delete($("room-name").textContent);
  $("room-name").textContent = "";
  $("text").value = "";
  lines.clear();
  $("names").replaceChildren();
  for (const id of ["inside", "people"]) $(id).hidden = true;
  $("nowhere").hidden = false;
  $("nowhere").textContent = "Choose a room, or make one.";
  if ($("closing").open) $("closing").close();
  show("rooms");
}

function memberItem({ name, online }) {
  const item = part("li", "member", name === rooms.name ? `${name} (you)` : name);
  item.dataset.online = online ? "yes" : "no";
  if (name === rooms.owner) item.append(part("span", "owner", "owner"));
  item.append(part("span", "visually-hidden", online ? ", online" : ", away"));
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

// --- what one says -----------------------------------------------------------------------

$("say").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (!text.trim() || !rooms.current) return;
  const length = [...text].length;
  const fault = length > LONGEST ? `expected at most ${LONGEST.toLocaleString("en")} characters of text, got ${length.toLocaleString("en")}` : "";
  say("say-error", fault);
  if (fault) return;
  lines.addWaiting(rooms.say(text), rooms.name);
  $("text").value = "";
  grow();
});

$("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    $("say").requestSubmit();
  }
});

$("text").addEventListener("input", () => {
  rooms.type($("text").value !== "");
  grow();
});

$("older").addEventListener("click", () => rooms.history(lines.oldest));
$("unread").addEventListener("click", () => {
  lines.toEnd();
  $("text").focus();
});

// --- what opens and closes ---------------------------------------------------------------

$("who").addEventListener("click", () => showPeople($("people").dataset.open === undefined));

addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  if ($("account").open) $("me").focus();
  else if ($("people").dataset.open !== undefined) $("who").focus();
  $("account").open = false;
  showPeople(false);
});

$("account").addEventListener("focusout", ({ relatedTarget }) => {
  if (relatedTarget && !$("account").contains(relatedTarget)) $("account").open = false;
});

addEventListener("pointerdown", ({ target }) => {
  if (!$("account").contains(target)) $("account").open = false;
});

function showPeople(open) {
  if (open) $("people").dataset.open = "";
  else delete $("people").dataset.open;
  $("who").setAttribute("aria-expanded", String(open));
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

function grow() {
  $("text").style.height = "auto";
  $("text").style.height = `${Math.min($("text").scrollHeight + 2, TALLEST_PX)}px`;
}

if (!movesToSite()) begin();

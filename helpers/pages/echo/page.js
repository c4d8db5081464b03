// The page of echo and handmade: what you send and what comes back, as arrows between you and them.

import { Connection } from "../shared/connection.js";
import { $, announce, createElement, showStatus } from "../shared/dom.js";

const KEPT = 200; // messages on the page; the oldest are removed
const SHOWN_BYTES = 32;
const NEAR_END_PX = 24;
const YOURS = "your server"; // a learner's: it answers each message, and may answer in other words
const connection = new Connection("ws", { silent: true }); // what goes over the wire is yours alone
const waiting = []; // what was sent and has not come back yet: { text, at }
let shown = "closed"; // the status that the button was made for

connection.addEventListener("status", ({ detail: { status, words } }) => {
  showStatus(status);
  announce(words);
  showToggle(status);
  if (status !== "connecting" && !(status === "open" && $("empty"))) addEvent(words, status);
  if (status !== "open") waiting.length = 0;
});

connection.addEventListener("message", ({ detail }) => {
  const now = performance.now();
  const text = typeof detail === "string" ? detail : describeBytes(new Uint8Array(detail));
  const same = waiting.length > 0 && waiting[0].text === text;
  const mine = same || (waiting.length > 0 && $("server").textContent === YOURS);
  const took = mine ? now - waiting.shift().at : 0;
  const about = mine ? `${same ? "back" : "answered"} after ${took.toFixed(1)} ms` : "not yours";
  addMessage("server→client", text, about, mine ? "you" : "others");
});

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (!connection.send(text)) {
    const words = "not sent: there is no connection, so your text is kept";
    announce(words);
    addEvent(words);
    return;
  }
  connection.expectAnswer();
  waiting.push({ text, at: performance.now() });
  addMessage("client→server", text, describeSize(text), "you");
  scrollToEnd();
  $("text").value = "";
});

$("toggle").addEventListener("click", () => {
  if ($("toggle").textContent === "Disconnect") connection.close(); // it does what it says
  else connection.connect();
});

/** Show what the button does. While the page retries by itself it stays "Connect": somebody who is
 * about to press it would disconnect otherwise. */
function showToggle(status) {
  if (status === "connecting" && shown === "waiting") return;
  shown = status;
  $("toggle").textContent = status === "open" || status === "connecting" ? "Disconnect" : "Connect";
}

function addMessage(direction, text, about, from) {
  const follow = isAtEnd();
  const item = addItem("message");
  item.dataset.direction = direction;
  item.dataset.from = from;
  item.append(createElement("span", "text", text || "(empty)"), createElement("span", "about", `${direction} · ${about}`));
  if (follow) scrollToEnd();
}

/** Say on a line what happened. Failed attempts in a row share a line: they would push messages out. */
function addEvent(words, status = "") {
  const follow = isAtEnd();
  const last = $("messages").lastElementChild;
  const isFailed = (text) => text.startsWith("no connection"); // how the last one ended stays readable
  const again = status === "waiting" && last?.dataset.status === status && isFailed(words) && isFailed(last.textContent);
  const item = again ? last : addItem("message event");
  item.dataset.status = status;
  item.textContent = words;
  if (follow) scrollToEnd();
}

function addItem(className) {
  const item = createElement("li", className);
  $("empty")?.remove();
  $("messages").append(item);
  while ($("messages").children.length > KEPT) $("messages").firstElementChild.remove();
  return item;
}

/** Whether the reader is at the end: somebody who is looking at something above is left there. */
function isAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = $("messages");
  return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
}

function scrollToEnd() {
  $("messages").scrollTop = $("messages").scrollHeight;
}

function describeBytes(bytes) {
  const hex = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, "0"));
  const more = bytes.length > SHOWN_BYTES ? " …" : "";
  return `binary, ${countBytes(bytes)}: ${hex.join(" ")}${more}`;
}

function describeSize(text) {
  return countBytes(new TextEncoder().encode(text));
}

function countBytes({ length }) {
  return `${length} ${length === 1 ? "byte" : "bytes"}`;
}

async function showServerName() {
  const answer = await fetch("healthz");
  const { server } = await answer.json();
  document.title = server;
  $("server").textContent = server;
  $("end").textContent = server;
}

$("address").textContent = connection.url;
showServerName().catch(() => {}); // the page works without the name as well
connection.connect();

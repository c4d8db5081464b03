// The page of echo and handmade: what you send and what comes, as arrows between you and them.

import { Connection } from "./connection.js";
import { announce, part, showStatus } from "./parts.js";

const KEPT = 200; // the oldest messages make room for new ones
const SHOWN_BYTES = 32;
const NEAR_END_PX = 24;
const $ = (id) => document.getElementById(id);
const connection = new Connection("ws");
let shown = "closed"; // the status that the button was made for
const waiting = []; // what we sent and what has not come back yet: { text, at }

connection.addEventListener("status", ({ detail: { status, words } }) => {
  showStatus($("pill"), status);
  $("news").textContent = words;
  showToggle(status);
  if (status !== "connecting" && !(status === "open" && $("empty"))) addEvent(words, status);
  if (status !== "open") waiting.length = 0;
});

connection.addEventListener("message", ({ detail }) => {
  const now = performance.now();
  const text = typeof detail === "string" ? detail : bytesInWords(new Uint8Array(detail));
  const mine = waiting.length > 0 && waiting[0].text === text;
  const took = mine ? now - waiting.shift().at : 0;
  const about = mine ? `back after ${took.toFixed(1)} ms` : "not yours";
  addMessage("server→client", text, about, mine ? "you" : "others");
});

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  const text = $("text").value;
  if (!connection.send(text)) {
    announce($("news"), "not sent: there is no connection; your text is kept");
    addEvent("not sent: there is no connection; your text is kept");
    return;
  }
  waiting.push({ text, at: performance.now() });
  addMessage("client→server", text, sizeInWords(text), "you");
  scrollDown();
  $("text").value = "";
});

$("toggle").addEventListener("click", () => {
  if ($("toggle").textContent === "Disconnect") connection.close(); // it does what it says
  else connection.connect();
});

/** A try of the page's own leaves "Connect": whoever is about to press it would disconnect. */
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
  item.append(part("span", "text", text || "(empty)"), part("span", "about", `${direction} · ${about}`));
  if (follow) scrollDown();
}

/** What happened, in a line. One try after the other is one line: they would push messages out. */
function addEvent(words, status = "") {
  const follow = isAtEnd();
  const last = $("messages").lastElementChild;
  const vain = (text) => text.startsWith("no connection"); // how the last one ended stays to be read
  const again = status === "waiting" && last?.dataset.status === status && vain(words) && vain(last.textContent);
  const item = again ? last : addItem("message event");
  item.dataset.status = status;
  item.textContent = words;
  if (follow) scrollDown();
}

function addItem(name) {
  const item = part("li", name, "");
  $("empty")?.remove();
  $("messages").append(item);
  while ($("messages").children.length > KEPT) $("messages").firstElementChild.remove();
  return item;
}

/** Whoever looks at something above is left there. */
function isAtEnd() {
  const { scrollHeight, scrollTop, clientHeight } = $("messages");
  return scrollHeight - scrollTop - clientHeight < NEAR_END_PX;
}

function scrollDown() {
  $("messages").scrollTop = $("messages").scrollHeight;
}

function bytesInWords(bytes) {
  const shown = Array.from(bytes.subarray(0, SHOWN_BYTES), (byte) => byte.toString(16).padStart(2, "0"));
  const more = bytes.length > SHOWN_BYTES ? " …" : "";
  return `binary, ${bytes.length} ${bytes.length === 1 ? "byte" : "bytes"}: ${shown.join(" ")}${more}`;
}

function sizeInWords(text) {
  const size = new TextEncoder().encode(text).length;
  return `${size} ${size === 1 ? "byte" : "bytes"}`;
}

async function nameTheServer() {
  const answer = await fetch("healthz");
  const { server } = await answer.json();
  document.title = server;
  $("server").textContent = server;
  $("end").textContent = server;
}

$("address").textContent = connection.url;
nameTheServer().catch(() => {}); // without its name the page works as well
connection.connect();

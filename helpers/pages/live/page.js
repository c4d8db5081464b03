// The page of wire.live(): what goes over the wire, as arrows between client and server.

import { Connection } from "../shared/connection.js";
import { $, announce, createElement, showStatus } from "../shared/dom.js";

const KEPT = 1_000; // entries on the page; the oldest are removed
const NEAR_END_PX = 24;
const list = $("entries");
const empty = $("empty");
const connection = new Connection("ws");
const plain = new Set(); // the numbers of connections that only fetch the page and its files
const spoken = new Set(); // the numbers of those that carry a WebSocket, or Engine.IO
let held = []; // entries that are not drawn yet: until the next animation frame, or while paused
let drawing = false; // whether the next animation frame draws
let paused = false;
let skipped = 0; // entries that were never drawn, because too many arrived before the next frame
let unseen = 0; // entries that were added below while the reader looks at something above

connection.addEventListener("status", ({ detail: { status, words } }) => {
  showStatus(status, { open: "live" });
  announce(words);
});

connection.addEventListener("message", ({ detail }) => {
  const message = JSON.parse(detail);
  if (message.start !== undefined) start(message.start);
  else hold(message.entries);
});

$("retry").addEventListener("click", () => connection.connect());
$("connection").addEventListener("change", filter);
$("pings").addEventListener("change", filter);
$("files").addEventListener("change", filter);
$("controls").addEventListener("submit", (event) => event.preventDefault());
$("clear").addEventListener("click", clear);
$("newest").addEventListener("click", scrollToEnd);
list.addEventListener("scroll", () => {
  if (isAtEnd()) showUnseen(0);
});
list.addEventListener("keydown", moveFocus);

$("pause").addEventListener("click", () => {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", String(paused));
  hold([]);
});

/** Start with an empty list. The history follows: after each connection, and when it was cleared. */
function start(name) {
  document.title = `${name} on the wire`;
  $("name").textContent = `${name} on the wire`;
  for (const option of [...$("connection").options].slice(1)) option.remove();
  plain.clear();
  spoken.clear();
  clear();
}

function clear() {
  held = [];
  skipped = 0;
  list.replaceChildren(empty);
  showUnseen(0);
  showPause();
}

/** Keep entries until they are drawn: once in each animation frame, however many arrive at once. */
function hold(entries) {
  held.push(...entries);
  held.splice(0, held.length - KEPT).forEach(skip);
  showPause();
  if (!paused && !drawing) requestAnimationFrame(draw);
  drawing ||= !paused;
}

/** Count an entry that is never drawn, as if it had been. */
function skip(entry) {
  sortConnection(entry);
  addConnection(entry.connection);
  if (!isFiltered(describe(entry))) skipped += 1;
}

function showPause() {
  $("pause").textContent = paused ? `Resume${held.length ? ` (${held.length} new)` : ""}` : "Pause";
}

function draw() {
  drawing = false;
  if (paused || !held.length) return;
  const entries = held;
  held = [];
  const follow = isAtEnd();
  const rows = document.createDocumentFragment();
  const known = plain.size;
  for (const entry of entries) sortConnection(entry);
  for (const entry of entries) rows.append(createRow(entry));
  const first = rows.firstElementChild;
  const before = countOf(list.lastElementChild) + skipped;
  skipped = 0;
  list.append(rows);
  if (plain.size === known) countFrom(first, before);
  else filter();
  showEmpty();
  while (list.children.length > KEPT) list.firstElementChild.remove();
  if (follow) scrollToEnd();
  else showUnseen(unseen + entries.length);
}

/** Number the entries that are shown, from one on: what is filtered out leaves no gap. */
function countFrom(item, before) {
  let count = before;
  for (let each = item; each; each = each.nextElementSibling) {
    if (each === empty) continue;
    if (!each.hidden) count += 1;
    each.dataset.count = count;
    const number = each.querySelector(".number");
    if (number) number.textContent = count;
  }
}

/** The number of an entry, or of the last one above it that is shown. */
const countOf = (item) => Number(item?.dataset.count ?? 0);

/** Sort out what a connection is for: page files, until it asks for a WebSocket or polls for Engine.IO. */
function sortConnection({ kind, connection: id, session, fields }) {
  if (kind !== "request") return;
  const number = String(id);
  const upgrades = fields.some(([name]) => name.toLowerCase() === "upgrade");
  if (upgrades || session !== null) spoken.add(number);
  if (spoken.has(number)) plain.delete(number);
  else plain.add(number);
}

function createRow(entry) {
  const item = createElement("li", "message");
  item.classList.toggle("event", entry.kind === "mark");
  item.dataset.kind = entry.kind;
  Object.assign(item.dataset, describe(entry));
  if (entry.direction) item.dataset.direction = entry.direction;
  item.hidden = isFiltered(item.dataset);
  addConnection(entry.connection);
  const session = entry.session ? `session ${entry.session} · ` : "";
  const whose = session + (entry.connection ? `connection ${entry.connection}` : "all connections");
  if (entry.kind === "mark") item.append(createNumbered("", `${entry.text} · ${whose}`));
  else item.append(createDetails(entry, whose));
  return item;
}

/** What decides whether an entry is filtered out. */
function describe({ connection: number, opcode, packets }) {
  const ping = ["ping", "pong"].includes(opcode) || isHeartbeat(packets);
  return { connection: String(number ?? ""), ping: String(ping) };
}

/** Create a line that begins with the number of its entry. */
function createNumbered(className, text) {
  const element = createElement("span", className, "");
  element.append(createElement("span", "number", ""), ` · ${text}`);
  return element;
}

/** Whether all packets are Engine.IO's own pings: messages to a WebSocket, bodies to HTTP. */
function isHeartbeat(packets) {
  return packets.length > 0 && packets.every((packet) => /^Engine\.IO p[io]ng$/.test(packet));
}

/** Create a line that opens: its bytes are only drawn when somebody wants to see them. */
function createDetails(entry, whose) {
  const element = createElement("details", "");
  const summary = createElement("summary", "");
  summary.append(createNumbered("about", `${whose} · ${entry.direction}`), createLine(entry.text));
  element.append(summary);
  for (const packet of entry.packets) summary.append(createElement("span", "packet", packet));
  if (entry.more_packets) summary.append(createElement("span", "packet", `… ${entry.more_packets} more packets`));
  if (entry.note) summary.append(createElement("span", "error", entry.note));
  element.addEventListener("toggle", () => {
    if (element.open && element.children.length === 1) element.append(...createContents(entry));
    if (element.open) element.parentElement.scrollIntoView({ block: "nearest" });
  });
  return element;
}

/** Create a line whose message keeps its own direction: right-to-left letters do not move what follows. */
function createLine(text) {
  const element = createElement("span", "text");
  const [, before, message, , after] = /^([^"']*)((["']).*\3…?)(.*)$/s.exec(text) ?? [null, text, "", "", ""];
  element.append(before, createElement("bdi", "", message), after);
  return element;
}

function createContents(entry) {
  const parts = [];
  if (entry.message && !entry.text.includes(entry.message)) {
    parts.push(createElement("p", "text", entry.message));
  }
  if (entry.fields.length) parts.push(createTable(entry.fields));
  parts.push(createElement("pre", "bytes", dump(entry)));
  return parts;
}

function createTable(fields) {
  const element = createElement("table", "fields");
  for (const [name, value] of fields) {
    const row = element.insertRow();
    row.append(createElement("th", "", name), createElement("td", "", value));
    row.firstChild.scope = "row";
  }
  return element;
}

/** Dump bytes as people read them: where they are, in hex, and as characters. */
function dump({ hex, size }) {
  const bytes = hex.match(/../g) ?? [];
  const width = Math.min(list.clientWidth < 640 ? 8 : 16, bytes.length);
  const lines = [];
  for (let at = 0; at < bytes.length; at += width) {
    const some = bytes.slice(at, at + width);
    const where = at.toString(16).padStart(4, "0");
    const characters = some.map(toCharacter).join("");
    lines.push(`${where}  ${some.join(" ").padEnd(3 * width - 1)}  ${characters}`);
  }
  if (size > bytes.length) lines.push(`… and ${(size - bytes.length).toLocaleString("en")} more bytes`);
  return lines.join("\n");
}

function toCharacter(hex) {
  const code = Number.parseInt(hex, 16);
  return code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : "·";
}

function addConnection(number) {
  const options = [...$("connection").options];
  if (number === null || options.some(({ value }) => value === String(number))) return;
  $("connection").append(new Option(`connection ${number}`, number));
}

function isFiltered({ connection: number, ping }) {
  const wanted = $("connection").value;
  const elsewhere = wanted ? number && number !== wanted : plain.has(number) && !$("files").checked;
  return elsewhere || (ping === "true" && !$("pings").checked);
}

function filter() {
  const follow = isAtEnd();
  for (const item of list.children) {
    if (item !== empty) item.hidden = isFiltered(item.dataset);
  }
  countFrom(list.firstElementChild, 0);
  showEmpty();
  if (follow) scrollToEnd();
}

function showEmpty() {
  const seen = [...list.children].some((item) => item !== empty && !item.hidden);
  if (seen) empty.remove();
  else list.prepend(empty);
}

function isAtEnd() {
  return list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_END_PX;
}

function scrollToEnd() {
  list.scrollTop = list.scrollHeight;
  showUnseen(0);
}

function showUnseen(count) {
  unseen = count;
  $("newest").hidden = !count;
  $("newest").textContent = `Newest (${count})`;
}

/** Move the focus from line to line with the arrow keys. */
function moveFocus(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || !event.target.closest("summary")) return;
  const lines = [...list.querySelectorAll("li:not([hidden]) summary")];
  const next = lines[lines.indexOf(event.target) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

connection.connect();

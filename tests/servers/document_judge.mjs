// Another implementation as a judge: Yjs itself writes into the shared document.
//
//   node document_judge.mjs ws://127.0.0.1:49152/ws Judge 40 120
//
// It writes 40 pieces at any place, loses its connection now and then, waits until the text has
// 120 characters and all of its own is saved, and prints the text as JSON.

import { createRequire } from "node:module";

const require = createRequire(new URL("../../helpers/pages/package.json", import.meta.url));
const Y = require("yjs");
const sync = require("y-protocols/sync");
const encoding = require("lib0/encoding");
const decoding = require("lib0/decoding");

const [url, name, pieces, total] = process.argv.slice(2);
const doc = new Y.Doc();
const text = doc.getText("text");
let socket, token, sent, saved;
let written = 0;

function send(write) {
  const encoder = encoding.createEncoder();
  encoding.writeVarUint(encoder, 0);
  write(encoder);
  socket.send(encoding.toUint8Array(encoder));
}

function connect() {
  sent = saved = 0;
  const mine = (socket = new WebSocket(url));
  mine.binaryType = "arraybuffer";
  mine.onopen = () => mine.send(JSON.stringify({ type: "login", name, ...(token && { token }) }));
  mine.onclose = () => mine === socket && connect();
  mine.onerror = () => {};
  mine.onmessage = ({ data }) => {
    if (mine !== socket) return;
    if (typeof data === "string") receive(JSON.parse(data));
    else merge(new Uint8Array(data));
    finish();
  };
}

function receive(message) {
  if (message.code === "not_saved") {
    // Back again, it may have written on before its answer to the server's first step was sent.
    send((encoder) => sync.writeUpdate(encoder, Y.encodeStateAsUpdate(doc))); // in place of the refused one
    return;
  }
  if (message.type === "error") throw new Error(`${message.code}: ${message.text}`);
  if (message.type === "saved") saved = message.count;
  if (message.type !== "welcome") return;
  token = message.token;
  send((encoder) => sync.writeSyncStep1(encoder, doc));
  setTimeout(write);
}

function merge(message) {
  const decoder = decoding.createDecoder(message);
  if (decoding.readVarUint(decoder) !== 0) throw new Error("not a sync message");
  const answer = encoding.createEncoder();
  encoding.writeVarUint(answer, 0);
  sync.readSyncMessage(decoder, answer, doc, "server");
  if (encoding.length(answer) < 2) return;
  socket.send(encoding.toUint8Array(answer));
  sent += 1;
}

doc.on("update", (update, origin) => {
  if (origin === "server" || socket.readyState !== WebSocket.OPEN) return;
  send((encoder) => sync.writeUpdate(encoder, update));
  sent += 1;
});

function write() {
  if (written >= Number(pieces)) return;
  const here = [...text.toString()];
  const place = Math.floor(Math.random() * (here.length + 1));
  text.insert(here.slice(0, place).join("").length, ["a", "ü", "世", "😀"][written % 4]);
  written += 1;
  if (written % 15 === 0) socket.close(3000); // and writes on without a connection
  if (written % 15 !== 3 || socket.readyState === WebSocket.OPEN) setTimeout(write);
}

function finish() {
  const whole = text.toString();
  if (written < Number(pieces) || [...whole].length < Number(total) || saved < sent) return;
  console.log(JSON.stringify(whole));
  process.exit();
}

connect();

// The official client of Socket.IO under Node, driven through standard input and output.
//
//   node socketio_client.mjs http://127.0.0.1:49152/ '{"transports": ["websocket"]}'
//
// Each line in is JSON: ["emit", event, argument, number] asks for an acknowledgement,
// ["send", event, argument] does not, ["disconnect"] ends. Each line out is JSON:
// ["opened", transport], ["connected"], ["upgraded", transport], ["refused", message, data],
// ["event", name, ...arguments], ["ack", number, answer], ["disconnected", reason]. The event
// "asked" is acknowledged with a text.

import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../helpers/pages/package.json", import.meta.url));
const { io } = require("socket.io-client");

const [url, options = "{}"] = process.argv.slice(2);
const say = (...words) => console.log(JSON.stringify(words));
const socket = io(url, JSON.parse(options));

socket.io.on("open", () => {
  const { engine } = socket.io;
  say("opened", engine.transport.name);
  engine.once("upgrade", () => say("upgraded", engine.transport.name));
});
socket.on("connect", () => say("connected"));
socket.on("connect_error", (error) => say("refused", error.message, error.data ?? null));
socket.on("disconnect", (reason) => say("disconnected", reason));
socket.on("asked", (value, answer) => answer?.(`answer to ${value}`));
socket.onAny((name, ...values) => say("event", name, ...values));

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const [what, event, argument, number] = JSON.parse(line);
  if (what === "disconnect") socket.disconnect();
  else if (what === "send") socket.emit(event, argument);
  else socket.emit(event, argument, (answer) => say("ack", number, answer));
});
lines.on("close", () => process.exit());

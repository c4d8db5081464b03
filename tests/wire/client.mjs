// Sends one event with bytes by the official client, and says what was acknowledged over what.
//   node client.mjs file:///…/node_modules http://127.0.0.1:PORT/ polling websocket

import { createRequire } from "node:module";

const [modules, address, ...transports] = process.argv.slice(2);
const { io } = createRequire(`${modules}/`)("socket.io-client");
const socket = io(address, { transports, reconnection: false });
const heard = new Promise((done) => socket.once("chat", done));

socket.on("connect_error", (error) => {
  console.error("connect_error", error.message);
  process.exit(1);
});
socket.on("connect", async () => {
  const { engine } = socket.io;
  const wanted = transports.at(-1);
  if (engine.transport.name !== wanted) await new Promise((done) => engine.once("upgrade", done));
  const answer = await socket.timeout(15_000).emitWithAck("chat", "hé", Buffer.from("GIF8"));
  await heard;
  console.log(answer, engine.transport.name);
  engine.once("close", () => process.exit(0));
  socket.disconnect();
});

// A chat on `websocket`, as its documentation broadcasts.

import { createServer } from "node:http";
import websocket from "websocket";
import { left, message, quiet, ready, welcome } from "./room.mjs";

const server = createServer();
const sockets = new websocket.server({ httpServer: server, autoAcceptConnections: true, keepalive: false });

function tell(about, but) {
  const data = JSON.stringify(about);
  for (const client of sockets.connections) if (client !== but) client.sendUTF(data);
}

sockets.on("connect", (socket) => {
  let name;
  socket.on("message", ({ utf8Data }) => {
    const asked = JSON.parse(utf8Data);
    if (asked.type === "join") {
      name = asked.name;
      socket.sendUTF(JSON.stringify({ type: "welcome", ...welcome(name) }));
      if (!quiet) tell({ type: "joined", name }, socket);
    } else if (asked.type === "say") {
      const said = { type: "message", ...message(name, asked) };
      socket.sendUTF(JSON.stringify({ type: "ack", id: said.id, seq: said.seq, at: said.at }));
      tell(said);
    }
  });
  socket.on("close", () => left(name));
});
ready(server);

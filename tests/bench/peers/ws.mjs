// A chat on `ws`, as its documentation broadcasts: send to each client that is open.

import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { left, message, quiet, ready, welcome } from "./room.mjs";

const server = createServer();
const sockets = new WebSocketServer({ server });

function tell(about, but) {
  const data = JSON.stringify(about);
  for (const client of sockets.clients) {
    if (client !== but && client.readyState === 1) client.send(data);
  }
}

sockets.on("connection", (socket) => {
  let name;
  socket.on("message", (data) => {
    const asked = JSON.parse(data);
    if (asked.type === "join") {
      name = asked.name;
      socket.send(JSON.stringify({ type: "welcome", ...welcome(name) }));
      if (!quiet) tell({ type: "joined", name }, socket);
    } else if (asked.type === "say") {
      const said = { type: "message", ...message(name, asked) };
      socket.send(JSON.stringify({ type: "ack", id: said.id, seq: said.seq, at: said.at }));
      tell(said);
    }
  });
  socket.on("close", () => left(name));
});
ready(server);

// A chat on `socket.io`, as its tutorial broadcasts, with acknowledgements.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { left, message, quiet, ready, welcome } from "./room.mjs";

const server = createServer();
const io = new Server(server);

io.on("connection", (socket) => {
  const { name } = socket.handshake.auth;
  socket.emit("welcome", welcome(name));
  if (!quiet) socket.broadcast.emit("joined", { name });
  socket.on("say", (asked, acknowledge) => {
    const said = message(name, asked);
    socket.broadcast.emit("message", said);
    acknowledge({ ok: true, seq: said.seq, at: said.at });
  });
  socket.on("disconnect", () => left(name));
});
ready(server);

// A poll on `socket.io` as the tutorials make it: a broadcast of the totals after each vote.

import { createServer } from "node:http";
import { Server } from "socket.io";
import { ready } from "./room.mjs";

const server = createServer();
const io = new Server(server);
const votes = new Map();
const totals = [0, 0, 0];
let version = 0;

io.on("connection", (socket) => {
  const { voter } = socket.handshake.auth;
  socket.emit("voter", { token: voter });
  socket.on("create", (asked, acknowledge) => acknowledge({ ok: true, code: "BENCH2" }));
  socket.on("open", ({ code }, acknowledge) => {
    socket.join(code);
    acknowledge({ ok: true, poll: { code, version, open: true, totals, voters: votes.size } });
  });
  socket.on("cast", ({ code, option, turn }, acknowledge) => {
    if (votes.has(voter)) totals[votes.get(voter)] -= 1;
    votes.set(voter, option);
    totals[option] += 1;
    version += 1;
    io.to(code).emit("totals", { code, version, open: true, totals, voters: votes.size });
    acknowledge({ ok: true, mine: option, turn });
  });
});
ready(server);

// How pages connect by Socket.IO: with the official client, which their own server serves from disk.
//
// `?transport=polling` or `websocket` in the page's address allows that transport alone; by default
// the client begins with polling and continues with WebSocket.

import { io } from "../node_modules/socket.io-client/dist/socket.io.esm.min.js";

const ACK_MS = 5_000; // without an acknowledgement by then, an event counts as lost
const requestedTransport = new URLSearchParams(location.search).get("transport");

// What a server refuses with one of these codes may be accepted later.
export const PASSING_ERRORS = ["too_fast", "not_saved", "error"];

const resting = new WeakSet(); // sockets that try again when their page is shown

/** Make a socket that reconnects by itself; `connect()` opens it, and `end()` closes it for good.
 *
 * The client's own pings notice a network that has vanished: the server sends one every few seconds.
 * A page that is hidden does not try. It does at once when it is shown, or the network is back. */
export function makeSocket(options = {}) {
  const socket = io({
    path: new URL("socket.io/", document.baseURI).pathname, // right behind a proxy as well
    autoConnect: false,
    reconnectionDelay: 500, // doubled each time, and never the same for everybody
    reconnectionDelayMax: 30_000,
    timeout: 10_000, // that an attempt has
    ...(requestedTransport && { transports: [requestedTransport] }),
    ...options,
  });
  const rest = () => {
    if (!document.hidden || !socket.active || socket.connected) return;
    end(socket);
    resting.add(socket);
  };
  const wake = () => {
    if (document.hidden || socket.connected) return;
    if (socket.active || resting.has(socket)) tryNow(socket);
  };
  for (const event of ["disconnect", "connect_error"]) {
    socket.on(event, () => queueMicrotask(rest)); // the page's own listeners come first
  }
  document.addEventListener("visibilitychange", () => (document.hidden ? rest() : wake()));
  addEventListener("online", wake);
  return socket;
}

/** Connect, or try again at once instead of later; what is under way already goes on. */
export function tryNow(socket) {
  if (socket.active && ["opening", "open"].includes(socket.io.engine?.readyState)) return;
  end(socket); // else a client that waits goes on waiting
  socket.io.emit("reconnect_attempt"); // as it says itself when its time has come
  socket.connect();
}

/** Close a socket for good: until somebody connects it. */
export function end(socket) {
  resting.delete(socket);
  socket.disconnect();
}

/** Say how a connection has ended, and whether the client tries again: not if the server ended it. */
export function describeEnd(socket, reason) {
  return socket.active ? `${reason}; trying again` : reason;
}

/** Emit an event and wait for its acknowledgement; null if there is none. */
export async function request(socket, event, fields = {}) {
  try {
    return await socket.timeout(ACK_MS).emitWithAck(event, fields);
  } catch {
    return null;
  }
}

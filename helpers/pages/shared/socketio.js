// How pages connect by Socket.IO: with the official client, which their own server serves from disk.
//
// `?transport=polling` or `websocket` in the page's address allows that transport alone; by default
// the client begins with polling and continues with WebSocket.

import { io } from "../node_modules/socket.io-client/dist/socket.io.esm.min.js";

const ACK_MS = 5_000; // without an acknowledgement by then, an event counts as lost
const requestedTransport = new URLSearchParams(location.search).get("transport");

// What a server refuses with one of these codes may be accepted later.
export const PASSING_ERRORS = ["too_fast", "not_saved", "error"];

/** Make a socket that reconnects by itself; `connect()` opens it. */
export function makeSocket(options = {}) {
  const socket = io({
    path: new URL("socket.io/", document.baseURI).pathname, // right behind a proxy as well
    autoConnect: false,
    reconnectionDelay: 500, // doubled each time, and never the same for everybody
    reconnectionDelayMax: 5_000,
    ...(requestedTransport && { transports: [requestedTransport] }),
    ...options,
  });
  addEventListener("online", () => {
    if (socket.active && !socket.connected) socket.connect();
  });
  return socket;
}

/** Emit an event and wait for its acknowledgement; null if there is none. */
export async function request(socket, event, fields = {}) {
  try {
    return await socket.timeout(ACK_MS).emitWithAck(event, fields);
  } catch {
    return null;
  }
}

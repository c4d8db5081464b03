// How the pages on Socket.IO connect: with the official client, from disk, beside their own page.
//
// `?transport=polling` or `websocket` in the page's address allows that transport alone; by default
// the client begins with polling and goes on by WebSocket.

import { io } from "./node_modules/socket.io-client/dist/socket.io.esm.min.js";

const ACK_MS = 5_000; // without an acknowledgement by then, an event counts as lost
const asked = new URLSearchParams(location.search).get("transport");

/** A socket that comes back by itself; `connect()` opens it. */
export function makeSocket(options = {}) {
  return io({
    path: new URL("socket.io/", document.baseURI).pathname, // it holds behind a proxy, too
    autoConnect: false,
    reconnectionDelay: 500, // doubled each time, and never the same for all
    reconnectionDelayMax: 5_000,
    ...(asked && { transports: [asked] }),
    ...options,
  });
}

/** Emit an event, and wait for its acknowledgement; null if none comes. */
export async function ask(socket, event, fields = {}) {
  try {
    return await socket.timeout(ACK_MS).emitWithAck(event, fields);
  } catch {
    return null;
  }
}

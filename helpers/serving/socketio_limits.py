"""How fast a Socket.IO client may send, and what happens to one that sends too much, or nonsense.

1. Each event takes one token from its client's bucket; an event without a token is refused with
   `too_fast`.
2. A CONNECT packet takes a token from a bucket of its own, because others hear of who joins. Any
   other packet that a client has no reason to send is malformed.
3. After too many refusals and malformed packets, more or less in a row, the client is dropped.
4. A dropped client receives Engine.IO's close packet, then its connection closes.
"""

import logging
import weakref
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import socketio

from helpers.serving import schema
from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Refusal

log = logging.getLogger("socketio_limits")

CONNECT_BURST = 10  # CONNECT packets of one session at once
CONNECTS_PER_S = 0.5

Handle = Callable[[str, tuple[Any, ...]], Awaitable[Mapping[str, Any]]]


class Limits:
    """How fast the clients of a server may send, and how fast each of them has sent.

    Args:
        sio: the server.
        burst: how many events a client may send at once.
        per_second: how many more events a client may send each second.
    """

    def __init__(self, sio: socketio.AsyncServer, burst: float, per_second: float) -> None:
        self._sio = sio
        self._rate = burst, per_second
        self._buckets = weakref.WeakKeyDictionary[Any, Bucket]()
        self._connects = weakref.WeakKeyDictionary[Any, Bucket]()

    def may_connect(self, client: Any) -> None:
        """Count a CONNECT packet.

        Args:
            client: the Engine.IO socket that sent it.

        Raises:
            Refusal: too_fast.
        """
        self._connects.setdefault(client, Bucket(CONNECT_BURST, CONNECTS_PER_S)).take()

    def _bucket(self, client: Any) -> Bucket:
        if client not in self._buckets:
            self._buckets[client] = Bucket(*self._rate)
        return self._buckets[client]

    async def acknowledge(
        self, sid: str, event: str, handle: Handle, arguments: tuple[Any, ...]
    ) -> Mapping[str, Any]:
        """Handle an event, unless its client sends too many, and return the acknowledgement.

        Args:
            sid: the client's.
            event: its name, for the log.
            handle: called with the sid and the arguments.
            arguments: what the client sent with the event.
        """
        client = self._sio.eio.sockets.get(self._sio.manager.eio_sid_from_sid(sid, "/"))
        try:
            if client is not None:
                self._bucket(client).take()
            return await handle(sid, arguments)
        except Refusal as error:
            if client is not None and self._bucket(client).exhausted:
                await self.drop(client, "sent too many events at once")
            return {"ok": False, "code": error.code, "text": str(error)}
        except Exception:
            log.exception("%s", event)
            return {"ok": False, "code": "error", "text": "an error in the server"}

    async def count_malformed(self, client: Any, error: Exception) -> None:
        """Count a malformed packet, and drop its client after too many.

        Args:
            client: the Engine.IO socket that sent it.
            error: why the library could not read it.
        """
        bucket = self._bucket(client)
        bucket.refused += 1
        if bucket.refused == 1:
            log.info("a client sent a malformed packet: %s", schema.brief(str(error)))
        if bucket.exhausted:
            await self.drop(client, "sent too many malformed packets")

    async def drop(self, client: Any, why: str) -> None:
        """End a client's connection.

        Args:
            client: its Engine.IO socket.
            why: for the log, after "it".
        """
        if client.closed:
            return
        log.info("dropped a client: it %s", why)
        await client.close(wait=False)
        client.queue.put_nowait(None)  # nothing more to write, so that the WebSocket closes

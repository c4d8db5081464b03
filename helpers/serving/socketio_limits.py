"""How fast a Socket.IO client may send, and what becomes of one that sends nonsense or too much.

1. Each event takes one token from its client's bucket; without one it is refused: `too_fast`.
2. Refusals and malformed packets try the server's patience, which ends.
3. A client that is dropped gets Engine.IO's close packet, then its connection closes.
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

Asked = Callable[[str, tuple[Any, ...]], Awaitable[Mapping[str, Any]]]


class Limits:
    """How fast the clients of a server may send, and how fast they have sent.

    Args:
        sio: the server.
        burst: how many events a client may send at once.
        per_second: how many more in a second.
    """

    def __init__(self, sio: socketio.AsyncServer, burst: float, per_second: float) -> None:
        self._sio = sio
        self._rate = burst, per_second
        self._buckets = weakref.WeakKeyDictionary[Any, Bucket]()

    def _bucket(self, client: Any) -> Bucket:
        if client not in self._buckets:
            self._buckets[client] = Bucket(*self._rate)
        return self._buckets[client]

    async def acknowledgement(
        self, sid: str, event: str, asked: Asked, arguments: tuple[Any, ...]
    ) -> Mapping[str, Any]:
        """Carry out an event, unless there are too many, and return its acknowledgement.

        Args:
            sid: the client's.
            event: its name, for the log.
            asked: what carries it out.
            arguments: those of the event.
        """
        client = self._sio.eio.sockets.get(self._sio.manager.eio_sid_from_sid(sid, "/"))
        try:
            if client is not None:
                self._bucket(client).take()
            return await asked(sid, arguments)
        except Refusal as error:
            if client is not None and self._bucket(client).exhausted:
                await self.drop(client, "sent too many events at once")
            return {"ok": False, "code": error.code, "text": str(error)}
        except Exception:
            log.exception("%s", event)
            return {"ok": False, "code": "error", "text": "an error in the server"}

    async def nonsense(self, client: Any, error: Exception) -> None:
        """Count a malformed packet.

        Args:
            client: the Engine.IO socket that sent it.
            error: what reading it raised.
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
            why: for the log.
        """
        if client.closed:
            return
        log.info("dropped a client: it %s", why)
        await client.close(wait=False)
        client.queue.put_nowait(None)  # ends the outbox, which closes the WebSocket

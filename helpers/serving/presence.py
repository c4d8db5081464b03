"""Who is here: a place for each person, kept for a while when a connection is lost.

1. A place has at most one connection; a newer one takes over, the older is closed with 4001.
2. A connection that closes with 1000 gives its place up at once, any other after a while.
3. What is told to all is encoded once.
4. Whoever is refused hears why; 500 refusals for haste in a row end the connection with 1008.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Generic, TypeVar

from helpers.serving import websocket_app
from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Refusal
from helpers.wire.frames import CloseCode

CONTINUED_ELSEWHERE = 4001
PATIENCE = 500  # refusals for haste, more or less in a row
RETURN_S = 5.0  # how long a lost connection keeps its place


class Place:
    """Somebody who is here, and the connection that they have at the moment.

    Attributes:
        key: whose place it is.
        name: as others see it.
        peer: None while the connection is lost.
    """

    def __init__(self, key: Hashable, name: str) -> None:
        self.key = key
        self.name = name
        self.peer: websocket_app.Peer | None = None
        self.leaving: asyncio.TimerHandle | None = None


Somebody = TypeVar("Somebody", bound=Place)


class Places(Generic[Somebody]):
    """Everybody who is here.

    Args:
        on_leave: called with whoever has left.

    Attributes:
        members: the places by their keys.
    """

    def __init__(self, on_leave: Callable[[Somebody], None]) -> None:
        self.members: dict[Hashable, Somebody] = {}
        self._on_leave = on_leave

    def broadcast(self, message: dict[str, Any], *, but: Somebody | None = None) -> None:
        """Send what is true now to everybody, encoded once."""
        frame = websocket_app.text_frame(message)
        for somebody in self.members.values():
            if somebody.peer and somebody is not but:
                somebody.peer.send(frame)

    def enter(self, newcomer: Somebody, peer: websocket_app.Peer) -> tuple[Somebody, bool]:
        """Give somebody a connection; whoever still has a place keeps it.

        Returns:
            Who is here now, and whether they were not here before.
        """
        here = self.members.setdefault(newcomer.key, newcomer)
        if here.peer:
            here.peer.drop(CONTINUED_ELSEWHERE, "continued elsewhere")
        if here.leaving:
            here.leaving.cancel()
        here.peer, here.leaving = peer, None
        return here, here is newcomer

    def connection_lost(self, somebody: Somebody | None, peer: websocket_app.Peer) -> None:
        """Note the end of a connection: leave at once, or keep the place for a while."""
        if somebody and somebody.peer is peer:
            goodbye = peer.closed_with == CloseCode.NORMAL_CLOSURE
            self.keep_for(somebody, 0 if goodbye else RETURN_S)

    def keep_for(self, somebody: Somebody, for_s: float) -> None:
        """Keep the place of somebody without a connection, for so many seconds."""
        self.members.setdefault(somebody.key, somebody)
        somebody.peer = None
        if somebody.leaving:
            somebody.leaving.cancel()
        loop = asyncio.get_running_loop()
        somebody.leaving = loop.call_later(for_s, self.leave, somebody)

    def leave(self, somebody: Somebody) -> None:
        """Let somebody go."""
        del self.members[somebody.key]
        self._on_leave(somebody)


async def serve_messages(
    peer: websocket_app.Peer, bucket: Bucket, react: Callable[[str | bytes], Awaitable[None]]
) -> None:
    """Carry out what a client sends, or tell it why not, until its connection ends.

    Args:
        peer: the client.
        bucket: how fast it may send.
        react: carries out one message; raises Refusal if it does not.
    """
    async for raw in peer:
        try:
            bucket.take()
            await react(raw)
        except Refusal as error:
            peer.send(websocket_app.text_frame(error.message()))
        if bucket.refused >= PATIENCE:
            peer.drop(CloseCode.POLICY_VIOLATION, "too many messages at once")

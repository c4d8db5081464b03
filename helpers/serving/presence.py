"""Who is present: a place for each person, kept for a while when a connection is lost.

1. A place has at most one connection; a newer one replaces the older.
2. A connection that ends with a goodbye gives its place up at once, any other after a while.
3. Everybody hears of everybody who comes and goes, so only so many may come in a second.
4. A `Roster` takes connections of any kind. Those of `Places` are WebSockets: an older one is
   told `elsewhere` and closed with 4001, and a broadcast is encoded once.
"""

import asyncio
import contextlib
from collections.abc import Callable, Hashable, Iterator
from typing import Any, Generic, TypeVar

from helpers.serving import websocket_app
from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Refusal
from helpers.wire.frames import CloseCode

CONTINUED_ELSEWHERE = 4001
NOT_NOW = ("busy", "not_saved")  # why somebody cannot be let in, and may be later
JOINS_AT_ONCE = 500  # of people who have no place yet
JOINS_PER_SECOND = 20

Connection = TypeVar("Connection")  # a `Peer`, or the sid of Socket.IO


class Place(Generic[Connection]):
    """Somebody's place, and the connection that they have at the moment.

    Attributes:
        key: whose place it is.
        name: as others see it.
        connection: None while it is lost.
        leaving: the timer that gives the place up, while the connection is lost.
    """

    def __init__(self, key: Hashable, name: str) -> None:
        self.key = key
        self.name = name
        self.connection: Connection | None = None
        self.leaving: asyncio.TimerHandle | None = None


Somebody = TypeVar("Somebody", bound=Place[Any])


def join_bucket(burst: float, per_second: float) -> Bucket:
    """Return the bucket for the joins of all clients of a server.

    Args:
        burst: how many messages one client may send at once; as many may always join.
        per_second: how many messages one client may send in a second; as many may always join.
    """
    return Bucket(max(JOINS_AT_ONCE, burst), max(JOINS_PER_SECOND, per_second))


class Roster(Generic[Somebody, Connection]):
    """Everybody who has a place.

    Args:
        on_leave: called with whoever has left.
        return_s: how many seconds a lost connection keeps its place.
        joins: how many people may come in at once; see `join_bucket`.

    Attributes:
        members: the places by their keys.
    """

    def __init__(
        self,
        on_leave: Callable[[Somebody], None],
        return_s: float,
        joins: Bucket | None = None,
    ) -> None:
        self._joins = joins or join_bucket(0, 0)
        self.members: dict[Hashable, Somebody] = {}
        self._on_leave = on_leave
        self._return_s = return_s

    def enter(self, newcomer: Somebody, connection: Connection) -> tuple[Somebody, bool]:
        """Give somebody a connection; whoever still has a place keeps it.

        Returns:
            Whose place it is now, and whether they are new.
        """
        member = self.members.setdefault(newcomer.key, newcomer)
        if member.connection is not None:
            self.replaced(member.connection)
        if member.leaving:
            member.leaving.cancel()
        member.connection, member.leaving = connection, None
        return member, member is newcomer

    def count_join(self) -> None:
        """Count somebody who comes in without having a place.

        Raises:
            Refusal: busy, when too many come in.
        """
        try:
            self._joins.take()
        except Refusal as error:
            fact = "too many people are joining at once; try again in a few seconds"
            raise Refusal("busy", fact) from error

    def replaced(self, older: Connection) -> None:
        """End a connection in whose place there is a newer one."""
        raise NotImplementedError

    def connection_lost(
        self, member: Somebody | None, connection: Connection, *, goodbye: bool
    ) -> None:
        """Note the end of a connection: leave at once, or keep the place for a while.

        Args:
            member: whose it was; None for a connection without a place.
            connection: the one that ended, which a newer one may have replaced.
            goodbye: whether its client meant to leave.
        """
        if member and member.connection == connection:
            self.keep_for(member, 0 if goodbye else self._return_s)

    def keep_for(self, member: Somebody, for_s: float) -> None:
        """Keep somebody's place without a connection, for a number of seconds."""
        self.members.setdefault(member.key, member)
        member.connection = None
        if member.leaving:
            member.leaving.cancel()
        loop = asyncio.get_running_loop()
        member.leaving = loop.call_later(for_s, self.leave, member)

    def leave(self, member: Somebody) -> None:
        """Give somebody's place up."""
        del self.members[member.key]
        self._on_leave(member)


@contextlib.contextmanager
def closed_if_not_let_in(peer: websocket_app.Peer) -> Iterator[None]:
    """Close the connection of a newcomer who cannot be let in now; they try again later.

    Without this, a page would wait for its welcome for as long as the connection lasts.

    Args:
        peer: the newcomer, who is let in within the block.
    """
    try:
        yield
    except Refusal as error:
        if error.code in NOT_NOW:
            peer.send(websocket_app.text_frame(error.message()))
            peer.drop(CloseCode.TRY_AGAIN_LATER, "you cannot be let in now", why=error.code)
        raise


class Places(Roster[Somebody, websocket_app.Peer]):
    """Everybody who has a place, each on a WebSocket."""

    def broadcast(self, message: dict[str, Any], *, but: Somebody | None = None) -> None:
        """Send a message to everybody, or to everybody but one, encoded once."""
        frame = websocket_app.text_frame(message)
        for member in self.members.values():
            if member.connection and member is not but:
                member.connection.send(frame)

    def replaced(self, older: websocket_app.Peer) -> None:
        """Close a connection in whose place there is a newer one."""
        older.drop(CONTINUED_ELSEWHERE, "you are connected elsewhere", why="elsewhere")

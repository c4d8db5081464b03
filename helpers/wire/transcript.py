"""What went over the wire, kept as it came, and read as entries that people understand.

A transcript is a list of two kinds of items, in the order in which they happened:

    Chunk   bytes that arrived from one side of one connection
    Mark    something that happened to a connection (opened, closed by client) or to all of
            them (cut, frozen, healed)

`entries` reads them: HTTP until `101 Switching Protocols`, frames from there on. An entry stands
where its last byte arrived. What cannot be read becomes an `error`, what follows it stays
`bytes`: reading a transcript never raises.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from helpers.wire.frames import Frame
    from helpers.wire.handshake import Request, Response

CLIENT_TO_SERVER = "client→server"
SERVER_TO_CLIENT = "server→client"

Kind = Literal["request", "response", "frame", "mark", "error", "bytes"]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of one connection in one direction, as one read of the socket returned them."""

    connection: int
    direction: str
    data: bytes
    at_s: float


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened: to one connection, or to all of them (`connection` is None)."""

    connection: int | None
    what: str
    at_s: float


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing a reader can name: a request, a response, a frame, a mark or a fault.

    `text` is one line for people. `message` is the text of a whole message: decoded, inflated and
    joined, on the frame that ends it. `note` says what is worth knowing about it, such as a rule
    that it breaks.
    """

    number: int
    connection: int | None
    direction: str | None
    kind: Kind
    raw: bytes
    value: Request | Response | Frame | None
    text: str
    at_s: float
    message: str | None = None
    note: str | None = None


Layer = Callable[[Entry], Iterable[Entry]]


@dataclass(eq=False)
class Transcript:
    """The items of a recording: append-only, safe to use from several threads."""

    _items: list[Chunk | Mark] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, item: Chunk | Mark) -> None:
        """Append one item."""
        with self._lock:
            self._items.append(item)

    def items(self) -> tuple[Chunk | Mark, ...]:
        """Return everything recorded so far, in order."""
        with self._lock:
            return tuple(self._items)

    def bytes(self, direction: str, connection: int | None = None) -> bytes:
        """Return all bytes of one direction, of one connection or of all of them."""
        return b"".join(
            item.data
            for item in self.items()
            if isinstance(item, Chunk)
            and item.direction == direction
            and connection in (None, item.connection)
        )

    def clear(self) -> None:
        """Forget what was recorded."""
        with self._lock:
            self._items.clear()

    def __len__(self) -> int:
        return len(self._items)


def entries(transcript: Transcript, layers: Iterable[Layer] = ()) -> list[Entry]:
    """Read a transcript: every request, response, frame and mark, in order of arrival."""
    raise NotImplementedError

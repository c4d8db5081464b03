"""What went over the wire, kept as it arrived, and read as entries that people understand.

A transcript is a list of two kinds of items, in the order in which they happened:

    Chunk   bytes that arrived from one side of one connection
    Mark    something that happened to one connection (opened, closed by client) or to all of
            them (cut, frozen, healed)

`entries` reads them: HTTP until `101 Switching Protocols`, frames from there on. An entry's place
is where its last byte arrived. Bytes that cannot be read become an `error`, and those after them
stay `bytes`: reading a transcript never raises an exception.
"""

from __future__ import annotations

import builtins
import copy
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from helpers.wire.frames import Frame
from helpers.wire.heads import Request, Response
from helpers.wire.packets import Sessions
from helpers.wire.reading import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Conversation, Kind, Reading

__all__ = [
    "CLIENT_TO_SERVER",
    "SERVER_TO_CLIENT",
    "Chunk",
    "Entry",
    "Follower",
    "Mark",
    "Transcript",
    "entries",
]

LIMIT_BYTES = 64 * 2**20
ITEM_BYTES = 200  # roughly what an item takes besides its data
FULL = "recording full"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Bytes of one connection in one direction, as one read of the socket returned them.

    `at_s` is in seconds since the recording began. Empty `data` means that this side has ended.
    """

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

    `text` is one line for people. `message` is a whole text message (joined, inflated and decoded,
    on the frame that ends it), the body of a polling request or response, or the explanation in a
    refusal. `note` says what else is worth knowing, such as a rule that is broken. `packets` has a
    line for each packet of Engine.IO and Socket.IO; `session` is the number of the Engine.IO
    session that the entry belongs to, which several connections share.
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
    packets: tuple[str, ...] = ()
    session: int | None = None


#: Reads a protocol above WebSocket: takes an entry, returns the entries to show in its place. What
#: it must remember it keeps by `entry.connection`. (Engine.IO is read elsewhere, in `packets`: its
#: sessions span several connections, and some of its packets are not in frames.)
Layer = Callable[[Entry], Iterable[Entry]]


class Transcript:
    """The items of a recording, in order: one thread adds and clears, any thread may read.

    Args:
        limit_bytes: roughly how much memory it may take. Once it is full, nothing more is kept,
            and a mark says so.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.limit_bytes = limit_bytes
        self._size_bytes = 0
        # Cleared items are gone, but those after them can only be read by a decoder that knows how
        # far each connection had got. The two change together, so that a reader gets a pair.
        self._state: tuple[Decoder, list[Chunk | Mark]] = (Decoder(), [])

    def add(self, item: Chunk | Mark) -> None:
        """Append one item, unless it holds bytes and the recording is full."""
        items = self._state[1]
        size = ITEM_BYTES + (len(item.data) if isinstance(item, Chunk) else 0)
        if isinstance(item, Chunk) and self._size_bytes + size > self.limit_bytes:
            if self._size_bytes <= self.limit_bytes:
                self._size_bytes = self.limit_bytes + 1
                what = f"{FULL} at {self.limit_bytes:,} bytes: what follows is not kept"
                items.append(Mark(None, what, item.at_s))
            return
        self._size_bytes += size
        items.append(item)

    def items(self) -> tuple[Chunk | Mark, ...]:
        """Return everything recorded since the last `clear`, in order."""
        return tuple(self._state[1])

    def bytes(self, direction: str, connection: int | None = None) -> builtins.bytes:
        """Return the bytes of one direction, of one connection or (None) of all of them."""
        return b"".join(
            item.data
            for item in self.items()
            if isinstance(item, Chunk)
            and item.direction == direction
            and connection in (None, item.connection)
        )

    def clear(self) -> None:
        """Forget the items, but not how far each open connection has got."""
        decoder = copy.deepcopy(self._state[0])
        for item in self.items():
            decoder.read(item)
            decoder.renew()
        self._state = (decoder, [])
        self._size_bytes = 0

    def __len__(self) -> int:
        return len(self._state[1])


class Decoder:
    """Reads items one after another, and returns the entries that they complete."""

    def __init__(self) -> None:
        self._open: dict[int, Conversation] = {}
        self._sessions = Sessions()

    def renew(self) -> None:
        """Allow as much inflated data as at first: what was read is not kept."""
        self._sessions.allowance.renew()

    def read(self, item: Chunk | Mark) -> list[Entry]:
        """Read the next item; return the entries that it completes."""
        if isinstance(item, Mark):
            if item.what.startswith(FULL):
                for conversation in self._open.values():
                    conversation.lose()
            mark = Reading(None, "mark", b"", None, item.what)
            return [entry(item.connection, mark, item.at_s)]
        conversation = self._open.setdefault(item.connection, Conversation(self._sessions))
        if item.data:
            readings = conversation.read(item.direction, item.data)
        else:
            readings = conversation.end(item.direction)
        found = [entry(item.connection, reading, item.at_s) for reading in readings]
        if conversation.over:
            del self._open[item.connection]
        return found

    def unfinished(self, at_s: float) -> list[Entry]:
        """Return what has arrived but is not whole yet: half a head, half a frame."""
        return [
            entry(connection, reading, at_s)
            for connection, conversation in self._open.items()
            for direction in (CLIENT_TO_SERVER, SERVER_TO_CLIENT)
            for reading in conversation.unfinished(direction)
        ]


class Follower:
    """Reads a transcript as it grows: each call of `new` returns the entries since the last call.

    Args:
        transcript: what to read.
        layers: readers of the protocols above WebSocket, from the lowest up.
        keeps: whether the caller keeps the entries, so that the inflated data in all of them
            together is bounded; otherwise only that in the entries of one call of `new` is.
    """

    _base: Decoder

    def __init__(
        self, transcript: Transcript, layers: Iterable[Layer] = (), *, keeps: bool = True
    ) -> None:
        self._keeps = keeps
        self._transcript = transcript
        self._layers = tuple(layers)
        self._seen, self._number, self._at_s = 0, 0, 0.0
        self._restart()

    @property
    def behind(self) -> bool:
        """Whether there is more to read."""
        base, items = self._transcript._state
        return base is not self._base or self._seen < len(items)

    def new(self, at_most: int | None = None) -> list[Entry] | None:
        """Return the entries completed since the last call.

        Args:
            at_most: how many items to read in this call; None for all.

        Returns:
            The entries, or None if the transcript was cleared: earlier entries no longer count.
        """
        base, items = self._transcript._state
        if base is not self._base:
            self._restart()
            return None
        if not self._keeps:
            self._decoder.renew()
        end = len(items) if at_most is None else min(len(items), self._seen + at_most)
        found = []
        for item in items[self._seen : end]:
            found += self._decoder.read(item)
            self._at_s = item.at_s
        self._seen = end
        return self._finish(found)

    def unfinished(self) -> list[Entry]:
        """Return what has arrived but is not whole yet; `new` returns it again when it is."""
        number = self._number
        found = self._finish(self._decoder.unfinished(self._at_s))
        self._number = number
        return found

    def _restart(self) -> None:
        self._base = self._transcript._state[0]
        self._decoder = copy.deepcopy(self._base)
        self._seen, self._number, self._at_s = 0, 0, 0.0

    def _finish(self, found: Iterable[Entry]) -> list[Entry]:
        for layer in self._layers:
            found = [upper for lower in found for upper in layer(lower)]
        numbered = [replace(e, number=n) for n, e in enumerate(found, self._number + 1)]
        self._number += len(numbered)
        return numbered


def entry(connection: int | None, reading: Reading, at_s: float) -> Entry:
    """Turn a reading into an entry; `Follower` gives it a number."""
    direction, kind, raw, value, text, *_ = reading
    read = Entry(0, connection, direction, kind, raw, value, text, at_s)
    message, note, packets = reading.message, reading.note, reading.packets
    return replace(read, message=message, note=note, packets=packets, session=reading.session)


def entries(transcript: Transcript, layers: Iterable[Layer] = ()) -> list[Entry]:
    """Read a transcript: every request, response, frame and mark, in order of arrival.

    Args:
        transcript: what was recorded.
        layers: readers of the protocols above WebSocket, from the lowest up.

    Returns:
        The entries, numbered from 1; those that are not whole yet are last.
    """
    follower = Follower(transcript, layers)
    while (found := follower.new()) is None:
        pass
    return found + follower.unfinished()

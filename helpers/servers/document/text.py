"""The shared text as the server holds it: a Yjs document, and the messages that merge it.

The Yjs sync protocol, in binary frames:

    0 0 state   step 1: what I have; send me what I am missing
    0 1 update  step 2: what you are missing
    0 2 update  what I have done since

Updates may arrive in any order, and twice: those who have the same set have the same text.
"""

import itertools
import logging
from collections.abc import Mapping
from typing import Any, NamedTuple

import pycrdt

from helpers.servers.document.effort import LIGHT, Allowance, Effort
from helpers.servers.document.encoding import Reader, bad
from helpers.servers.document.loading import load
from helpers.servers.document.owners import Owners, check_count
from helpers.servers.document.updates import (
    Structs,
    Update,
    read_state,
    write_state,
    write_update,
)
from helpers.serving.schema import Refusal

log = logging.getLogger("document")

LARGEST_UPDATE = 256 * 1024  # bytes
LARGEST_TEXT = 2**20  # bytes of the document with its history
EMPTY = b"\0\0"  # an update that changes nothing
STEP_2 = b"\0\1"
BYTES_PER_STEP = 16  # of an answer to step 1


class Change(NamedTuple):
    """What an update did to the text, in characters."""

    added: int
    removed: int


class Applied(NamedTuple):
    """What was new in an update.

    Attributes:
        update: only that; None when there was nothing.
        change: what it did to the text.
        clients: ids that belong to its author from now on.
    """

    update: bytes | None
    change: Change
    clients: list[int]


class Sender(NamedTuple):
    """Who sends an update.

    Attributes:
        person: their id; 0 is nobody's.
        relayed: whether client ids in it may be anybody's, since the server has lost its data.
        allowance: how much it may cost; anything usual when None.
    """

    person: int = 0
    relayed: bool = False
    allowance: Allowance | None = None


NOBODY = Sender(relayed=True)


class SharedText:
    """The document: its text is the `Text` that is named "text".

    Args:
        updates: what it is made of.
        owners: whose client ids are whose.
    """

    def __init__(self, updates: list[bytes], owners: Mapping[int, int] | None = None) -> None:
        self.doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
        loaded = load(enumerate(updates))
        for number, reason in loaded.left_out.items():  # it must not cost the whole document
            log.error("update %d was left out: %s", number, reason)
        for update in loaded.updates:
            self.doc.apply_update(update)
        self._letters, self._owners = loaded.letters, Owners(owners or {})
        self._text = self.doc.get("text", type=pycrdt.Text)
        self._heavy = Allowance()
        self._added = 0
        self._watch = self._text.observe(self._count)
        self._characters = len(str(self._text))
        self._bytes = len(self.state())

    def __str__(self) -> str:
        return str(self._text)

    def _count(self, event: pycrdt.TextEvent) -> None:
        delta: list[dict[str, Any]] = event.delta  # type: ignore[attr-defined]  # set in Rust
        pieces = (part["insert"] for part in delta if "insert" in part)
        self._added += sum(len(piece) for piece in pieces if isinstance(piece, str))

    def state(self) -> bytes:
        """Return the whole document as one update."""
        return self.doc.get_update()

    def step_1(self) -> bytes:
        """Return the message that asks a client for what the server is missing."""
        return pycrdt.create_sync_message(self.doc)

    def read(self, message: bytes) -> tuple[pycrdt.YSyncMessageType, bytes]:
        """Take a binary message apart.

        Returns:
            The kind of sync message, and its state or update.

        Raises:
            Refusal: bad_update or too_long.
        """
        # Step 2 may be long: from a client that was away, or that has what the server lost.
        most = LARGEST_TEXT if message[:2] == STEP_2 else LARGEST_UPDATE
        if len(message) > most:
            fact = f"expected at most {most:,} bytes in an update, got {len(message):,}"
            raise Refusal("too_long", fact)
        shown = message[:8].hex(" ") or "nothing"
        if message[:1] != b"\0" or message[1:2] not in (b"\0", b"\1", b"\2"):
            raise bad(f"expected a sync message of Yjs, 0 and 0, 1 or 2, got {shown}")
        reader = Reader(message[2:])
        content = reader.string()
        reader.end()
        return pycrdt.YSyncMessageType(message[1]), content

    def step_2(self, state: bytes, allowance: Allowance | None = None) -> bytes:
        """Return the message with what a client misses, whose state this is.

        Raises:
            Refusal: bad_update, when it is not a state; too_fast.
        """
        steps = max(len(state), self._bytes) // BYTES_PER_STEP
        if allowance:
            Effort(allowance.left()).spend(steps)
            allowance.pay(steps)
        known = self._letters.clamped(read_state(state))
        message = b"\0" + pycrdt.write_message(write_state(known))
        reply = pycrdt.handle_sync_message(message, self.doc)
        assert reply
        return reply

    def apply(self, data: bytes, sender: Sender = NOBODY) -> Applied:
        """Merge an update into the document.

        Returns:
            What was new in it.

        Raises:
            Refusal: bad_update, not_saved when it follows what is missing, too_fast or
                document_full; then nothing is merged.
        """
        allowance = sender.allowance
        effort = Effort(allowance.left(), self._heavy.left()) if allowance else Effort()
        try:
            update = effort.read(data)
            new = self._letters.news(update.structs)
            self._check(new, sender)
            self._check_room(data, Update(new, update.deletions))
            merged = self._letters.merge(new, update.deletions, effort).update
        finally:
            if allowance:
                allowance.pay(effort.spent)
                self._heavy.pay(effort.spent if effort.spent > LIGHT else 0)
        if not merged.structs and not merged.deletions:
            return Applied(None, Change(0, 0), [])
        found = data if merged == update else write_update(merged)
        change = self._merge(found)
        bound = [] if sender.relayed else self._owners.bind(merged.structs, sender.person)
        return Applied(found, change, bound)

    def _check(self, new: Structs, sender: Sender) -> None:
        """Refuse what no page of this person writes."""
        self._owners.check(new, sender.person, sender.relayed)
        runs = self._letters.runs
        check_count(len(runs), sum(client not in runs for client in new))
        for struct in itertools.chain.from_iterable(new.values()):
            if struct.units and b"\r" in struct.units and "\r" in struct.units.decode("utf-16-le"):
                raise bad("expected lines that end with a line feed, got a carriage return")

    def _check_room(self, data: bytes, update: Update) -> None:
        if self._bytes + len(data) <= LARGEST_TEXT:
            return
        self._bytes = len(self.state())  # less than the sum of its updates
        if self._bytes + len(write_update(update)) > LARGEST_TEXT:
            full = f"the document is full: {LARGEST_TEXT:,} bytes with all its history"
            raise Refusal("document_full", full)

    def _merge(self, update: bytes) -> Change:
        self._added = 0
        try:
            self.doc.apply_update(update)
        except BaseException as error:  # a panic in Rust is none of Python's exceptions
            if isinstance(error, (KeyboardInterrupt, SystemExit, MemoryError)):
                raise
            self._letters = load([(0, self.state())]).letters  # what the library did not take
            raise bad(f"expected an update of Yjs: {str(error)[:100]}") from error
        self._bytes += len(update)
        before, self._characters = self._characters, len(str(self._text))
        return Change(self._added, before + self._added - self._characters)

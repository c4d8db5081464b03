"""The shared text as the server holds it: a Yjs document, and the messages that merge it.

The Yjs sync protocol, in binary frames:

    0 0 state   step 1: what I have; send me what I am missing
    0 1 update  step 2: what you are missing
    0 2 update  what I have done since

Updates may arrive in any order, and twice: those who have the same set have the same text.
"""

import logging
from typing import Any, NamedTuple

import pycrdt

from helpers.serving.schema import Refusal

log = logging.getLogger("document")

LARGEST_UPDATE = 256 * 1024  # bytes
LARGEST_TEXT = 2**20  # bytes of the document with its history
EMPTY = b"\0\0"  # an update that changes nothing
STEP_2 = b"\0\1"


class Change(NamedTuple):
    """What an update did to the text, in characters."""

    added: int
    removed: int


class SharedText:
    """The document: its text is the `Text` that is named "text".

    Args:
        updates: those that make it.
    """

    def __init__(self, updates: list[bytes]) -> None:
        self.doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
        for update in updates:
            try:
                self.doc.apply_update(update)
            except BaseException as error:  # one torn update must not cost the whole document
                log.error("an update was left out: %s", refused(error))
        self._text = self.doc.get("text", type=pycrdt.Text)
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
        try:
            if message[0] != pycrdt.YMessageType.SYNC:
                raise ValueError
            return pycrdt.YSyncMessageType(message[1]), pycrdt.read_message(message[2:])
        except (ValueError, IndexError, AssertionError, OverflowError) as error:
            shown = message[:8].hex(" ")
            fact = (
                f"expected a sync message of Yjs, 0 and then 0, 1 or 2, got {shown or 'nothing'}"
            )
            raise Refusal("bad_update", fact) from error

    def step_2(self, state: bytes) -> bytes:
        """Return the message with what a client is missing, given its state.

        Raises:
            Refusal: bad_update, when it is not a state.
        """
        try:
            reply = pycrdt.handle_sync_message(b"\0" + pycrdt.write_message(state), self.doc)
        except BaseException as error:
            raise refused(error) from error
        assert reply
        return reply

    def apply(self, update: bytes) -> Change:
        """Merge an update into the document.

        Returns:
            What it changed in the text.

        Raises:
            Refusal: bad_update, when it is not an update; document_full.
        """
        if self._bytes + len(update) > LARGEST_TEXT:
            self._bytes = len(self.state())  # less than the sum of its updates
            if self._bytes + len(update) > LARGEST_TEXT:
                full = f"the document is full: {LARGEST_TEXT:,} bytes with all its history"
                raise Refusal("document_full", full)
        self._added = 0
        try:
            self.doc.apply_update(update)
        except BaseException as error:
            raise refused(error) from error
        self._bytes += len(update)
        before, self._characters = self._characters, len(str(self._text))
        return Change(self._added, before + self._added - self._characters)


def refused(error: BaseException) -> Refusal:
    """Turn what the merging library raised, even a panic in Rust, into a refusal."""
    if isinstance(error, (KeyboardInterrupt, SystemExit, GeneratorExit, MemoryError)):
        raise error
    return Refusal("bad_update", f"expected an update of Yjs: {str(error)[:100]}")

"""Mistakes in chunks, names and uploads, and what to say about them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.explain import Meanings
from helpers.lessons.send_a_file.depot import Depot

CHUNK_MEANINGS: Meanings = (
    ("missing 1 required positional argument: 'start'", "`start` is 0 unless it is given."),
    ("arg 3 must not be zero", "`range` cannot count in steps of 0: its step is `size`."),
)
OFFER_MEANINGS: Meanings = (
    (KeyError, "A key may be missing, and a KeyError would end the handler: ask for it first."),
    (TypeError, "A value may have any type, since a stranger sent it: look at the type first."),
    (AttributeError, "A value may have any type, since a stranger sent it: look at it first."),
    (AssertionError, "`assert` is for your own mistakes, and `python -O` leaves it out: `raise`."),
)
UPLOAD_MEANINGS: Meanings = (
    (
        "name 'chunk' is not defined",
        "Your function `chunk` is not defined in this kernel: run its cell again.",
    ),
    (
        ("'NoneType' object is not iterable", "'NoneType' object is not an iterator"),
        "`chunk` is not solved yet: it comes before this exercise.",
    ),
    (
        ("ConnectionRefusedError", "InvalidStatus", "InvalidMessage"),
        "A connection that does not even open is a reason to try again: `InvalidHandshake` and "
        "`OSError` belong into the `except`.",
    ),
    (
        ("ConnectionClosedError", "ConnectionClosedOK"),
        "The line was cut: catch `ConnectionClosed`, and begin again with a new connection.",
    ),
    ("dict-like", "`send` takes a string or bytes: `json.dumps(offer)` makes a string of a dict."),
    ("KeyError: 'offset'", "Only `ready` and `saved` have an offset: look at the type first."),
)
LOST = (
    "The chunk that was on its way when the line was cut is lost: go on from the `offset` that "
    "the new `ready` tells, not from what you have sent."
)
PAUSE = "It tries again without a pause: `await asyncio.sleep(0.1)` before the next try."
LATE = "The bytes after the offset of `ready` are missing on the server, and no others."


def explain_pieces(pieces: list[Any], data: bytes, size: int, start: int) -> str:
    """Say what is wrong with the pieces of a file.

    Args:
        pieces: the learner's.
        data: the file.
        size: of a piece.
        start: where the first one begins.

    Returns:
        The next step.
    """
    if any(not isinstance(piece, bytes) for piece in pieces):
        kind = "numbers" if any(isinstance(piece, int) for piece in pieces) else "no bytes"
        return f"Those are {kind}. A slice of bytes is bytes: `data[place : place + size]`."
    if any(not piece for piece in pieces):
        return "An empty piece is in it: after the last byte there is nothing to send."
    joined = b"".join(pieces)
    if start and joined == data:
        return "`start` is not used: the pieces begin at byte number `start`."
    if joined == data[start:]:
        return f"All bytes are there, but each piece except the last has {size}: count again."
    if len(data) % size and joined == data[start : len(data) - (len(data) - start) % size]:
        return "The last piece is missing: it may be shorter than the others."
    if len(joined) > len(data) - start:
        return "Some bytes are in two pieces: the next piece begins where the last one ended."
    return "Put together, the pieces are `data[start:]`: compare."


def explain_path(got: Any, folder: Path, name: str) -> str:
    """Say what is wrong with the place of a file whose offer is fine.

    Args:
        got: the learner's.
        folder: where it belongs.
        name: of the file.

    Returns:
        The next step.
    """
    if got is None:
        return "Nothing came back: `return folder / name`."
    if isinstance(got, bool):
        return "Return where the file goes, a path, and not whether it may."
    if isinstance(got, str):
        return "That is a string: `folder / name` is a Path."
    if isinstance(got, Path) and got.parent == folder and got.name != name:
        return "The name has changed: return it as it is, or refuse it."
    return "It belongs directly into the folder: `folder / name`."


def explain_upload(depot: Depot, size: int, failure: NotYet | None, meaning: str) -> str:
    """Say what is wrong with an upload.

    Args:
        depot: the other side, with what arrived.
        size: of the file.
        failure: how the learner's function failed, if it did.
        meaning: what its error means, if that is known.

    Returns:
        The next step; empty when nothing is wrong.
    """
    if depot.trouble:
        return depot.trouble
    if failure is None and depot.stored and len(depot.saved) == size:
        twice = depot.sent - size > 60_000 * max(1, depot.tries)
        return LATE if twice else PAUSE if depot.hasty else ""
    if meaning:
        return meaning
    if failure is not None and "checksum" in str(failure.__cause__):
        return _explain_content(depot, size)
    if depot.tries == 0:
        return "Nobody has connected: `async with connect(url) as ws:`."
    if not depot.offers:
        return "Each connection begins with the offer: `await ws.send(json.dumps(offer))`."
    if failure is None:
        return _explain_return(depot, size)
    if depot.hasty:
        return PAUSE
    if len(depot.starts) > 1 and len(depot.saved) < size <= depot.sent:
        return LOST
    if len(depot.saved) < size and depot.tries == 1:
        return "Not everything was sent: are the chunks from `offset` on sent, and awaited?"
    if len(depot.saved) < size:
        return "After the cut it does not go on: a new connection, the offer again, then `ready`."
    if failure.__cause__ is not None:
        return "Only ConnectionClosed, InvalidHandshake and OSError mean: try again."
    return "Everything is saved: read on until `stored`, then `return`."


def _explain_content(depot: Depot, size: int) -> str:
    if len(depot.starts) > 1:
        return f"The checksum is wrong. {LOST}"
    if len(depot.saved) > size:
        return "More bytes arrived than the file has: does each chunk go out once?"
    return "The checksum is wrong: the chunks arrive in another order, or are other bytes."


def _explain_return(depot: Depot, size: int) -> str:
    if len(depot.saved) < size and len(depot.offers) == 1 and not depot.fates:
        return "It returned before everything was saved: read the answers until `stored`."
    if len(depot.saved) < size:
        return "It returned, though the file is not stored: after a cut, connect and offer again."
    return "It returned before it heard `stored`, so nobody knows whether the file is whole."

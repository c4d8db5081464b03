"""Exercises of the lesson send_a_file: chunk, receive_safely and resume_upload."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.engine.values import shown
from helpers.lessons.send_a_file.depot import (
    LOST_FIRST,
    LOST_LAST,
    REFUSED,
    Depot,
    open_depot,
)
from helpers.lessons.send_a_file.mistakes import (
    CHUNK_MEANINGS,
    OFFER_MEANINGS,
    UPLOAD_MEANINGS,
    explain_path,
    explain_pieces,
    explain_upload,
)

CUTS: tuple[tuple[bytes, int, int, list[bytes]], ...] = (
    (b"abcdefg", 3, 0, [b"abc", b"def", b"g"]),
    (b"abcdef", 3, 0, [b"abc", b"def"]),
    (b"abcdefg", 3, 4, [b"efg"]),
    (b"abcdefg", 2, 3, [b"de", b"fg"]),
    (b"abc", 10, 0, [b"abc"]),
    (b"abc", 1, 0, [b"a", b"b", b"c"]),
    (b"", 3, 0, []),
    (b"abc", 3, 3, []),
)
MOST_PIECES = 100  # that are taken from a generator, which may be endless


@exercise(
    hints=(
        "`data[3:6]` is three bytes, from number 3 on. A slice may reach beyond the end.",
        "`range(start, len(data), size)` gives the places where the pieces begin.",
        "For each place: `yield data[place : place + size]`.",
    )
)
def chunk(attempt: Attempt) -> None:
    """Cut several files, from the beginning and from the middle."""
    for data, size, start, expected in CUTS:
        try:
            given = attempt(data, size, start) if start else attempt(data, size)
        except NotYet as failure:
            if nudge := match_cause(failure, CHUNK_MEANINGS):
                raise NotYet(failure.title, list(failure.facts), [nudge]) from failure.__cause__
            raise
        if isinstance(given, str | bytes) or not isinstance(given, Iterable):
            attempt.fail("Return a list of the pieces, or `yield` one after another.")
        pieces = _take(attempt, given)
        if pieces != expected:
            attempt.result_text = None
            attempt.equal(pieces, expected, explain_pieces(pieces, data, size, start))


def _take(attempt: Attempt, given: Iterable[Any]) -> list[Any]:
    pieces: list[Any] = []

    def take() -> None:
        for piece in given:
            pieces.append(piece)
            if len(pieces) > MOST_PIECES:
                attempt.fail("It never ends: after the last piece, stop.")

    try:
        take()
    except NotYet:
        raise
    except Exception as error:
        facts = [("what happened", f"{type(error).__name__}: {error}")]
        nudge = match_cause(error, CHUNK_MEANINGS) or "It fails while it gives the pieces."
        raise NotYet(attempt.call_text, facts, [nudge]) from error
    return pieces


FOLDER = Path("inbox")
DIGEST = hashlib.sha256(b"tea").hexdigest()
FINE: dict[str, Any] = {"name": "tea.txt", "size": 3, "sha256": DIGEST}
GOOD = (
    FINE,
    FINE | {"name": "résumé 2026 (final).tar.gz"},
    FINE | {"name": "a..b"},
    FINE | {"name": "parting.txt"},
    FINE | {"name": "x" * 100},
    FINE | {"size": 0},
    FINE | {"size": 10_000_000},
)
ESCAPE = "it leads out of the folder"
#: What is wrong with an offer, and the offer.
BAD: tuple[tuple[str, dict[str, Any]], ...] = (
    (f"{ESCAPE}: `/` is in it", FINE | {"name": "../escaped.txt"}),
    (f"{ESCAPE}: it begins at the root", FINE | {"name": "/etc/passwd"}),
    (f"{ESCAPE}: it begins with a dot", FINE | {"name": ".."}),
    ("it begins with a dot", FINE | {"name": ".bashrc"}),
    ("it is a path on Windows: `\\` is in it", FINE | {"name": "up\\escaped.txt"}),
    ("it is a path on Windows: `:` is in it", FINE | {"name": "C:escaped.txt"}),
    ("a line break is in it: `isprintable()` is False", FINE | {"name": "a\nb.txt"}),
    ("a NUL is in it: `isprintable()` is False", FINE | {"name": "a\0b.txt"}),
    (
        "a character that reverses the text after it is in it: `isprintable()` is False",
        FINE | {"name": "photo\u202egpj.exe"},
    ),
    ("the name is empty", FINE | {"name": ""}),
    ("the name has more than 100 characters", FINE | {"name": "x" * 101}),
    ("it ends in `.part`, which is another upload's", FINE | {"name": "film.part"}),
    ("the name is a list", FINE | {"name": ["tea.txt"]}),
    ("the name is missing", {key: FINE[key] for key in ("size", "sha256")}),
    ("the size is less than 0", FINE | {"size": -1}),
    ("the size is above the limit", FINE | {"size": 10_000_001}),
    ("the size is a string", FINE | {"size": "3"}),
    ("the size is not a whole number", FINE | {"size": 2.5}),
    ("the size is null", FINE | {"size": None}),
    ("the size is missing", {key: FINE[key] for key in ("name", "sha256")}),
    ("the checksum is too short", FINE | {"sha256": DIGEST[:-1]}),
    ("the checksum has other letters than a to f", FINE | {"sha256": "g" * 64}),
    ("the checksum is a number", FINE | {"sha256": 7}),
    ("the checksum is missing", {key: FINE[key] for key in ("name", "size")}),
)


@exercise(
    hints=(
        'First the types: `match offer:` with `case {"name": str(name), …}` (notebook '
        '"Both ways"), and `case _` raises.',
        "Then the name: its length, `isprintable()`, the three signs, the dot, the `.part`.",
        '`re.fullmatch("[0-9a-f]{64}", digest)` is None if the checksum does not look like one.',
        'At the end: `return folder / name`. Each `raise ValueError("…")` comes before that.',
    )
)
def receive_safely(attempt: Attempt) -> None:
    """Offers that are fine, and every kind that is not."""
    for offer in GOOD:
        try:
            got = attempt(offer, FOLDER)
        except NotYet as failure:
            if isinstance(failure.__cause__, ValueError):
                nudge = "Nothing is wrong with this offer: which of your rules refuses it?"
                raise NotYet(failure.title, list(failure.facts), [nudge]) from failure.__cause__
            raise
        if not isinstance(got, Path) or got.absolute() != (FOLDER / offer["name"]).absolute():
            attempt.fail(explain_path(got, FOLDER, offer["name"]))
    for what, offer in BAD:
        _require_refused(attempt, offer, what)


def _require_refused(attempt: Attempt, offer: dict[str, Any], what: str) -> None:
    nudge = f'Refuse this one: {what}. `raise ValueError("…")` with a reason.'
    try:
        error = attempt.raises(ValueError, offer, FOLDER, nudge=nudge)
    except NotYet as failure:
        if failure.__cause__ is None:
            raise
        better = match_cause(failure, OFFER_MEANINGS) or nudge
        raise NotYet(failure.title, list(failure.facts), [better]) from failure.__cause__
    if not str(error):
        attempt.fail("A reason is missing: whoever sends the file wants to know why.")


DATA = random.Random(27).randbytes(600_000)
OFFER = {
    "type": "offer",
    "name": "film.bin",
    "size": len(DATA),
    "sha256": hashlib.sha256(DATA).hexdigest(),
}
#: What becomes of the connections, and how that is told.
LINES: tuple[tuple[str, tuple[int | str, ...]], ...] = (
    ("nothing goes wrong", ()),
    ("the line is cut after two chunks", (2,)),
    ("the line is cut three times", (1, 0, 2)),
    ("the first connection is cut at once", (LOST_FIRST,)),
    ("the server is down for a moment: 503", (1, REFUSED, REFUSED)),
    ("everything is saved, but the line is cut before `stored`", (LOST_LAST,)),
)


@exercise(
    hints=(
        "First without a cut: `connect`, send the offer, read `ready`, send the chunks from its "
        "`offset` on, and read until `stored`.",
        "Around all that: `while True:` and `try:`; `except (ConnectionClosed, InvalidHandshake, "
        "OSError): pass`, then a short sleep, and the loop begins again.",
        "`async for message in ws` reads until the connection ends. `return` when it is `stored`, "
        "`raise ValueError(…)` when it is `error`.",
        "Each connection begins with the offer, and only the server knows the offset: it is in "
        "`ready`.",
    ),
    timeout_s=5.0,
    total_s=25.0,
)
async def resume_upload(attempt: Attempt) -> None:
    """Uploads over lines that are cut in every place, and one that is refused."""
    for story, fates in LINES:
        depot = Depot(fates)
        title = f"resume_upload(url, offer, data): {story}"
        failure = await _upload(attempt, depot)
        nudge = explain_upload(depot, len(DATA), failure, match_cause(failure, UPLOAD_MEANINGS))
        if nudge:
            facts = list(failure.facts) if failure else []
            facts += [("connections", str(depot.tries)), ("saved", f"{len(depot.saved):,} bytes")]
            raise NotYet(title, facts, [nudge]) from (failure and failure.__cause__)
    await _require_error(attempt)


async def _upload(attempt: Attempt, depot: Depot) -> NotYet | None:
    async with open_depot(depot) as url:
        try:
            await attempt(url, OFFER, DATA)
        except NotYet as failure:
            return failure
    return None


async def _require_error(attempt: Attempt) -> None:
    depot = Depot(reason="no room")
    failure = await _upload(attempt, depot)
    title = "resume_upload(url, offer, data): the server answers with an error, 'no room'"
    cause = failure.__cause__ if failure else None
    if isinstance(cause, ValueError) and "no room" in str(cause):
        return
    nudge = 'An `error` is final: `raise ValueError(answer["reason"])`, and do not try again.'
    facts = [("connections", str(depot.tries)), ("what happened", shown(cause) if cause else "…")]
    raise NotYet(title, facts[: 2 if cause else 1], [nudge]) from cause

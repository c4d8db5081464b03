"""Exercises of the lesson shared_document: versions, edits and missing updates."""

from __future__ import annotations

import itertools
from typing import Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.exercise import Attempt, exercise
from helpers.lessons.shared_document.mistakes import (
    Edit,
    explain_accepted,
    explain_moved,
    explain_text,
)


def _edit(at: int, delete: int, insert: str) -> Edit:
    return {"at": at, "delete": delete, "insert": insert}


def _insert(at: int, insert: str, author: str) -> Edit:
    return {"at": at, "insert": insert, "author": author}


@exercise(
    hints=(
        "Compare two numbers: the version of the edit, and that of the document.",
        "Accepted means: the text of the edit, and the version of the document plus one.",
        "A function returns two things with a comma: `return document, False`.",
    )
)
def accept_edit(attempt: Attempt) -> None:
    """Return the document after an edit, and whether it was accepted."""
    document = {"version": 3, "text": "Hi"}
    new, accepted = _call(attempt, document, {"version": 3, "text": "Hi!"})
    attempt.require(accepted, "Version 3 was edited, and 3 is the newest: accept it.")
    _require_document(attempt, new, {"version": 4, "text": "Hi!"})
    for version, text in ((2, "Hi?"), (0, "Hi?"), (4, "Hi?"), (2, "Hi")):
        stale = {"version": version, "text": text}
        kept, accepted = _call(attempt, document, stale)
        attempt.require(not accepted, explain_accepted(version))
        attempt.equal(kept, document, "A refused edit changes nothing: return the document.")
    first, accepted = _call(attempt, {"version": 0, "text": ""}, {"version": 0, "text": "a"})
    attempt.require(accepted, "Version 0 is a version like any other: is it taken for none?")
    _require_document(attempt, first, {"version": 1, "text": "a"})


def _call(attempt: Attempt, document: Edit, edit: Edit) -> tuple[Any, Any]:
    try:
        got = attempt(document, edit)
    except NotYet as failure:
        if isinstance(failure.__cause__, ValueError):
            failure.lines = ("Nothing is raised here: a refused edit returns `False`.",)
        raise
    got = tuple(got) if isinstance(got, list) else got
    if isinstance(got, (dict, bool)):
        attempt.fail("Return two things, the document and True or False, with a comma.")
    attempt.of_type(got, tuple)
    attempt.require(len(got) == 2, "Return two things: the document, and True or False.")
    if isinstance(got[0], bool):
        attempt.fail("The document comes first, and then True or False.")
    attempt.require(isinstance(got[1], bool), "The second thing is `True` or `False`.")
    attempt.require(isinstance(got[0], dict), "The first thing is the document, a dict, always.")
    return got[0], got[1]


def _require_document(attempt: Attempt, got: Edit, expected: Edit) -> None:
    if got.get("version") == expected["version"] - 1:
        nudge = "The version stays the same: the next stale edit would pass. Add 1."
    else:
        nudge = "An accepted edit brings the new text, in place of the old one, and nothing else."
    attempt.equal(got, expected, nudge)


FITTING = (
    ("Hi", _edit(2, 0, "!"), "Hi!"),
    ("cat", _edit(0, 0, "big "), "big cat"),
    ("teh cat", _edit(1, 2, "he"), "the cat"),
    ("cats", _edit(3, 1, ""), "cat"),
    ("cat", _edit(0, 3, ""), ""),
    ("", _edit(0, 0, "a"), "a"),
)
OUTSIDE = (
    ("cat", _edit(4, 0, "s"), "Place 4 is outside of `cat`. A slice does not mind: ask yourself."),
    ("cat", _edit(2, 2, ""), "It deletes letters after the end: that does not fit, either."),
    ("cat", _edit(-1, 0, "s"), "To a slice, -1 is the last letter. Here no place is negative."),
    ("", _edit(0, 1, ""), "There is nothing to delete in an empty text."),
)


@exercise(
    hints=(
        "A slice is a part of a text: `text[:at]` is what stands before place `at`.",
        "The new text has three parts: what is before, what is inserted, and what is left "
        "after the deleted letters.",
        "What is left begins at `at + delete`. It fits if `0 <= at <= at + delete <= len(text)`.",
    )
)
def apply_edit(attempt: Attempt) -> None:
    """Return the text after an edit; ValueError if it does not fit."""
    for text, edit, expected in FITTING:
        got = _apply(attempt, text, edit)
        if got != expected:
            attempt.of_type(got, str)
            attempt.equal(got, expected, explain_text(got, text, edit))
    for text, edit, nudge in OUTSIDE:
        _require_refusal(attempt, text, edit, nudge)


def _apply(attempt: Attempt, text: str, edit: Edit) -> Any:
    try:
        return attempt(text, edit)
    except NotYet as failure:
        if isinstance(failure.__cause__, TypeError):
            failure.lines += ("A string cannot be changed: make a new one, of slices.",)
        elif isinstance(failure.__cause__, (ValueError, AssertionError)):
            failure.lines = ("This one fits: the end of a text is a place, too.",)
        raise


def _require_refusal(attempt: Attempt, text: str, edit: Edit, nudge: str) -> None:
    try:
        got = attempt(text, edit)
    except NotYet as failure:
        if isinstance(failure.__cause__, ValueError):
            return
        if isinstance(failure.__cause__, (AssertionError, IndexError)):
            failure.lines = ("Refusal, but not with `ValueError`: `raise ValueError(…)`.",)
        raise
    if got is ValueError or isinstance(got, ValueError):
        attempt.fail("It returns the error. `raise` it instead.")
    attempt.fail(f"{nudge} Raise `ValueError`.")


PLACES = (0, 1, 2, 5)
WORDS = ("so ", "big ")
AUTHORS = (("Bob", "Alice"), ("Alice", "Bob"), ("Bob", "Carol"), ("Carol", "Alice"))


@exercise(
    hints=(
        "Does `other` stand in front of `edit`? If not, `edit` stays where it is.",
        "If it does, `edit` moves to the right, by as many letters as `other` inserted.",
        'Same place: compare `edit["author"]` and `other["author"]`; texts have `<`, too.',
    )
)
def transform(attempt: Attempt) -> None:
    """Return the insert `edit`, moved over the insert `other`."""
    attempt.copies = False
    cases = itertools.product(PLACES, PLACES, WORDS, WORDS)
    for first, second, one, two in sorted(cases, key=lambda case: -abs(case[0] - case[1])):
        for author, rival in AUTHORS:
            edit, other = _insert(first, one, author), _insert(second, two, rival)
            behind = (first, author) > (second, rival)
            _require_moved(attempt, edit, other, len(two) if behind else 0)


def _require_moved(attempt: Attempt, edit: Edit, other: Edit, shift: int) -> None:
    before = dict(edit), dict(other)
    try:
        got = attempt(edit, other)
    except NotYet as failure:
        if isinstance(failure.__cause__, KeyError):
            failure.lines = ("These edits have `at`, `insert` and `author`.",)
        raise
    if (edit, other) != before:
        attempt.fail("The given edits stay as they are: return a new dict, `{**edit, …}`.")
    expected = edit | {"at": edit["at"] + shift}
    if got == expected:
        return
    if got is None and not shift:
        attempt.fail("It returned None. An edit that stays where it is is returned, too.")
    if isinstance(got, int) and not isinstance(got, bool):
        attempt.fail('Return the edit, a dict, and not its place alone: `{**edit, "at": …}`.')
    attempt.of_type(got, dict)
    if got == other:
        attempt.fail("That is `other`. Return `edit`, moved.")
    attempt.require("insert" in got and "author" in got, "The other fields stay: `{**edit, …}`.")
    attempt.require(got.keys() <= edit.keys(), "An edit has `at`, `insert`, `author`: no more.")
    attempt.require(isinstance(got.get("at"), int), "The place, `at`, is a whole number.")
    if any(got[field] != edit[field] for field in ("insert", "author")):
        attempt.fail("What is inserted and by whom stays as it was: only `at` may change.")
    attempt.equal(got, expected, explain_moved(got, edit, other, shift))


def _history() -> tuple[list[bytes], list[tuple[bytes, Any]], str]:
    """Return updates of two authors, clients' states with their documents, and the text."""
    from pycrdt import Doc, Text

    docs: list[Any] = [Doc(client_id=number) for number in (1, 2)]
    updates, clients = [], []
    words = ("Dear ", "all, ", "see ", "you ", "soon")
    for number, word in enumerate(words):
        doc, other = docs[number % 2], docs[1 - number % 2]
        state = doc.get_state()
        doc.get("text", type=Text).__iadd__(word)
        updates.append(doc.get_update(state))
        other.apply_update(updates[-1])
        client: Any = Doc()
        client.apply_update(doc.get_update())
        clients.append((client.get_state(), client))
    nobody: Any = Doc()
    return updates, [(nobody.get_state(), nobody), *clients], "".join(words)


@exercise(
    hints=(
        "First you need a document that has everything: `Doc()`, and `apply_update` for each.",
        "A document knows what others miss: `get_update` takes their state.",
    )
)
def what_is_missing(attempt: Attempt) -> None:
    """Return the update that a client with this state needs."""
    from pycrdt import Text

    updates, clients, text = _history()
    for order in (updates, updates[::-1]):
        for state, client in clients:
            got = attempt(order, state)
            attempt.call_text = "what_is_missing(five updates, a client's state)"
            attempt.require(got is not None, "It returned None: is a `return` missing?")
            got = bytes(got) if isinstance(got, bytearray) else got
            attempt.require(
                not isinstance(got, list), "One update is asked for: a document joins them."
            )
            attempt.of_type(got, bytes, "An update is asked for: the bytes, not what they say.")
            before = client.get_state()
            _require_enough(attempt, got, client, text)
            _require_no_more(attempt, got, before, order)
            assert str(client.get("text", type=Text)) == text
        _, clients, _ = _history()
    _require_deletes(attempt)


def _require_deletes(attempt: Attempt) -> None:
    """A client has all letters, so its state says that nothing is missing, but not a delete."""
    from pycrdt import Doc, Text

    doc: Any = Doc(client_id=1)
    text = doc.get("text", type=Text)
    text += "cart"
    updates, state = [doc.get_update()], doc.get_state()
    client: Any = Doc()
    client.apply_update(updates[0])
    del text[2:3]
    updates.append(doc.get_update(state))
    got = attempt(updates, client.get_state())
    attempt.call_text = (
        "what_is_missing(updates, state): a letter was deleted, and no letter is new"
    )
    attempt.of_type(got, bytes)
    client.apply_update(got)
    nudge = "A state does not count deletes: let `get_update` decide what is missing."
    attempt.equal(str(client.get("text", type=Text)), "cat", nudge)


def _require_enough(attempt: Attempt, got: bytes, client: Any, text: str) -> None:
    from pycrdt import Text

    if got[:2] in (b"\0\1", b"\0\2"):
        attempt.fail("That is a message. The update in it, alone, is asked for.")
    try:
        client.apply_update(got)
    except ValueError:
        attempt.fail("That is no update. Is it a state? `get_update` gives an update.")
    read = str(client.get("text", type=Text))
    nudge = "After your update the client still misses something: have you applied them all?"
    if got == b"\0\0" and read != text:
        nudge = "That update is empty. Has the document all updates, and is it the client's state?"
    attempt.equal(read, text, nudge)


def _require_no_more(attempt: Attempt, got: bytes, state: bytes, updates: list[bytes]) -> None:
    from pycrdt import Doc

    doc: Any = Doc()
    for update in updates:
        doc.apply_update(update)
    nudge = "That is everything, and the client has some of it: give its state to `get_update`."
    attempt.require(len(got) <= len(doc.get_update(state)), nudge)

"""Exercises of the lesson shared_document: versions, edits, and a room of two."""

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
from helpers.lessons.shared_document.room import (
    CASES,
    Case,
    apply,
    crossing_edits,
    find_difference,
    move,
    take,
)


def _edit(at: int, delete: int, insert: str) -> Edit:
    return {"at": at, "delete": delete, "insert": insert}


def _insert(at: int, insert: str, author: str) -> Edit:
    return {"at": at, "insert": insert, "author": author}


@exercise(
    hints=(
        "Compare two numbers: the edit's version and the document's.",
        "If it is accepted, the new document has the edit's text, and a version that is 1 higher.",
        "A function returns two things with a comma: `return document, False`.",
    )
)
def accept_edit(attempt: Attempt) -> None:
    """Return the document after an edit, and whether it was accepted."""
    document = {"version": 3, "text": "Hi"}
    new, accepted = _call(attempt, document, {"version": 3, "text": "Hi!"})
    attempt.require(accepted, "The edit was based on version 3, which is the newest: accept it.")
    _require_document(attempt, new, {"version": 4, "text": "Hi!"})
    for version, text in ((2, "Hi?"), (0, "Hi?"), (4, "Hi?"), (2, "Hi")):
        stale = {"version": version, "text": text}
        kept, accepted = _call(attempt, document, stale)
        attempt.require(not accepted, explain_accepted(version))
        attempt.equal(kept, document, "A refused edit changes nothing: return the document.")
    first, accepted = _call(attempt, {"version": 0, "text": ""}, {"version": 0, "text": "a"})
    attempt.require(
        accepted, "Version 0 is a version like any other. Is it taken for no version at all?"
    )
    _require_document(attempt, first, {"version": 1, "text": "a"})


def _call(attempt: Attempt, document: Edit, edit: Edit) -> tuple[Any, Any]:
    try:
        got = attempt(document, edit)
    except NotYet as failure:
        if isinstance(failure.__cause__, ValueError):
            failure.lines = (
                "Raise nothing here: for a refused edit, the second thing you return is `False`.",
            )
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
        nudge = "The version stays the same, so the next stale edit would be accepted. Add 1."
    else:
        nudge = "The edit's text takes the place of the old one, and nothing else changes."
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
    (
        "cat",
        _edit(4, 0, "s"),
        "Place 4 is outside `cat`. A slice does not mind, so check it yourself.",
    ),
    ("cat", _edit(2, 2, ""), "It deletes beyond the end of the text, so it does not fit either."),
    ("cat", _edit(-1, 0, "s"), "To a slice, -1 is the last letter. Here no place is negative."),
    ("", _edit(0, 1, ""), "There is nothing to delete in an empty text."),
    (
        "cat",
        _edit(2, -1, ""),
        "Nobody can delete -1 characters: a negative `delete` does not fit either.",
    ),
)


@exercise(
    hints=(
        "A slice is a part of a string: `text[:at]` is the part before place `at`.",
        "The new text has three parts: the part before, what is inserted, and the part after the "
        "deleted characters.",
        "The last part begins at `at + delete`. The edit fits if "
        "`0 <= at <= at + delete <= len(text)`.",
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
            failure.lines = ("This one fits: the end of a text is a place as well.",)
        raise


def _require_refusal(attempt: Attempt, text: str, edit: Edit, nudge: str) -> None:
    try:
        got = attempt(text, edit)
    except NotYet as failure:
        if isinstance(failure.__cause__, ValueError):
            return
        if isinstance(failure.__cause__, (AssertionError, IndexError)):
            failure.lines = ("It is refused, but not with `ValueError`: `raise ValueError(…)`.",)
        raise
    if got is ValueError or isinstance(got, ValueError):
        attempt.fail("It returns the error. `raise` it instead.")
    attempt.fail(f"{nudge} Raise `ValueError`.")


PLACES = (0, 1, 2, 5)
WORDS = ("so ", "big ")
AUTHORS = (("Bob", "Alice"), ("Alice", "Bob"), ("Bob", "Carol"), ("Carol", "Alice"))


@exercise(
    hints=(
        "Was `other` inserted in front of `edit`? If not, `edit` stays where it is.",
        "If it does, `edit` moves to the right, by as many characters as `other` inserted.",
        'Same place: compare `edit["author"]` and `other["author"]`: strings have `<` as well.',
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
    edit, other = _insert(3, "s", "Bob"), _insert(0, "big ", "Alice")
    _require_moved(attempt, edit | {"version": 0, "delete": 0}, other, len("big "))


def _require_moved(attempt: Attempt, edit: Edit, other: Edit, shift: int) -> None:
    before = dict(edit), dict(other)
    try:
        got = attempt(edit, other)
    except NotYet as failure:
        if isinstance(failure.__cause__, KeyError):
            failure.lines = ("You can count on `at`, `insert` and `author`, and on no more.",)
        raise
    if (edit, other) != before:
        attempt.fail("The given edits stay as they are: return a new dict, `{**edit, …}`.")
    expected = edit | {"at": edit["at"] + shift}
    if got == expected:
        return
    if got is None and not shift:
        attempt.fail("It returned None. Return the edit even if it stays where it is.")
    if isinstance(got, int) and not isinstance(got, bool):
        attempt.fail('Return the edit, a dict, and not its place alone: `{**edit, "at": …}`.')
    attempt.of_type(got, dict)
    if got == other:
        attempt.fail("That is `other`. Return `edit`, moved.")
    attempt.require("insert" in got and "author" in got, "The other fields stay: `{**edit, …}`.")
    attempt.require(
        got.keys() <= edit.keys(), "Your edit has a field too many: only `at` changes."
    )
    attempt.require(isinstance(got.get("at"), int), "The place, `at`, is a whole number.")
    missing = [field for field in edit if field not in got]
    attempt.require(not missing, f"The field {missing} is gone: the others stay, `{{**edit, …}}`.")
    if any(got[field] != edit[field] for field in edit if field != "at"):
        attempt.fail("What is inserted and by whom stays as it was: only `at` may change.")
    attempt.equal(got, expected, explain_moved(got, edit, other, shift))


@exercise(
    hints=(
        'The edits that its author had not seen are `room["edits"][edit["version"]:]`.',
        "Go through them in order: is there a delete, or is this one a delete? Return None. "
        "Otherwise replace `edit` by itself, moved.",
        "At the end, apply it and append it. `apply_edit` may raise, so call it before anything "
        "in the room changes.",
    )
)
def take_edit(attempt: Attempt) -> None:
    """Take an edit into the room; return it as everybody must apply it."""
    attempt.copies = False
    for case in CASES:
        if case.fits:
            _require_taken(attempt, case)
        else:
            _require_unchanged(attempt, case)
    _require_no_difference(attempt)


def _take(attempt: Attempt, room: Edit, edit: Edit) -> Any:
    given = dict(edit)  # an answer may change it, and the next one gets the same case
    try:
        got = attempt(room, given, move, apply)
    finally:
        seen = f"version {edit['version']}, {edit['author']}"
        what = f"insert {edit['insert']!r}" if edit["insert"] else f"delete {edit['delete']}"
        attempt.call_text = f"take_edit(room, {seen}: {what} at {edit['at']})"
    return got


def _require_taken(attempt: Attempt, case: Case) -> None:
    room = case.room()
    try:
        got = _take(attempt, room, case.edit)
    except NotYet as failure:
        if isinstance(failure.__cause__, (ValueError, KeyError, TypeError)):
            failure.lines += (case.nudge,)
        raise
    if isinstance(got, (str, bool)):
        attempt.fail("Return the edit, a dict, as it was applied.")
    if got is None and case.expected is not None and room == case.after:
        attempt.fail(
            "The room is right. Return the edit as it was applied: a `return` is missing."
        )
    if case.expected is None:
        attempt.require(got is None, case.nudge)
        attempt.require(room == case.room(), case.nudge)
        return
    attempt.require(got is not None, case.nudge)
    attempt.equal(got, case.expected, case.nudge)
    attempt.require(room == case.after, find_difference(room, case.after) or case.nudge)


def _require_unchanged(attempt: Attempt, case: Case) -> None:
    room = case.room()
    try:
        _take(attempt, room, case.edit)
    except NotYet as failure:
        if isinstance(failure.__cause__, ValueError):
            attempt.require(room == case.room(), case.nudge)
            return
        raise
    attempt.fail(case.nudge)


def _require_no_difference(attempt: Attempt) -> None:
    """Two people type at the same time, forty edits that cross each other."""
    room: Edit = {"text": "cat", "edits": []}
    right: Edit = {"text": "cat", "edits": []}
    for number, edit in enumerate(crossing_edits(seed=7, count=40), start=1):
        expected = take(right, edit)
        got = _take(attempt, room, edit)
        attempt.equal(got, expected, f"Edit {number} of 40 that cross each other went wrong.")
        nudge = f"After edit {number} of 40 that cross each other, the room has another text."
        attempt.equal(room.get("text"), right["text"], nudge)

"""Mistakes in edits, and what to say about them."""

from __future__ import annotations

from typing import Any

Edit = dict[str, Any]


def explain_accepted(version: int) -> str:
    """Say why an edit that was accepted should not be.

    Args:
        version: the version that it was based on; the document is at 3.
    """
    if version < 3:
        return f"Version {version} is older than 3: somebody has typed since then. Refuse it."
    return f"The document is at 3, so nobody can have seen version {version}. Refuse it."


def explain_text(got: str, text: str, edit: Edit) -> str:
    """Say what is wrong with the text after an edit.

    Args:
        got: the learner's text.
        text: the text before.
        edit: the edit.

    Returns:
        The next step.
    """
    at, delete, insert = edit["at"], edit["delete"], edit["insert"]
    if delete and got == text[:at] + insert + text[at:]:
        return "The deleted characters are still there: leave `delete` of them out."
    if insert and got == text[:at] + text[at + delete :]:
        return "It deletes, but what is inserted is missing."
    if got == text[:at] + text[at + delete :] + insert:
        return "What is inserted belongs at place `at`, not at the end."
    if got == text[:at] + insert + text[max(at, delete) :]:
        return "What is left begins at `at + delete`: `delete` is a number of characters."
    inserted = text[:at] + insert + text[at:]
    if delete and got == inserted[:at] + inserted[at + delete :]:
        return "It deletes characters that it has inserted itself: delete first."
    if got == text[:at] + insert + text[at + delete + 1 :]:
        return "One character too many is gone: what is left begins at `at + delete`."
    if got == text[: at + 1] + insert + text[at + delete :]:
        return "One character is there twice: the part before the edit is `text[:at]`."
    if at and got == insert + text[at + delete :]:
        return "The part before place `at` is missing."
    if got == text:
        return "The text is as it was before. Strings cannot be changed: return a new one."
    return "Cut the text at place `at`, and again after the deleted characters."


def explain_moved(got: Edit, edit: Edit, other: Edit, shift: int) -> str:
    """Say what is wrong with an insert that was moved.

    Args:
        got: the learner's insert.
        edit: the insert before.
        other: the one that has been applied already.
        shift: how far it should have moved.

    Returns:
        The next step.
    """
    moved, mine = got["at"] - edit["at"], f"{edit['author']}'s"
    if edit["at"] == other["at"]:
        if shift and not moved:
            return f"Same place, and {other['author']} stays in front: {mine} edit moves."
        if moved and not shift:
            return f"Same place, and both sides would move: {mine} stays."
    if got["at"] == other["at"] + len(other["insert"]):
        return "That is the end of `other`. Count from the place of `edit`."
    if moved and not shift:
        return "`other` was inserted further right, so it moves nothing here."
    if not moved:
        return "`other` was inserted in front of `edit`, so its place is further right now."
    if moved < 0:
        return "An insert in front pushes to the right: add, do not subtract."
    if moved == 1:
        return "It moves by as many characters as `other` inserted, not always by 1."
    return "It moves by the characters of `other`, and of nothing else: not by its own."

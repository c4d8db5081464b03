"""One answer to each exercise of the lesson shared_document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def accept_edit(document: dict[str, Any], edit: dict[str, Any]) -> tuple[dict[str, Any], bool]:
    """Return the document after an edit, and whether it was accepted."""
    if edit["version"] != document["version"]:
        return document, False
    return {"version": document["version"] + 1, "text": edit["text"]}, True


def apply_edit(text: str, edit: dict[str, Any]) -> str:
    """Return the text after an edit; ValueError if it does not fit."""
    start, end = edit["at"], edit["at"] + edit["delete"]
    if not 0 <= start <= end <= len(text):
        raise ValueError(f"edit from {start} to {end} of {len(text)} letters")
    inserted: str = edit["insert"]
    return text[:start] + inserted + text[end:]


def transform(edit: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """Return the insert `edit`, moved over the insert `other`."""
    comes_later = (edit["at"], edit["author"]) > (other["at"], other["author"])
    shift = len(other["insert"]) if comes_later else 0
    return {**edit, "at": edit["at"] + shift}


def take_edit(
    room: dict[str, Any],
    edit: dict[str, Any],
    transform: Callable[[dict[str, Any], dict[str, Any]], dict[str, Any]],
    apply_edit: Callable[[str, dict[str, Any]], str],
) -> dict[str, Any] | None:
    """Take an edit into the room; return it as everybody must apply it."""
    for other in room["edits"][edit["version"] :]:
        if edit["delete"] or other["delete"]:
            return None
        edit = transform(edit, other)
    room["text"] = apply_edit(room["text"], edit)
    room["edits"].append(edit)
    return edit

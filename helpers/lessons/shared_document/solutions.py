"""One answer to each exercise of the lesson shared_document."""

from __future__ import annotations

from typing import Any

from pycrdt import Doc


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


def what_is_missing(updates: list[bytes], state: bytes) -> bytes:
    """Return the update that a client with this state needs."""
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc.get_update(state)

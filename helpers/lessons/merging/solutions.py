"""One answer to each exercise of the lesson merging."""

from __future__ import annotations

from typing import Any

from pycrdt import Doc


def what_is_missing(updates: list[bytes], state: bytes) -> bytes:
    """Return the update that a client with this state needs."""
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc.get_update(state)

"""Who writes in the document, and where their carets are."""

import json
from typing import Any

from helpers.servers.document.store import Person
from helpers.serving.presence import Place
from helpers.serving.schema import Refusal
from helpers.serving.websocket_app import Peer

LARGEST_CARET = 1_024  # bytes of JSON


class Author(Place[Peer]):
    """Somebody who has logged in, and where their caret is."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.id, person.name)
        self.person = person
        self.caret: dict[str, Any] = {"anchor": None, "head": None}

    def described(self) -> dict[str, Any]:
        """Return what the others may know."""
        return self.person._asdict() | self.caret


def read_caret(message: dict[str, Any]) -> dict[str, Any]:
    """Return the `anchor` and the `head` of a message, if everybody can read them.

    Raises:
        Refusal: bad_field or too_long.
    """
    caret = {"anchor": message["anchor"], "head": message["head"]}
    try:
        size_bytes = len(json.dumps(caret, ensure_ascii=False, allow_nan=False).encode())
    except (ValueError, RecursionError) as error:  # an unpaired surrogate, or NaN
        raise Refusal("bad_field", "a caret must be JSON that everybody can read") from error
    if size_bytes > LARGEST_CARET:
        raise Refusal("too_long", f"expected a caret of at most {LARGEST_CARET} bytes of JSON")
    return caret

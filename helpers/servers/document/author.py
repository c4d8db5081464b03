"""Somebody who has logged in to the document."""

from typing import Any

from helpers.servers.document.store import Person
from helpers.serving.presence import Place
from helpers.serving.websocket_app import Peer


class Author(Place[Peer]):
    """Somebody who has logged in, and where their caret is."""

    def __init__(self, person: Person) -> None:
        super().__init__(person.id, person.name)
        self.person = person
        self.caret: dict[str, Any] = {"anchor": None, "head": None}

    def described(self) -> dict[str, Any]:
        """Return what the others may know."""
        return self.person._asdict() | self.caret

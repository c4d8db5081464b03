"""Whose client ids these are: a page takes a new one whenever it loads, and writes under it.

1. An id belongs to the person who first wrote under it; nobody else may write on under it, or
   what its owner writes at the same clocks would vanish.
2. What is there already may be sent again by anybody.
3. After the server lost its data, pages bring back what others wrote: such an id belongs to
   nobody, until somebody writes on under it.
"""

from collections.abc import Collection, Mapping

from helpers.servers.document.encoding import bad
from helpers.serving.schema import Refusal

MOST_CLIENTS = (
    8_192  # of a document: with so many, each update takes the library half a millisecond
)
MOST_OF_ONE = 1_024  # of a person


class Owners:
    """Who writes under which client id.

    Args:
        owners: ids of persons, by client ids.
    """

    def __init__(self, owners: Mapping[int, int]) -> None:
        self._owners = dict(owners)
        self._counts: dict[int, int] = {}
        for person in owners.values():
            self._counts[person] = self._counts.get(person, 0) + 1

    def check(self, clients: Collection[int], person: int, relayed: bool) -> None:
        """Refuse that a person writes under an id of somebody else, or under too many.

        Raises:
            Refusal: bad_update or document_full.
        """
        for client in clients:
            if (owner := self._owners.get(client, person)) != person:
                fact = f"client {client} belongs to person {owner}, not to person {person}"
                raise bad(f"expected an update under client ids of one's own, {fact}")
        new = sum(client not in self._owners for client in clients)
        if not relayed and self._counts.get(person, 0) + new > MOST_OF_ONE:
            raise bad(f"expected at most {MOST_OF_ONE:,} client ids of one person, got one more")

    def bind(self, clients: Collection[int], person: int) -> list[int]:
        """Note whose ids these are; return those that were nobody's."""
        new = [client for client in clients if client not in self._owners]
        self._owners |= dict.fromkeys(new, person)
        self._counts[person] = self._counts.get(person, 0) + len(new)
        return new


def check_count(known: int, new: int) -> None:
    """Refuse more client ids than a document may have.

    Raises:
        Refusal: document_full.
    """
    if known + new > MOST_CLIENTS:
        raise Refusal("document_full", f"the document is full: {MOST_CLIENTS:,} pages wrote in it")

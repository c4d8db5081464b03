"""Who is in the chat's room, and how they hear of each other.

A place belongs to a name. A connection that is lost leaves the place empty for a while.
"""

import asyncio
from collections.abc import Callable, Iterable
from typing import Any

from helpers.servers import chat_store, people, site

CONTINUED_ELSEWHERE = 4001


class Member:
    """Somebody in the room, and the connection that they have at the moment.

    First used: notebooks/04_chat.ipynb
    """

    def __init__(self, person: chat_store.Person) -> None:
        self.person = person
        self.name = person.name
        self.peer: site.Peer | None = None
        self.live = False  # not before everything that was missed is sent
        self.typing: asyncio.TimerHandle | None = None
        self.leaving: asyncio.TimerHandle | None = None


class Room:
    """Everybody who is here.

    Attributes:
        members: by what their names look like.
        arriving: names that are about to come in.

    First used: notebooks/04_chat.ipynb
    """

    def __init__(self, left: Callable[[Member], None]) -> None:
        self.members: dict[str, Member] = {}
        self.arriving: set[str] = set()
        self._left = left

    def names(self) -> list[str]:
        """List who is here."""
        return sorted((member.name for member in self.members.values()), key=str.casefold)

    def find(self, name: str) -> Member | None:
        """Find somebody by a name, however it is written."""
        return self.members.get(people.name_key(name))

    def tell(self, message: dict[str, Any], *, but: Member | None = None) -> None:
        """Send what is true now to everybody, encoded once."""
        frame = site.text_frame(message)
        for member in self.members.values():
            if member.peer and member is not but:
                member.peer.send(frame)

    def pass_on(self, message: chat_store.Message, members: Iterable[Member]) -> None:
        """Send what was said to those who have all that was said before, encoded once."""
        frame = site.text_frame(message)
        for member in members:
            if member.peer and member.live:
                member.peer.send(frame)

    def reserve(self, name: str, person: chat_store.Person | None) -> str:
        """Keep a place for somebody who is about to come in.

        Raises:
            Refused: name_taken, when it is somebody else's.
        """
        key = people.name_key(name)
        here = self.members.get(key)
        mine = here and person and here.person.id == person.id
        if key in self.arriving or (here and not mine):
            taken = f"somebody is here as {here.name if here else name}; take another name"
            raise people.Refused("name_taken", taken)
        if here and here.leaving:
            here.leaving.cancel()
        self.arriving.add(key)
        return key

    def enter(self, person: chat_store.Person, peer: site.Peer) -> Member:
        """Give somebody their place; if they still have one, they keep it, on this connection."""
        new = Member(person)
        here = self.members.setdefault(people.name_key(person.name), new)
        if here.peer:
            here.peer.drop(CONTINUED_ELSEWHERE, "continued elsewhere")
        here.peer, here.live, here.leaving = peer, False, None
        if here is new:
            self.tell({"type": "joined", "name": here.name}, but=here)
        return here

    def hold(self, member: Member, for_s: float) -> None:
        """Keep the place of somebody whose connection is gone, for a while."""
        self.members.setdefault(people.name_key(member.name), member)
        member.peer, member.live = None, False
        loop = asyncio.get_running_loop()
        member.leaving = loop.call_later(for_s, self.leave, member)

    def leave(self, member: Member) -> None:
        """Let somebody go; the name is free from now on."""
        self.stop_typing(member)
        del self.members[people.name_key(member.name)]
        self.tell({"type": "left", "name": member.name})
        self._left(member)

    def start_typing(self, member: Member, for_s: float) -> None:
        """Tell the others that somebody types; that ends by itself."""
        if member.typing:
            member.typing.cancel()
        else:
            self.tell({"type": "typing", "name": member.name, "on": True}, but=member)
        loop = asyncio.get_running_loop()
        member.typing = loop.call_later(for_s, self.stop_typing, member)

    def stop_typing(self, member: Member) -> None:
        """Tell the others that somebody types no more."""
        if member.typing:
            member.typing.cancel()
            member.typing = None
            self.tell({"type": "typing", "name": member.name, "on": False}, but=member)

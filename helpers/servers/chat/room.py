"""Who is in the chat's room, and how they hear of each other: a place belongs to a name."""

import asyncio
from collections.abc import Callable, Iterable

from helpers.serving import names, schema, websocket_app
from helpers.serving.chat import store as chat_store
from helpers.serving.presence import Place, Places


class Member(Place):
    """Somebody in the room.

    Attributes:
        live: whether everything that was missed is sent, and new messages may follow.
        typing: the end of it, while somebody types.
    """

    def __init__(self, person: chat_store.Person) -> None:
        super().__init__(names.name_key(person.name), person.name)
        self.person = person
        self.live = False
        self.typing: asyncio.TimerHandle | None = None


class Room(Places[Member]):
    """Everybody who is in the room."""

    def __init__(self, on_leave: Callable[[Member], None]) -> None:
        super().__init__(on_leave)
        self.arriving: set[str] = set()  # names that are about to come in

    def names(self) -> list[str]:
        """List who is here."""
        return sorted((member.name for member in self.members.values()), key=str.casefold)

    def find(self, name: str) -> Member | None:
        """Find somebody by a name, however it is written."""
        return self.members.get(names.name_key(name))

    def pass_on(self, message: chat_store.Message, members: Iterable[Member]) -> None:
        """Send what was said to those who have all that was said before, encoded once."""
        frame = websocket_app.text_frame(message)
        for member in members:
            if member.peer and member.live:
                member.peer.send(frame)

    def reserve(self, name: str, person: chat_store.Person | None) -> str:
        """Keep a name for somebody who is about to come in.

        Raises:
            Refusal: name_taken, when it is somebody else's.
        """
        key = names.name_key(name)
        here = self.members.get(key)
        mine = here and person and here.person.id == person.id
        if key in self.arriving or (here and not mine):
            taken = f"somebody is here as {here.name if here else name}; take another name"
            raise schema.Refusal("name_taken", taken)
        self.arriving.add(key)
        return key

    def come_in(self, person: chat_store.Person, peer: websocket_app.Peer) -> Member:
        """Give somebody their place, and tell the others if they were not here before."""
        member, new = self.enter(Member(person), peer)
        member.live = False
        if new:
            self.broadcast({"type": "joined", "name": member.name}, but=member)
        return member

    def start_typing(self, member: Member, for_s: float) -> None:
        """Tell the others that somebody types; that ends by itself."""
        if member.typing:
            member.typing.cancel()
        else:
            self.broadcast({"type": "typing", "name": member.name, "on": True}, but=member)
        loop = asyncio.get_running_loop()
        member.typing = loop.call_later(for_s, self.stop_typing, member)

    def stop_typing(self, member: Member) -> None:
        """Tell the others that somebody types no more."""
        if member.typing:
            member.typing.cancel()
            member.typing = None
            self.broadcast({"type": "typing", "name": member.name, "on": False}, but=member)

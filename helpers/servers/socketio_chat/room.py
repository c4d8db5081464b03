"""Who is in the room of socketio_chat: a place belongs to a name, and outlives a connection."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import socketio

from helpers.serving import names
from helpers.serving.chat import store as chat_store
from helpers.serving.presence import RETURN_S
from helpers.serving.schema import Refusal
from helpers.serving.socketio_app import tell

LIVE = "live"  # the Socket.IO room of those who have all that was said before


class Member:
    """Somebody in the room.

    Attributes:
        person: who it is, in the database.
        sid: of their connection; None while it is lost.
    """

    def __init__(self, person: chat_store.Person) -> None:
        self.person = person
        self.sid: str | None = None
        self.typing: asyncio.TimerHandle | None = None
        self.leaving: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        """The name, as others see it."""
        return self.person.name

    @property
    def key(self) -> str:
        """What a name shares with those that look like it."""
        return names.name_key(self.name)


class Room:
    """Everybody who is in the room.

    Args:
        sio: the server.
        on_leave: called with whoever has left.
    """

    def __init__(self, sio: socketio.AsyncServer, on_leave: Callable[[Member], None]) -> None:
        self._sio, self._on_leave = sio, on_leave
        self._members: dict[str, Member] = {}  # by the key of their name
        self._by_sid: dict[str, Member] = {}
        self._arriving: set[str] = set()

    def names(self) -> list[str]:
        """List who is here."""
        return sorted((member.name for member in self._members.values()), key=str.casefold)

    def find(self, name: str) -> Member | None:
        """Find somebody by a name, however it is written."""
        return self._members.get(names.name_key(name))

    def member(self, sid: str) -> Member:
        """Return who has a connection.

        Raises:
            Refusal: elsewhere, when they have a newer one.
        """
        if sid not in self._by_sid:
            raise Refusal("elsewhere", "you are here in another place")
        return self._by_sid[sid]

    @contextlib.contextmanager
    def reserved(self, name: str, person: chat_store.Person | None) -> Iterator[None]:
        """Keep a name for somebody who is about to come in.

        Raises:
            Refusal: name_taken, when it is somebody else's.
        """
        key = names.name_key(name)
        here = self._members.get(key)
        mine = here and person and here.person.id == person.id
        if key in self._arriving or (here and not mine):
            taken = f"somebody is here as {here.name if here else name}; take another name"
            raise Refusal("name_taken", taken)
        self._arriving.add(key)
        try:
            yield
        finally:
            self._arriving.discard(key)

    def come_in(self, person: chat_store.Person, sid: str) -> tuple[Member, str | None]:
        """Give somebody their place.

        Returns:
            Who it is, and the sid of an older connection of theirs.
        """
        newcomer = Member(person)
        member = self._members.setdefault(newcomer.key, newcomer)
        if member.leaving:
            member.leaving.cancel()
        older = member.sid
        if older:
            self._by_sid.pop(older, None)
            self._sio.manager.basic_leave_room(older, "/", LIVE)
        member.sid, member.leaving = sid, None
        self._by_sid[sid] = member
        if member is newcomer:
            tell(self._sio, "joined", {"name": member.name}, skip_sid=sid)
        return member, older

    def go_live(self, member: Member, sid: str) -> None:
        """From now on, this connection of somebody hears what is said."""
        if member.sid == sid and self._sio.manager.is_connected(sid, "/"):
            self._sio.manager.basic_enter_room(sid, "/", LIVE)

    async def disconnected(self, sid: str, reason: str) -> None:
        """Note the end of a connection: leave at once, or keep the place for a while."""
        member = self._by_sid.pop(sid, None)
        if member and member.sid == sid:
            goodbye = reason == self._sio.reason.CLIENT_DISCONNECT
            self.keep_for(member, 0 if goodbye else RETURN_S)

    def keep_for(self, member: Member, for_s: float) -> None:
        """Keep the place of somebody without a connection, for so many seconds."""
        self._members.setdefault(member.key, member)
        member.sid = None
        loop = asyncio.get_running_loop()
        member.leaving = loop.call_later(for_s, self._leave, member)

    def _leave(self, member: Member) -> None:
        del self._members[member.key]
        self._on_leave(member)

    def pass_on(self, message: chat_store.Message, to: Member | None, *, but: Member) -> None:
        """Tell what was said to those who have all that was said before, or to one."""
        event = {name: value for name, value in message.items() if name != "type"}
        if to is None:
            tell(self._sio, "message", event, room=LIVE, skip_sid=but.sid)
        elif to is not but and to.sid and to.sid in self._sio.manager.rooms["/"].get(LIVE, ()):
            tell(self._sio, "message", event, room=to.sid)

    def start_typing(self, member: Member, for_s: float) -> None:
        """Tell the others that somebody types; that ends by itself."""
        if member.typing:
            member.typing.cancel()
        else:
            self._say_typing(member, True)
        loop = asyncio.get_running_loop()
        member.typing = loop.call_later(for_s, self.stop_typing, member)

    def stop_typing(self, member: Member) -> None:
        """Tell the others that somebody types no more."""
        if member.typing:
            member.typing.cancel()
            member.typing = None
            self._say_typing(member, False)

    def _say_typing(self, member: Member, on: bool) -> None:
        about: dict[str, Any] = {"name": member.name, "on": on}
        tell(self._sio, "typing", about, skip_sid=member.sid)

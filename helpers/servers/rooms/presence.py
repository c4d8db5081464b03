"""Whose tabs are connected to rooms, by which session, and in which rooms they hear what is said.

1. A tab is a connection; its session let it in, and the session's end is its end.
2. All tabs of one person are in the same rooms: one member, online while any tab is.
3. Who is online, and who types, is told to a room when it has changed, and not more often.
"""

import asyncio
import time
from collections.abc import Iterable, Iterator

import socketio

from helpers.servers.rooms.store import Person, Room, Session
from helpers.serving import names, program, schema
from helpers.serving.schema import Refusal
from helpers.serving.socketio_app import emit_now

SIGNED_IN = "signed in"  # the Socket.IO room of every tab that has had its welcome
ONLINE_S = 0.3  # a reload is over by then, and nobody was gone
TYPING_S = 5.0


def channel(room: str) -> str:
    """Return the name of the Socket.IO room for the members of a room."""
    return f"room {names.name_key(room)}"


class Tab:
    """A connection of somebody who has signed in.

    Attributes:
        sid: of the connection.
        session: by which it came in.
        rooms: the names of the rooms it hears, by their channel.
        live: whether it has had its welcome.
    """

    def __init__(self, sid: str, session: Session, expiry: asyncio.TimerHandle) -> None:
        self.sid, self.session, self.expiry = sid, session, expiry
        self.rooms: dict[str, str] = {}
        self.live = False

    @property
    def person(self) -> Person:
        """Whose tab it is."""
        return self.session.person


class Presence:
    """Every tab that is connected.

    Args:
        sio: the server.
    """

    def __init__(self, sio: socketio.AsyncServer) -> None:
        self._sio = sio
        self._tabs: dict[str, Tab] = {}  # by sid
        self._online: dict[str, list[str]] = {}  # as a channel last heard it
        self._soon: dict[str, asyncio.TimerHandle] = {}  # channels that will hear it anew
        self._typing: dict[tuple[str, int], asyncio.TimerHandle] = {}

    def come_in(self, sid: str, session: Session) -> Tab:
        """Add a tab; it is signed out when its session expires."""
        left_s = session.expires - time.time()
        timer = asyncio.get_running_loop().call_later(left_s, self.end, [session.id], "expired")
        tab = self._tabs[sid] = Tab(sid, session, timer)
        return tab

    def tab(self, sid: str) -> Tab:
        """Return the tab of a connection.

        Raises:
            Refusal: not_signed_in, when its session has ended.
        """
        tab = self._tabs.get(sid)
        if tab and tab.session.expires <= time.time():  # the machine slept
            self.end([tab.session.id], "expired")
        if sid not in self._tabs:
            raise Refusal("not_signed_in", "sign in first")
        return self._tabs[sid]

    def go_live(self, tab: Tab, rooms: Iterable[str]) -> bool:
        """Let a tab hear what is said in its person's rooms; False if it has gone already."""
        if tab.sid not in self._tabs or not self._sio.manager.is_connected(tab.sid, "/"):
            self.gone(tab.sid)
            return False
        tab.live = True
        self._sio.manager.basic_enter_room(tab.sid, "/", SIGNED_IN)
        for room in rooms:
            self._enter(tab, room)
        return True

    def gone(self, sid: str) -> None:
        """Forget a tab."""
        tab = self._tabs.pop(sid, None)
        if tab:
            tab.expiry.cancel()
            for where, room in list(tab.rooms.items()):
                self.typing(tab, room, False)
                self._recount(where, room)

    def end(self, sessions: Iterable[str], why: str) -> None:
        """Sign out every tab of some sessions, at once."""
        ended = set(sessions)
        for tab in [tab for tab in self._tabs.values() if tab.session.id in ended]:
            self.gone(tab.sid)
            for where in [SIGNED_IN, *tab.rooms]:
                self._sio.manager.basic_leave_room(tab.sid, "/", where)
            if self._sio.manager.is_connected(tab.sid, "/"):  # else `connect` refuses it
                emit_now(self._sio, "signed_out", {"why": why}, room=tab.sid)
                program.spawn(self._sio.disconnect(tab.sid))

    def join(self, person: Person, room: Room) -> None:
        """Let all tabs of a person hear a room."""
        for tab in self._of(person):
            self._enter(tab, room.name)

    def leave(self, person: Person, room: Room) -> None:
        """Let no tab of a person hear a room any more."""
        for tab in self._of(person):
            self.typing(tab, room.name, False)
            self._leave(tab, room.name)

    def close(self, room: Room) -> None:
        """Let nobody hear a room any more."""
        for tab in list(self._tabs.values()):
            self._leave(tab, room.name)
        where = channel(room.name)
        self._online.pop(where, None)
        for key in [key for key in self._typing if key[0] == where]:
            self._typing.pop(key).cancel()

    def online(self, room: str) -> list[str]:
        """List the members of a room who are online."""
        where = channel(room)
        here = {tab.person.name for tab in self._tabs.values() if where in tab.rooms}
        return sorted(here, key=names.name_key)

    def typing(self, tab: Tab, room: str, on: bool) -> None:
        """Tell the others in a room that somebody types, or no longer; it ends by itself.

        Raises:
            Refusal: not_a_member.
        """
        where = channel(room)
        if on and where not in tab.rooms:
            raise Refusal("not_a_member", f"join the room {schema.brief(room)} first")
        key = where, tab.person.id
        before = self._typing.pop(key, None)
        if before:
            before.cancel()
        if on:
            loop = asyncio.get_running_loop()
            self._typing[key] = loop.call_later(TYPING_S, self.typing, tab, room, False)
        if on != bool(before):
            mine = [each.sid for each in self._of(tab.person)]
            about = {"room": tab.rooms.get(where, room), "name": tab.person.name, "on": on}
            emit_now(self._sio, "typing", about, room=where, skip_sid=mine)

    def _of(self, person: Person) -> Iterator[Tab]:
        return (tab for tab in list(self._tabs.values()) if tab.live and tab.person == person)

    def _enter(self, tab: Tab, room: str) -> None:
        where = channel(room)
        if where not in tab.rooms and self._sio.manager.is_connected(tab.sid, "/"):
            tab.rooms[where] = room
            self._sio.manager.basic_enter_room(tab.sid, "/", where)
            self._recount(where, room)

    def _leave(self, tab: Tab, room: str) -> None:
        where = channel(room)
        if tab.rooms.pop(where, None):
            self._sio.manager.basic_leave_room(tab.sid, "/", where)
            self._recount(where, room)

    def _recount(self, where: str, room: str) -> None:
        """Soon tell a channel who is online, if that has changed then."""

        def count() -> None:
            del self._soon[where]
            names = self.online(room)
            if names != self._online.get(where, []):
                self._online[where] = names
                emit_now(self._sio, "online", {"room": room, "names": names}, room=where)
            if not names:
                self._online.pop(where, None)

        if where not in self._soon:
            self._soon[where] = asyncio.get_running_loop().call_later(ONLINE_S, count)

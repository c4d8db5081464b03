"""The tabs that are connected to rooms: their sessions, and the rooms whose messages they receive.

1. A tab is a connection. It belongs to the session that let it in, and ends with that session.
2. All tabs of one person are in the same rooms: they are one member, online while any tab is.
3. A room hears who is online, and who is typing, when that has changed, and not more often.
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


def channel(room: str) -> str:
    """Return the name of the Socket.IO room for the members of a room."""
    return f"room {names.name_key(room)}"


class Tab:
    """A connection of somebody who has signed in.

    Attributes:
        sid: of the connection.
        session: the session that let it in.
        rooms: the names of the rooms whose messages it receives, by their channel.
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
    """Every tab that is connected, and who is therefore online.

    Args:
        sio: the server.
        online_s: how long after a change a room hears who is online.
        typing_s: how long typing lasts when the client sends no more about it.
    """

    def __init__(self, sio: socketio.AsyncServer, online_s: float, typing_s: float) -> None:
        self._sio, self._online_s, self._typing_s = sio, online_s, typing_s
        self._tabs: dict[str, Tab] = {}  # by sid
        self._online: dict[str, list[str]] = {}  # the names that each channel heard last
        self._recounts: dict[str, asyncio.TimerHandle] = {}  # by channel
        self._typing: dict[tuple[str, int], asyncio.TimerHandle] = {}

    def come_in(self, sid: str, session: Session) -> Tab:
        """Add a tab; it is signed out when its session expires."""
        left_s = session.expires - time.time()
        timer = asyncio.get_running_loop().call_later(left_s, self.end, [session.id], "expired")
        tab = self._tabs[sid] = Tab(sid, session, timer)
        return tab

    def find_tab(self, sid: str) -> Tab:
        """Find the tab of a connection.

        Raises:
            Refusal: not_signed_in, when its session has ended.
        """
        tab = self._tabs.get(sid)
        if tab and tab.session.expires <= time.time():  # no timer runs while the machine sleeps
            self.end([tab.session.id], "expired")
        if sid not in self._tabs:
            raise Refusal("not_signed_in", "sign in first")
        return self._tabs[sid]

    def go_live(self, tab: Tab, rooms: Iterable[str]) -> bool:
        """Add a tab to its person's rooms; return False if it has disconnected already."""
        if tab.sid not in self._tabs or not self._sio.manager.is_connected(tab.sid, "/"):
            self.forget(tab.sid)
            return False
        tab.live = True
        self._sio.manager.basic_enter_room(tab.sid, "/", SIGNED_IN)
        for room in rooms:
            self._enter(tab, room)
        return True

    def forget(self, sid: str) -> None:
        """Remove a tab that has disconnected, or whose session has ended."""
        tab = self._tabs.pop(sid, None)
        if tab:
            tab.expiry.cancel()
            for where, room in list(tab.rooms.items()):
                self.set_typing(tab, room, False)
                self._schedule_recount(where, room)

    def end(self, sessions: Iterable[str], why: str) -> None:
        """Sign out every tab of some sessions, at once."""
        ended = set(sessions)
        for tab in [tab for tab in self._tabs.values() if tab.session.id in ended]:
            self.forget(tab.sid)
            for where in (SIGNED_IN, *tab.rooms):
                self._sio.manager.basic_leave_room(tab.sid, "/", where)
            if self._sio.manager.is_connected(tab.sid, "/"):  # else `connect` refuses it
                emit_now(self._sio, "signed_out", {"why": why}, room=tab.sid)
                program.spawn(self._sio.disconnect(tab.sid))

    def join(self, person: Person, room: Room) -> None:
        """Add all tabs of a person to a room."""
        for tab in self._find_tabs(person):
            self._enter(tab, room.name)

    def leave(self, person: Person, room: Room) -> None:
        """Remove all tabs of a person from a room."""
        for tab in self._find_tabs(person):
            self.set_typing(tab, room.name, False)
            self._leave(tab, room.name)

    def close(self, room: Room) -> None:
        """Remove all tabs from a room."""
        for tab in list(self._tabs.values()):
            self._leave(tab, room.name)
        where = channel(room.name)
        self._online.pop(where, None)
        for key in [key for key in self._typing if key[0] == where]:
            self._typing.pop(key).cancel()

    def list_online(self, room: str) -> list[str]:
        """List the members of a room who are online."""
        where = channel(room)
        online = {tab.person.name for tab in self._tabs.values() if where in tab.rooms}
        return sorted(online, key=names.name_key)

    def set_typing(self, tab: Tab, room: str, on: bool) -> None:
        """Tell the others in a room that somebody is typing, or no longer; True ends by itself.

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
            self._typing[key] = loop.call_later(self._typing_s, self.set_typing, tab, room, False)
        if on != bool(before):
            own = [each.sid for each in self._find_tabs(tab.person)]
            typing = {"room": tab.rooms.get(where, room), "name": tab.person.name, "on": on}
            emit_now(self._sio, "typing", typing, room=where, skip_sid=own)

    def _find_tabs(self, person: Person) -> Iterator[Tab]:
        return (tab for tab in list(self._tabs.values()) if tab.live and tab.person == person)

    def _enter(self, tab: Tab, room: str) -> None:
        where = channel(room)
        if where not in tab.rooms and self._sio.manager.is_connected(tab.sid, "/"):
            tab.rooms[where] = room
            self._sio.manager.basic_enter_room(tab.sid, "/", where)
            self._schedule_recount(where, room)

    def _leave(self, tab: Tab, room: str) -> None:
        where = channel(room)
        if tab.rooms.pop(where, None):
            self._sio.manager.basic_leave_room(tab.sid, "/", where)
            self._schedule_recount(where, room)

    def _schedule_recount(self, where: str, room: str) -> None:
        """Soon tell a channel who is online, if that has then changed."""

        def recount() -> None:
            del self._recounts[where]
            online = self.list_online(room)
            if online != self._online.get(where, []):
                self._online[where] = online
                emit_now(self._sio, "online", {"room": room, "names": online}, room=where)
            if not online:
                self._online.pop(where, None)

        if where not in self._recounts:
            loop = asyncio.get_running_loop()
            self._recounts[where] = loop.call_later(self._online_s, recount)

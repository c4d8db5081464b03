"""rooms: a chat with several rooms, for people who sign in; all tabs of one person are one member.

Over HTTP, with JSON, from pages of this server only:

    POST /sign-up, /sign-in   name, password → name, and the cookie of a new session
    POST /sign-out            everywhere: true ends all sessions of the person → nothing
    GET  /me                  → name; without a session, 401

A refused request gets a status, and a JSON object with code and text.

Socket.IO uses the cookie that the browser sends with the handshake; without a valid session,
`connect_error` says `not_signed_in`. Each event has one object as its argument; an event from the
client is acknowledged: `{ok: true, …}` or `{ok: false, code, text}`. From the client:

    rooms    —                  → rooms: [{name, owner, members: their number}]
    create   room               → as join; only its owner may close it
    join     room               → room, owner, members, online, messages, older; a member may
             join again, and gets the same
    leave    room               → nothing
    close    room               → nothing               its messages are deleted
    say      room, id, text     → seq, at               the client chooses `id`: a retry is safe
    typing   room, on           → nothing               true every 3 s while somebody is typing
    history  room, before       → messages, older       older messages

From the server, to all tabs that are concerned, except the one that asked:

    welcome  name, until, rooms, joined     after each connect; `joined`: the names of the person's
             rooms, whose messages the tab now receives; `until`: when the session expires
    rooms    rooms                          when the list has changed, at most 5 times a second
    joined, left    room, name              a member; perhaps oneself, in another tab
    online   room, names
    message  room, seq, id, at, from, text  `seq` rises, with gaps: all rooms share one count
    typing   room, name, on
    closed   room
    signed_out      why: signed_out, expired, replaced      then the connection ends

Codes: not_signed_in wrong_password bad_password name_taken bad_name foreign_origin bad_json
bad_content_type too_long too_fast busy full not_saved; no_such_room room_taken too_many_rooms
room_full not_a_member not_owner bad_message bad_field unknown_event.
"""

import argparse
import asyncio
import socket
import time
from sqlite3 import Connection
from typing import Any

import socketio

from helpers.servers.rooms import messages as rooms_messages
from helpers.servers.rooms import store as rooms_store
from helpers.servers.rooms.messages import Message
from helpers.servers.rooms.presence import SIGNED_IN, Presence, Tab, channel
from helpers.servers.rooms.sessions import Sessions
from helpers.servers.rooms.store import Room
from helpers.serving import database, names, program, socketio_app
from helpers.serving.messages import check_message, iso
from helpers.serving.schema import Field, Refusal
from helpers.serving.socketio_app import Event, emit_now, register

ROOM = {"room": Field(str)}
SAY = ROOM | {"id": Field(str), "text": Field(str)}


class Rooms:
    """The rooms, and their events.

    Args:
        sio: the server.
        store: the database with people, rooms and messages.
        presence: the tabs that are connected.
        sessions: whose cookies let a tab in.
        rooms_s: the least time between two lists of rooms.
    """

    def __init__(
        self,
        sio: socketio.AsyncServer,
        store: database.Database,
        presence: Presence,
        sessions: Sessions,
        rooms_s: float,
    ) -> None:
        self.sio, self.store, self.rooms_s = sio, store, rooms_s
        self.presence, self.sessions = presence, sessions
        self.next_list: asyncio.TimerHandle | None = None
        sio.on("connect", self.connect)
        sio.on("disconnect", self.disconnect)
        events = {
            "rooms": Event({}, self.list_rooms),
            "create": Event(ROOM, self.create),
            "join": Event(ROOM, self.join),
            "leave": Event(ROOM, self.leave),
            "close": Event(ROOM, self.close),
            "say": Event(SAY, self.say),
            "typing": Event(ROOM | {"on": Field(bool)}, self.set_typing),
            "history": Event(ROOM | {"before": Field(int)}, self.read_history),
        }
        register(sio, events)

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        """Let a tab in by the cookie of its handshake, or refuse it; the welcome follows."""
        try:
            id_ = await self.sessions.read_id(environ["aiohttp.request"])
            if id_:  # in the database's queue, so that the session cannot end in between
                await self.store.run(
                    lambda db: rooms_store.find_session(db, id_, time.time()),
                    lambda session: session and self.presence.come_in(sid, session),
                )
            tab = self.presence.find_tab(sid)  # it may be signed out again already
        except Refusal as error:
            raise socketio_app.refuse_connection(error) from error
        program.spawn(self.welcome(tab))

    async def disconnect(self, sid: str, reason: str) -> None:
        """Forget a tab; its person stays a member of their rooms."""
        self.presence.forget(sid)

    async def welcome(self, tab: Tab) -> None:
        """Send a new tab what it needs; from then on it receives the messages of its rooms."""

        def work(db: Connection) -> dict[str, Any]:
            joined = rooms_store.list_joined(db, tab.person.id)
            return {"rooms": rooms_store.list_rooms(db), "joined": joined}

        def then(lists: dict[str, Any]) -> None:
            if self.presence.go_live(tab, lists["joined"]):
                me = {"name": tab.person.name, "until": iso(tab.session.expires)}
                emit_now(self.sio, "welcome", me | lists, room=tab.sid)

        await self.store.run(work, then)

    def schedule_list(self) -> None:
        """Soon tell everybody which rooms there are."""

        def send(rooms: list[dict[str, Any]]) -> None:
            emit_now(self.sio, "rooms", {"rooms": rooms}, room=SIGNED_IN)

        def read() -> None:
            self.next_list = None
            self.store.run_later(rooms_store.list_rooms, send)

        if self.next_list is None:
            self.next_list = asyncio.get_running_loop().call_later(self.rooms_s, read)

    async def list_rooms(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """List the rooms."""
        self.presence.find_tab(sid)
        return {"rooms": await self.store.run(rooms_store.list_rooms)}

    async def create(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make a room, with its owner as the first member."""
        name = names.checked_name(asked["room"])
        person = self.presence.find_tab(sid).person
        return await self.enter(sid, lambda db: (rooms_store.add_room(db, name, person), True))

    async def join(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make somebody a member, unless they are one, and return what a member may see."""
        person = self.presence.find_tab(sid).person
        return await self.enter(sid, lambda db: rooms_store.join(db, asked["room"], person))

    async def enter(self, sid: str, work: database.Work) -> dict[str, Any]:
        """Add all tabs of somebody to the room that `work` returns."""
        person = self.presence.find_tab(sid).person

        def entered(db: Connection) -> tuple[Room, bool, dict[str, Any]]:
            room, new = work(db)
            messages, older = rooms_messages.find_messages_before(db, room, None)
            members = rooms_store.list_members(db, room)
            seen = {"room": room.name, "owner": room.owner.name, "members": members}
            return room, new, seen | {"messages": messages, "older": older}

        def then(result: tuple[Room, bool, dict[str, Any]]) -> dict[str, Any]:
            room, new, seen = result
            self.presence.join(person, room)
            if new:
                self.emit_to_room(room, "joined", {"name": person.name}, sid)
                self.schedule_list()
            return seen | {"online": self.presence.list_online(room.name)}

        return await self.store.run(entered, then)

    async def leave(self, sid: str, asked: dict[str, Any]) -> None:
        """End a membership, and remove all tabs of the person from the room."""
        person = self.presence.find_tab(sid).person

        def then(room: Room) -> None:
            self.emit_to_room(room, "left", {"name": person.name}, sid)
            self.presence.leave(person, room)
            self.schedule_list()

        await self.store.run(lambda db: rooms_store.leave(db, asked["room"], person.id), then)

    async def close(self, sid: str, asked: dict[str, Any]) -> None:
        """Close a room for everybody, if its owner asks."""
        person = self.presence.find_tab(sid).person

        def then(room: Room) -> None:
            self.emit_to_room(room, "closed", {}, sid)
            self.presence.close(room)
            self.schedule_list()

        await self.store.run(lambda db: rooms_store.close(db, asked["room"], person.id), then)

    async def say(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Store a member's message; then acknowledge it, and pass it on."""
        tab = self.presence.find_tab(sid)
        check_message(asked["id"], asked["text"])
        at = iso(time.time())

        def work(db: Connection) -> tuple[Room, Message, bool]:
            room = rooms_store.find_joined(db, asked["room"], tab.person.id)
            message, new = rooms_messages.add_message(
                db, room, tab.person, asked["id"], at, asked["text"]
            )
            return room, message, new

        def then(stored: tuple[Room, Message, bool]) -> dict[str, Any]:
            room, message, new = stored
            if new:
                self.presence.set_typing(tab, room.name, False)
                self.emit_to_room(room, "message", message, sid)
            return {"seq": message["seq"], "at": message["at"]}

        return await self.store.run(work, then)

    async def set_typing(self, sid: str, asked: dict[str, Any]) -> None:
        """Tell the others in a room that somebody is typing, or no longer."""
        self.presence.set_typing(self.presence.find_tab(sid), asked["room"], asked["on"])

    async def read_history(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Read a page of older messages of a room."""
        person = self.presence.find_tab(sid).person

        def work(db: Connection) -> tuple[list[Message], bool]:
            room = rooms_store.find_joined(db, asked["room"], person.id)
            return rooms_messages.find_messages_before(db, room, asked["before"])

        messages, older = await self.store.run(work)
        return {"messages": messages, "older": older}

    def emit_to_room(self, room: Room, event: str, data: dict[str, Any], but: str) -> None:
        """Send an event to all tabs in a room but one."""
        data = {"room": room.name} | data
        emit_now(self.sio, event, data, room=channel(room.name), skip_sid=but)


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    folder = program.data_folder(options)
    schema = rooms_store.SCHEMA + rooms_messages.SCHEMA
    async with database.opened(folder / "rooms.sqlite3", schema) as store:
        sio = socketio_app.make(burst=options.burst, per_second=options.rate)
        presence = Presence(sio, options.online_s, options.typing_s)
        sessions = Sessions(
            store,
            folder / "cookie.key",
            options.session_s,
            options.attempts,
            on_end=presence.end,
        )
        Rooms(sio, store, presence, sessions, options.rooms_s)
        await socketio_app.serve(
            sio,
            listener,
            stop,
            server="rooms",
            page="rooms",
            routes=sessions.list_routes(),
            middlewares=[sessions.middleware],
            leave_s=options.leave_s,
        )


def run() -> None:
    """Run the server with the flags of the command line."""
    flags = program.parser(__doc__, "session_s", "typing_s", "online_s", "rooms_s", "leave_s")
    flags.add_argument(
        "--attempts", type=program.count, default=5, help="wrong passwords at once, per name"
    )
    flags.add_argument(
        "--burst", type=program.count, default=50, help="events at once, of one client"
    )
    flags.add_argument(
        "--rate", type=program.rate, default=10, help="events a second, of one client"
    )
    program.run(main, flags)

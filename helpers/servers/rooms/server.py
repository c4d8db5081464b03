"""rooms: a chat with several rooms, for people who sign in; all tabs of one person are one member.

Over HTTP, with JSON, from pages of this server only:

    POST /sign-up, /sign-in   name, password → name, and the cookie of a new session
    POST /sign-out            everywhere: true ends all of one's sessions → nothing
    GET  /me                  → name; or 401, as whatever is refused has a status, code and text

Socket.IO is authorised by the cookie that comes with its handshake; without a session that lasts,
`connect_error` says `not_signed_in`. Each event has one object, and from the client is
acknowledged: `{ok: true, …}` or `{ok: false, code, text}`. From the client:

    rooms    —                  → rooms: [{name, owner, members: how many}]
    create   room               → as join; its owner alone may close it
    join     room               → room, owner, members, online, messages, older     as often as
             one likes: a member gets the same
    leave    room               → nothing
    close    room               → nothing               with all that was said in it
    say      room, id, text     → seq, at               `id` is the client's own: a retry is safe
    typing   room, on           → nothing               true each 3 s while one types
    history  room, before       → messages, older       older messages

From the server, to all tabs of those it is about but the one that asked:

    welcome  name, until, rooms, joined     after each connect; `joined`: names of one's rooms,
             which the tab hears from now on; `until`: when the session expires
    rooms    rooms                          when the list has changed, 5 times a second at most
    joined, left    room, name              a member has come or gone; oneself: in another tab
    online   room, names
    message  room, seq, id, at, from, text  `seq` rises, with gaps: one count for all rooms
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
from helpers.serving.socketio_app import on, tell

ROOMS_S = 0.2  # between two lists of rooms
ROOM = {"room": Field(str)}


class Rooms:
    """The rooms, and their events."""

    def __init__(self, sio: socketio.AsyncServer, store: database.Database) -> None:
        self.sio, self.store = sio, store
        self.here = Presence(sio)
        self.sessions: Sessions
        self.listing: asyncio.TimerHandle | None = None
        sio.on("connect", self.connect)
        sio.on("disconnect", self.disconnect)
        on(sio, "rooms", {}, self.rooms)
        on(sio, "create", ROOM, self.create)
        on(sio, "join", ROOM, self.join)
        on(sio, "leave", ROOM, self.leave)
        on(sio, "close", ROOM, self.close)
        on(sio, "say", ROOM | {"id": Field(str), "text": Field(str)}, self.say)
        on(sio, "typing", ROOM | {"on": Field(bool)}, self.typing)
        on(sio, "history", ROOM | {"before": Field(int)}, self.history)

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        """Let a tab in by the cookie of its handshake, or refuse it; the welcome follows."""
        try:
            id_ = await self.sessions.id_of(environ["aiohttp.request"])
            if id_:  # in the database's queue, so that no end of the session falls between
                await self.store.run(
                    lambda db: rooms_store.find_session(db, id_, time.time()),
                    lambda session: session and self.here.come_in(sid, session),
                )
            tab = self.here.tab(sid)  # it may have been signed out since
        except Refusal as error:
            raise socketio_app.refuse_connection(error) from error
        program.soon(self.welcome(tab))

    async def disconnect(self, sid: str, reason: str) -> None:
        """Forget a tab; its person stays a member of their rooms."""
        self.here.gone(sid)

    async def welcome(self, tab: Tab) -> None:
        """Send what a new tab has to know; from then on it hears its person's rooms."""

        def work(db: Connection) -> dict[str, Any]:
            joined = rooms_store.rooms_of(db, tab.person.id)
            return {"rooms": rooms_store.all_rooms(db), "joined": joined}

        def then(lists: dict[str, Any]) -> None:
            if self.here.go_live(tab, lists["joined"]):
                me = {"name": tab.person.name, "until": iso(tab.session.expires)}
                tell(self.sio, "welcome", me | lists, room=tab.sid)

        await self.store.run(work, then)

    def changed(self) -> None:
        """Soon tell everybody which rooms there are."""

        def say(rooms: list[dict[str, Any]]) -> None:
            tell(self.sio, "rooms", {"rooms": rooms}, room=SIGNED_IN)

        def read() -> None:
            self.listing = None
            self.store.run_later(rooms_store.all_rooms, say)

        if self.listing is None:
            self.listing = asyncio.get_running_loop().call_later(ROOMS_S, read)

    async def rooms(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the list of rooms."""
        self.here.tab(sid)
        return {"rooms": await self.store.run(rooms_store.all_rooms)}

    async def create(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make a room, and its owner the first member."""
        name = names.checked_name(asked["room"])
        person = self.here.tab(sid).person
        return await self.enter(sid, lambda db: (rooms_store.add_room(db, name, person), True))

    async def join(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make somebody a member, if they are none, and return what a member may see."""
        person = self.here.tab(sid).person
        return await self.enter(sid, lambda db: rooms_store.join(db, asked["room"], person))

    async def enter(self, sid: str, work: database.Work) -> dict[str, Any]:
        """Let somebody into the room that `work` returns, in all their tabs."""
        person = self.here.tab(sid).person

        def entered(db: Connection) -> tuple[Room, bool, dict[str, Any]]:
            room, new = work(db)
            messages, older = rooms_messages.messages_before(db, room, None)
            members = rooms_store.members(db, room)
            seen = {"room": room.name, "owner": room.owner.name, "members": members}
            return room, new, seen | {"messages": messages, "older": older}

        def then(result: tuple[Room, bool, dict[str, Any]]) -> dict[str, Any]:
            room, new, seen = result
            self.here.join(person, room)
            if new:
                self.tell(room, "joined", {"name": person.name}, sid)
                self.changed()
            return seen | {"online": self.here.online(room.name)}

        return await self.store.run(entered, then)

    async def leave(self, sid: str, asked: dict[str, Any]) -> None:
        """End a membership, in all tabs."""
        person = self.here.tab(sid).person

        def then(room: Room) -> None:
            self.tell(room, "left", {"name": person.name}, sid)
            self.here.leave(person, room)
            self.changed()

        await self.store.run(lambda db: rooms_store.leave(db, asked["room"], person.id), then)

    async def close(self, sid: str, asked: dict[str, Any]) -> None:
        """Close a room for everybody, if its owner asks."""
        person = self.here.tab(sid).person

        def then(room: Room) -> None:
            self.tell(room, "closed", {}, sid)
            self.here.close(room)
            self.changed()

        await self.store.run(lambda db: rooms_store.close(db, asked["room"], person.id), then)

    async def say(self, sid: str, said: dict[str, Any]) -> dict[str, Any]:
        """Store what a member says; then acknowledge it, and pass it on."""
        tab = self.here.tab(sid)
        check_message(said["id"], said["text"])
        at = iso(time.time())

        def work(db: Connection) -> tuple[Room, Message, bool]:
            room = rooms_store.find_joined(db, said["room"], tab.person.id)
            return room, *rooms_messages.add_message(
                db, room, tab.person, said["id"], at, said["text"]
            )

        def then(stored: tuple[Room, Message, bool]) -> dict[str, Any]:
            room, message, new = stored
            if new:
                self.here.typing(tab, room.name, False)
                self.tell(room, "message", message, sid)
            return {"seq": message["seq"], "at": message["at"]}

        return await self.store.run(work, then)

    async def typing(self, sid: str, asked: dict[str, Any]) -> None:
        """Tell the others in a room that somebody types, or no longer."""
        self.here.typing(self.here.tab(sid), asked["room"], asked["on"])

    async def history(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Return a page of what was said in a room before."""
        who = self.here.tab(sid).person.id

        def work(db: Connection) -> tuple[list[Message], bool]:
            room = rooms_store.find_joined(db, asked["room"], who)
            return rooms_messages.messages_before(db, room, asked["before"])

        messages, older = await self.store.run(work)
        return {"messages": messages, "older": older}

    def tell(self, room: Room, event: str, about: dict[str, Any], but: str) -> None:
        """Tell all tabs in a room but one."""
        about = {"room": room.name} | about
        tell(self.sio, event, about, room=channel(room.name), skip_sid=but)


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    folder = program.data_folder(options)
    schema = rooms_store.SCHEMA + rooms_messages.SCHEMA
    async with database.opened(folder / "rooms.sqlite3", schema) as store:
        sio = socketio_app.make(burst=options.burst, per_second=options.rate)
        rooms = Rooms(sio, store)
        rooms.sessions = sessions = Sessions(
            store, folder / "cookie.key", options.session_s, options.attempts, rooms.here.end
        )
        await socketio_app.serve(
            sio,
            listener,
            stop,
            server="rooms",
            page="rooms",
            routes=sessions.routes(),
            middlewares=[sessions.middleware],
        )


def run() -> None:
    """Run the server with the flags of the command line."""
    flags = program.parser(__doc__)
    flags.add_argument("--session-s", type=float, default=8 * 3600, help="how long one is in")
    flags.add_argument("--attempts", type=int, default=5, help="wrong passwords at once, a name")
    flags.add_argument("--burst", type=float, default=50, help="events at once, of one client")
    flags.add_argument("--rate", type=float, default=10, help="events a second, of one client")
    program.run(main, flags)

"""socketio_chat: the room of `chat` on Socket.IO, for its clients by polling and by WebSocket.

A client connects with `auth`: name [, token, after]: somebody new; or back again, with the token
and the last seq seen. Who is refused hears `connect_error`, with code and text. Each event has one
object, and from the client is acknowledged: `{ok: true, …}` or `{ok: false, code, text}`.

From the client:

    say      id, text [, to]   → seq, at            to all, or to one; `id` is the client's own
    typing   on                →                    true each 3 s while one types
    catch_up after             → messages, more     the next of the messages that were missed
    history  before            → messages, older    older messages

From the server:

    welcome  name, token, people, messages, more, older     if `more`: ask catch_up until it is
             false; only then live messages come, so that there is no gap and nothing twice
    message  seq, id, at, from, text [, to]         to the others; the author has the ack
    joined, left    name
    typing   name, on
    elsewhere                                       the same person has connected again

Codes: bad_message bad_field too_long too_fast bad_name name_taken bad_token no_such_person
not_saved unknown_event elsewhere. A lost connection keeps its name for 5 s, for its token.
"""

import argparse
import asyncio
import socket
from sqlite3 import Connection
from typing import Any

import socketio

from helpers.servers.socketio_chat.room import Member, Room
from helpers.serving import database, messages, names, program, schema, socketio_app
from helpers.serving.chat import store as chat_store
from helpers.serving.schema import Field, Refusal
from helpers.serving.socketio_app import on, tell

RESTART_S = 10.0  # how long names are held after a crash
JOIN = {"name": Field(str), "token": Field(str, False), "after": Field(int, False)}
SAY = {"id": Field(str), "text": Field(str), "to": Field(str, False)}


class Chat:
    """The room, what is stored of it, and its events."""

    def __init__(self, sio: socketio.AsyncServer, store: database.Database) -> None:
        self.sio, self.store = sio, store
        self.room = Room(sio, self.left)
        sio.on("connect", self.connect)
        sio.on("disconnect", self.room.disconnected)
        on(sio, "say", SAY, self.say)
        on(sio, "typing", {"on": Field(bool)}, self.typing)
        on(sio, "catch_up", {"after": Field(int)}, self.catch_up)
        on(sio, "history", {"before": Field(int)}, self.history)

    def left(self, member: Member) -> None:
        """Tell everybody that somebody has left, and note it."""
        self.room.stop_typing(member)
        tell(self.sio, "left", {"name": member.name})
        self.store.run_later(lambda db: chat_store.set_online(db, member.person.id, False))

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        """Let somebody in, or refuse the connection; the welcome follows it."""
        try:
            asked = schema.checked("auth", (auth or {},), JOIN)
            name = names.checked_name(asked["name"])
            person, secret = await self.recognised(name, asked["token"])
        except Refusal as error:
            raise socketio_app.refuse_connection(error) from error
        member, older = self.room.come_in(person, sid)
        if older:
            tell(self.sio, "elsewhere", {}, room=older)
            program.soon(self.sio.disconnect(older))
        program.soon(self.welcome(member, sid, secret, asked["after"]))  # once it is accepted

    async def recognised(self, name: str, token: str | None) -> tuple[chat_store.Person, str]:
        """Find out who this is: somebody back again, or somebody new under a free name."""
        secret = token or names.new_token()

        def work(db: Connection) -> chat_store.Person | None:
            return chat_store.find_person(db, names.hashed(secret))

        person = await self.store.run(work) if token else None
        if token and (not person or names.name_key(person.name) != names.name_key(name)):
            raise Refusal("bad_token", "nobody has this name and token; join without a token")
        with self.room.reserved(name, person):
            if person:
                return person, secret
            hashed = names.hashed(secret)
            return await self.store.run(lambda db: chat_store.add_person(db, name, hashed)), secret

    async def welcome(self, member: Member, sid: str, token: str, after: int | None) -> None:
        """Send what a newcomer has to know; from then on they hear what is said."""
        who = member.person.id

        def work(db: Connection) -> dict[str, Any]:
            chat_store.set_online(db, who, True)
            if after is None:
                said, older = chat_store.messages_before(db, who, None, messages.RECENT)
                return {"messages": said, "more": False, "older": older}
            said, more = chat_store.messages_after(db, who, after)
            return {"messages": said, "more": more, "older": True}

        def then(page: dict[str, Any]) -> None:
            me = {"name": member.name, "token": token, "people": self.room.names()}
            tell(self.sio, "welcome", me | page, room=sid)
            if not page["more"]:
                self.room.go_live(member, sid)

        await self.store.run(work, then)

    async def say(self, sid: str, said: dict[str, Any]) -> dict[str, Any]:
        """Store a message; then acknowledge it, and pass it on."""
        member = self.room.member(sid)
        messages.check_message(said["id"], said["text"])
        other = self.room.find(said["to"]) if said["to"] is not None else None
        if said["to"] is not None and not other:
            raise Refusal("no_such_person", f"nobody is here as {schema.brief(said['to'])}")
        at = messages.now()
        to = other.person if other else None

        def work(db: Connection) -> tuple[chat_store.Message, bool]:
            return chat_store.add_message(db, member.person, said["id"], at, said["text"], to)

        def then(stored: tuple[chat_store.Message, bool]) -> dict[str, Any]:
            message, new = stored
            if new:
                self.room.stop_typing(member)
                self.room.pass_on(message, other, but=member)
            return {"seq": message["seq"], "at": message["at"]}

        return await self.store.run(work, then)

    async def typing(self, sid: str, asked: dict[str, Any]) -> None:
        """Tell the others that somebody types, or no longer."""
        member = self.room.member(sid)
        if asked["on"]:
            self.room.start_typing(member, messages.TYPING_S)
        else:
            self.room.stop_typing(member)

    async def catch_up(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the next page of what was missed; after the last one, live messages come."""
        member = self.room.member(sid)

        def then(page: tuple[list[chat_store.Message], bool]) -> dict[str, Any]:
            if not page[1]:
                self.room.go_live(member, sid)
            return {"messages": page[0], "more": page[1]}

        after = asked["after"]
        return await self.store.run(
            lambda db: chat_store.messages_after(db, member.person.id, after), then
        )

    async def history(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Return a page of what was said before."""
        who = self.room.member(sid).person.id
        page = await self.store.run(
            lambda db: chat_store.messages_before(db, who, asked["before"], messages.RECENT)
        )
        return {"messages": page[0], "older": page[1]}


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    file = program.data_folder(options) / "chat.sqlite3"
    async with database.opened(file, chat_store.SCHEMA) as store:
        await store.run(chat_store.forget_strangers)
        sio = socketio_app.make(burst=options.burst, per_second=options.rate, async_handlers=True)
        chat = Chat(sio, store)
        for person in await store.run(chat_store.were_online):
            chat.room.keep_for(Member(person), RESTART_S)
        await socketio_app.serve(sio, listener, stop, server="socketio_chat", page="chat")


def run() -> None:
    """Run the server with the flags of the command line."""
    flags = program.parser(__doc__)
    flags.add_argument("--burst", type=float, default=50, help="events at once, of one client")
    flags.add_argument("--rate", type=float, default=10, help="events a second, of one client")
    program.run(main, flags)

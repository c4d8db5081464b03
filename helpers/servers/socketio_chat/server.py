"""socketio_chat: the same as `chat` on Socket.IO, for clients by polling and by WebSocket.

A client connects with `auth`: name, and to come back token and after, the last seq seen. A client
that is refused gets `connect_error`, with code and text. Each event has one object, and one from
the client is acknowledged: `{ok: true, …}` or `{ok: false, code, text}`.

From the client:

    say      id, text [, to]   → seq, at            to all, or to one; `id` is the client's own
    typing   on                →                    true every 3 s while somebody is typing
    catch_up after             → messages, more     the next of the messages that were missed
    history  before            → messages, older    older messages

From the server:

    welcome  name, token, people, messages, more, older     if `more`: ask catch_up until it is
             false; only then do live messages follow, so that none is lost or arrives twice
    message  seq, id, at, from, text [, to]         to the others; the author gets the ack
    joined, left    name
    typing   name, on
    elsewhere                                       the same person has connected again

Codes: bad_message bad_field too_long too_fast bad_name name_taken bad_token no_such_person
not_saved busy unknown_event elsewhere. A lost connection keeps its name for 5 s, for its token.
"""

import argparse
import asyncio
import socket
from typing import Any

import socketio

from helpers.serving import database, names, program, schema, socketio_app
from helpers.serving.chat import core
from helpers.serving.chat import store as chat_store
from helpers.serving.presence import join_bucket
from helpers.serving.schema import Refusal
from helpers.serving.socketio_app import Event, emit_now, register

LIVE = "live"  # the Socket.IO room of the members who are live
Member = core.Member[str]  # its connection is a sid


class Members(core.Members[str]):
    """The members of the chat, each on a connection of Socket.IO."""

    def __init__(self, sio: socketio.AsyncServer, *args: Any) -> None:
        super().__init__(*args)
        self._sio = sio
        self._by_sid: dict[str, Member] = {}

    def by_sid(self, sid: str) -> Member:
        """Return the member who has a connection.

        Raises:
            Refusal: elsewhere, when they have a newer one.
        """
        if sid not in self._by_sid:
            raise Refusal("elsewhere", "you are connected elsewhere")
        return self._by_sid[sid]

    def come_in(self, person: chat_store.Person, sid: str) -> Member:
        """Give somebody their place, and tell the others if they are new."""
        member = self._by_sid[sid] = super().come_in(person, sid)
        return member

    def replaced(self, older: str) -> None:
        """Disconnect a connection in whose place there is a newer one."""
        self._by_sid.pop(older, None)
        self._sio.manager.basic_leave_room(older, "/", LIVE)
        emit_now(self._sio, "elsewhere", {}, room=older)
        program.spawn(self._sio.disconnect(older))

    async def disconnected(self, sid: str, reason: str) -> None:
        """Note the end of a connection."""
        goodbye = reason == self._sio.reason.CLIENT_DISCONNECT
        self.connection_lost(self._by_sid.pop(sid, None), sid, goodbye=goodbye)

    def go_live(self, member: Member, sid: str) -> None:
        """Send new messages to a member from now on, if this is still their connection."""
        if self._sio.manager.is_connected(sid, "/"):
            super().go_live(member, sid)
            if member.live:
                self._sio.manager.basic_enter_room(sid, "/", LIVE)

    def broadcast(self, message: dict[str, Any], *, but: Member | None = None) -> None:
        """Send a message to everybody, or to everybody but one, as an event."""
        event, fields = as_event(message)
        emit_now(self._sio, event, fields, skip_sid=but and but.connection)

    def pass_on(
        self, message: chat_store.Message, author: Member, recipient: Member | None
    ) -> None:
        """Send what was said to everybody else who is live, or to its recipient alone."""
        event, fields = as_event(message)
        if recipient is None:
            emit_now(self._sio, event, fields, room=LIVE, skip_sid=author.connection)
        elif recipient is not author and recipient.connection and recipient.live:
            emit_now(self._sio, event, fields, room=recipient.connection)


def as_event(message: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return a message as an event: its name, and its fields."""
    return message["type"], {name: value for name, value in message.items() if name != "type"}


class Chat(core.Chat[str]):
    """The chat and its events."""

    members: Members

    def __init__(
        self, sio: socketio.AsyncServer, store: database.Database, options: argparse.Namespace
    ) -> None:
        joins = join_bucket(options.burst, options.rate)
        members = Members(sio, self.on_leave, options.return_s, options.typing_s, joins)
        super().__init__(store, members)
        self.sio = sio
        sio.on("connect", self.connect)
        sio.on("disconnect", members.disconnected)
        events = {
            "say": Event(core.TYPES["say"], self.say),
            "typing": Event(core.TYPES["typing"], self.typing),
            "catch_up": Event(core.TYPES["catch_up"], self.catch_up),
            "history": Event(core.TYPES["history"], self.history),
        }
        register(sio, events)

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        """Let somebody in, or refuse the connection; the welcome follows it."""
        try:
            asked = schema.read_event("auth", (auth or {},), core.TYPES["join"])
            name = names.checked_name(asked["name"])
            secret = asked["token"] or names.new_token()
            person = await self.identify(name, asked["token"], names.hashed(secret))
        except Refusal as error:
            raise socketio_app.refuse_connection(error) from error
        member = self.members.come_in(person, sid)
        program.spawn(self.welcome(member, sid, secret, asked["after"]))  # once it is accepted

    async def identify(self, name: str, token: str | None, hashed: str) -> chat_store.Person:
        """Find out who this is: somebody who is back, or somebody new under a free name."""
        known = await self.recognise(name, token)
        with self.members.reserved(name, known):
            if known:
                return known
            return await self.store.run(lambda db: chat_store.add_person(db, name, hashed))

    async def welcome(self, member: Member, sid: str, token: str, after: int | None) -> None:
        """Send what a newcomer has to know; after the last page, live messages follow."""

        def answer(page: chat_store.Page) -> None:
            me = {"name": member.name, "token": token, "people": self.members.names()}
            emit_now(self.sio, "welcome", me | page, room=sid)
            if not page["more"]:
                self.members.go_live(member, sid)

        await self.store.run(
            lambda db: chat_store.first_page(db, member.person.id, after), on_commit=answer
        )

    async def say(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Store a message; then acknowledge it, and pass it on."""

        def acknowledge(message: chat_store.Message) -> dict[str, Any]:
            return {"seq": message["seq"], "at": message["at"]}

        author = self.members.by_sid(sid)
        return await self.record(author, asked["id"], asked["text"], asked["to"], acknowledge)

    async def typing(self, sid: str, asked: dict[str, Any]) -> None:
        """Tell the others that somebody is typing, or no longer."""
        member = self.members.by_sid(sid)
        if asked["on"]:
            self.members.start_typing(member)
        else:
            self.members.stop_typing(member)

    async def catch_up(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Return the next page of what was missed; after the last one, live messages follow."""
        member = self.members.by_sid(sid)

        def answer(page: chat_store.Page) -> chat_store.Page:
            if not page["more"]:
                self.members.go_live(member, sid)
            return page

        return await self.store.run(
            lambda db: chat_store.next_page(db, member.person.id, asked["after"]),
            on_commit=answer,
        )

    async def history(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Return a page of older messages."""
        who = self.members.by_sid(sid).person.id
        return await self.store.run(lambda db: chat_store.previous_page(db, who, asked["before"]))


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    file = program.data_folder(options) / "chat.sqlite3"
    async with database.opened(file, chat_store.SCHEMA) as store:
        sio = socketio_app.make(burst=options.burst, per_second=options.rate, async_handlers=True)
        chat = Chat(sio, store, options)
        await chat.hold_names(options.hold_s)
        await socketio_app.serve(
            sio,
            listener,
            stop,
            server="socketio_chat",
            page="chat",
            leave_s=options.leave_s,
        )


def flags() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = program.parser(__doc__, "hold_s", "return_s", "typing_s", "leave_s")
    flags.add_argument(
        "--burst", type=program.count, default=50, help="events at once, of one client"
    )
    flags.add_argument(
        "--rate", type=program.rate, default=10, help="events a second, of one client"
    )
    return flags


def run() -> None:
    """Run the server with the flags of the command line."""
    program.run(main, flags())

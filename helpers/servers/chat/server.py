"""chat: one chat for everybody, with private messages and history, in which nothing is lost.

Protocol, at /ws; every message is a JSON object in a text frame. From the client:

    join     name                 come in; or come back: name, token, after (the last seq seen)
    say      id, text [, to]      to everybody, or to one person; `id` is the client's own
    typing   on                   true every 3 s while somebody is typing, false when they stop
    catch_up after                the next of the messages that were missed
    history  before               older messages
    ping                          at any time: is the connection still alive?

From the server:

    welcome  name, token, people, messages, more, older     if `more`: ask catch_up until it is
             false; only then do live messages follow, so that none is lost or arrives twice
    messages messages, more       the answer to catch_up
    history  messages, older      the answer to history
    closed   code, text           the last message before the server closes: elsewhere too_fast
             too_slow too_big bad_frame bad_text busy not_saved stopping error
    ack      id, seq, at          it is on the disk; a retry with the same id gets the same answer
    message  seq, id, at, from, text [, to]        `seq` rises, with gaps: some are private
    joined, left                  name
    typing   name, on
    pong                          the answer to ping
    error    code, text [, id]    codes: bad_json bad_message unknown_type bad_field too_long
             too_fast bad_name name_taken bad_token not_joined already_joined no_such_person
             not_saved busy

A lost connection keeps its name for 5 s, for whoever has its token; one that closes with 1000 has
left. The same token again closes the older connection with 4001. A message that is refused gets
an error, 500 in a row end the connection (1008), and so does reading too slowly (1013). A `join`
that is refused as `not_saved` or `busy` (too many people join at once) also ends it with 1013.
"""

import argparse
import asyncio
import socket
import sqlite3
from typing import Any

from helpers.serving import database, names, program, ratelimit, schema, websocket_app
from helpers.serving.chat import core
from helpers.serving.chat import store as chat_store
from helpers.serving.presence import Places, closed_if_not_let_in, join_bucket
from helpers.serving.schema import Refusal
from helpers.serving.websocket_app import Peer

LARGEST = 2**21  # bytes of a message, before anybody looks at it
Member = core.Member[Peer]


class Members(Places[Member], core.Members[Peer]):
    """The members of the chat, each on a WebSocket."""

    def pass_on(
        self, message: chat_store.Message, author: Member, recipient: Member | None
    ) -> None:
        """Send what was said to everybody who is live, or to its two ends; encode it once."""
        frame = websocket_app.text_frame(message)
        for member in {author, recipient} if recipient else self.members.values():
            if member.connection and member.live:
                member.connection.send(frame)


class Chat(core.Chat[Peer]):
    """The chat, and how fast a client may send."""

    def __init__(self, store: database.Database, options: argparse.Namespace) -> None:
        members = Members(
            self.on_leave,
            options.return_s,
            options.typing_s,
            join_bucket(options.burst, options.rate),
        )
        super().__init__(store, members)
        self.limits = options.burst, options.rate

    async def talk(self, peer: Peer) -> None:
        """Serve one connection: read, carry out or refuse, until it ends."""
        visit = Visit(self, peer)
        try:
            await websocket_app.serve_messages(peer, ratelimit.Bucket(*self.limits), visit.react)
        finally:
            self.members.connection_lost(visit.member, peer, goodbye=peer.said_goodbye)


class Visit:
    """One connection, and the member who has joined on it."""

    def __init__(self, chat: Chat, peer: Peer) -> None:
        self.chat, self.store, self.members = chat, chat.store, chat.members
        self.peer = peer
        self.member: Member | None = None

    def answer(self, message: dict[str, Any]) -> None:
        """Send a message to this client alone."""
        self.peer.send(websocket_app.text_frame(message))

    async def react(self, raw: str | bytes) -> None:
        """Carry out one message, or refuse it."""
        message = schema.read(raw, core.TYPES)
        match message["type"], self.member:
            case "ping", _:
                self.answer({"type": "pong"})
            case "join", None:
                with closed_if_not_let_in(self.peer):
                    await self.join(message["name"], message["token"], message["after"])
            case "join", core.Member() as member:
                raise Refusal("already_joined", f"you have joined already, as {member.name}")
            case kind, None:
                raise Refusal("not_joined", f"join comes before {kind}", message.get("id"))
            case "say", member:
                self.say(member, message["id"], message["text"], message["to"])
            case "typing", member if message["on"]:
                self.members.start_typing(member)
            case "typing", member:
                self.members.stop_typing(member)
            case "catch_up", member:
                await self.catch_up(member, message["after"])
            case "history", member:
                await self.history(member, message["before"])

    async def join(self, name: str, token: str | None, after: int | None) -> None:
        """Come in, or come back: find out who it is, and send what they have not seen."""
        name = names.checked_name(name)
        known = await self.chat.recognise(name, token)
        secret = token or names.new_token()

        def add(db: sqlite3.Connection) -> tuple[chat_store.Person, chat_store.Page]:
            person = known or chat_store.add_person(db, name, names.hashed(secret))
            return person, chat_store.first_page(db, person.id, after)

        def welcome(added: tuple[chat_store.Person, chat_store.Page]) -> None:
            person, page = added
            self.member = self.members.come_in(person, self.peer)
            me = {"name": person.name, "token": secret, "people": self.members.names()}
            self.answer({"type": "welcome"} | me | page)
            if not page["more"]:
                self.members.go_live(self.member, self.peer)

        with self.members.reserved(name, known):
            await self.store.run(add, on_commit=welcome)

    def say(self, member: Member, id: str, text: str, to: str | None) -> None:
        """Store a message, then acknowledge it and pass it on; the next one need not wait."""

        def acknowledge(message: chat_store.Message) -> None:
            self.answer({"type": "ack", "id": id, "seq": message["seq"], "at": message["at"]})

        stored = self.chat.record(member, id, text, to, acknowledge)
        stored.add_done_callback(self.report)

    def report(self, stored: asyncio.Future[None]) -> None:
        """Tell the client why a message was not stored, if it was not."""
        if error := stored.exception():
            refused = error if isinstance(error, Refusal) else Refusal("error", "a server error")
            self.answer(refused.message())

    async def catch_up(self, member: Member, after: int) -> None:
        """Send the next page of what was missed; after the last one, live messages follow."""

        def answer(page: chat_store.Page) -> None:
            self.answer({"type": "messages"} | page)
            if not page["more"]:
                self.members.go_live(member, self.peer)

        await self.store.run(
            lambda db: chat_store.next_page(db, member.person.id, after), on_commit=answer
        )

    async def history(self, member: Member, before: int) -> None:
        """Send a page of older messages."""
        who = member.person.id
        page = await self.store.run(lambda db: chat_store.previous_page(db, who, before))
        self.answer({"type": "history"} | page)


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    file = program.data_folder(options) / "chat.sqlite3"
    async with database.opened(file, chat_store.SCHEMA) as store:
        chat = Chat(store, options)
        await chat.hold_names(options.hold_s)
        await websocket_app.serve(
            chat.talk,
            listener,
            stop,
            server="chat",
            page="chat",
            max_size=LARGEST,
            ping_s=options.ping_s,
            leave_s=options.leave_s,
        )


def flags() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = program.parser(__doc__, "hold_s", "return_s", "typing_s", "ping_s", "leave_s")
    flags.add_argument(
        "--burst", type=program.count, default=50, help="messages at once, of one client"
    )
    flags.add_argument(
        "--rate", type=program.rate, default=10, help="messages a second, of one client"
    )
    return flags


def run() -> None:
    """Run the server with the flags of the command line."""
    program.run(main, flags())

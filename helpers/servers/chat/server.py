"""chat: a room for everybody, with private messages, history, and nothing ever lost.

Protocol, at /ws; every message is a JSON object in a text frame. From the client:

    join     name                 come in; or come back: name, token, after (the last seq seen)
    say      id, text [, to]      to everybody, or to one person; `id` is the client's own
    typing   on                   true each 3 s while one types, false when one stops
    catch_up after                the next of the messages that were missed
    history  before               older messages

From the server:

    welcome  name, token, people, messages, more, older     if `more`: ask catch_up until it is
             false; only then live messages come, so that there is no gap and nothing twice
    messages messages, more       the answer to catch_up
    history  messages, older      the answer to history
    ack      id, seq, at          it is on the disk; a retry of the same id gets the same answer
    message  seq, id, at, from, text [, to]        `seq` rises, with gaps: some are private
    joined, left                  name
    typing   name, on
    error    code, text [, id]    codes: bad_json bad_message unknown_type bad_field too_long
             too_fast bad_name name_taken bad_token not_joined already_joined no_such_person
             not_saved

A connection that is lost keeps its name for 5 s, for whoever has its token; one that closes with
1000 has left. The same token again closes the older connection with 4001. Nonsense costs an
error, 500 refusals in a row the connection (1008); reading too slowly costs it too (1013).
"""

import argparse
import asyncio
import socket
from sqlite3 import Connection
from typing import Any

from helpers.servers.chat.room import Member, Room
from helpers.serving import database, messages, names, program, ratelimit, schema, websocket_app
from helpers.serving.chat import store as chat_store
from helpers.serving.presence import serve_messages
from helpers.serving.schema import Field, Refusal

LARGEST = 2**21  # bytes of a message, before anybody looks at it
RESTART_S = 10.0  # how long names are held after a crash

TYPES = {
    "join": {"name": Field(str), "token": Field(str, False), "after": Field(int, False)},
    "say": {"id": Field(str), "text": Field(str), "to": Field(str, False)},
    "typing": {"on": Field(bool)},
    "catch_up": {"after": Field(int)},
    "history": {"before": Field(int)},
}


class Chat:
    """The room, what is stored of it, and how fast a client may talk."""

    def __init__(self, store: database.Database, burst: float, per_second: float) -> None:
        self.store = store
        self.limits = burst, per_second
        self.room = Room(self.left)

    async def talk(self, peer: websocket_app.Peer) -> None:
        """Serve one connection: read, carry out or refuse, until it ends."""
        visit = Visit(self, peer)
        try:
            await serve_messages(peer, ratelimit.Bucket(*self.limits), visit.react)
        finally:
            self.room.connection_lost(visit.member, peer)

    def left(self, member: Member) -> None:
        """Tell everybody that somebody has left, and note it."""
        self.room.stop_typing(member)
        self.room.broadcast({"type": "left", "name": member.name})
        self.store.run_later(lambda db: chat_store.set_online(db, member.person.id, False))


class Visit:
    """One connection, and who came with it."""

    def __init__(self, chat: Chat, peer: websocket_app.Peer) -> None:
        self.store, self.room, self.peer = chat.store, chat.room, peer
        self.member: Member | None = None

    def answer(self, message: dict[str, Any]) -> None:
        """Send a message to this client alone."""
        self.peer.send(websocket_app.text_frame(message))

    async def react(self, raw: str | bytes) -> None:
        """Carry out one message, or refuse it."""
        message = schema.read(raw, TYPES)
        match message["type"], self.member:
            case "join", None:
                await self.join(**fields(message))
            case "join", Member() as member:
                raise Refusal("already_joined", f"you are here already, as {member.name}")
            case kind, None:
                raise Refusal("not_joined", f"join comes before {kind}", message.get("id"))
            case "say", member:
                await self.say(member, **fields(message))
            case "typing", member if message["on"]:
                self.room.start_typing(member, messages.TYPING_S)
            case "typing", member:
                self.room.stop_typing(member)
            case "catch_up", member:
                await self.catch_up(member, message["after"])
            case "history", member:
                await self.history(member, message["before"])

    async def join(self, name: str, token: str | None, after: int | None) -> None:
        """Come in, or come back: find out who it is, and send what they have not seen."""
        name = names.checked_name(name)
        person = await self.recognised(name, token) if token else None
        secret = token or names.new_token()
        key = self.room.reserve(name, person)

        def work(db: Connection) -> tuple[chat_store.Person, dict[str, Any]]:
            who = person or chat_store.add_person(db, name, names.hashed(secret))
            chat_store.set_online(db, who.id, True)
            if after is None:
                said, older = chat_store.messages_before(db, who.id, None, messages.RECENT)
                return who, {"messages": said, "more": False, "older": older}
            said, more = chat_store.messages_after(db, who.id, after)
            return who, {"messages": said, "more": more, "older": True}

        def then(found: tuple[chat_store.Person, dict[str, Any]]) -> None:
            who, page = found
            self.member = self.room.come_in(who, self.peer)
            me = {"name": who.name, "token": secret, "people": self.room.names()}
            self.answer({"type": "welcome"} | me | page)
            self.member.live = not page["more"]

        try:
            await self.store.run(work, then)
        finally:
            self.room.arriving.discard(key)

    async def recognised(self, name: str, token: str) -> chat_store.Person:
        """Find out who has this token, under this name."""
        person = await self.store.run(lambda db: chat_store.find_person(db, names.hashed(token)))
        if not person or names.name_key(person.name) != names.name_key(name):
            raise Refusal("bad_token", "nobody has this name and token; join without a token")
        return person

    async def say(self, member: Member, id: str, text: str, to: str | None) -> None:
        """Store a message; then acknowledge it, then pass it on."""
        messages.check_message(id, text)
        other = self.room.find(to) if to is not None else None
        if to is not None and not other:
            raise Refusal("no_such_person", f"nobody is here as {schema.brief(to)}", id)
        at = messages.now()

        def work(db: Connection) -> tuple[chat_store.Message, bool]:
            recipient = other.person if other else None
            return chat_store.add_message(db, member.person, id, at, text, recipient)

        def then(stored: tuple[chat_store.Message, bool]) -> None:
            message, new = stored
            self.answer({"type": "ack", "id": id, "seq": message["seq"], "at": message["at"]})
            if new:
                self.room.stop_typing(member)
                everybody = self.room.members.values()
                self.room.pass_on(message, {member, other} if other else everybody)

        self.store.submit(work, then).add_done_callback(self.said)  # the next may come already

    def said(self, stored: asyncio.Future[None]) -> None:
        """Tell why a message is not stored, if it is not."""
        if error := stored.exception():
            refused = error if isinstance(error, Refusal) else Refusal("error", "a server error")
            self.answer(refused.message())

    async def catch_up(self, member: Member, after: int) -> None:
        """Send the next page of what was missed; after the last one, live messages come."""

        def then(page: tuple[list[chat_store.Message], bool]) -> None:
            said, more = page
            self.answer({"type": "messages", "messages": said, "more": more})
            if member.peer is self.peer:
                member.live = member.live or not more

        await self.store.run(
            lambda db: chat_store.messages_after(db, member.person.id, after), then
        )

    async def history(self, member: Member, before: int) -> None:
        """Send a page of what was said before."""
        who = member.person.id
        page = await self.store.run(
            lambda db: chat_store.messages_before(db, who, before, messages.RECENT)
        )
        self.answer({"type": "history", "messages": page[0], "older": page[1]})


def fields(message: dict[str, Any]) -> dict[str, Any]:
    """Return the fields of a message but its type."""
    return {name: value for name, value in message.items() if name != "type"}


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    file = program.data_folder(options) / "chat.sqlite3"
    async with database.opened(file, chat_store.SCHEMA) as store:
        await store.run(chat_store.forget_strangers)
        chat = Chat(store, options.burst, options.rate)
        for person in await store.run(chat_store.were_online):
            chat.room.keep_for(Member(person), RESTART_S)
        await websocket_app.serve(
            chat.talk, listener, stop, server="chat", page="chat", max_size=LARGEST
        )


def run() -> None:
    """Run the server with the flags of the command line."""
    flags = program.parser(__doc__)
    flags.add_argument("--burst", type=float, default=50, help="messages at once, of one client")
    flags.add_argument("--rate", type=float, default=10, help="messages a second, of one client")
    program.run(main, flags)

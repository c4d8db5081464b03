"""document: one text that many people write at once, without losing a letter.

Protocol, at /ws. Text frames are JSON objects. From the client:

    login    name [, token]       come in, or come back
    caret    anchor, head         where one's caret is: relative positions of Yjs, or neither
    ping                          at any time: is the connection still alive?

From the server:

    welcome  id, name, token, colour, people, log      people: id, name, colour, anchor, head
    joined   person               id, name, colour
    left     id
    caret    id, anchor, head
    log      entry                seq, at, name, colour, what, added, removed: a new entry, or the
                                  new state of a `seq`; `what` is joined, left or edited
    saved    count                how many updates of this connection are on the disk
    pong                          the answer to ping
    closed   code, text           the last message before the server closes: elsewhere too_fast
             too_slow too_big bad_frame bad_text busy not_saved stopping error
    error    code, text           codes: bad_json bad_message unknown_type bad_field too_long
             too_fast bad_name bad_token not_logged_in already_logged_in bad_update
             document_full not_saved busy

Binary frames are the sync protocol of Yjs, after login: the server sends step 1 and answers the
client's with step 2. An update is merged and committed; then what was new in it is passed on to
everybody else. It holds letters and deletions of the text "text" alone (updates.py), is written
under client ids of one's own (owners.py), and follows what the server has, or is not_saved.
An update that gets an error is not merged: send the whole document later, merging is idempotent.

A lost connection keeps its place for 5 s; one that closes with 1000 has left. The same token again
closes the older connection with 4001. Reading too slowly ends the connection with 1013.
"""

import argparse
import asyncio
import json
import socket
import sqlite3
from typing import Any

import pycrdt

from helpers.servers.document import store as document_store
from helpers.servers.document.author import Author
from helpers.servers.document.effort import Allowance
from helpers.servers.document.log import ActivityLog
from helpers.servers.document.store import Entry, Person
from helpers.servers.document.text import Applied, Sender, SharedText
from helpers.serving import database, names, program, ratelimit, schema, websocket_app
from helpers.serving.presence import Places, closed_if_not_let_in, join_bucket
from helpers.serving.schema import Field, Refusal
from helpers.serving.websocket_app import Peer

LARGEST = 2**21  # bytes of a message, before anybody looks at it
LARGEST_CARET = 1_024  # bytes of JSON
COMPACT_EVERY = 500  # updates

TYPES = {
    "login": {"name": Field(str), "token": Field(str, False)},
    "caret": {"anchor": Field(dict, False), "head": Field(dict, False)},
    "ping": {},
}


class Document:
    """The text, its authors, and what they did."""

    def __init__(
        self,
        store: database.Database,
        text: SharedText,
        log: list[Entry],
        options: argparse.Namespace,
    ) -> None:
        self.store, self.text = store, text
        self.limits = options.burst, options.rate
        joins = join_bucket(options.burst, options.rate)
        self.authors: Places[Author] = Places(self.on_leave, options.return_s, joins)
        self.log = ActivityLog(store, log, self.authors)
        self.promised: list[int] = []  # the colours of authors who are about to come in
        self.newcomers: set[int] = set()  # people who have not sent what they have yet
        self.updates = 0  # since the last compaction

    async def talk(self, peer: Peer) -> None:
        """Serve one connection, until it ends."""
        visit = Visit(self, peer)
        try:
            await websocket_app.serve_messages(peer, ratelimit.Bucket(*self.limits), visit.react)
        finally:
            self.authors.connection_lost(visit.author, peer, goodbye=peer.said_goodbye)

    async def read_again(self) -> None:
        """Read the text from the disk, without what could not be saved."""

        def read(db: sqlite3.Connection) -> tuple[list[bytes], dict[int, int]]:
            return document_store.updates(db), document_store.owners(db)

        def replace_text(stored: tuple[list[bytes], dict[int, int]]) -> None:
            self.text = SharedText(*stored)

        await self.store.run(read, on_commit=replace_text)

    def on_leave(self, author: Author) -> None:
        """Tell everybody that somebody has left."""
        self.authors.broadcast({"type": "left", "id": author.person.id})
        self.log.note(author.person, "left")
        self.newcomers.discard(author.person.id)

    def sender(self, person: Person, allowance: Allowance) -> Sender:
        """Return who sends updates: somebody new may bring back what the server has lost."""
        return Sender(person.id, person.id in self.newcomers, allowance)

    def save(self, db: sqlite3.Connection, person: Person, applied: Applied) -> Entry | None:
        """Store what was new in an update, if anything; called in the database's thread."""
        if applied.update is None:
            return None
        document_store.add_update(db, applied.update)
        document_store.add_clients(db, applied.clients, person.id)
        return self.log.edited(db, person, applied.change)

    def free_colour(self) -> int:
        """Return the colour that the fewest authors have, counting those about to come in."""
        used = [author.person.colour for author in self.authors.members.values()]
        used += self.promised
        return min(range(document_store.COLOURS), key=used.count)


class Visit:
    """One connection, and the author who has logged in on it."""

    def __init__(self, document: Document, peer: Peer) -> None:
        self.document, self.peer = document, peer
        self.author: Author | None = None
        self.saved = 0
        self.allowance = Allowance()

    async def react(self, raw: str | bytes) -> None:
        """Carry out one message, or refuse it."""
        if isinstance(raw, bytes):
            await self.sync(self.logged_in("an update"), raw)
            return
        message = schema.read(raw, TYPES)
        if message["type"] == "ping":
            self.peer.send(websocket_app.text_frame({"type": "pong"}))
        elif message["type"] == "caret":
            self.move_caret(self.logged_in("caret"), message)
        elif self.author:
            raise Refusal(
                "already_logged_in", f"you have logged in already, as {self.author.name}"
            )
        else:
            with closed_if_not_let_in(self.peer):
                await self.log_in(message["name"], message["token"])

    def logged_in(self, what: str) -> Author:
        """Return the author, or refuse what comes before login."""
        if not self.author:
            raise Refusal("not_logged_in", f"login comes before {what}")
        return self.author

    async def log_in(self, name: str, token: str | None) -> None:
        """Find out who this is, send what they have not seen, and tell the others."""
        name, colour = names.checked_name(name), self.document.free_colour()
        secret = token or names.new_token()

        def find_or_add(db: sqlite3.Connection) -> Person:
            if person := token and document_store.find_person(db, names.hashed(token)):
                return person
            if token:
                raise Refusal("bad_token", "nobody has this token; log in without a token")
            return document_store.add_person(db, name, names.hashed(secret), colour)

        self.document.promised.append(colour)
        try:
            await self.document.store.run(
                find_or_add, on_commit=lambda person: self.welcome(person, secret, bool(token))
            )
        finally:
            self.document.promised.remove(colour)

    def welcome(self, person: Person, token: str, known: bool) -> None:
        """Let somebody in."""
        authors = self.document.authors
        if person.id not in authors.members:
            authors.count_join()
        self.author, new = authors.enter(Author(person), self.peer)
        if not known:
            self.document.newcomers.add(person.id)
        me = person._asdict() | {
            "token": token,
            "people": [author.described() for author in authors.members.values()],
            "log": self.document.log.entries,
        }
        self.peer.send(websocket_app.text_frame({"type": "welcome"} | me))
        self.peer.send(websocket_app.binary_frame(self.document.text.step_1()))
        if new:
            joined = {"type": "joined", "person": self.author.described()}
            authors.broadcast(joined, but=self.author)
            self.document.log.note(person, "joined")

    def move_caret(self, author: Author, message: dict[str, Any]) -> None:
        """Tell the others where somebody's caret is."""
        caret = {"anchor": message["anchor"], "head": message["head"]}
        try:
            size_bytes = len(json.dumps(caret, ensure_ascii=False, allow_nan=False).encode())
        except (ValueError, RecursionError) as error:  # an unpaired surrogate, or NaN
            raise Refusal("bad_field", "a caret must be JSON that everybody can read") from error
        if size_bytes > LARGEST_CARET:
            raise Refusal("too_long", f"expected a caret of at most {LARGEST_CARET} bytes of JSON")
        author.caret = caret
        self.document.authors.broadcast({"type": "caret", "id": author.key} | caret, but=author)

    async def sync(self, author: Author, message: bytes) -> None:
        """Answer step 1; merge an update, commit it, and only then pass it on."""
        document, text = self.document, self.document.text
        kind, content = text.read(message)
        if kind == pycrdt.YSyncMessageType.SYNC_STEP1:
            reply = text.step_2(content, self.allowance)
            self.peer.send(websocket_app.binary_frame(reply))
            return
        sender = document.sender(author.person, self.allowance)
        applied = text.apply(content, sender)

        def store_update(db: sqlite3.Connection) -> Entry | None:
            return document.save(db, author.person, applied)

        def pass_on(entry: Entry | None) -> None:
            if document.text is not text:  # it was read again; what this follows may be lost
                document.text.apply(content, sender)
            if kind == pycrdt.YSyncMessageType.SYNC_STEP2:
                document.newcomers.discard(author.person.id)
            self.pass_on(applied.update)
            if entry:
                document.log.written(entry)

        try:
            await document.store.run(store_update, on_commit=pass_on)
        except Refusal:
            await document.read_again()  # the text must not show what is not saved
            raise

    def pass_on(self, update: bytes | None) -> None:
        """Send what was new, if anything, to every other page, encoded once; tell it is saved."""
        document = self.document
        self.saved += 1
        self.peer.send(websocket_app.text_frame({"type": "saved", "count": self.saved}))
        if update is None:
            return
        frame = websocket_app.binary_frame(pycrdt.create_update_message(update))
        for author in document.authors.members.values():
            if author.connection and author.connection is not self.peer:
                author.connection.send(frame)  # to its own author as well, on a newer connection
        document.updates += 1
        if document.updates >= COMPACT_EVERY:
            document.updates = 0
            document.store.run_later(document_store.compact)


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    file = program.data_folder(options) / "document.sqlite3"
    async with database.opened(file, document_store.SCHEMA) as store:
        await store.run(document_store.sift)
        await store.run(document_store.compact)
        owners = await store.run(document_store.owners)
        text = SharedText(await store.run(document_store.updates), owners)
        document = Document(store, text, await store.run(document_store.entries), options)
        await websocket_app.serve(
            document.talk,
            listener,
            stop,
            server="document",
            page="document",
            max_size=LARGEST,
            ping_s=options.ping_s,
            leave_s=options.leave_s,
        )


def flags() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = program.parser(__doc__, "return_s", "ping_s", "leave_s")
    flags.add_argument(
        "--burst", type=program.count, default=400, help="messages at once, of one client"
    )
    flags.add_argument(
        "--rate", type=program.rate, default=80, help="messages a second, of one client"
    )
    return flags


def run() -> None:
    """Run the server with the flags of the command line."""
    program.run(main, flags())

"""vote: live polls that count right: one vote per voter, freely changed, safely retried.

A client connects with `auth`: voter, a token of 32 to 64 letters, digits, - and _, which a browser
makes once and keeps. A client without a token is given one. Each event has one object as its
argument; an event from the client is acknowledged: `{ok: true, …}` or `{ok: false, code, text}`.

From the client:

    create   id, question, options, owner → code     2 to 10 options; the client chooses `id`, and
             a retry gets the same poll; `owner` is a token, which alone can close the poll
    open     code             → poll                 from now on, the client receives its totals
    cast     code, option, turn → mine, turn         the vote is on the disk; `turn` rises with
             each choice: a retry, or a choice that a newer one overtook, changes nothing
    close    code, owner      →                      for good
    leave    code             →                      the client no longer receives its totals

From the server:

    voter    token
    totals   code, version, open, totals, voters     at most 20 a second for a poll, however many
             votes it gets; the last one is always the final state
    mine     code, mine, turn                        this voter has voted in another tab

Voters need no account, so someone who clears their browser is a new voter. Anyone may make polls;
at most 1,000 are open at once.

A poll: code, question, options, open, version, totals, voters, mine (null: not yet), turn.
Codes: bad_message bad_field too_long too_fast no_such_poll no_such_option closed not_owner
too_many_polls not_saved unknown_event.
"""

import argparse
import asyncio
import re
import socket
from sqlite3 import Connection
from typing import Any

import socketio

from helpers.servers.vote import store as vote_store
from helpers.servers.vote.totals import Totals
from helpers.serving import database, names, program, schema, socketio_app
from helpers.serving.schema import Field, Refusal
from helpers.serving.socketio_app import Event, emit_now, register

LONGEST_QUESTION = 200  # characters
LONGEST_OPTION = 80
OPTIONS = range(2, 11)
MAX_OPEN = 20  # polls that one client watches
TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}")
CREATE = {
    "id": Field(str),
    "question": Field(str),
    "options": Field(list),
    "owner": Field(str),
}
POLL = {"code": Field(str)}


class Vote:
    """The polls, and the voters who watch them.

    Args:
        sio: the server, which sends the totals.
        store: the database with the polls.
        totals_s: the least time between two totals of a poll.
    """

    def __init__(
        self, sio: socketio.AsyncServer, store: database.Database, totals_s: float
    ) -> None:
        self.sio, self.store = sio, store
        self.totals = Totals(store, self.send_totals, totals_s)
        self.voters: dict[str, str] = {}  # the hash of the token, by the sid
        sio.on("connect", self.connect)
        sio.on("disconnect", self.disconnect)
        events = {
            "create": Event(CREATE, self.create),
            "open": Event(POLL, self.open),
            "cast": Event(POLL | {"option": Field(int), "turn": Field(int)}, self.cast),
            "close": Event(POLL | {"owner": Field(str)}, self.close),
            "leave": Event(POLL, self.leave),
        }
        register(sio, events)

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        """Recognise a voter, or give them a token."""
        token = auth.get("voter") if isinstance(auth, dict) else None
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            token = names.new_token()
        self.voters[sid] = names.hashed(token)
        await self.sio.enter_room(sid, self.voters[sid])
        program.spawn(self.greet(sid, token))  # once the connection is accepted

    async def greet(self, sid: str, token: str) -> None:
        """Send a voter their token."""
        emit_now(self.sio, "voter", {"token": token}, room=sid)

    async def disconnect(self, sid: str, reason: str) -> None:
        """Forget a connection; the voter's votes stay."""
        self.voters.pop(sid, None)

    def send_totals(self, totals: dict[str, Any]) -> None:
        """Send the totals of a poll to every client that watches it."""
        emit_now(self.sio, "totals", totals, room=totals["code"])

    async def create(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make a poll."""
        question = check_text("question", asked["question"], LONGEST_QUESTION)
        options = check_options(asked["options"])
        if not TOKEN.fullmatch(asked["owner"]):
            fact = 'expected 32 to 64 letters, digits, - and _ as "owner"'
            raise Refusal("bad_field", fact)
        request = names.hashed(f"{self.voters[sid]} {asked['id']}")
        owner = names.hashed(asked["owner"])
        code = await self.store.run(
            lambda db: vote_store.create(db, request, owner, question, options)
        )
        return {"code": code}

    async def open(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Describe a poll, and from now on send its totals."""
        voter = self.voters[sid]

        def then(poll: dict[str, Any]) -> dict[str, Any]:
            rooms = self.sio.rooms(sid)
            if poll["code"] not in rooms and len(rooms) > MAX_OPEN + 1:
                raise Refusal("too_many_polls", f"leave a poll first: at most {MAX_OPEN} at once")
            if self.sio.manager.is_connected(sid, "/"):  # before any later vote is counted
                self.sio.manager.basic_enter_room(sid, "/", poll["code"])
            return {"poll": poll}

        return await self.store.run(lambda db: vote_store.describe(db, asked["code"], voter), then)

    async def cast(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Store a vote; then acknowledge it."""
        voter = self.voters[sid]

        def work(db: Connection) -> tuple[dict[str, int], bool]:
            return vote_store.cast(db, asked["code"], voter, asked["option"], asked["turn"])

        def then(stored: tuple[dict[str, int], bool]) -> dict[str, Any]:
            choice, new = stored
            code = asked["code"].upper()
            if new:
                self.totals.schedule(code)
                emit_now(self.sio, "mine", {"code": code} | choice, room=voter, skip_sid=sid)
            return choice

        return await self.store.run(work, then)

    async def close(self, sid: str, asked: dict[str, Any]) -> None:
        """Close a poll, if its owner asks."""
        owner = names.hashed(asked["owner"])

        def then(was_open: bool) -> None:
            if was_open:
                self.totals.schedule(asked["code"].upper())

        await self.store.run(lambda db: vote_store.close(db, asked["code"], owner), then)

    async def leave(self, sid: str, asked: dict[str, Any]) -> None:
        """Stop sending the totals of a poll, once every earlier request is done."""
        await self.store.run(lambda db: None)
        await self.sio.leave_room(sid, asked["code"].upper())


def check_text(what: str, text: object, longest: int) -> str:
    """Return a string that everybody will read, with single spaces.

    Raises:
        Refusal: bad_field or too_long.
    """
    tidy = " ".join(text.split()) if isinstance(text, str) else ""
    if not tidy or not schema.is_unicode(tidy):
        raise Refusal("bad_field", f"expected text as {what}, got {schema.brief(text)}")
    if len(tidy) > longest:
        fact = f"expected at most {longest} characters as {what}, got {len(tidy)}"
        raise Refusal("too_long", fact)
    return tidy


def check_options(options: list[Any]) -> list[str]:
    """Return the options of a poll: 2 to 10 strings that differ.

    Raises:
        Refusal: bad_field or too_long.
    """
    if len(options) not in OPTIONS:
        raise Refusal("bad_field", f"expected 2 to 10 options, got {len(options)}")
    tidy = [check_text("option", option, LONGEST_OPTION) for option in options]
    if len({option.casefold() for option in tidy}) < len(tidy):
        raise Refusal("bad_field", "expected options that differ, got the same option twice")
    return tidy


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    file = program.data_folder(options) / "vote.sqlite3"
    async with database.opened(file, vote_store.SCHEMA) as store:
        sio = socketio_app.make(burst=options.burst, per_second=options.rate, async_handlers=True)
        Vote(sio, store, options.totals_s)
        await socketio_app.serve(
            sio, listener, stop, server="vote", page="vote", leave_s=options.leave_s
        )


def run() -> None:
    """Run the server with the flags of the command line."""
    flags = program.parser(__doc__, "totals_s", "leave_s")
    flags.add_argument(
        "--burst", type=program.count, default=50, help="events at once, of one client"
    )
    flags.add_argument(
        "--rate", type=program.rate, default=10, help="events a second, of one client"
    )
    program.run(main, flags)

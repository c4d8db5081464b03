"""vote: polls that count right, live: one vote a voter, changed freely, retried safely.

A client connects with `auth`: voter, a token of its own, 32 to 64 letters, digits, - and _, that a
browser makes once and keeps. Without one it gets one. Each event has one object, and from the
client is acknowledged: `{ok: true, …}` or `{ok: false, code, text}`.

From the client:

    create   id, question, options, owner → code     2 to 10 options; `id` is the client's own: a
             retry gets the same poll; `owner` is a token of its own, which alone can close it
    open     code             → poll                 from now on its totals come
    cast     code, option, turn → mine, turn         it is on the disk; `turn` rises with each
             choice: a retry, or one that a newer one overtook, changes nothing
    close    code, owner      →                      for good
    leave    code             →                      its totals come no more

From the server:

    voter    token
    totals   code, version, open, totals, voters     at most 20 a second a poll, whatever the
             number of votes; the last one is always the last state
    mine     code, mine, turn                        this voter has voted in another tab

Voters need no account, so who clears their browser is somebody new; and all may make polls, up to
1,000 that are open at once.

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
from helpers.serving.socketio_app import on, tell

LONGEST_QUESTION = 200  # characters
LONGEST_OPTION = 80
OPTIONS = range(2, 11)
OPEN_AT_ONCE = 20  # polls, of one client
TOKEN = re.compile(r"[A-Za-z0-9_-]{32,64}")
EVENTS = {
    "create": {
        **{"id": Field(str), "question": Field(str), "options": Field(list), "owner": Field(str)}
    },
    "open": {"code": Field(str)},
    "cast": {"code": Field(str), "option": Field(int), "turn": Field(int)},
    "close": {"code": Field(str), "owner": Field(str)},
    "leave": {"code": Field(str)},
}


class Vote:
    """The polls, and who watches them."""

    def __init__(self, sio: socketio.AsyncServer, store: database.Database) -> None:
        self.sio, self.store = sio, store
        self.totals = Totals(store, lambda now: tell(sio, "totals", now, room=now["code"]))
        self.voters: dict[str, str] = {}  # the hash of the token, by the sid
        sio.on("connect", self.connect)
        sio.on("disconnect", self.disconnect)
        for event, fields in EVENTS.items():
            on(sio, event, fields, getattr(self, event))

    async def connect(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        """Recognise a voter, or give them a token."""
        token = auth.get("voter") if isinstance(auth, dict) else None
        if not isinstance(token, str) or not TOKEN.fullmatch(token):
            token = names.new_token()
        self.voters[sid] = names.hashed(token)
        await self.sio.enter_room(sid, self.voters[sid])
        program.soon(self.greet(sid, token))  # after it is accepted

    async def greet(self, sid: str, token: str) -> None:
        """Tell a voter their token."""
        tell(self.sio, "voter", {"token": token}, room=sid)

    async def disconnect(self, sid: str, reason: str) -> None:
        """Forget a connection; the voter's votes stay."""
        self.voters.pop(sid, None)

    async def create(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Make a poll."""
        question = short_text("question", asked["question"], LONGEST_QUESTION)
        options = checked_options(asked["options"])
        if not TOKEN.fullmatch(asked["owner"]):
            raise Refusal("bad_field", "expected as 'owner' 32 to 64 letters, digits, - and _")
        request = names.hashed(f"{self.voters[sid]} {asked['id']}")
        owner = names.hashed(asked["owner"])
        code = await self.store.run(
            lambda db: vote_store.create(db, request, owner, question, options)
        )
        return {"code": code}

    async def open(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Show a poll, and from now on what becomes of it."""
        voter = self.voters[sid]

        def then(poll: dict[str, Any]) -> dict[str, Any]:
            rooms = self.sio.rooms(sid)
            if poll["code"] not in rooms and len(rooms) > OPEN_AT_ONCE + 1:
                raise Refusal("too_many_polls", f"expected at most {OPEN_AT_ONCE} at once")
            if self.sio.manager.is_connected(sid, "/"):  # before anything else is counted
                self.sio.manager.basic_enter_room(sid, "/", poll["code"])
            return {"poll": poll}

        return await self.store.run(lambda db: vote_store.describe(db, asked["code"], voter), then)

    async def cast(self, sid: str, asked: dict[str, Any]) -> dict[str, Any]:
        """Count a vote; then acknowledge it."""
        voter = self.voters[sid]

        def work(db: Connection) -> tuple[dict[str, int], bool]:
            return vote_store.cast(db, asked["code"], voter, asked["option"], asked["turn"])

        def then(stored: tuple[dict[str, int], bool]) -> dict[str, Any]:
            now, new = stored
            code = asked["code"].upper()
            if new:
                self.totals.changed(code)
                tell(self.sio, "mine", {"code": code} | now, room=voter, skip_sid=sid)
            return now

        return await self.store.run(work, then)

    async def close(self, sid: str, asked: dict[str, Any]) -> None:
        """End a poll, for its owner."""
        owner = names.hashed(asked["owner"])

        def then(was_open: bool) -> None:
            if was_open:
                self.totals.changed(asked["code"].upper())

        await self.store.run(lambda db: vote_store.close(db, asked["code"], owner), then)

    async def leave(self, sid: str, asked: dict[str, Any]) -> None:
        """Show a poll no more, once whatever was asked before is done."""
        await self.store.run(lambda db: None)
        await self.sio.leave_room(sid, asked["code"].upper())


def short_text(what: str, text: object, longest: int) -> str:
    """Check a text that everybody will read."""
    tidy = " ".join(text.split()) if isinstance(text, str) else ""
    if not tidy or not schema.is_unicode(tidy):
        raise Refusal("bad_field", f"expected a text as {what}, got {schema.brief(text)}")
    if len(tidy) > longest:
        raise Refusal("too_long", f"expected at most {longest} characters as {what}")
    return tidy


def checked_options(options: list[Any]) -> list[str]:
    """Check what can be chosen: 2 to 10 texts that differ."""
    if len(options) not in OPTIONS:
        raise Refusal("bad_field", f"expected 2 to 10 options, got {len(options)}")
    tidy = [short_text("option", option, LONGEST_OPTION) for option in options]
    if len({option.casefold() for option in tidy}) < len(tidy):
        raise Refusal("bad_field", "expected options that differ, got one twice")
    return tidy


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    file = program.data_folder(options) / "vote.sqlite3"
    async with database.opened(file, vote_store.SCHEMA) as store:
        sio = socketio_app.make(burst=options.burst, per_second=options.rate, async_handlers=True)
        Vote(sio, store)
        await socketio_app.serve(sio, listener, stop, server="vote", page="vote")


def run() -> None:
    """Run the server with the flags of the command line."""
    flags = program.parser(__doc__)
    flags.add_argument("--burst", type=float, default=50, help="events at once, of one client")
    flags.add_argument("--rate", type=float, default=10, help="events a second, of one client")
    program.run(main, flags)

"""My merging document: run `python merging.py --port 8000`, and open its page in two windows.

Text frames are JSON. A client says login (name [, token]), caret (anchor, head) and ping. It hears
welcome (id, name, token, colour, people, log), joined (person), left (id), caret (id, anchor,
head), log (entry), saved (count) and pong. Binary frames are the sync protocol of Yjs.

The page is that of the course's server `document`, with Yjs in it, so this program needs the
course's Python. The text is kept beside it, in merging.sqlite3.
"""

import argparse
import asyncio
import itertools
import json
import secrets
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pycrdt
from websockets.asyncio.server import broadcast, serve
from websockets.exceptions import ConnectionClosed

from helpers.serving import static

NAIVE = ["what_is_missing", "sync_server"]  # what has not been solved yet

NOTHING = b"\0"  # the state of an empty document
STEP_1, STEP_2, UPDATE = b"\0\0", b"\0\1", b"\0\2"  # the kinds of sync messages
COLOURS = 8
people = {}  # who is online: id, name, colour and caret, for each connection
activity = []  # who joined and left, the newest entry last
numbers = itertools.count(1)
shared = pycrdt.Doc()


def what_is_missing(updates, state):
    """Return everything there is, whatever the client has."""
    return pycrdt.merge_updates(*updates) if updates else b"\0\0"


async def sync_server(websocket, doc, store, pass_on):
    """Pass updates on to the others, and keep nothing."""
    async for message in websocket:
        if message[:2] == b"\0\2":
            pass_on(message)


def open_disk():
    """Open the file with the updates; make it if there is none."""
    disk = sqlite3.connect(Path(__file__).with_suffix(".sqlite3"))
    disk.execute("CREATE TABLE IF NOT EXISTS updates (data BLOB)")
    return disk


def load(disk):
    """Read the document, and keep what is on the disk as one update."""
    found = disk.execute("SELECT data FROM updates ORDER BY rowid")
    everything = what_is_missing([data for (data,) in found], NOTHING)
    with disk:
        disk.execute("DELETE FROM updates")
        disk.execute("INSERT INTO updates VALUES (?)", [everything])
    shared.apply_update(everything)


def store(disk, update):
    """Write an update to the disk, and return once it is there."""
    with disk:
        disk.execute("INSERT INTO updates VALUES (?)", [update])


def tell(websockets, **message):
    """Send a JSON message to some of the clients."""
    broadcast(websockets, json.dumps(message))


def read(raw):
    """Read a JSON message; None if it is not one."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def require_sync(message):
    """Raise ValueError for a message of another kind, or with an update that does not apply."""
    if message[:2] not in (STEP_1, STEP_2, UPDATE):
        raise ValueError("not a sync message")
    if message[:2] != STEP_1:
        pycrdt.Doc().apply_update(pycrdt.read_message(message[2:]))


def note(person, what):
    """Log what somebody did, and tell everybody."""
    entry = {"seq": next(numbers), "at": datetime.now(UTC).isoformat(), "what": what}
    entry |= {"name": person["name"], "colour": person["colour"]}
    activity.append(entry)
    del activity[:-50]
    tell(people, type="log", entry=entry)


async def log_in(websocket):
    """Wait until a client says who it is, and let it in; False if it leaves before."""
    async for raw in websocket:
        match read(raw):
            case {"type": "login", "name": str(name), **rest} if name.strip():
                number = next(numbers)
                person = {"id": number, "name": name.strip()[:24], "colour": number % COLOURS}
                tell(people, type="joined", person=person)
                people[websocket] = person
                token = str(rest.get("token") or secrets.token_urlsafe())
                now = {"token": token, "people": list(people.values()), "log": activity}
                tell([websocket], type="welcome", **person | now)
                note(person, "joined")
                return True
    return False


def obey(websocket, message):
    """Do what a JSON message asks for; a caret is passed on, and never stored."""
    match message:
        case {"type": "ping"}:
            tell([websocket], type="pong")
        case {"type": "caret"}:
            caret = {field: message.get(field) for field in ("anchor", "head")}
            people[websocket] |= caret
            others = people.keys() - {websocket}
            tell(others, type="caret", id=people[websocket]["id"], **caret)


class Sync:
    """One client, as `sync_server` sees it: JSON messages are obeyed on the way."""

    def __init__(self, websocket):
        self.websocket, self.saved = websocket, 0

    async def send(self, message):
        """Send a message."""
        await self.websocket.send(message)

    async def __aiter__(self):
        """Give the binary messages; once one with an update is dealt with, tell its author."""
        async for message in self.websocket:
            if isinstance(message, str):
                obey(self.websocket, read(message))
                continue
            require_sync(message)
            yield message
            if message[:2] != STEP_1:
                self.saved += 1
                tell([self.websocket], type="saved", count=self.saved)


async def talk(websocket, disk):
    """Serve one client, from its login to its last message."""

    def pass_on(message):
        broadcast(people.keys() - {websocket}, message)

    try:
        if await log_in(websocket):
            await sync_server(Sync(websocket), shared, lambda data: store(disk, data), pass_on)
    except ConnectionClosed:
        pass  # it has vanished, which is not an error of ours
    except (ValueError, IndexError, AssertionError):
        await websocket.close(1003, "that is not a sync message")
    finally:
        if person := people.pop(websocket, None):
            tell(people, type="left", id=person["id"])
            note(person, "left")


async def main(port):
    """Serve until Ctrl+C."""
    disk = open_disk()
    load(disk)

    def show_page(websocket, request):
        address = websocket.local_address
        return static.answer(request, address, server="merging", page="document")

    async def handler(websocket):
        await talk(websocket, disk)

    hasty = {"open_timeout": 1, "close_timeout": 1}  # Ctrl+C waits for nobody longer
    async with serve(handler, "127.0.0.1", port, process_request=show_page, **hasty) as server:
        port = server.sockets[0].getsockname()[1]
        if NAIVE:
            print("still naive:", ", ".join(NAIVE))
        print(f"my document: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="a document that merges")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

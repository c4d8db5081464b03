"""My chat: run `python chat.py --port 8000`, and open the page that it names in two windows.

Messages are JSON. A client says join (name [, token]), say (id, text [, to]) and typing (on). It
hears welcome (name), now (people, token), joined and left (name), message (seq, from, text),
message (from, text, to), ack (id), typing (name, on) and error (code [, id]). Whoever joins with
the token of their name comes back. At /history is what was said, without JavaScript.
"""

import argparse
import asyncio
import itertools
import json
import secrets
import time
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

NAIVE = [
    "welcome",
    "typing",
    "whisper",
    "post",
    "allow",
    "catch_up",
    "checked_name",
    "line",
    "take_place",
]  # not solved yet

PAGE = "chat.html"

MOST_BYTES = 2**20  # that may wait for one client
MOST, RATE = 20, 5  # messages that a client may send at once, and in each second after that
LONGEST = 4_000  # characters of a message
KEPT = 50  # messages that a newcomer gets
REMEMBERED = 1_000  # ids of messages, for a message that is sent again
HOLD_S = 5  # that a name is kept for somebody who has lost the connection

people = {}  # everybody who is here: name → connection
messages = []  # what was said to everybody, as JSON
clients = set()  # those who hear what is new
numbers = {}  # (name, id) → the number of a message
count = itertools.count(1)
places = {}  # name.casefold() → {"token": …, "until": None while somebody is there, or a time}


class Outbox:
    """What is still to be sent to one client."""

    def __init__(self):
        self.messages = asyncio.Queue()
        self.size = 0  # how many bytes are waiting


class Connection(ServerConnection):
    """One client's connection, with an outbox, so that `send` never waits."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.outbox = Outbox()
        self.token = None  # of somebody who has joined

    async def recv(self, *arguments, **options):
        """Receive a message that is surely an object, and a name only if it may join."""
        message = read(await super().recv(*arguments, **options))
        if message.get("type") == "join" and self.token is None:
            message["name"] = admit(self, message)
        return write(message)

    async def send(self, text):
        """Put a message into the outbox; hang up if it is full."""
        if not post(self.outbox, text, MOST_BYTES):
            self.transport.abort()

    async def deliver(self):
        """Send what is in the outbox, one message after another."""
        while True:
            text = await self.outbox.messages.get()
            await super().send(text)
            self.outbox.size -= len(text.encode())


def read(raw):
    """Read a message, whatever has been sent."""
    try:
        message = json.loads(raw)
        write(message).encode()  # half an emoji has no bytes
    except (ValueError, RecursionError):
        message = None
    return message if isinstance(message, dict) else {"type": "nonsense"}


def admit(websocket, message):
    """Return the name under which somebody may join; empty if they may not."""
    name = checked_name(message.get("name"))
    now = time.monotonic()
    token = name and take_place(name, message.get("token"), places, now)
    if not token:
        return ""
    for own in [own for own in people if own.casefold() == name.casefold()]:
        people.pop(own).transport.abort()  # their connection before this one
    websocket.token = token
    return name


def checked_name(wanted):
    """Let everybody be called whatever they like."""
    return wanted


def line(name, text):
    """Write a line of a page, and trust whoever wrote its text."""
    return f'<li title="{name}">{name}: {text}</li>'


def take_place(name, token, places, now):
    """Give away a name that nobody has, and know nobody who comes back."""
    place = places.get(name.casefold())
    if place and (place["until"] is None or now < place["until"]):
        return None
    token = secrets.token_urlsafe()
    places[name.casefold()] = {"token": token, "until": None}
    return token


def post(outbox, text, most):
    """Let five messages wait, whatever their size."""
    if outbox.messages.qsize() >= 5:
        return False
    outbox.messages.put_nowait(text)
    outbox.size += len(text.encode())
    return True


def allow(budget, now, most, rate):
    """Let everybody send as much as they like."""
    return True


async def catch_up(websocket, messages, clients, seen):
    """Send what a client has missed by now, and not what is said in the meantime."""
    for message in messages[seen:]:
        await websocket.send(message)
    clients.add(websocket)


async def welcome(websocket, people):
    """Wait until a client joins, and return its name, whatever it is."""
    name = json.loads(await websocket.recv())["name"]
    people[name] = websocket
    await websocket.send(json.dumps({"type": "welcome", "name": name}))
    return name


async def typing(name, on, people):
    """Tell everybody that somebody is typing, even the one who is."""
    await to_all({"type": "typing", "name": name, "on": on})


async def whisper(sender, to, text, people):
    """Send a private message to everybody: it is not private yet."""
    await to_all({"type": "message", "from": sender, "to": to, "text": text})


def write(message):
    """Write a message as JSON, in as few bytes as possible."""
    return json.dumps(message, ensure_ascii=False)


async def to_all(message):
    """Put one message into everybody's outbox."""
    text = write(message)
    for websocket in list(clients):
        await websocket.send(text)


async def say(name, id, text):
    """Tell everybody something, once, however often it is sent; return its number."""
    key = name, id
    if key not in numbers:
        numbers[key] = next(count)
        message = {"type": "message", "seq": numbers[key], "from": name, "text": text}
        messages.append(write(message))
        await to_all(message)
        del messages[: -2 * KEPT]
        if len(numbers) > REMEMBERED:
            del numbers[next(iter(numbers))]  # the oldest
    return numbers[key]


async def obey(websocket, name, raw):
    """Do what one message asks for."""
    match json.loads(raw):
        case {"type": "typing", "on": bool(on)}:
            await typing(name, on, people)
        case {"type": "say", "id": str(id), "text": str(text)} if len(text) > LONGEST:
            await websocket.send(write({"type": "error", "code": "too_long", "id": id}))
        case {"type": "say", "id": str(id), "to": str(to), "text": str(text)}:
            await whisper(name, to, text, people)
            await websocket.send(write({"type": "ack", "id": id}))
        case {"type": "say", "id": str(id), "text": str(text)}:
            number = await say(name, id, text)
            await websocket.send(write({"type": "ack", "id": id, "seq": number}))
        case _:
            await websocket.send(write({"type": "error", "code": "bad_message"}))


async def chat(websocket):
    """Serve one client, from its first message to its last."""
    name = await welcome(websocket, people)
    if name is None:  # it left before it had a name
        return
    budget = {"left": MOST, "at": time.monotonic()}
    try:
        now = {"type": "now", "people": list(people), "token": websocket.token}
        await websocket.send(write(now))
        await catch_up(websocket, messages, clients, max(0, len(messages) - KEPT))
        await to_all({"type": "joined", "name": name})
        async for raw in websocket:
            if allow(budget, time.monotonic(), MOST, RATE):
                await obey(websocket, name, raw)
            else:
                await websocket.send(write({"type": "error", "code": "too_fast"}))
    finally:
        clients.discard(websocket)
        if people.get(name) is websocket:  # and not a newer connection of the same person
            del people[name]
            leave(name)
            await to_all({"type": "left", "name": name})


def leave(name):
    """Hold somebody's place for a while, and forget those that nobody came back to."""
    now = time.monotonic()
    places[name.casefold()]["until"] = now + HOLD_S
    for key in [key for key, each in places.items() if each["until"] and each["until"] < now]:
        del places[key]


async def talk(websocket):
    """Serve one client, while a task empties its outbox."""
    try:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(websocket.deliver())
            await chat(websocket)
            sending.cancel()
    except* ConnectionClosed:
        pass  # the client has vanished, which is nobody's fault


def show_page(connection, request):
    """Answer a browser with a page; None lets a WebSocket's handshake go on."""
    if "Upgrade" in request.headers:
        origin, host = request.headers.get("Origin"), request.headers.get("Host")
        if origin and origin.partition("://")[2] != host:
            return connection.respond(HTTPStatus.FORBIDDEN, "This page is of another site.\n")
        return None
    page = PAGE
    if request.path.endswith("/history"):
        said = map(json.loads, messages)
        page = "\n".join(line(message["from"], message["text"]) for message in said)
    response = connection.respond(HTTPStatus.OK, page)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


async def main(port):
    """Serve until Ctrl+C."""
    own = {"process_request": show_page, "create_connection": Connection}
    own |= {"open_timeout": 1, "close_timeout": 1}  # Ctrl+C waits for nobody longer
    async with serve(talk, "127.0.0.1", port, **own) as server:
        port = server.sockets[0].getsockname()[1]
        if NAIVE:
            print("still naive:", ", ".join(NAIVE))
        print(f"my chat: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="a chat")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

"""Many clients in one process: sockets and epoll alone, so that the server is what is measured.

A client is a socket, what it waits for, and how many bytes came since the last mark. Whether a
message reached everybody is told by counting: one client is read in full, all others must have
got as many bytes. Pings are answered, and not counted.
"""

import base64
import json
import os
import re
import resource
import select
import socket
import time
import urllib.request
from collections.abc import Callable, Iterable
from typing import Any

import pycrdt

from helpers.wire.frames import Frame, FrameReader, Opcode

KEY = base64.b64encode(b"bench-bench-benc").decode()
ENGINEIO_PING, WEBSOCKET_PING = b"\x81\x012", b"\x89\x00"
MASK = b"\0\0\0\0"  # allowed, and free of charge for both sides
PATIENCE_S = 300.0
PEOPLE = 10  # who have signed in to rooms, with many tabs each
QUIET_S = 0.5
BUFFER = bytearray(262_144)


def allow_many_files() -> None:
    """Let this process, and those that it starts, have many sockets."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def text(words: str) -> bytes:
    """Encode what a client sends."""
    return Frame(Opcode.TEXT, words.encode(), mask=MASK).encode()


class Client:
    """One connection."""

    def __init__(self, address: tuple[str, int], path: str, headers: str = "") -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.fd = self.socket.fileno()
        self._receive = self.socket.recv_into
        self.kept: bytes | None = b""  # what came, while somebody looks for something in it
        self.count = 0
        self.send(
            f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {KEY}\r\n"
            f"Sec-WebSocket-Version: 13\r\n{headers}\r\n".encode()
        )

    def send(self, data: bytes) -> None:
        """Send a little: it always fits."""
        sent = self.socket.send(data)
        assert sent == len(data), f"{len(data) - sent} bytes did not fit"

    def say(self, words: str) -> None:
        """Send a text message."""
        self.send(text(words))

    def read(self) -> None:
        """Take what has come: counted where it lies, and copied only if somebody looks at it."""
        size = self._receive(BUFFER)
        if not size:
            raise ConnectionError("the server closed a connection")
        self.count += size
        if BUFFER.find(ENGINEIO_PING, 0, size) >= 0 or BUFFER.find(WEBSOCKET_PING, 0, size) >= 0:
            self._answer_pings(bytes(BUFFER[:size]))
        elif self.kept is not None:
            self.kept += BUFFER[:size]

    def _answer_pings(self, data: bytes) -> None:
        answers = (
            (ENGINEIO_PING, text("3")),
            (WEBSOCKET_PING, Frame(Opcode.PONG, mask=MASK).encode()),
        )
        for ping, pong in answers:
            if ping in data:
                self.send(pong)
                self.count -= len(ping) * data.count(ping)
                data = data.replace(ping, b"")
        if self.kept is not None:
            self.kept += data

    def messages(self) -> Iterable[str]:
        """Take apart what was kept, which begins with a whole frame."""
        reader = FrameReader(masked=False)
        for frame in reader.feed(self.kept or b""):
            if frame.opcode is Opcode.TEXT:
                yield frame.payload.decode()


class Crowd:
    """All clients, and the loop that reads for them."""

    def __init__(self, url: str, path: str) -> None:
        host, _, port = url.removeprefix("http://").rstrip("/").partition(":")
        self.address, self.path = (host, int(port)), path
        self.clients: dict[int, Client] = {}
        self._poll = select.epoll()

    def connect(self, headers: str = "") -> Client:
        """Add a client; `headers` are further lines of its handshake."""
        client = Client(self.address, self.path, headers)
        self.clients[client.fd] = client
        self._poll.register(client.fd, select.EPOLLIN)
        return client

    def turn(self, timeout_s: float = 1.0) -> list[Client]:
        """Read once for all who have something, and return them."""
        ready = [self.clients[fd] for fd, _ in self._poll.poll(timeout_s)]
        for client in ready:
            client.read()
        return ready

    def quiet(self) -> None:
        """Read until nothing comes any more but pings."""
        heard = -1
        while heard != (heard := sum(client.count for client in self.clients.values())):
            pause = time.monotonic() + QUIET_S
            while (left := pause - time.monotonic()) > 0:
                self.turn(left)

    def until(self, true: Callable[[], bool]) -> None:
        """Read until something is so."""
        deadline = time.monotonic() + PATIENCE_S
        while not true():
            self.turn()
            if time.monotonic() > deadline:
                raise TimeoutError("what was sent did not arrive")

    def close(self) -> None:
        """End every connection, without a goodbye."""
        self._poll.close()
        for client in self.clients.values():
            client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            client.socket.close()


class Flavour:
    """How one kind of server is spoken to."""

    path = "/ws"

    def prepare(self, url: str) -> None:
        """Do what has to be done before anybody connects to a fresh server."""

    def headers(self, name: str) -> str:
        """Return further lines of a client's handshake."""
        return ""

    def hello(self, client: Client, name: str, step: int) -> bytes | None:
        """Say what comes at this step; return what to wait for then, None at the end."""
        if step == 0:
            return b"\r\n\r\n"
        if step == 1:
            client.say(json.dumps({"type": "join", "name": name}))
            return b'"welcome"'
        return None

    def say(self, id: str, words: str) -> bytes:
        """Return the frame that says something to all."""
        return text(json.dumps({"type": "say", "id": id, "text": words}))

    def ids(self, client: Client) -> list[str]:
        """List the ids of what a client has heard, in their order."""
        return [said for words in client.messages() if (said := _id_of(words))]


class Bare(Flavour):
    """The floor: it has neither names nor welcome."""

    def hello(self, client: Client, name: str, step: int) -> bytes | None:
        return b"\r\n\r\n" if step == 0 else None


class SocketIO(Flavour):
    """Socket.IO by WebSocket alone, so that nobody is measured while upgrading."""

    path = "/socket.io/?EIO=4&transport=websocket"

    def __init__(self, done: bytes = b'["welcome"') -> None:
        self._done = done

    def auth(self, name: str) -> dict[str, Any]:
        """What a client says when it connects."""
        return {"name": name}

    def hello(self, client: Client, name: str, step: int) -> bytes | None:
        if step == 0:
            return b'"sid"'  # of the open packet, behind the handshake
        if step == 1:
            client.say("40" + json.dumps(self.auth(name)))
            return self._done
        return None

    def say(self, id: str, words: str) -> bytes:
        return text('421["say",' + json.dumps({"id": id, "text": words}) + "]")


class Rooms(SocketIO):
    """Tabs of a few people who have signed in, all in one room."""

    def __init__(self) -> None:
        super().__init__()
        self._cookies: list[str] = []

    def prepare(self, url: str) -> None:
        self._cookies = [_sign_up(url, f"person {n}") for n in range(PEOPLE)]

    def headers(self, name: str) -> str:
        return f"Cookie: {self._cookies[hash(name) % PEOPLE]}\r\n"

    def hello(self, client: Client, name: str, step: int) -> bytes | None:
        if step < 2:
            return super().hello(client, name, step)
        if step < 4:
            event = "create" if step == 2 else "join"
            client.say(f'421["{event}",{{"room":"all"}}]')
            return b"431["
        return None

    def say(self, id: str, words: str) -> bytes:
        return text('421["say",' + json.dumps({"room": "all", "id": id, "text": words}) + "]")


class Document(Flavour):
    """Authors of one text: somebody replaces all of it, again and again."""

    def prepare(self, url: str) -> None:
        self._doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
        self._text = self._doc.get("text", type=pycrdt.Text)

    def hello(self, client: Client, name: str, step: int) -> bytes | None:
        if step == 1:
            client.say(json.dumps({"type": "login", "name": name}))
            return b'"welcome"'
        return super().hello(client, name, step)

    def say(self, id: str, words: str) -> bytes:
        before = self._doc.get_state()
        with self._doc.transaction():
            self._text.clear()
            self._text += f"id{id}" + words[:60]  # with what Yjs adds: about 100 bytes
        message = pycrdt.create_update_message(self._doc.get_update(before))
        return Frame(Opcode.BINARY, message, mask=MASK).encode()

    def ids(self, client: Client) -> list[str]:
        return [found.decode() for found in re.findall(rb"id(\d{12})x", client.kept or b"")]


def _id_of(words: str) -> str | None:
    """The id in a message that somebody has said."""
    start = words.find("{")
    if '"text"' not in words or start < 0:
        return None
    return str(json.loads(words[start:].rstrip("]")).get("id"))


def _sign_up(url: str, name: str) -> str:
    """Sign somebody up; return the cookie of their session."""
    asked = urllib.request.Request(
        f"{url.rstrip('/')}/sign-up",
        json.dumps({"name": name, "password": "correct horse"}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(asked, timeout=PATIENCE_S) as answer:
        return str(answer.headers["Set-Cookie"]).partition(";")[0]


def gather(
    crowd: Crowd, flavour: Flavour, names: Iterable[str], at_once: int = 64
) -> list[Client]:
    """Connect clients, some at a time, until each is welcome."""
    waiting: dict[int, tuple[str, int, bytes]] = {}
    found, left = [], list(names)[::-1]
    while left or waiting:
        while left and len(waiting) < at_once:
            name = left.pop()
            client = crowd.connect(flavour.headers(name))
            found.append(client)
            wanted = flavour.hello(client, name, 0)
            assert wanted
            waiting[client.fd] = name, 0, wanted
        for client in crowd.turn():
            if client.fd in waiting:
                _greet(flavour, client, waiting)
    return found


def _greet(flavour: Flavour, client: Client, waiting: dict[int, tuple[str, int, bytes]]) -> None:
    name, step, wanted = waiting[client.fd]
    if wanted not in (client.kept or b""):
        return
    client.kept = b""
    following = flavour.hello(client, name, step + 1)
    if following is None:
        client.kept = None
        del waiting[client.fd]
    else:
        waiting[client.fd] = name, step + 1, following


def cores() -> set[int]:
    """The cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return set(os.sched_getaffinity(0))
    return set(range(os.cpu_count() or 1))


def pin(to: set[int]) -> set[int]:
    """Keep this process, and those that it starts from now on, on some cores; return its own."""
    before = cores()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, to)
    return before

"""The packets of Engine.IO and Socket.IO, in frames and polling bodies, as lines for people.

A request with `EIO=4` in its query speaks Engine.IO. The first one begins a session, and the open
packet in its response gives the session an id, `sid`. Polling opens one connection after another,
and the upgrade to a WebSocket opens one more; all of them name that sid. So the attachments that a
packet still waits for are counted by session, not by connection.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from typing import NamedTuple
from urllib.parse import parse_qs

from helpers.wire import engineio, socketio
from helpers.wire.deflate import Allowance
from helpers.wire.engineio import PAYLOAD, EngineIOError, PacketType
from helpers.wire.heads import Request, Response
from helpers.wire.socketio import SocketIOError
from helpers.wire.socketio_reader import Reader
from helpers.wire.wording import size_text

MAX_INFLATED = 2**20  # bytes, for one compressed body
MAX_INFLATED_TOGETHER = 16 * 2**20  # bytes, for all bodies and messages of a recording
SHOWN_CHARACTERS = 200
MAX_SESSIONS = 1_000  # known by their sid; beyond that, the one silent longest is forgotten


class Content(NamedTuple):
    """What an HTTP message carries: its body as text, and a line for each packet in it."""

    body: str | None = None
    packets: tuple[str, ...] = ()


EMPTY = Content()


@dataclass(slots=True)
class Session:
    """One client's session: its number in the recording, and a packet reader for each side.

    Source: Engine.IO protocol 4.
    """

    number: int
    readers: dict[str, Reader] = field(default_factory=dict)

    def describe(self, direction: str, packets: list[engineio.Packet]) -> tuple[str, ...]:
        """Return a line for each packet."""
        reader = self.readers.setdefault(direction, Reader())
        return tuple(_describe_packet(packet, reader) for packet in packets)


class Sessions:
    """The Engine.IO sessions of a recording, numbered as they begin, found by their ids.

    Args:
        allowance: what everything inflated in the recording may take together.

    Source: Engine.IO protocol 4.
    """

    def __init__(self, allowance: Allowance | None = None) -> None:
        self.allowance = allowance or Allowance(MAX_INFLATED_TOGETHER)
        self._count = 0
        self._known: dict[str, Session] = {}  # the one that spoke last is last

    def __len__(self) -> int:
        return len(self._known)

    def find(self, request: Request) -> Session | None:
        """Return the session of a request: a new one if the request does not name any.

        Args:
            request: for polling, or for a WebSocket.

        Returns:
            The session; None if the request does not speak Engine.IO.
        """
        query = parse_qs(request.target.partition("?")[2])
        if query.get("EIO") != [str(engineio.PROTOCOL)]:
            return None
        (sid,) = query.get("sid", [""])[:1]
        if not (session := self._known.pop(sid, None)):
            self._count += 1
            session = Session(self._count)
        if sid:
            self._keep(sid, session)
        return session

    def _keep(self, sid: str, session: Session) -> None:
        self._known.pop(sid, None)
        self._known[sid] = session
        if len(self._known) > MAX_SESSIONS:
            del self._known[next(iter(self._known))]

    def read_request(self, session: Session | None, request: Request, direction: str) -> Content:
        """Read the packets in the body of a request.

        Args:
            session: what `find` returned for the request.
            request: including its body.
            direction: as the recording names it.
        """
        if not session or request.method != "POST":
            return EMPTY
        return self._read_content(session, request, direction)

    def read_response(
        self, session: Session | None, request: Request, response: Response, direction: str
    ) -> Content:
        """Read the packets in the body of a response.

        Args:
            session: what `find` returned for the request.
            request: the one that it answers.
            response: including its body.
            direction: as the recording names it.
        """
        if not session or request.method != "GET" or response.status != 200:
            return EMPTY
        return self._read_content(session, response, direction)

    def _read_content(
        self, session: Session, message: Request | Response, direction: str
    ) -> Content:
        text = None
        try:
            text = _decode_body(message, self.allowance)
            packets = engineio.decode_body(text)
        except EngineIOError as error:
            return Content(text, (f"malformed Engine.IO packets: {error}",))
        for packet in packets:
            if packet.type is PacketType.OPEN:
                self._keep(engineio.open_fields(packet)["sid"], session)
        return Content(text, session.describe(direction, packets))


def describe_message(session: Session, message: str | bytes, direction: str) -> tuple[str, ...]:
    """Return a line for the packet in a WebSocket message.

    Args:
        session: the connection's.
        message: the whole message.
        direction: as the recording names it.

    Source: Engine.IO protocol 4.
    """
    try:
        return session.describe(direction, [engineio.decode(message)])
    except EngineIOError as error:
        return (f"malformed Engine.IO packet: {error}",)


def _decode_body(message: Request | Response, allowance: Allowance) -> str:
    data = _inflate(message, allowance)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        bad = data[error.start : error.end].hex(" ")
        raise EngineIOError(f"a polling body must be UTF-8, got bytes {bad}", PAYLOAD) from error


def _inflate(message: Request | Response, allowance: Allowance) -> bytes:
    encoding = (message.header("Content-Encoding") or "identity").strip().lower()
    if encoding == "identity":
        return message.body
    if encoding not in ("gzip", "deflate"):
        fact = f"a polling body must be gzip or deflate here, got {encoding!r}"
        raise EngineIOError(fact, PAYLOAD)
    inflater = zlib.decompressobj(wbits=47)
    room = min(MAX_INFLATED, allowance.left_bytes)
    try:
        data = inflater.decompress(message.body, room + 1)
    except zlib.error as error:
        raise EngineIOError(
            f"a polling body must be valid {encoding}, got {error}", PAYLOAD
        ) from error
    if len(data) > room:
        fact = f"a polling body may inflate to {size_text(MAX_INFLATED)} here, got more"
        raise EngineIOError(fact if room == MAX_INFLATED else allowance.exceeded, PAYLOAD)
    allowance.left_bytes -= len(data)
    if not inflater.eof:
        raise EngineIOError(
            f"a polling body must be complete {encoding}, got only its beginning", PAYLOAD
        )
    return data


def _describe_packet(packet: engineio.Packet, reader: Reader) -> str:
    if packet.type is PacketType.OPEN:
        fields = engineio.open_fields(packet)
        upgrades = ", ".join(map(str, fields["upgrades"])) or "none"
        interval_s, timeout_s = fields["pingInterval"] / 1000, fields["pingTimeout"] / 1000
        pings = f"a ping every {interval_s:g} s, its pong within {timeout_s:g} s"
        return f"Engine.IO open · upgrades: {upgrades} · {pings}"
    if packet.type is not PacketType.MESSAGE:
        return f"Engine.IO {packet}"
    try:
        return _describe_socketio(packet.data, reader)
    except SocketIOError as error:
        what = f"{packet}"[:SHOWN_CHARACTERS]
        return f"Engine.IO {what} · malformed Socket.IO packet: {error}"


def _describe_socketio(data: str | bytes, reader: Reader) -> str:
    found = reader.feed(data)
    if found is None:
        what = "attachment" if isinstance(data, bytes) else "packet"
        return f"Socket.IO {what} · {reader.missing} more to come"
    if found.type is socketio.PacketType.CONNECT and isinstance(found.data, dict):
        data_without_sid = {name: value for name, value in found.data.items() if name != "sid"}
        found = replace(found, data=data_without_sid or None)  # the sid differs on each run
    return f"Socket.IO {found}"

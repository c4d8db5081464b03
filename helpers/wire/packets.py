"""What Engine.IO and Socket.IO say inside of frames and polling bodies, in lines for people.

A connection speaks Engine.IO if its request asks for it: `EIO=4` in the query. Its session has
an id, `sid`, which several connections share: polling opens one after the other, and the upgrade
to a WebSocket takes the session along. So attachments are counted for each session.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qs

from helpers.wire import engineio, socketio
from helpers.wire.engineio import EngineIOError, PacketType
from helpers.wire.heads import Request, Response
from helpers.wire.socketio import Reader, SocketIOError

MAX_BODY = 2**20
NOTHING: tuple[str, ...] = ()


@dataclass(slots=True)
class Session:
    """One client's session: what each side has begun to say."""

    readers: dict[str, Reader] = field(default_factory=dict)

    def lines(self, direction: str, packets: list[engineio.Packet]) -> tuple[str, ...]:
        """Say what packets are, one line for each."""
        reader = self.readers.setdefault(direction, Reader())
        return tuple(_line(packet, reader) for packet in packets)


class Sessions:
    """The Engine.IO sessions of a recording, by their ids.

    Source: Engine.IO protocol 4. First used: notebooks/08_…
    """

    def __init__(self) -> None:
        self._sessions: dict[str, Session] = {}

    def of(self, request: Request) -> Session | None:
        """Return the session of a request; None if it does not speak Engine.IO.

        Args:
            request: for polling, or for a WebSocket.
        """
        query = parse_qs(request.target.partition("?")[2])
        if query.get("EIO") != [str(engineio.PROTOCOL)]:
            return None
        (sid,) = query.get("sid", [""])[:1]
        return self._sessions.setdefault(sid, Session()) if sid else Session()

    def asked(self, request: Request, raw: bytes, direction: str) -> tuple[str, ...]:
        """Say what the body of a request carries.

        Args:
            request: its head.
            raw: its head and body.
            direction: as the recording names it.
        """
        session = self.of(request)
        body = raw.partition(b"\r\n\r\n")[2]
        if not session or request.method != "POST" or not body:
            return NOTHING
        return _body_lines(session, body, direction)

    def answered(self, request: Request, response: Response, direction: str) -> tuple[str, ...]:
        """Say what the body of a response carries.

        Args:
            request: that it answers.
            response: with its body.
            direction: as the recording names it.
        """
        session = self.of(request)
        if not session or request.method != "GET" or response.status != 200:
            return NOTHING
        return _body_lines(session, _plain(response), direction)


def message_lines(session: Session, message: str | bytes, direction: str) -> tuple[str, ...]:
    """Say what a WebSocket message carries.

    Args:
        session: of the connection.
        message: the whole message.
        direction: as the recording names it.

    Source: Engine.IO protocol 4. First used: notebooks/08_…
    """
    try:
        return session.lines(direction, [engineio.decode(message)])
    except EngineIOError as error:
        return (f"no Engine.IO packet: {error}",)


def _body_lines(session: Session, body: bytes, direction: str) -> tuple[str, ...]:
    try:
        return session.lines(direction, engineio.decode_body(body.decode()))
    except (EngineIOError, UnicodeDecodeError) as error:
        return (f"no Engine.IO packets: {error}",)


def _plain(response: Response) -> bytes:
    if response.header("Content-Encoding") not in ("gzip", "deflate"):
        return response.body
    try:
        return zlib.decompressobj(wbits=47).decompress(response.body, MAX_BODY)
    except zlib.error:
        return response.body


def _line(packet: engineio.Packet, reader: Reader) -> str:
    if packet.type is PacketType.OPEN:
        fields = engineio.open_fields(packet)
        upgrades = ", ".join(map(str, fields["upgrades"])) or "none"
        interval_s, timeout_s = fields["pingInterval"] / 1000, fields["pingTimeout"] / 1000
        pings = f"a ping every {interval_s:g} s, its pong within {timeout_s:g} s"
        return f"Engine.IO open · upgrades: {upgrades} · {pings}"
    if packet.type is not PacketType.MESSAGE:
        return f"Engine.IO {packet}"
    try:
        return _message_line(packet.data, reader)
    except SocketIOError as error:
        return f"Engine.IO {packet} · no Socket.IO packet: {error}"


def _message_line(data: str | bytes, reader: Reader) -> str:
    found = reader.feed(data)
    if found is None:
        what = "attachment" if isinstance(data, bytes) else "packet"
        return f"Socket.IO {what} · {reader.missing} more to come"
    if found.type is socketio.PacketType.CONNECT and isinstance(found.data, dict):
        data_without_sid = {name: value for name, value in found.data.items() if name != "sid"}
        found = replace(found, data=data_without_sid or None)  # a sid differs on each run
    return f"Socket.IO {found}"

"""One connection, read from the bytes of both directions: first HTTP, then perhaps WebSocket.

    client→server   requests … a request to upgrade │ frames
    server→client   responses … 101                 │ frames

After a request for an upgrade, its direction is not read until the response has arrived: after a
101 the bytes are frames, after any other status another request.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Literal, NamedTuple

from helpers.wire.bodies import HttpStream
from helpers.wire.codes import Opcode, ProtocolError
from helpers.wire.deflate import Inflater, read_negotiated
from helpers.wire.frames import Frame, FrameReader
from helpers.wire.heads import HandshakeError, Request, Response
from helpers.wire.messages import Joiner, parse_close
from helpers.wire.packets import EMPTY, Content, Session, Sessions, describe_message
from helpers.wire.wording import bytes_text, frame_text, refusal_text, response_text

CLIENT_TO_SERVER = "client→server"
SERVER_TO_CLIENT = "server→client"

Kind = Literal["request", "response", "frame", "mark", "error", "bytes"]


class Reading(NamedTuple):
    """What some bytes turned out to be; `transcript.Entry` explains the fields."""

    direction: str | None
    kind: Kind
    raw: bytes
    value: Request | Response | Frame | None
    text: str
    message: str | None = None
    note: str | None = None
    packets: tuple[str, ...] = ()
    session: int | None = None


class Conversation:
    """One connection: turns the bytes of both directions into readings.

    Args:
        sessions: the Engine.IO sessions, which connections share.
    """

    def __init__(self, sessions: Sessions | None = None) -> None:
        self._sessions = Sessions() if sessions is None else sessions
        # Requests without a response so far, and the Engine.IO session of each.
        self._unanswered: deque[tuple[Request, Session | None]] = deque()
        self._sides: dict[str, HttpStream | FrameStream | UnreadableStream] = {
            CLIENT_TO_SERVER: HttpStream(requests=True),
            SERVER_TO_CLIENT: HttpStream(requests=False),
        }
        self._ended: set[str] = set()

    @property
    def over(self) -> bool:
        """Whether both sides have said that they will send no more."""
        return len(self._ended) == len(self._sides)

    def read(self, direction: str, data: bytes) -> Iterator[Reading]:
        """Take bytes of one direction; return the readings that they complete, in either one."""
        self._sides[direction].feed(data)
        yield from self._take(direction)

    def unfinished(self, direction: str) -> Iterator[Reading]:
        """Return what has arrived in a direction but is not whole."""
        side = self._sides[direction]
        if rest := bytes(side.rest):
            note = f"incomplete {side.unit}"
            yield Reading(direction, "bytes", rest, None, bytes_text(rest), None, note)

    def end(self, direction: str) -> Iterator[Reading]:
        """Take the end of one direction; return what it completes or leaves unfinished."""
        side = self._sides[direction]
        if isinstance(side, HttpStream) and (found := side.close()):
            yield self._read_http_message(*found)
        yield from self.unfinished(direction)
        self._sides[direction] = UnreadableStream()
        self._ended.add(direction)

    def lose(self) -> None:
        """Note that bytes are missing: nothing after them can be read."""
        self._sides = {direction: UnreadableStream() for direction in self._sides}

    def _take(self, direction: str) -> Iterator[Reading]:
        side = self._sides[direction]
        try:
            if isinstance(side, HttpStream):
                yield from self._take_http(direction, side)
            else:
                for reading in side.take():
                    yield reading._replace(direction=direction)
        except ValueError as error:  # HandshakeError, BodyError, ProtocolError
            yield Reading(direction, "error", bytes(side.rest), None, str(error))
            self._sides[direction] = UnreadableStream()

    def _take_http(self, direction: str, side: HttpStream) -> Iterator[Reading]:
        while not (side.requests and self._upgrade_is_pending()):
            found = side.take(self._unanswered[0][0].method if self._unanswered else "GET")
            if found is None:
                return
            message, raw = found
            if isinstance(message, Request):
                self._unanswered.append((message, self._sessions.find(message)))
            yield self._read_http_message(message, raw)
            if isinstance(message, Request):
                continue
            if message.status == 101:
                yield from self._upgrade(message)
                return
            if message.status >= 200 and self._unanswered:
                self._unanswered.popleft()
                yield from self._take(CLIENT_TO_SERVER)

    def _read_http_message(self, message: Request | Response, raw: bytes) -> Reading:
        """Return the reading of an HTTP message, with the Engine.IO packets in it."""
        reading = read_http(message, raw)
        content, session = self._read_content(message)
        return reading._replace(
            message=reading.message if content.body is None else content.body,
            packets=content.packets,
            session=session.number if session else None,
        )

    def _read_content(self, message: Request | Response) -> tuple[Content, Session | None]:
        if not self._unanswered:
            return EMPTY, None
        if isinstance(message, Request):
            _, session = self._unanswered[-1]
            return self._sessions.read_request(session, message, CLIENT_TO_SERVER), session
        request, session = self._unanswered[0]
        return self._sessions.read_response(session, request, message, SERVER_TO_CLIENT), session

    def _upgrade_is_pending(self) -> bool:
        """Whether the last request asks for an upgrade, and its response has not arrived."""
        return bool(self._unanswered) and self._unanswered[-1][0].header("Upgrade") is not None

    def _upgrade(self, response: Response) -> Iterator[Reading]:
        """Read frames from now on, including those that were sent too early."""
        try:
            deflate = read_negotiated(response)
        except HandshakeError:
            deflate = None
        for direction, side in self._sides.items():
            if isinstance(side, HttpStream):
                from_client = direction == CLIENT_TO_SERVER
                inflater = None
                if deflate:
                    allowance = self._sessions.allowance
                    inflater = deflate.inflater(from_client=from_client, allowance=allowance)
                session = self._unanswered[-1][1] if self._unanswered else None
                self._sides[direction] = frames = FrameStream(from_client, inflater, session)
                frames.feed(bytes(side.rest))
        for direction in self._sides:
            yield from self._take(direction)


class FrameStream:
    """Reads one direction after the 101: frames, and the messages that they complete."""

    unit = "frame"

    def __init__(
        self, from_client: bool, inflater: Inflater | None, session: Session | None
    ) -> None:
        self.rest = bytearray()
        self._session = session
        self._from_client = from_client
        self._inflater = inflater
        self._reader = FrameReader(masked=None, allow_rsv1=inflater is not None)
        self._fed = 0  # how much of `rest` the reader has
        self._joiner = Joiner(inflater=inflater)
        self._fragment = 0

    def feed(self, data: bytes) -> None:
        """Add bytes that arrived."""
        self.rest += data

    def take(self) -> Iterator[Reading]:
        """Return the frames that are whole now.

        Raises:
            ProtocolError: the next bytes are not a valid frame.
        """
        fresh = bytes(self.rest[self._fed :])
        self._fed = len(self.rest)
        for frame in self._reader.feed(fresh):
            raw = frame.encode()
            del self.rest[: len(raw)]
            self._fed -= len(raw)
            yield self._reading(frame, raw)

    def _reading(self, frame: Frame, raw: bytes) -> Reading:
        fragment = self._count(frame)
        message, note = self._join(frame)
        if self._from_client and frame.mask is None:
            note = note or "client frame must be masked, got MASK=0 (RFC 6455 §5.3)"
        if not self._from_client and frame.mask is not None:
            note = note or "server frame must not be masked, got MASK=1 (RFC 6455 §5.1)"
        text = frame_text(frame, message, fragment)
        text_message = message if isinstance(message, str) else None
        packets: tuple[str, ...] = ()
        if self._session and message is not None:
            direction = CLIENT_TO_SERVER if self._from_client else SERVER_TO_CLIENT
            packets = describe_message(self._session, message, direction)
        number = self._session.number if self._session else None
        return Reading(None, "frame", raw, frame, text, text_message, note, packets, number)

    def _count(self, frame: Frame) -> int:
        """Return the number of a fragment; 0 for a frame that is not a fragment."""
        if frame.opcode.is_control:
            return 0
        in_pieces = not frame.fin or frame.opcode is Opcode.CONTINUATION
        number = self._fragment + 1 if in_pieces else 0
        self._fragment = 0 if frame.fin else number
        return number

    def _join(self, frame: Frame) -> tuple[str | bytes | None, str | None]:
        """Return the message that a frame completes, and the rule that it breaks."""
        try:
            if frame.opcode is Opcode.CLOSE:
                parse_close(frame.payload)
            return self._joiner.take(frame), None
        except ProtocolError as error:
            # The peer will close; until then there is no harm in reading on.
            self._joiner, self._fragment = Joiner(inflater=self._inflater), 0
            return None, str(error)


class UnreadableStream:
    """Keeps the bytes of one direction after a fault, when nobody can tell what they mean."""

    unit = "message"

    def __init__(self) -> None:
        self.rest = bytearray()

    def feed(self, data: bytes) -> None:
        """Add bytes that arrived."""
        self.rest += data

    def take(self) -> Iterator[Reading]:
        """Return the bytes as they are."""
        if data := bytes(self.rest):
            self.rest.clear()
            yield Reading(None, "bytes", data, None, bytes_text(data))


def read_http(message: Request | Response, raw: bytes) -> Reading:
    """Return the reading of an HTTP message."""
    if isinstance(message, Request):
        text = f"{message.method} {message.target} {message.version}"
        return Reading(CLIENT_TO_SERVER, "request", raw, message, text)
    text, explanation = response_text(message), refusal_text(message)
    return Reading(SERVER_TO_CLIENT, "response", raw, message, text, explanation)

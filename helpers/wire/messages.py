"""Messages: what an application sends and receives, carried by one frame or several.

    text FIN=0 "Hel" | ping "?" | continuation FIN=1 "lo"    →    ping "?", then "Hello"

The rules (RFC 6455):

1. A message starts with a text or binary frame and ends with FIN; continuation frames carry the
   rest, and no other message starts before it ends. Control frames may come in between (§5.4).
2. A text message is UTF-8 as a whole (§5.6). A fault is reported at the byte that causes it.
3. A close payload is empty, or a 2-byte code that may travel and a reason in UTF-8 (§5.5.1, §7.4).
4. Nothing is read after a close frame (§5.5.1).
5. A reader may refuse what is too big for it (§10.4).
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Protocol

from helpers.wire.codes import CloseCode, Opcode, ProtocolError
from helpers.wire.frames import Frame, FrameReader, Unfinished

#: The codes of the protocol that a close frame may carry; the others are for a program's own use.
SENDABLE_CODES = frozenset(CloseCode) - {
    CloseCode.NO_STATUS_RCVD,
    CloseCode.ABNORMAL_CLOSURE,
    CloseCode.TLS_HANDSHAKE,
}


class Decompressor(Protocol):
    """The part of `deflate.Inflater` that a `Joiner` needs."""

    def inflate(self, payload: bytes, fin: bool = True) -> bytes:
        """Return what the payload holds."""


class Joiner:
    """Joins the frames of one direction into messages.

    Args:
        max_size: the largest message, in bytes; None for no limit.
        max_fragments: the most frames in a message, so that empty ones cannot go on forever.
        inflater: inflates the messages marked with RSV1, if compression was agreed.

    Source: RFC 6455 §5.4.
    """

    def __init__(
        self,
        *,
        max_size: int | None = None,
        max_fragments: int = 100_000,
        inflater: Decompressor | None = None,
    ) -> None:
        self.max_size = max_size
        self.max_fragments = max_fragments
        self.inflater = inflater
        self._kind: Opcode | None = None  # of the message under way
        self._compressed = False
        self._parts = bytearray()
        self._fragments = 0
        self._begun = False  # whether the frame under way is already counted
        self._seen = 0  # how many bytes of its payload are already taken
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def take(self, frame: Frame) -> str | bytes | None:
        """Take the next frame; return the message that it completes.

        Args:
            frame: a whole frame; a control frame changes and completes nothing.

        Returns:
            The message, `str` for text and `bytes` for binary, or None.

        Raises:
            ProtocolError: rule 1, 2 or 5 is broken.
        """
        if frame.opcode.is_control:
            return None
        self._begin(frame, len(frame.payload))
        fresh = frame.payload[self._seen :]
        self._begun, self._seen = False, 0
        if self._compressed and self.inflater is not None:
            fresh = self.inflater.inflate(fresh, frame.fin)
            check_message_size(len(self._parts) + len(fresh), self.max_size)
        self._add(fresh)
        return self._finish() if frame.fin else None

    def look_ahead(self, reader: FrameReader) -> None:
        """Check a frame that has arrived only in part, so that a fault in it is found at once.

        Args:
            reader: the reader that the frames come from.

        Raises:
            ProtocolError: rule 1, 2 or 5 is broken, whatever the missing bytes are.
        """
        under_way: Unfinished | None = reader.unfinished
        if under_way is None or under_way.frame.opcode.is_control:
            return
        self._begin(under_way.frame, under_way.size_bytes)
        if self._kind is Opcode.TEXT and not self._compressed:
            fresh = reader.arrived(self._seen)
            self._seen += len(fresh)
            self._add(fresh)

    def _begin(self, frame: Frame, size: int) -> None:
        """Check that a frame may come now, once, as soon as its header is known."""
        if self._begun:
            return
        if frame.opcode is Opcode.CONTINUATION:
            if self._kind is None:
                fact = "continuation frame must follow an unfinished message, got none"
                raise ProtocolError(f"{fact} (RFC 6455 §5.4)")
        elif self._kind is not None:
            fact = f"unfinished message must be continued, got a {frame.opcode.name.lower()} frame"
            raise ProtocolError(f"{fact} (RFC 6455 §5.4)")
        else:
            self._kind, self._compressed = frame.opcode, frame.rsv1
        self._begun = True
        self._fragments += 1
        if self._fragments > self.max_fragments:
            fact = f"message must have at most {self.max_fragments} frames here"
            raise ProtocolError(f"{fact} (RFC 6455 §10.4)", CloseCode.MESSAGE_TOO_BIG)
        if not self._compressed:
            check_message_size(len(self._parts) + size, self.max_size)

    def _add(self, fresh: bytes) -> None:
        self._parts += fresh
        if self._kind is Opcode.TEXT:
            self._check_text(fresh)

    def _finish(self) -> str | bytes:
        kind, self._kind, self._fragments = self._kind, None, 0
        data, self._parts = bytes(self._parts), bytearray()
        if kind is not Opcode.TEXT:
            return data
        self._check_text(b"", final=True)
        return data.decode()

    def _check_text(self, data: bytes, final: bool = False) -> None:
        try:
            self._decoder.decode(data, final)
            pending = self._decoder.getstate()[0]
            if b"\xed\xa0" <= pending < b"\xee":
                # A surrogate. Python's decoder would wait for its third byte to refuse it.
                raise UnicodeDecodeError("utf-8", pending, 0, 2, "an unpaired surrogate")
        except UnicodeDecodeError as error:
            raise not_utf8("text message", error) from None


class MessageReader:
    """Turns the bytes of one direction into messages and control frames: all that a server needs.

    Args:
        masked: True if a client sends the bytes, False if a server does.
        max_size: the largest message, in bytes; None for no limit.
        max_fragments: the most frames in a message.

    `closed` is True once a close frame or a fault has ended this direction.

    Source: RFC 6455 §5, §6.2.
    """

    def __init__(
        self, *, masked: bool | None, max_size: int | None = None, max_fragments: int = 100_000
    ) -> None:
        self.closed = False
        self._reader = FrameReader(masked=masked)
        self._joiner = Joiner(max_size=max_size, max_fragments=max_fragments)

    def feed(self, data: bytes) -> Iterator[str | bytes | Frame]:
        """Take the next bytes and return what they complete, in order.

        Args:
            data: bytes, sliced as they arrive; ignored once `closed`.

        Returns:
            `str` for a text message, `bytes` for a binary one, a `Frame` for ping, pong and
            close; the payload of the close frame is already checked.

        Raises:
            ProtocolError: a rule is broken; what came before it has been returned.
        """
        frames = iter(()) if self.closed else self._reader.feed(data)
        return self._messages(frames)

    def _messages(self, frames: Iterator[Frame]) -> Iterator[str | bytes | Frame]:
        try:
            for frame in frames:
                yield from self._take(frame)
                if self.closed:
                    return
            self._joiner.look_ahead(self._reader)
        except ProtocolError:
            self.closed = True
            raise

    def _take(self, frame: Frame) -> Iterator[str | bytes | Frame]:
        if frame.opcode is Opcode.CLOSE:
            parse_close(frame.payload)
            self.closed = True
        if frame.opcode.is_control:
            yield frame
        elif (message := self._joiner.take(frame)) is not None:
            yield message


def parse_close(payload: bytes) -> tuple[int | None, str]:
    """Read the payload of a close frame.

    Args:
        payload: unmasked.

    Returns:
        The code, None if the payload is empty, and the reason.

    Raises:
        ProtocolError: the code may not travel (1002), the reason is not UTF-8 (1007).

    Source: RFC 6455 §5.5.1, §7.4.
    """
    if not payload:
        return None, ""
    if len(payload) == 1:
        fact = "close payload must be empty or start with a 2-byte code, got 1 byte"
        raise ProtocolError(f"{fact} (RFC 6455 §5.5.1)")
    code = check_code(int.from_bytes(payload[:2]))
    try:
        return code, payload[2:].decode()
    except UnicodeDecodeError as error:
        raise not_utf8("close reason", error) from None


def build_close(code: int | None = None, reason: str = "") -> bytes:
    """Write the payload of a close frame.

    Args:
        code: the close code; None for a close frame without a payload.
        reason: for people; at most 123 bytes of UTF-8.

    Raises:
        ProtocolError: the code may not travel, or the reason is too long or has no code.

    Source: RFC 6455 §5.5.1, §7.4.
    """
    if code is None:
        if reason:
            raise ProtocolError("close reason must follow a code, got none (RFC 6455 §5.5.1)")
        return b""
    size = len(reason.encode())
    if size > 123:
        raise ProtocolError(f"close reason must be at most 123 bytes, got {size} (RFC 6455 §5.5)")
    return check_code(code).to_bytes(2) + reason.encode()


def check_code(code: int) -> int:
    """Return the code if it may travel in a close frame; refuse any other."""
    if code not in SENDABLE_CODES and not 3000 <= code <= 4999:
        fact = "close code must be 1000–1003, 1007–1014 or 3000–4999"
        raise ProtocolError(f"{fact}, got {code} (RFC 6455 §7.4)")
    return code


def check_message_size(size: int, max_size: int | None) -> None:
    """Refuse a message that is, or will be, larger than the limit."""
    if max_size is not None and size > max_size:
        fact = f"message must be at most {max_size} bytes here, got {size} (RFC 6455 §10.4)"
        raise ProtocolError(fact, CloseCode.MESSAGE_TOO_BIG)


def not_utf8(what: str, error: UnicodeDecodeError) -> ProtocolError:
    """Say which bytes are not UTF-8."""
    bad = error.object[error.start : error.end].hex(" ")
    fact = f"{what} must be UTF-8, got bytes {bad}: {error.reason} (RFC 6455 §8.1)"
    return ProtocolError(fact, CloseCode.INVALID_FRAME_PAYLOAD_DATA)

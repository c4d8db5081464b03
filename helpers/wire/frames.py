"""Frames: the unit on a WebSocket connection, and every rule that a single frame must keep.

     0               1               2               3
     0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7 0 1 2 3 4 5 6 7
    +-+-+-+-+-------+-+-------------+-------------------------------+
    |F|R|R|R| opcode|M| length      | length, if it was 126: 2 bytes|
    |I|S|S|S|       |A|             |         if it was 127: 8 bytes|
    |N|V|V|V|       |S|             |                               |
    | |1|2|3|       |K|             |                               |
    +-+-+-+-+-------+-+-------------+-------------------------------+
    | masking key, if MASK is 1: 4 bytes | payload                  |
    +------------------------------------+--------------------------+

The rules (RFC 6455), in the order in which a reader can tell that they are broken:

1. RSV1, RSV2 and RSV3 are 0, unless an extension gave them a meaning (§5.2).
2. The opcode is one of six; the ten others are reserved (§5.2).
3. Control frames are never fragmented and carry at most 125 bytes (§5.5).
4. A client masks every frame; a server masks no frame (§5.1).
5. The length is written in as few bytes as possible, and below 2⁶³ (§5.2).
6. A reader may refuse what is too big for it (§10.4).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from helpers.wire.codes import CloseCode, Opcode, ProtocolError
from helpers.wire.quoting import quoted

__all__ = [
    "CloseCode",
    "Frame",
    "FrameReader",
    "Opcode",
    "ProtocolError",
    "Unfinished",
    "apply_mask",
]


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame. `payload` is what it means, unmasked; `mask` is the key used on the wire.

    Source: RFC 6455 §5.2.
    """

    opcode: Opcode
    payload: bytes = b""
    fin: bool = True
    rsv1: bool = False
    rsv2: bool = False
    rsv3: bool = False
    mask: bytes | None = None

    def encode(self) -> bytes:
        """Return the frame as it goes over the wire.

        Raises:
            ProtocolError: a control frame is fragmented or too long.
            ValueError: the mask is not 4 bytes.
        """
        check_control(self.opcode, self.fin, len(self.payload))
        bits = (self.fin, self.rsv1, self.rsv2, self.rsv3)
        first = sum(bit << shift for bit, shift in zip(bits, (7, 6, 5, 4), strict=True))
        masked = 0 if self.mask is None else 0x80
        second, extended = encode_length(len(self.payload))
        header = bytes([first | self.opcode, masked | second]) + extended
        if self.mask is None:
            return header + self.payload
        return header + self.mask + apply_mask(self.payload, self.mask)

    def __str__(self) -> str:
        """Print a frame for people: `text "Hello" · FIN · masked 37 fa 21 3d · 5 bytes`."""
        # What is compressed is not readable, whatever the opcode says.
        content = describe(Opcode.BINARY if self.rsv1 else self.opcode, self.payload)
        facts = [f"{self.opcode.name.lower()} {content}".rstrip()]
        facts += [
            name
            for name, bit in (
                ("FIN", self.fin), ("RSV1", self.rsv1), ("RSV2", self.rsv2), ("RSV3", self.rsv3)
            )
            if bit
        ]  # fmt: skip
        if self.mask is not None:
            facts.append(f"masked {self.mask.hex(' ')}")
        size = len(self.payload)
        return " · ".join([*facts, f"{size} byte" if size == 1 else f"{size} bytes"])


def describe(opcode: Opcode, payload: bytes, width: int = 60) -> str:
    """Show the start of a payload: text in quotes, anything else in hex."""
    if opcode is Opcode.CLOSE and len(payload) >= 2:
        reason = describe(Opcode.TEXT, payload[2:], width) if payload[2:] else ""
        return f"{int.from_bytes(payload[:2])} {reason}".rstrip()
    start = payload[: 4 * width]  # a character has at most 4 bytes
    text = start.decode("utf-8", "replace")
    shown = text[:width]
    readable = shown.replace("\n", " ").isprintable() and "\ufffd" not in shown
    if opcode is Opcode.TEXT or (opcode is not Opcode.BINARY and shown and readable):
        return quoted(shown) + ("…" if len(text) > width else "")
    return start[: width // 3].hex(" ") + ("…" if len(payload) > width // 3 else "")


def encode_length(size_bytes: int) -> tuple[int, bytes]:
    """Return the 7 bits of the length field and the 0, 2 or 8 bytes that extend them."""
    if size_bytes < 126:
        return size_bytes, b""
    if size_bytes < 2**16:
        return 126, size_bytes.to_bytes(2)
    return 127, size_bytes.to_bytes(8)


def apply_mask(payload: bytes, mask: bytes) -> bytes:
    """Mask a payload, or unmask it: the same XOR with the key does both.

    Args:
        payload: any number of bytes.
        mask: the masking key, 4 bytes.

    Raises:
        ValueError: the key is not 4 bytes long.

    Source: RFC 6455 §5.3.
    """
    if len(mask) != 4:
        raise ValueError(f"masking key must be 4 bytes, got {len(mask)} (RFC 6455 §5.3)")
    size = len(payload)
    # Two big integers and one XOR are a hundred times faster than a loop over the bytes.
    key = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload) ^ int.from_bytes(key)).to_bytes(size)


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A frame whose header has arrived, but not yet its whole payload."""

    frame: Frame  # everything but the payload
    size_bytes: int  # what its header announces


class FrameReader:
    """Turns bytes into frames, however the network sliced them, and refuses what breaks a rule.

    Args:
        masked: True if a client sends the frames, which must then be masked; False if a server
            does, and they must not be; None to accept both, for a reader that only looks on.
        max_size: the largest payload of a data frame, in bytes; None for no limit.
        allow_rsv1: whether permessage-deflate was agreed, which marks messages with RSV1.

    Source: RFC 6455 §5.
    """

    def __init__(
        self, *, masked: bool | None, max_size: int | None = None, allow_rsv1: bool = False
    ) -> None:
        self.masked = masked
        self.max_size = max_size
        self.allow_rsv1 = allow_rsv1
        self.unfinished: Unfinished | None = None
        self._buffer = bytearray()
        self._payload = bytearray()

    def feed(self, data: bytes) -> Iterator[Frame]:
        """Take the next bytes and return the frames that they complete.

        The frames before a fault are returned before it is raised. After a fault nothing more
        can be read, because nobody knows where the next frame would start.

        Args:
            data: bytes, sliced as they arrive.

        Raises:
            ProtocolError: a rule is broken.
        """
        self._buffer += data
        return self._frames()

    def arrived(self, start: int = 0) -> bytes:
        """Return what has arrived of the unfinished frame's payload, unmasked, from `start`."""
        return bytes(self._payload[start:])

    def _frames(self) -> Iterator[Frame]:
        while frame := self._next_frame():
            yield frame

    def _next_frame(self) -> Frame | None:
        # A header that breaks a rule stays in the buffer, and breaks it again the next time.
        self.unfinished = self.unfinished or self._read_header()
        return self._read_payload(self.unfinished) if self.unfinished else None

    def _read_header(self) -> Unfinished | None:
        """Take a header off the buffer, and check it before its payload has arrived."""
        buffer = self._buffer
        if len(buffer) < 2:
            return None
        frame = self._check_first_bytes(buffer[0], buffer[1])
        length, masked = buffer[1] & 0x7F, bool(buffer[1] & 0x80)
        length_end = 2 + {126: 2, 127: 8}.get(length, 0)
        if len(buffer) < length_end:
            return None
        size = read_length(length, bytes(buffer[2:length_end]))
        self._check_size(frame.opcode, size)
        end = length_end + (4 if masked else 0)
        if len(buffer) < end:
            return None
        mask = bytes(buffer[length_end:end]) if masked else None
        del buffer[:end]
        frame = Frame(frame.opcode, fin=frame.fin, rsv1=frame.rsv1, mask=mask)
        return Unfinished(frame, size)

    def _check_first_bytes(self, first: int, second: int) -> Frame:
        opcode = check_opcode(first & 0x0F)
        fin, masked, length = bool(first & 0x80), bool(second & 0x80), second & 0x7F
        self._check_rsv(first, opcode)
        check_control(opcode, fin, min(length, 126), or_more=" or more")
        if self.masked is True and not masked:
            raise ProtocolError("client frame must be masked, got MASK=0 (RFC 6455 §5.3)")
        if self.masked is False and masked:
            raise ProtocolError("server frame must not be masked, got MASK=1 (RFC 6455 §5.1)")
        return Frame(opcode, fin=fin, rsv1=bool(first & 0x40))

    def _check_rsv(self, first: int, opcode: Opcode) -> None:
        for bit, name in ((0x40, "RSV1"), (0x20, "RSV2"), (0x10, "RSV3")):
            allowed = self.allow_rsv1 and name == "RSV1"
            if first & bit and not allowed:
                fact = f"{name} must be 0 without an extension that uses it, got 1"
                raise ProtocolError(f"{fact} (RFC 6455 §5.2)")
        if first & 0x40 and opcode not in (Opcode.TEXT, Opcode.BINARY):
            fact = "RSV1 belongs on the first frame of a message"
            raise ProtocolError(f"{fact}, got it on a {opcode.name.lower()} frame (RFC 7692 §6)")

    def _check_size(self, opcode: Opcode, size: int) -> None:
        if self.max_size is not None and size > self.max_size and not opcode.is_control:
            fact = f"frame must be at most {self.max_size} bytes here, got {size} (RFC 6455 §10.4)"
            raise ProtocolError(fact, CloseCode.MESSAGE_TOO_BIG)

    def _read_payload(self, under_way: Unfinished) -> Frame | None:
        """Take payload bytes, unmasking each once, and return the frame when it is whole."""
        header, done = under_way.frame, len(self._payload)
        fresh = bytes(self._buffer[: under_way.size_bytes - done])
        del self._buffer[: len(fresh)]
        if header.mask is not None:
            # The key continues where the last slice ended.
            rotation = done % 4
            fresh = apply_mask(fresh, header.mask[rotation:] + header.mask[:rotation])
        self._payload += fresh
        if len(self._payload) < under_way.size_bytes:
            return None
        frame = Frame(
            header.opcode, bytes(self._payload), header.fin, header.rsv1, mask=header.mask
        )
        self.unfinished = None
        self._payload.clear()
        return frame


def check_opcode(value: int) -> Opcode:
    """Return the opcode, unless it is one of the ten that are reserved."""
    try:
        return Opcode(value)
    except ValueError:
        kind = "control" if value >= Opcode.CLOSE else "data"
        fact = f"opcode must be 0, 1, 2, 8, 9 or 10, got {value}, reserved for {kind} frames"
        raise ProtocolError(f"{fact} (RFC 6455 §5.2)") from None


def check_control(opcode: Opcode, fin: bool, size: int, or_more: str = "") -> None:
    """Refuse a control frame that is fragmented or longer than 125 bytes."""
    if not opcode.is_control:
        return
    name = opcode.name.lower()
    if not fin:
        raise ProtocolError(f"{name} frame must not be fragmented, got FIN=0 (RFC 6455 §5.5)")
    if size > 125:
        fact = f"{name} frame must carry at most 125 bytes, got {size}{or_more} (RFC 6455 §5.5)"
        raise ProtocolError(fact)


def read_length(length: int, extended: bytes) -> int:
    """Return the payload's length from the 7 bits and the bytes that extend them."""
    if length < 126:
        return length
    size = int.from_bytes(extended)
    needed = next(count for count, limit in ((1, 126), (2, 2**16), (8, 2**64)) if size < limit)
    if needed < len(extended):
        fact = (
            f"payload length {size} used {len(extended)} bytes when {needed} would have sufficed"
        )
        raise ProtocolError(f"{fact} (RFC 6455 §5.2)")
    if size >= 2**63:
        raise ProtocolError(f"payload length must be below 2⁶³, got {size} (RFC 6455 §5.2)")
    return size

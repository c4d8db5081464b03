"""Cuts bytes into frames and each frame into its fields, as far as the bytes make sense.

`FrameReader` decides whether a frame is valid; this module only knows where each field is, so
that a broken or unfinished frame can be drawn up to the point where reading stopped.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpers.wire.frames import FrameReader, Opcode, ProtocolError, apply_mask

MAX_HEADER_BYTES = 14


@dataclass(frozen=True, slots=True)
class Anatomy:
    """One frame and where its fields are (RFC 6455 §5.2); `raw` is as much of it as arrived."""

    raw: bytes
    fault: str | None = None
    rest_bytes: int = 0  # how many bytes follow a fault and cannot be read

    @property
    def first(self) -> int:
        """The byte with FIN, RSV1 to RSV3 and the opcode."""
        return self.raw[0]

    @property
    def second(self) -> int | None:
        """The byte with MASK and the length, once it has arrived."""
        return self.raw[1] if len(self.raw) > 1 else None

    @property
    def opcode(self) -> Opcode | None:
        """The opcode; None if it is reserved."""
        value = self.first & 0x0F
        return Opcode(value) if value in set(Opcode) else None

    @property
    def opcode_name(self) -> str:
        """The opcode in words."""
        return self.opcode.name.lower() if self.opcode is not None else "reserved"

    @property
    def length_end(self) -> int:
        """Where the extended length ends, and the masking key begins."""
        return 2 + {126: 2, 127: 8}.get((self.second or 0) & 0x7F, 0)

    @property
    def masked(self) -> bool:
        """Whether MASK is 1."""
        return bool((self.second or 0) & 0x80)

    @property
    def header_end(self) -> int:
        """Where the payload begins."""
        return self.length_end + (4 if self.masked else 0)

    @property
    def extended(self) -> bytes:
        """The bytes that extend the length, as far as they have arrived."""
        return self.raw[2 : self.length_end]

    @property
    def size_bytes(self) -> int | None:
        """How long the payload is, once the header says so."""
        if self.second is None or len(self.raw) < self.length_end:
            return None
        return int.from_bytes(self.extended) if self.extended else self.second & 0x7F

    @property
    def key(self) -> bytes:
        """The masking key, as far as it has arrived; empty if MASK is 0."""
        return self.raw[self.length_end : self.header_end]

    @property
    def on_wire(self) -> bytes:
        """The payload as it goes over the wire, as far as it has arrived."""
        return self.raw[self.header_end :]

    @property
    def payload(self) -> bytes:
        """The payload without its mask, but still compressed if RSV1 is 1."""
        return apply_mask(self.on_wire, self.key) if len(self.key) == 4 else self.on_wire

    @property
    def compressed(self) -> bool:
        """Whether RSV1 marks the first frame of a compressed message."""
        return bool(self.first & 0x40)

    @property
    def missing_bytes(self) -> int:
        """How many bytes are missing: at least this many until the length is known."""
        if self.fault is not None:
            return 0
        whole = 2 if self.second is None else self.header_end + (self.size_bytes or 0)
        return max(0, whole - len(self.raw))


def dissect(data: bytes, limit: int) -> tuple[list[Anatomy], int]:
    """Cut bytes into at most `limit` frames; the last one may be unfinished, or broken.

    Returns:
        The frames, and how many bytes follow them.

    Source: RFC 6455 §5.2.
    """
    found: list[Anatomy] = []
    start = 0
    while start < len(data) and len(found) < limit:
        found.append(_frame_at(data, start))
        start += len(found[-1].raw) + found[-1].rest_bytes
    return found, len(data) - start


def _frame_at(data: bytes, start: int) -> Anatomy:
    reader = FrameReader(masked=None, allow_rsv1=True)
    header = Anatomy(data[start : start + MAX_HEADER_BYTES])
    for end in range(1, min(header.header_end, len(header.raw)) + 1):
        try:
            list(reader.feed(header.raw[end - 1 : end]))
        except ProtocolError as error:
            return Anatomy(header.raw[:end], str(error), len(data) - start - end)
    return Anatomy(data[start : start + header.header_end + (header.size_bytes or 0)])

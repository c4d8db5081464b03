"""A chunk: a binary message that carries a part of a file, in either direction.

    0          4          12
    +----------+----------+-------------------------------+
    | transfer |  offset  | 1 to 65,536 bytes of the file |
    +----------+----------+-------------------------------+

`transfer` (4 bytes) is the number that the server gave to this upload or download, `offset`
(8 bytes) is where the bytes belong in the file. Both are unsigned, most significant byte first.
"""

import struct
from typing import NamedTuple

from helpers.serving.schema import Refusal

HEADER = struct.Struct("!IQ")
CHUNK_BYTES = 65_536  # of a file in one message, at most
WINDOW_BYTES = 8 * CHUNK_BYTES  # that a sender may send without hearing that they arrived


class Chunk(NamedTuple):
    """A part of a file."""

    transfer: int
    offset: int
    data: bytes

    def encode(self) -> bytes:
        """Return the binary message."""
        return HEADER.pack(self.transfer, self.offset) + self.data


def read_chunk(message: bytes) -> Chunk:
    """Read a binary message.

    Raises:
        Refusal: bad_chunk, when it is too short or too long.
    """
    size = len(message) - HEADER.size
    if not 1 <= size <= CHUNK_BYTES:
        fact = f"expected {HEADER.size} bytes and 1 to {CHUNK_BYTES:,} of a file in a chunk"
        raise Refusal("bad_chunk", f"{fact}, got {len(message):,} bytes")
    transfer, offset = HEADER.unpack_from(message)
    return Chunk(transfer, offset, message[HEADER.size :])

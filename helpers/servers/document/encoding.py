"""The encoding of lib0, in which Yjs writes: numbers, strings, ids; read strictly.

A number has seven bits a byte, lowest first; the eighth bit says that more follow. Only what
Yjs itself would write is taken: the shortest form, and nothing that JavaScript could not count.
"""

from helpers.serving.schema import Refusal

LARGEST_NUMBER = 2**53 - 1  # what JavaScript counts exactly
LARGEST_CLOCK = 2**31 - 1  # the Rust library counts in 32 bits

Id = tuple[int, int]  # client, clock


def bad(fact: str) -> Refusal:
    """Return the refusal of an update, or of a state."""
    return Refusal("bad_update", fact)


class Reader:
    """Bytes that are read one after the other.

    Args:
        data: all of them.
    """

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def byte(self) -> int:
        """Read one byte."""
        at = self._at
        if at >= len(self._data):
            raise bad(f"expected more than {len(self._data)} bytes, the update is cut off")
        self._at = at + 1
        return self._data[at]

    def number(self, most: int = LARGEST_NUMBER) -> int:
        """Read a number in its shortest form."""
        value = byte = self.byte()
        if byte >= 0x80:
            value, shift = byte & 0x7F, 7
            while byte >= 0x80 and shift < 56:  # eight bytes: 2**53 has no more
                byte = self.byte()
                value |= (byte & 0x7F) << shift
                shift += 7
            if byte == 0 or byte >= 0x80:
                raise bad("expected a number in its shortest form, got a longer one")
        if value > most:
            raise bad(f"expected a number of at most {most}, got {value}")
        return value

    def count(self, size: int, what: str) -> int:
        """Read how many things follow, of at least `size` bytes each."""
        value = self.number()
        left = len(self._data) - self._at
        if value * size > left:
            raise bad(f"expected {value} {what}, got {left} bytes, too few for them")
        return value

    def string(self) -> bytes:
        """Read the bytes of a string."""
        length = self.number()
        start = self._at
        if length > len(self._data) - start:
            left = len(self._data) - start
            raise bad(f"expected a string of {length} bytes, got {left} bytes")
        self._at = start + length
        return self._data[start : self._at]

    def id(self) -> Id:
        """Read the id of a letter."""
        return self.number(), self.number(LARGEST_CLOCK)

    def end(self) -> None:
        """Expect that nothing follows."""
        if self._at < len(self._data):
            raise bad(f"expected {self._at} bytes, got {len(self._data) - self._at} more")


def write_number(number: int) -> bytes:
    """Write a number in its shortest form."""
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    out.append(number)
    return bytes(out)


def write_numbers(*numbers: int) -> bytes:
    """Write several numbers."""
    return b"".join(map(write_number, numbers))

"""Updates of Yjs, read strictly: only what a page with one `Y.Text` named "text" can send.

Yjs calls this encoding 1; numbers and strings are those of lib0.

    update  = number of clients, clients…; number of clients, deletions…
    client  = number of structs, id, clock of the first struct, structs…
    struct  = 10, length                                a skip: these clocks are elsewhere
            | info, [origin], [right origin], [parent], content
    info    = 1 (deleted) or 4 (a string), + 0x80 with an origin, + 0x40 with a right origin
    parent  = 1, the string "text": only where there is neither origin
    content = length of what was deleted | a string
    deletions = id, number of ranges, ranges: clock, length

A clock counts UTF-16 units. Everything else that Yjs knows (JSON, binary data, embedded objects,
formats, types, `Any`, documents, GC structs) never occurs in such a text, and is refused before
any library sees it; so is an encoding that Yjs would not choose. Nothing here recurses.
"""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from helpers.servers.document.encoding import (
    LARGEST_CLOCK,
    Id,
    Reader,
    bad,
    write_number,
    write_numbers,
)

ROOT = "text"
PARENT = b"\1\4text"

DELETED, STRING, SKIP = 1, 4, 10
ORIGIN, RIGHT_ORIGIN = 0x80, 0x40
KINDS = {
    0: "a GC struct",
    2: "JSON",
    3: "binary data",
    5: "an embedded object",
    6: "a format",
    7: "a nested type",
    8: "values of any kind",
    9: "a document",
}

Range = tuple[int, int]  # clock, length
Deletions = dict[int, list[Range]]


class Struct(NamedTuple):
    """Letters that were written in one go.

    Attributes:
        clock: of the first unit.
        length: in UTF-16 units.
        origin: the letter that was to the left when they were written, if there was one.
        right_origin: the letter to the right.
        units: UTF-16, little endian; None once they are deleted.
    """

    clock: int
    length: int
    origin: Id | None
    right_origin: Id | None
    units: bytes | None

    def after(self, client: int, known: int) -> "Struct":
        """Return what is left of it without the clocks that are known already."""
        offset = known - self.clock
        units = None if self.units is None else self.units[2 * offset :]
        if units and is_low(units, 0):
            raise bad(f"expected whole characters of client {client} at clock {known}, got half")
        return Struct(known, self.length - offset, (client, known - 1), self.right_origin, units)


Structs = dict[int, list[Struct]]


class Update(NamedTuple):
    """What was written, by clients, in the order of clocks, and what was deleted."""

    structs: Structs
    deletions: Deletions


def is_low(units: bytes | bytearray, offset: int) -> bool:
    """Tell whether a unit is the second half of a surrogate pair."""
    return 0xDC <= units[2 * offset + 1] <= 0xDF


def read_update(data: bytes) -> Update:
    """Read an update.

    Raises:
        Refusal: bad_update, when it holds anything that a page of ours never sends.
    """
    reader = Reader(data)
    structs: Structs = {}
    for _ in range(reader.count(6, "clients")):
        count = reader.count(2, "structs")
        client = reader.number()
        if client in structs:
            raise bad(f"expected each client once, got {client} twice")
        structs[client] = _read_structs(reader, client, count)
    deletions: Deletions = {}
    for _ in range(reader.count(4, "clients with deletions")):
        client = reader.number()
        if client in deletions:
            raise bad(f"expected the deletions of each client once, got {client} twice")
        count = reader.count(2, "deletions")
        deletions[client] = [_read_range(reader) for _ in range(count)]
    reader.end()
    return Update(structs, deletions)


def _read_range(reader: Reader) -> Range:
    clock, length = reader.number(LARGEST_CLOCK), reader.number(LARGEST_CLOCK)
    if not length:
        raise bad("expected a deletion of at least one letter, got 0")
    return clock, length


def _read_structs(reader: Reader, client: int, count: int) -> list[Struct]:
    clock, structs = reader.number(LARGEST_CLOCK), []
    skipped = True  # a skip is between two structs
    for number in range(count):
        info = reader.byte()
        if info == SKIP:
            if skipped or number == count - 1:
                raise bad("expected a skip between two structs, got one elsewhere")
            length = _length(reader.number())
        else:
            struct = _read_struct(reader, client, clock, info)
            structs.append(struct)
            length = struct.length
        skipped = info == SKIP
        clock += length
        if clock > LARGEST_CLOCK:
            raise bad(f"expected clocks up to {LARGEST_CLOCK} of client {client}, got {clock}")
    if not structs:
        raise bad(f"expected structs of client {client}, got none")
    return structs


def _read_struct(reader: Reader, client: int, clock: int, info: int) -> Struct:
    kind = info & ~(ORIGIN | RIGHT_ORIGIN)
    if kind not in (DELETED, STRING):
        got = KINDS.get(kind & 0x1F, f"the unknown kind {kind & 0x1F}")
        raise bad(f"expected letters or deleted letters, got {got if kind < 32 else 'a key'}")
    origin = reader.id() if info & ORIGIN else None
    right_origin = reader.id() if info & RIGHT_ORIGIN else None
    for id_ in (origin, right_origin):
        if id_ and id_[0] == client and id_[1] >= clock:
            raise bad(f"expected clock {clock} to follow what is known, got {id_[1]} as its side")
    if origin is right_origin is None:
        _read_parent(reader)
    if kind == DELETED:
        return Struct(clock, _length(reader.number()), origin, right_origin, None)
    units = _units(reader.string())
    return Struct(clock, len(units) // 2, origin, right_origin, units)


def _read_parent(reader: Reader) -> None:
    if reader.number() != 1:
        raise bad("expected letters of the text itself, got some of a nested type")
    if (name := reader.string()) != ROOT.encode():
        shown = name[:20].decode("ascii", "replace")
        raise bad(f"expected letters of the text {ROOT!r}, got some of {shown!r}")


def _length(length: int) -> int:
    if not length:
        raise bad("expected a length of at least 1, got 0")
    return length


def _units(string: bytes) -> bytes:
    _length(len(string))
    try:
        return string.decode("utf-8").encode("utf-16-le")
    except UnicodeDecodeError as error:
        raise bad(f"expected UTF-8, got {string[error.start]:#x} at byte {error.start}") from error


def read_state(data: bytes) -> dict[int, int]:
    """Read a state vector: the next clock of each client.

    Raises:
        Refusal: bad_update, when it is not one.
    """
    reader = Reader(data)
    state: dict[int, int] = {}
    for _ in range(reader.count(2, "clients")):
        client, clock = reader.number(), reader.number(LARGEST_CLOCK)
        if client in state:
            raise bad(f"expected each client once in a state, got {client} twice")
        state[client] = clock
    reader.end()
    return state


def write_state(state: Mapping[int, int]) -> bytes:
    """Write a state vector."""
    return write_numbers(len(state), *(n for pair in state.items() for n in pair))


def write_update(update: Update) -> bytes:
    """Write an update as Yjs does, the highest client first; its clocks have no gaps."""
    out = [write_numbers(len(update.structs))]
    for client, structs in sorted(update.structs.items(), reverse=True):
        out.append(write_numbers(len(structs), client, structs[0].clock))
        out += map(_write_struct, structs)
    out.append(write_numbers(len(update.deletions)))
    for client, ranges in sorted(update.deletions.items(), reverse=True):
        out.append(write_numbers(client, len(ranges), *(n for pair in ranges for n in pair)))
    return b"".join(out)


def _write_struct(struct: Struct) -> bytes:
    info = DELETED if struct.units is None else STRING
    sides: Iterable[Id] = filter(None, (struct.origin, struct.right_origin))
    info |= (ORIGIN if struct.origin else 0) | (RIGHT_ORIGIN if struct.right_origin else 0)
    head = bytes([info]) + b"".join(write_numbers(*side) for side in sides)
    head += b"" if info & (ORIGIN | RIGHT_ORIGIN) else PARENT
    if struct.units is None:
        return head + write_number(struct.length)
    string = struct.units.decode("utf-16-le").encode()
    return head + write_number(len(string)) + string

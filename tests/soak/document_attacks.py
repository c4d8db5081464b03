"""What can be done to the shared document with updates of Yjs that its own clients never make.

The bytes are written by hand after Yjs's encoding, version 1: the number of clients; for each the
number of structs, the client's id and its clock; for each struct a byte with its content's type,
its parent, and the content. The deletions follow.

Source: github.com/yjs/yjs, src/utils/encoding.js and UpdateEncoder.js.
"""

import asyncio
from collections.abc import Iterable

from tests.soak.attack import Attack, Siege
from tests.soak.chat_attacks import joined
from tests.soak.line import binary

STEP_1, UPDATE = b"\0\0", b"\0\2"
STRING, TYPE, ANY = 4, 7, 8  # types of content
RIGHT = 0x40  # of the first byte of a struct: the id of what is to its right follows
NO_DELETIONS = b"\0"
INVENTED = 8_000  # clients, in 120 kB
EMPTY = b"\0\0"


def number(value: int) -> bytes:
    """Return an unsigned integer in Yjs's variable length."""
    parts = []
    while value > 127:
        parts.append(0x80 | value & 127)
        value >>= 7
    return bytes([*parts, value])


def sized(data: bytes) -> bytes:
    """Return bytes after their length."""
    return number(len(data)) + data


def struct(kind: int, content: bytes, parent: str = "text") -> bytes:
    """Return a struct at the start of a type of the document."""
    return bytes([kind, 1]) + sized(parent.encode()) + content


def update(clients: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Return an update with one struct for each (client, clock, struct)."""
    blocks = [b"\1" + number(id_) + number(clock) + made for id_, clock, made in clients]
    return number(len(blocks)) + b"".join(blocks) + NO_DELETIONS


def message(made: bytes) -> bytes:
    """Return the frame that sends an update."""
    return binary(UPDATE + sized(made))


def nested(depth: int) -> bytes:
    """Return an update with an array in an array, and so on."""
    return update([(7, 0, struct(ANY, b"\1" + b"\x75\1" * depth + b"\x7e"))])


def broken_updates(siege: Siege) -> list[bytes]:
    """Return updates that no client of Yjs makes."""
    chance = siege.chance
    id_ = chance.getrandbits(32)
    letter = struct(STRING, sized(b"x"))
    return [
        chance.randbytes(100),
        b"",
        b"\xff" * 20,
        number(2**40) + b"\1",  # so many clients
        b"\1" + number(2**40) + number(id_) + b"\0",  # so many structs
        update([(id_, 1_000_000, letter)]),  # far ahead of what anybody has
        update([(2**63, 0, letter)]),
        update([(id_, 0, struct(STRING, number(2**30) + b"x"))]),
        update([(id_, 0, struct(STRING, sized(b"\xed\xa0\x80")))]),
        update([(id_, 0, struct(9, b"\0"))]),
        update([(id_, 0, struct(15, b"\0"))]),  # a type of content that does not exist
        b"\0\1" + number(id_) + b"\1\0" + number(2**31),  # a deletion of what is not there
        b"\0" + number(2**30),
        EMPTY,
    ]


async def bytes_before_login(siege: Siege) -> None:
    """Send binary messages without having logged in."""
    async with siege.door.websocket("/ws") as line:
        await line.pour(message(EMPTY) + binary(b"") + binary(STEP_1) + binary(b"\7\7\7"))
        await line.listen(0.5)


async def updates_broken(siege: Siege) -> None:
    """Send updates that are malformed, and sync messages that are none."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        frames = [message(made) for made in siege.chance.sample(broken_updates(siege), 5)]
        frames += [binary(STEP_1 + sized(b"\1\xff")), binary(b"\0\3\0")]
        await line.pour(b"".join(frames))
        await line.listen(0.5)


async def updates_unknown_to_yjs(siege: Siege) -> None:
    """Send a type that Yjs does not know: its clients then show nothing at all."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        unknown = update([(siege.chance.getrandbits(32), 0, struct(TYPE, number(99)))])
        await line.pour(message(unknown))
        await line.listen(0.5)


async def updates_nested(siege: Siege) -> None:
    """Send a value nested so deep that a parser which calls itself ends its process."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        await line.pour(message(nested(30_000)))
        await line.listen(1.0)


def crowded(first: int, count: int) -> bytes:
    """Return an update whose clients all write at one place, each left of some other's letter.

    To find that place, a merging library looks at the other letters again and again.
    """
    letter = sized(b"x")
    made = [(first, 0, struct(STRING, letter))]
    for n in range(1, count):
        right = number(first + n // 2) + b"\0"
        made.append((first + n, 0, bytes([STRING | RIGHT]) + right + letter))
    return update(made)


async def clients_invented(siege: Siege) -> None:
    """Send one update with the letters of thousands of clients."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        await line.pour(message(crowded(siege.chance.getrandbits(31), INVENTED)))
        await line.listen(5.0)


async def states_claimed(siege: Siege) -> None:
    """Ask what is missing with a state that claims to be of 2²⁸ clients, in five bytes."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        await line.pour(binary(STEP_1 + sized(number(2**28))))
        await line.listen(2.0)


async def updates_empty(siege: Siege) -> None:
    """Send updates that change nothing, at the rate that the server takes."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        reading = asyncio.create_task(line.listen(5.0))
        for _ in range(4):
            await line.pour(message(EMPTY) * 70)
            await asyncio.sleep(1.0)
        await reading


async def steps_repeated(siege: Siege) -> None:
    """Ask for the whole document again and again, and read nothing."""
    async with siege.door.websocket("/ws", deaf=True) as line:
        await joined(siege, line)
        while siege.left_s:
            await line.send(binary(STEP_1 + sized(b"\0")) * 5)
            await asyncio.sleep(0.3)


async def carets_junk(siege: Siege) -> None:
    """Move a caret to places that are none."""
    carets = ['{"a":' * 200 + "1" + "}" * 200, '{"a":"' + "x" * 5_000 + '"}', '{"a":1e999}']
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        for caret in carets:
            await line.send_text(f'{{"type":"caret","anchor":{caret},"head":{caret}}}')
        await line.listen(0.5)


ATTACKS = [
    Attack(bytes_before_login, 0.5, 2),
    Attack(updates_broken, 0.5, 3),
    Attack(updates_unknown_to_yjs, 5.0, 1),
    Attack(updates_nested, 5.0, 1),
    Attack(clients_invented, 8.0, 1),
    Attack(states_claimed, 3.0, 1),
    Attack(updates_empty, 1.0, 2),
    Attack(steps_repeated, 2.0, 3),
    Attack(carets_junk, 1.0, 1),
]

"""What can be done to `files` besides: chunks that fit nowhere, uploads that never end."""

import json
import struct

from tests.soak.attack import Attack, Siege
from tests.soak.chat_attacks import joined
from tests.soak.line import Line, binary
from tests.soak.websocket_attacks import send_and_listen

HEADER = struct.Struct("!IQ")
CHUNK = bytes(65_536)
NAMES = [
    "../up",
    "C:\\up",
    "nul",
    "a\0b",
    "\u202egpj.exe",
    "e\u0301" * 5_000,
    "x" * 60_000,
    ".",
    "",
]


def message(kind: str, **fields: object) -> str:
    """Return a message."""
    return json.dumps({"type": kind} | fields)


async def offered(siege: Siege, line: Line, size: int) -> int:
    """Join, offer a file, and return the number of the transfer."""
    await joined(siege, line)
    await line.send_text(message("offer", id="1", name=siege.name(), size=size))
    ready = await line.until(b'"offset":0}')
    return int(ready.rpartition(b'"transfer":')[2].partition(b",")[0])


async def chunks_misplaced(siege: Siege) -> None:
    """Send chunks for transfers that do not exist, and to places where nothing belongs."""
    async with siege.door.websocket("/ws") as line:
        number = await offered(siege, line, 1_000_000)
        for transfer, offset in [(0, 0), (number, 2**63), (number, 1), (2**32 - 1, 0)]:
            await line.pour(binary(HEADER.pack(transfer, offset) + b"x"))
        await line.pour(binary(b"") + binary(siege.chance.randbytes(11)))
        await send_and_listen(line, message("cancel", id="1"))


async def chunks_tiny(siege: Siege) -> None:
    """Send a file a byte at a time, as fast as possible, and never finish it."""
    async with siege.door.websocket("/ws") as line:
        number = await offered(siege, line, 1_000_000)
        tiny = (binary(HEADER.pack(number, offset) + b"x") for offset in range(1_000))
        await line.pour(b"".join(tiny))
        await send_and_listen(line, message("cancel", id="1"))


async def chunks_flooded(siege: Siege) -> None:
    """Send far more than the window at once, and cut the connection."""
    async with siege.door.websocket("/ws") as line:
        number = await offered(siege, line, 64 * len(CHUNK))
        for place in range(32):
            chunk = HEADER.pack(number, place * len(CHUNK)) + CHUNK
            await line.pour(binary(chunk))
        await send_and_listen(line, message("cancel", id="1"))


async def names_escaping(siege: Siege) -> None:
    """Offer files whose names lead elsewhere, and ask for files that are none."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        offers = [message("offer", id="1", name=name, size=1) for name in NAMES]
        fetches = [message("fetch", file=name[:60]) for name in NAMES]
        await send_and_listen(line, *offers, *fetches)
    await siege.door.ask("GET", "/download/..%2f..%2ffiles.sqlite3")


async def promises_empty(siege: Siege) -> None:
    """Offer as much as one person may, send nothing, and leave."""
    async with siege.door.websocket("/ws") as line:
        await joined(siege, line)
        sizes = [250_000_000, 250_000_000, *[0] * 20]
        offers = [message("offer", id=f"{n}", name="a", size=size) for n, size in enumerate(sizes)]
        await send_and_listen(line, *offers)


async def downloads_deaf(siege: Siege) -> None:
    """Fetch a file again and again, and read nothing of it."""
    async with siege.door.websocket("/ws", deaf=True) as line:
        await joined(siege, line)
        await send_and_listen(line, *[message("fetch", file="nothing")] * 30)


ATTACKS = [
    Attack(chunks_misplaced, 0.5, 2),
    Attack(chunks_tiny, 2.0, 1),
    Attack(chunks_flooded, 1.0, 2),
    Attack(names_escaping, 1.0, 2),
    Attack(promises_empty, 2.0, 1),
    Attack(downloads_deaf, 2.0, 2),
]

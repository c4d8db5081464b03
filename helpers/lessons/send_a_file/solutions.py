"""Solutions of the lesson send_a_file."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from websockets import ConnectionClosed, InvalidHandshake, connect


def chunk(data: bytes, size: int, start: int = 0) -> Iterator[bytes]:
    """Cut bytes into pieces of `size`, from byte number `start` on."""
    for place in range(start, len(data), size):
        yield data[place : place + size]


def receive_safely(offer: Mapping[str, Any], folder: Path) -> Path:
    """Return where the file goes, or raise ValueError with a reason."""
    match offer:
        case {"name": str(name), "size": int(size), "sha256": str(digest)}:
            pass
        case _:
            raise ValueError("an offer has a name, a size and a sha256")
    if not 1 <= len(name) <= 100 or not name.isprintable():
        raise ValueError("a name has 1 to 100 characters that can be seen")
    if set(name) & set("/\\:") or name.startswith(".") or name.endswith(".part"):
        raise ValueError("this name is not safe")
    if isinstance(size, bool) or not 0 <= size <= 10_000_000:
        raise ValueError("a file has at most 10,000,000 bytes")
    if not re.fullmatch("[0-9a-f]{64}", digest):
        raise ValueError("a sha256 has 64 digits, 0-9 and a-f")
    return folder / name


async def resume_upload(url: str, offer: Mapping[str, Any], data: bytes) -> None:
    """Send a file, over as many connections as it takes."""
    while True:
        try:
            async with connect(url) as ws:
                await ws.send(json.dumps(offer))
                async for message in ws:
                    match json.loads(message):
                        case {"type": "ready", "offset": start}:
                            parts, ahead = chunk(data, 50_000, start), 8
                        case {"type": "saved"}:
                            ahead = 1
                        case {"type": "stored"}:
                            return
                        case {"type": "error", "reason": reason}:
                            raise ValueError(reason)
                    for part in itertools.islice(parts, ahead):
                        await ws.send(part)
        except (ConnectionClosed, InvalidHandshake, OSError):
            pass  # try again
        await asyncio.sleep(0.1)

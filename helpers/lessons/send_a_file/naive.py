"""What stands in for the exercises of the lesson send_a_file until they are solved.

`chunk` has no naive form: a file in one piece would not even begin to arrive.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from websockets import connect


def receive_safely(offer: Mapping[str, Any], folder: Path) -> Path:
    """Return where the file goes, and trust whoever offers it."""
    name: str = offer["name"]
    return folder / name


async def resume_upload(url: str, offer: Mapping[str, Any], data: bytes) -> None:
    """Send a file over one connection, and hope."""
    async with connect(url) as ws:
        await ws.send(json.dumps(offer))
        start = json.loads(await ws.recv())["offset"]
        while start < len(data):
            await ws.send(data[start : start + 50_000])
            start = json.loads(await ws.recv())["offset"]
        await ws.recv()

"""What stands in for the exercises of the lesson merging until they are solved."""

from collections.abc import AsyncIterable, Callable
from typing import Any

import pycrdt


def what_is_missing(updates: list[bytes], state: bytes) -> bytes:
    """Return everything there is, whatever the client has."""
    return pycrdt.merge_updates(*updates) if updates else b"\0\0"


async def sync_server(
    websocket: AsyncIterable[bytes],
    doc: "pycrdt.Doc[Any]",
    store: Callable[[bytes], object],
    pass_on: Callable[[bytes], object],
) -> None:
    """Pass updates on to the others, and keep nothing."""
    async for message in websocket:
        if message[:2] == b"\0\2":
            pass_on(message)

"""One answer to each exercise of the lesson merging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pycrdt import (
    Doc,
    create_sync_message,
    create_update_message,
    handle_sync_message,
    read_message,
)


def what_is_missing(updates: list[bytes], state: bytes) -> bytes:
    """Return the update that a client with this state needs."""
    doc: Doc[Any] = Doc()
    for update in updates:
        doc.apply_update(update)
    return doc.get_update(state)


async def sync_server(
    websocket: Any,
    doc: Doc[Any],
    store: Callable[[bytes], object],
    pass_on: Callable[[bytes], object],
) -> None:
    """Give one client what it misses, and take what it has, until it leaves."""
    await websocket.send(create_sync_message(doc))
    async for message in websocket:
        answer = handle_sync_message(message[1:], doc)
        if answer:
            await websocket.send(answer)
        else:
            update = read_message(message[2:])
            store(update)
            pass_on(create_update_message(update))

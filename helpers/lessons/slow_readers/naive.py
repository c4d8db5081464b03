"""What stands in for the exercises of the lesson slow_readers until they are solved."""

from collections.abc import MutableMapping, MutableSet, Sequence

from websockets import ServerConnection

from helpers.lessons.slow_readers.outbox import Outbox


def post(outbox: Outbox, text: str, most: int) -> bool:
    """Let five messages wait, whatever their size."""
    if outbox.messages.qsize() >= 5:
        return False
    outbox.messages.put_nowait(text)
    outbox.size += len(text.encode())
    return True


def allow(budget: MutableMapping[str, float], now: float, most: float, rate: float) -> bool:
    """Let everybody send as much as they like."""
    return True


async def catch_up(
    websocket: ServerConnection,
    messages: Sequence[str],
    clients: MutableSet[ServerConnection],
    seen: int,
) -> None:
    """Send what a client has missed by now, and not what is said in the meantime."""
    for message in messages[seen:]:
        await websocket.send(message)
    clients.add(websocket)

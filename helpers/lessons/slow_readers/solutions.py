"""Solutions of the lesson slow_readers."""

from collections.abc import MutableMapping, MutableSet, Sequence

from websockets import ServerConnection

from helpers.lessons.slow_readers.outbox import Outbox


def post(outbox: Outbox, text: str, most: int) -> bool:
    """Put a message into an outbox, if it fits; say whether it did."""
    size = len(text.encode())
    if outbox.size + size > most:
        return False
    outbox.messages.put_nowait(text)
    outbox.size += size
    return True


def allow(budget: MutableMapping[str, float], now: float, most: float, rate: float) -> bool:
    """Say whether a client may send one more message now, and keep account of it."""
    left = min(most, budget["left"] + (now - budget["at"]) * rate)
    allowed = left >= 1
    budget["left"] = left - 1 if allowed else left
    budget["at"] = now
    return allowed


async def catch_up(
    websocket: ServerConnection,
    messages: Sequence[str],
    clients: MutableSet[ServerConnection],
    seen: int,
) -> None:
    """Send what a client has missed, then let it hear what is new."""
    while seen < len(messages):
        await websocket.send(messages[seen])
        seen += 1
    clients.add(websocket)

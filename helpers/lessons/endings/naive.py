"""What stands in for the exercises of the lesson endings until they are solved."""

from collections.abc import Mapping

from websockets import ClientConnection, State


def next_step(error: Exception) -> str:
    """Connect again, whatever has happened."""
    return "again"


async def find_dead(peers: Mapping[str, ClientConnection]) -> list[str]:
    """Return the names of the peers whose connection has closed, and ask nobody."""
    return [name for name, ws in peers.items() if ws.state is not State.OPEN]

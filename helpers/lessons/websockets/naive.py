"""What stands in for the exercises of the lesson websockets until they are solved."""

import json
from collections.abc import Mapping

from websockets import ClientConnection, ServerConnection, State


async def reverse(websocket: ServerConnection) -> None:
    """Send every message back as it is."""
    async for message in websocket:
        await websocket.send(message)


async def calculator(websocket: ServerConnection) -> None:
    """Answer each request, and trust whoever sends it."""
    async for text in websocket:
        request = json.loads(text)
        a, b = request["a"], request["b"]
        value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b}[request["op"]]
        await websocket.send(json.dumps({"type": "result", "value": value}))


async def find_dead(peers: Mapping[str, ClientConnection]) -> list[str]:
    """Return the names of the peers whose connection has closed, and ask nobody."""
    return [name for name, ws in peers.items() if ws.state is not State.OPEN]

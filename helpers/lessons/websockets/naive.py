"""What stands in for the exercises of the lesson websockets until they are solved."""

import asyncio
import json

from websockets import ServerConnection


async def reverse(websocket: ServerConnection) -> None:
    """Send every message back as it is."""
    async for message in websocket:
        await websocket.send(message)


async def newsroom(websocket: ServerConnection, inboxes: set[asyncio.Queue[str]]) -> None:
    """Listen and speak, and forget that a client may vanish."""
    inbox: asyncio.Queue[str] = asyncio.Queue()

    async def produce() -> None:
        while True:
            await websocket.send(await inbox.get())

    inboxes.add(inbox)
    producer = asyncio.create_task(produce())
    try:
        async for message in websocket:
            await websocket.send(f"got: {message!s}")
        inboxes.remove(inbox)
    finally:
        producer.cancel()


async def calculator(websocket: ServerConnection) -> None:
    """Answer each request, and trust whoever sends it."""
    async for text in websocket:
        request = json.loads(text)
        a, b = request["a"], request["b"]
        value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b}[request["op"]]
        await websocket.send(json.dumps({"type": "result", "value": value}))

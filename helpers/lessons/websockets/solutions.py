"""Solutions of the lesson websockets."""

import asyncio
import json
import operator

from websockets import ConnectionClosed, ServerConnection


async def reverse(websocket: ServerConnection) -> None:
    """Send every message back, reversed."""
    async for message in websocket:
        await websocket.send(message[::-1])


async def newsroom(websocket: ServerConnection, inboxes: set[asyncio.Queue[str]]) -> None:
    """Answer each message, send what arrives in an inbox, and leave nothing behind."""
    inbox: asyncio.Queue[str] = asyncio.Queue()

    async def produce() -> None:
        while True:
            await websocket.send(await inbox.get())

    inboxes.add(inbox)
    try:
        async with asyncio.TaskGroup() as group:
            producer = group.create_task(produce())
            async for message in websocket:
                await websocket.send(f"got: {message!s}")
            producer.cancel()
    except* ConnectionClosed:
        pass  # the client has left, which is nobody's fault
    finally:
        inboxes.remove(inbox)


async def calculator(websocket: ServerConnection) -> None:
    """Answer each request with a result or an error, and never die."""
    operations = {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
    }
    async for text in websocket:
        try:
            match json.loads(text):
                case {
                    "type": "compute",
                    "a": int() | float() as a,
                    "op": "+" | "-" | "*" | "/" as op,
                    "b": int() | float() as b,
                }:
                    answer = {"type": "result", "value": operations[op](a, b)}
                case _:
                    answer = {"type": "error", "reason": "unknown request"}
            reply = json.dumps(answer, allow_nan=False)
        except (ValueError, ArithmeticError, RecursionError) as error:
            reply = json.dumps({"type": "error", "reason": str(error)})
        await websocket.send(reply)

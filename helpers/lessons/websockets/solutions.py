"""Solutions of the lesson websockets."""

import asyncio
import json
import operator
from collections.abc import Mapping

from websockets import ClientConnection, ConnectionClosed, ServerConnection


async def reverse(websocket: ServerConnection) -> None:
    """Send every message back, reversed."""
    async for message in websocket:
        await websocket.send(message[::-1])


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


async def find_dead(peers: Mapping[str, ClientConnection]) -> list[str]:
    """Return the names of the peers that do not answer a ping."""

    async def is_dead(websocket: ClientConnection) -> bool:
        try:
            async with asyncio.timeout(1):
                pong = await websocket.ping()
                await pong
        except (TimeoutError, ConnectionClosed):
            return True
        return False

    dead = await asyncio.gather(*map(is_dead, peers.values()))
    return [name for name, gone in zip(peers, dead, strict=True) if gone]

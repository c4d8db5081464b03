"""One answer to each exercise of the lesson socketio_on_the_wire."""

from __future__ import annotations

import json
from typing import Any

import websockets

SOCKET = ["connect", "disconnect", "event", "ack", "connect_error", "binary_event", "binary_ack"]


def parse_packet(text: str) -> tuple[str, str, int | None, Any]:
    """Return type, namespace, number and data of a packet."""
    kind, rest = SOCKET[int(text[1])], text[2:]
    namespace, digits = "/", ""
    if kind.startswith("binary"):  # the number of the attachments, which follow as messages
        rest = rest.partition("-")[2]
    if rest.startswith("/"):
        namespace, _, rest = rest.partition(",")
    while rest[:1].isdigit():
        digits, rest = digits + rest[0], rest[1:]
    number = int(digits) if digits else None
    return kind, namespace, number, json.loads(rest) if rest else None


def build_event(name: str, values: list[Any], number: int | None = None) -> str:
    """Return the packet of an event, with a number if it is to be acknowledged."""
    digits = "" if number is None else str(number)
    return f"42{digits}{json.dumps([name, *values])}"


async def join_chat(address: str, name: str, text: str) -> Any:
    """Join a chat, say a text, return what the server acknowledges."""
    async with websockets.connect(address) as ws:
        await ws.recv()  # open
        await ws.send("40" + json.dumps({"name": name}))
        await ws.recv()  # let in
        await ws.send("421" + json.dumps(["say", {"id": "m1", "text": text}]))
        async for packet in ws:
            if packet == "2":
                await ws.send("3")
            elif str(packet).startswith("431["):
                return json.loads(packet[3:])[0]
    return None

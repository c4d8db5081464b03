"""Solutions of the lesson chat."""

import json
from collections.abc import Mapping, MutableMapping

from websockets import ConnectionClosed, ServerConnection


async def welcome(
    websocket: ServerConnection, people: MutableMapping[str, ServerConnection]
) -> str | None:
    """Wait until a client joins under a free name, and return the name."""
    async for text in websocket:
        try:
            message = json.loads(text)
        except (ValueError, RecursionError):
            message = None
        match message:
            case {"type": "join", "name": str(name)}:
                name = name.strip()
                taken = {known.casefold() for known in people}
                if name and name.casefold() not in taken:
                    people[name] = websocket
                    await websocket.send(json.dumps({"type": "welcome", "name": name}))
                    return name
        await websocket.send(json.dumps({"type": "error", "code": "bad_name"}))
    return None


async def typing(name: str, on: bool, people: Mapping[str, ServerConnection]) -> None:
    """Tell everybody but `name` whether `name` is typing."""
    text = json.dumps({"type": "typing", "name": name, "on": on})
    for who, websocket in list(people.items()):
        if who != name:
            try:
                await websocket.send(text)
            except ConnectionClosed:
                continue  # its own handler takes it out


async def whisper(sender: str, to: str, text: str, people: Mapping[str, ServerConnection]) -> None:
    """Send a text to one person and to its sender, or an error to the sender."""
    message = {"type": "message", "from": sender, "to": to, "text": text}
    try:
        await people[to].send(json.dumps(message))
    except (KeyError, ConnectionClosed):
        message = {"type": "error", "code": "no_such_person"}
    if to != sender:
        await people[sender].send(json.dumps(message))

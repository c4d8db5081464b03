"""What stands in for the exercises of the lesson chat until they are solved."""

import json
from collections.abc import Mapping, MutableMapping

from websockets import ServerConnection


async def welcome(
    websocket: ServerConnection, people: MutableMapping[str, ServerConnection]
) -> str:
    """Take the first name that a client asks for, whoever has it already."""
    name: str = json.loads(await websocket.recv())["name"]
    people[name] = websocket
    await websocket.send(json.dumps({"type": "welcome", "name": name}))
    return name


async def typing(name: str, on: bool, people: Mapping[str, ServerConnection]) -> None:
    """Tell everybody whether somebody is typing, even the one who is."""
    text = json.dumps({"type": "typing", "name": name, "on": on})
    for websocket in list(people.values()):
        await websocket.send(text)


async def whisper(sender: str, to: str, text: str, people: Mapping[str, ServerConnection]) -> None:
    """Send a private message to everybody: it is not private yet."""
    message = json.dumps({"type": "message", "from": sender, "to": to, "text": text})
    for websocket in list(people.values()):
        await websocket.send(message)

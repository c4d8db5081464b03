"""Who is online at a server of the lesson, and what they did: `Visitors`; and `tell`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from websockets.asyncio.server import ServerConnection, broadcast

__all__ = ["Visitors", "tell"]

MOST_LINES = 20  # of the log, which would grow forever


def tell(websockets: Iterable[ServerConnection], **message: object) -> None:
    """Send one message to some of the clients, and wait for none of them.

    Args:
        websockets: their connections.
        **message: its fields, such as `type="text"`.
    """
    broadcast(websockets, json.dumps(message))


class Visitors:
    """Who is online at one server, and what they did.

    Attributes:
        names: the name of each connection.
        activity: the log, the newest line last.
    """

    def __init__(self) -> None:
        self.names: dict[ServerConnection, str] = {}
        self.activity: list[str] = []

    def others(self, websocket: ServerConnection) -> set[ServerConnection]:
        """Return the connections of everybody else.

        Args:
            websocket: the one to leave out.
        """
        return self.names.keys() - {websocket}

    def note(self, websocket: ServerConnection, did: str) -> None:
        """Log what somebody did, unless that is the last line already, and tell everybody.

        Args:
            websocket: whose connection it is.
            did: a word, such as `"wrote"`.
        """
        self._log(f"{self.names[websocket]} {did}")

    async def visit(
        self,
        websocket: ServerConnection,
        newest: Callable[[], dict[str, Any]],
        take: Callable[[ServerConnection, dict[str, Any]], object],
    ) -> None:
        """Serve one client, from its login to its last message.

        Args:
            websocket: the connection to it.
            newest: what the welcome has in it: the newest version and its text.
            take: is called with the connection and each message after the login.
        """
        name = json.loads(await websocket.recv())["name"]
        self.names[websocket] = name
        tell([websocket], type="welcome", name=name, **newest())
        self.note(websocket, "joined")
        try:
            async for text in websocket:
                take(websocket, json.loads(text))
        finally:
            del self.names[websocket]
            self._log(f"{name} left")

    def _log(self, line: str) -> None:
        if self.activity[-1:] != [line]:
            self.activity.append(line)
            del self.activity[:-MOST_LINES]
        tell(self.names, type="room", people=list(self.names.values()), activity=self.activity)

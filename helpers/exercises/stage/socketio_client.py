"""A Socket.IO client of a check: it keeps all that comes to it, and answers what it is told to."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from helpers.exercises.stage.websocket_stage import Silence, silent

ASK_S = 3.0  # how long a client waits for an acknowledgement, and for the judge's mark
NO_ANSWER = Silence("no acknowledgement")
END = "-- the judge has heard enough --"

Event = tuple[str, Any]


class Guest:
    """A client, and everything that came to it, in order.

    Attributes:
        name: what the judge calls it.
        sid: the server's id of its connection.
        refused: what `connect_error` got, when the server did not let it in.
        answers: what it acknowledges, by event; an event that is not in it gets None.
    """

    def __init__(self, name: str, mute: asyncio.Event) -> None:
        import socketio

        self.name, self.sid = name, ""
        self.refused: Any = None
        self.answers: dict[str, Any] = {}
        self._mute = mute  # set in the end: until then, whoever is silent waits for it
        self._came: asyncio.Queue[Event] = asyncio.Queue()
        options: dict[str, Any] = {"logger": silent, "engineio_logger": silent}
        self.client = socketio.AsyncClient(reconnection=False, handle_sigint=False, **options)
        self.client.on("*", self._hear)
        self.client.on("connect_error", self._refuse)

    async def _hear(self, event: str, *data: Any) -> Any:
        self._came.put_nowait((event, data[0] if len(data) == 1 else data or None))
        answer = self.answers.get(event)
        if isinstance(answer, Silence):
            await self._mute.wait()
            return None
        return answer

    async def _refuse(self, reason: Any = None) -> None:
        self.refused = reason

    async def ask(self, event: str, *data: Any, within_s: float = ASK_S) -> Any:
        """Emit an event, and wait for its acknowledgement.

        Args:
            event: its name.
            *data: its arguments.
            within_s: how long to wait, in seconds.

        Returns:
            What the handler returned, or NO_ANSWER.
        """
        from socketio.exceptions import SocketIOError

        try:
            return await self.client.call(event, data, timeout=within_s)
        except SocketIOError:
            return NO_ANSWER

    async def heard(self) -> list[Event]:
        """Take what has come until now; the judge has marked where that ends."""
        heard: list[Event] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(ASK_S):
                while (came := await self._came.get())[0] != END:
                    heard.append(came)
        return heard

    def pending(self) -> list[Event]:
        """Take what has come, without a mark: for a client that is no longer connected."""
        return [self._came.get_nowait() for _ in range(self._came.qsize())]

"""A Socket.IO client of a check: it keeps every event it gets, and acknowledges as it is told."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from helpers.exercises.stage.listening import END, NO_ACKNOWLEDGEMENT, Silence, unread_log

ACKNOWLEDGEMENT_S = 3.0  # how long a client waits for one, and for the mark at the end

Event = tuple[str, Any]


class Client:
    """A client, and the events that it got, in order.

    Attributes:
        name: what the check calls it.
        sid: the server's id of its connection.
        refused: what `connect_error` got, when the server did not let it in.
        acknowledgements: what it acknowledges, by event; other events get None.
        takes_s: how long it takes to acknowledge an event, in seconds.
        library: the client of python-socketio.
    """

    def __init__(self, name: str, over: asyncio.Event) -> None:
        import socketio

        self.name, self.sid = name, ""
        self.refused: Any = None
        self.acknowledgements: dict[str, Any] = {}
        self.takes_s = 0.0
        self._over = over  # set at the end: until then, a client that stays silent waits for it
        self._events: asyncio.Queue[Event] = asyncio.Queue()
        options: dict[str, Any] = {"logger": unread_log, "engineio_logger": unread_log}
        self.library = socketio.AsyncClient(reconnection=False, handle_sigint=False, **options)
        self.library.on("*", self._on_event)
        self.library.on("connect_error", self._on_connect_error)

    async def _on_event(self, event: str, *data: Any) -> Any:
        self._events.put_nowait((event, data[0] if len(data) == 1 else data or None))
        acknowledgement = self.acknowledgements.get(event)
        if isinstance(acknowledgement, Silence):
            await self._over.wait()
            return None
        if self.takes_s and event != END:
            await asyncio.sleep(self.takes_s)
        return acknowledgement

    async def _on_connect_error(self, reason: Any = None) -> None:
        self.refused = reason

    async def ask(self, event: str, *data: Any, within_s: float = ACKNOWLEDGEMENT_S) -> Any:
        """Emit an event, and wait for its acknowledgement.

        Args:
            event: its name.
            *data: its arguments.
            within_s: how long to wait, in seconds.

        Returns:
            What the handler returned, or NO_ACKNOWLEDGEMENT.
        """
        from socketio.exceptions import SocketIOError

        try:
            return await self.library.call(event, data, timeout=within_s)
        except SocketIOError:
            return NO_ACKNOWLEDGEMENT

    async def hear(self) -> list[Event]:
        """Take the events up to the mark that the stage has sent."""
        heard: list[Event] = []
        with suppress(TimeoutError):
            async with asyncio.timeout(ACKNOWLEDGEMENT_S):
                while (event := await self._events.get())[0] != END:
                    heard.append(event)
        return heard

    def hear_last(self) -> list[Event]:
        """Take the events without a mark: for a client that is no longer connected."""
        return [self._events.get_nowait() for _ in range(self._events.qsize())]

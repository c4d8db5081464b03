"""A room full of people: real connections in the dict or set that a chat's handlers share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.stage.websocket_stage import ANSWER_S, client, silent

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.server import ServerConnection

END = "-- the judge has heard enough --"
TURNS = 20  # of the event loop, for what an answer left to a task


class SharedDict(dict[str, Any]):
    """A dict that a learner's function gets as it is, and not as a copy."""

    def __deepcopy__(self, _memo: object) -> SharedDict:
        return self

    def __repr__(self) -> str:
        return "people"


class SharedSet(set[Any]):
    """A set that a learner's function gets as it is."""

    def __deepcopy__(self, _memo: object) -> SharedSet:
        return self

    def __repr__(self) -> str:
        return "clients"


class SharedList(list[str]):
    """A list that a learner's function gets as it is."""

    def __deepcopy__(self, _memo: object) -> SharedList:
        return self

    def __repr__(self) -> str:
        return "messages"


# An exception that names the type says what a learner expects.
SharedDict.__name__, SharedSet.__name__, SharedList.__name__ = "dict", "set", "list"


@dataclass
class Room:
    """People with both ends of their connections.

    Attributes:
        people: the server's ends by name: what a learner's function gets.
        clients: the clients' ends by name.
        everybody: the server's ends once more, whatever became of `people`.
    """

    people: SharedDict = field(default_factory=SharedDict)
    clients: dict[str, ClientConnection] = field(default_factory=dict)
    everybody: dict[str, ServerConnection] = field(default_factory=dict)

    async def heard(self) -> Mapping[str, list[str | bytes]]:
        """Collect what each client got since it was asked last; those who left hear nothing."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return {name: await self._until_end(name) for name in self.clients}

    async def _until_end(self, name: str) -> list[str | bytes]:
        from websockets.exceptions import ConnectionClosed

        heard: list[str | bytes] = []
        try:
            async with asyncio.timeout(ANSWER_S):
                await self.everybody[name].send(END)
                while (message := await self.clients[name].recv()) != END:
                    heard.append(message)
        except (TimeoutError, ConnectionClosed):
            pass
        return heard


@asynccontextmanager
async def room(names: Collection[str], gone: Collection[str] = ()) -> AsyncIterator[Room]:
    """Open a connection for each name.

    Args:
        names: who is there, in the order of the dict.
        gone: those of them whose connection has ended, though their names are still in the dict.

    Returns:
        A context manager that gives the room.
    """
    from websockets.asyncio.server import serve

    here, arrived = Room(), asyncio.Queue[Any]()

    async def handler(websocket: ServerConnection) -> None:
        arrived.put_nowait(websocket)
        await websocket.wait_closed()

    options: dict[str, Any] = {"logger": silent, "close_timeout": 0.5, "ping_interval": None}
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        host, port = server.sockets[0].getsockname()[:2]
        try:
            for name in names:
                here.clients[name] = await client(f"ws://{host}:{port}")
                here.people[name] = here.everybody[name] = await arrived.get()
            for name in gone:
                await here.clients[name].close()
                await here.everybody[name].wait_closed()
            yield here
        finally:
            for end in here.everybody.values():
                end.transport.abort()
            for near in here.clients.values():
                near.transport.abort()


class Staying(Attempt):
    """A handler that does only the beginning of a conversation: its connection stays open.

    Attributes:
        returned: what each call returned.
        slow: whether what the handler sends takes its time.
    """

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.name, attempt.function, awaited=True, timeout_s=attempt.timeout_s)
        self.returned = asyncio.Queue[Any]()
        self.slow = False

    async def guarded(self, *args: Any, **kwargs: Any) -> Any:
        """Run the handler; when it has returned, wait until the client leaves."""
        websocket, *others = args
        given = SlowSend(websocket) if self.slow else websocket
        result = await super().guarded(given, *others, **kwargs)
        self.returned.put_nowait(result)
        if self.failure is None:
            await websocket.wait_closed()
        return result


class SlowSend:
    """A connection whose every `send` lets others have a turn, as a slow line does."""

    def __init__(self, websocket: ServerConnection) -> None:
        self._websocket = websocket

    def __getattr__(self, name: str) -> Any:
        return getattr(self._websocket, name)

    def __aiter__(self) -> AsyncIterator[str | bytes]:
        return self._websocket.__aiter__()

    async def send(self, message: Any, **options: Any) -> None:
        """Wait, then send."""
        await asyncio.sleep(0.05)
        await self._websocket.send(message, **options)


class TalkedOver(SlowSend):
    """A connection during whose `send` somebody else talks on, to all who are in `clients`.

    Args:
        websocket: the connection.
        messages: grows by what is said.
        clients: who hears it.
        more: what is said, one at each `send`.
    """

    def __init__(
        self,
        websocket: ServerConnection,
        messages: SharedList,
        clients: SharedSet,
        more: Collection[str],
    ) -> None:
        super().__init__(websocket)
        self._messages, self._clients, self._more = messages, clients, list(more)

    async def send(self, message: Any, **options: Any) -> None:
        """Send; meanwhile, others talk."""
        await self._websocket.send(message, **options)
        if self._more:
            await self.say(self._more.pop(0))

    async def say(self, text: str) -> None:
        """Say something to all who listen."""
        self._messages.append(text)
        if any(client is self or client is self._websocket for client in self._clients):
            await self._websocket.send(text)

    def __repr__(self) -> str:
        return "websocket"

"""A crowd: real connections in the dict or set that the handlers of a chat share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.stage.listening import ANSWER_S, END, let_tasks_run, unread_log
from helpers.exercises.stage.websocket import connect

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection
    from websockets.asyncio.server import ServerConnection


class SharedDict(dict[str, Any]):
    """A dict that a learner's function gets as it is, and not as a copy.

    Attributes:
        shown_as: the name of the parameter, which is shown in place of what is in it.
    """

    shown_as = "people"

    def __deepcopy__(self, _memo: object) -> SharedDict:
        return self

    def __repr__(self) -> str:
        return self.shown_as


class SharedSet(set[Any]):
    """A set that a learner's function gets as it is."""

    shown_as = "clients"

    def __deepcopy__(self, _memo: object) -> SharedSet:
        return self

    def __repr__(self) -> str:
        return self.shown_as


class SharedList(list[str]):
    """A list that a learner's function gets as it is."""

    def __deepcopy__(self, _memo: object) -> SharedList:
        return self

    def __repr__(self) -> str:
        return "messages"


# An exception that names the type names the one that a learner expects.
SharedDict.__name__, SharedSet.__name__, SharedList.__name__ = "dict", "set", "list"


@dataclass
class Crowd:
    """People with both ends of their connections.

    Attributes:
        people: the server's ends by name: what a learner's function gets.
        clients: the clients' ends by name.
        everybody: the server's ends again, whatever a learner's function does to `people`.
    """

    people: SharedDict = field(default_factory=SharedDict)
    clients: dict[str, ClientConnection] = field(default_factory=dict)
    everybody: dict[str, ServerConnection] = field(default_factory=dict)

    async def hear(self) -> Mapping[str, list[str | bytes]]:
        """Collect what each client got since the last call; those who left hear nothing."""
        await let_tasks_run()
        return {name: await self._hear_until_end(name) for name in self.clients}

    async def _hear_until_end(self, name: str) -> list[str | bytes]:
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
async def connect_crowd(
    names: Collection[str], gone: Collection[str] = (), lost: Collection[str] = ()
) -> AsyncIterator[Crowd]:
    """Open a connection for each name.

    Args:
        names: who is connected, in the order of the dict.
        gone: those whose connection has ended, though their names are still in the dict.
        lost: those whose line broke, so that no close frame came.

    Returns:
        A context manager that gives the crowd.
    """
    from websockets.asyncio.server import serve

    crowd, connected = Crowd(), asyncio.Queue[Any]()

    async def handler(websocket: ServerConnection) -> None:
        connected.put_nowait(websocket)
        await websocket.wait_closed()

    options: dict[str, Any] = {"logger": unread_log, "close_timeout": 0.5, "ping_interval": None}
    async with serve(handler, "127.0.0.1", 0, **options) as server:
        host, port = server.sockets[0].getsockname()[:2]
        try:
            for name in names:
                crowd.clients[name] = await connect(f"ws://{host}:{port}")
                crowd.people[name] = crowd.everybody[name] = await connected.get()
            for name in gone:
                await crowd.clients[name].close()
                await crowd.everybody[name].wait_closed()
            for name in lost:
                crowd.clients[name].transport.abort()
                await crowd.everybody[name].wait_closed()
            yield crowd
        finally:
            for far_end in crowd.everybody.values():
                far_end.transport.abort()
            for near_end in crowd.clients.values():
                near_end.transport.abort()


class StayingAttempt(Attempt):
    """A handler that does only the beginning of a conversation: its connection stays open.

    Attributes:
        returned: what each call returned.
        slow: whether sending takes the handler some time.
    """

    def __init__(self, attempt: Attempt) -> None:
        super().__init__(attempt.name, attempt.function, awaited=True, timeout_s=attempt.timeout_s)
        self.returned = asyncio.Queue[Any]()
        self.slow = False

    async def guarded(self, *args: Any, **kwargs: Any) -> Any:
        """Run the handler; when it has returned, wait until the client leaves."""
        websocket, *others = args
        given = SlowConnection(websocket) if self.slow else websocket
        result = await super().guarded(given, *others, **kwargs)
        self.returned.put_nowait(result)
        if self.failure is None:
            await websocket.wait_closed()
        return result


class SlowConnection:
    """A connection that gives other tasks time to run at every `send`, as a slow line does."""

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


class LeavingConnection(SlowConnection):
    """A connection during whose `send` somebody else leaves, and is taken out of the dict."""

    def __init__(self, websocket: ServerConnection, people: SharedDict, leaver: str) -> None:
        super().__init__(websocket)
        self._people, self._leaver = people, leaver

    async def send(self, message: Any, **options: Any) -> None:
        """Send; meanwhile, somebody's own handler takes them out."""
        self._people.pop(self._leaver, None)
        await self._websocket.send(message, **options)


class BusyConnection(SlowConnection):
    """A connection during whose `send` somebody says more to everyone who is in `clients`.

    They speak while the last message is under way, and again at the next chance that others
    have: where a handler waits between its last `send` and `clients.add`.

    Args:
        websocket: the connection.
        messages: grows by each message that is said.
        clients: those who hear it.
        seen: how many of the messages the client has already.
        more: what is said.
    """

    def __init__(
        self,
        websocket: ServerConnection,
        messages: SharedList,
        clients: SharedSet,
        seen: int,
        more: Collection[str],
    ) -> None:
        super().__init__(websocket)
        self._messages, self._clients, self._more = messages, clients, list(more)
        self._sent = seen
        self.said: list[str] = []

    async def send(self, message: Any, **options: Any) -> None:
        """Send; meanwhile, others talk."""
        self._sent += 1
        if self._sent >= len(self._messages) and self._more:
            await self.say(self._more.pop(0))
            if self._more:
                later = self._more.pop(0)
                asyncio.get_running_loop().call_soon(self._say_at_once, later)
        await self._websocket.send(message, **options)

    async def say(self, text: str) -> None:
        """Say something to everyone who listens."""
        if self._note(text):
            await self._websocket.send(text)

    def _say_at_once(self, text: str) -> None:
        from websockets.asyncio.server import broadcast

        if self._note(text):
            broadcast([self._websocket], text)

    def _note(self, text: str) -> bool:
        self.said.append(text)
        self._messages.append(text)
        return any(client is self or client is self._websocket for client in self._clients)

    def __repr__(self) -> str:
        return "websocket"

"""The other side of the exercises: peers and servers that fall silent, break off, or are down."""

from __future__ import annotations

import asyncio
import itertools
import json
import time
from collections.abc import Iterable
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from helpers.exercises.stage.listening import unread_log
from helpers.exercises.stage.websocket import connect
from helpers.exercises.stage.websocket_crowd import SlowConnection
from helpers.lessons.broken_network.feed import Feed

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request

SLOW_S = 0.15  # what the second pong takes
OPTIONS: dict[str, Any] = {"logger": unread_log, "close_timeout": 0.5, "ping_interval": None}


class Beats:
    """A connection to a peer that answers some pings, and then none; `async with` opens it.

    Args:
        answers: how many pings it answers.
        leaves: whether it closes the connection after these, instead of falling silent.

    Attributes:
        websocket: the near end, which is read by nobody else.
        heard: is set whenever something arrives.
        asked: what came from the near end, with the time of each, in seconds.
    """

    def __init__(self, *, answers: int, leaves: bool = False) -> None:
        self.answers, self.leaves = answers, leaves
        self.heard = asyncio.Event()
        self.asked: list[tuple[float, str | bytes]] = []

    async def __aenter__(self) -> Self:
        from websockets.asyncio.server import serve

        self._server = await serve(self._answer, "127.0.0.1", 0, **OPTIONS)
        host, port = self._server.sockets[0].getsockname()[:2]
        self.websocket = await connect(f"ws://{host}:{port}")
        self._reader = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self.websocket.transport.abort()
        self._server.close()

    async def _answer(self, websocket: ServerConnection) -> None:
        async for message in websocket:
            self.asked.append((time.monotonic(), message))
            number = len(self.asked)
            if number > self.answers:
                continue
            if number == 2:
                await asyncio.sleep(SLOW_S)
            await websocket.send('{"type": "pong"}')
            if self.leaves and number == self.answers:
                return

    async def _read(self) -> None:
        async for _ in self.websocket:
            self.heard.set()

    @property
    def pings(self) -> int:
        """How many messages of the right kind the peer got."""
        return sum(_is_ping(message) for _, message in self.asked)

    @property
    def shortest_s(self) -> float:
        """The shortest time between two of the messages, in seconds."""
        times = [at for at, _ in self.asked]
        return min((b - a for a, b in itertools.pairwise(times)), default=9.0)

    def is_right(self) -> bool:
        """Say whether one ping more than the answers came, and none too early."""
        return self.pings == len(self.asked) == self.answers + 1 and self.shortest_s > 0.15


def _is_ping(message: str | bytes) -> bool:
    try:
        return bool(json.loads(message) == {"type": "ping"})
    except ValueError:
        return False


class SharedFeed(Feed):
    """A feed that a learner's function gets as it is, and not as a copy."""

    def __init__(self, texts: Iterable[str]) -> None:
        super().__init__()
        self.messages = list(texts)

    async def add_both(self, *texts: str) -> None:
        """Add several messages at once, before anybody wakes."""
        async with self._more:
            self.messages += texts
            self._more.notify_all()

    def __deepcopy__(self, _memo: object) -> SharedFeed:
        return self

    def __repr__(self) -> str:
        return "feed"


class Speaking(SlowConnection):
    """A connection on which, while the first message is sent, somebody else says something."""

    def __init__(self, websocket: ServerConnection, feed: SharedFeed, text: str) -> None:
        super().__init__(websocket)
        self._feed, self._text = feed, text

    async def send(self, message: Any, **options: Any) -> None:
        """Send it, and let the other speak in the meantime."""
        if self._text not in self._feed.messages:
            await self._feed.add(self._text)
        await super().send(message, **options)

    def __deepcopy__(self, _memo: object) -> Speaking:
        return self

    def __repr__(self) -> str:
        return "websocket"


class SharedPost(dict[str, str]):
    """The messages that wait, which a learner's function gets as they are."""

    def __deepcopy__(self, _memo: object) -> SharedPost:
        return self


class Counter:
    """A server that counts what it is told, over a line that breaks; `async with` runs it.

    1. The first connection breaks before anything is stored, and the next in its handshake.
    2. The third breaks when two messages are stored, and one of them is acknowledged.
    3. Then the server is down for a moment, and from then on all is well.

    Attributes:
        url: its address.
        stored: what it was told, each id once.
        ids: every id that came, the second time as well.
        strange: what else came.
        visits: how many connections there were.
        knocks: how many of them were asked for.
    """

    def __init__(self) -> None:
        self.stored: list[str] = []
        self.ids: list[object] = []
        self.strange: list[str | bytes] = []
        self.visits = self.knocks = 0
        self._back: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._server = await self._serve(0)
        self._port = self._server.sockets[0].getsockname()[1]
        self.url = f"ws://127.0.0.1:{self._port}"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._back:
            self._back.cancel()
            await asyncio.gather(self._back, return_exceptions=True)
        self._server.close()

    async def _serve(self, port: int) -> Server:
        from websockets.asyncio.server import serve

        return await serve(self._listen, "127.0.0.1", port, process_request=self._admit, **OPTIONS)

    def _admit(self, websocket: ServerConnection, request: Request) -> None:
        self.knocks += 1
        if self.knocks == 2:
            websocket.transport.abort()

    async def _return(self) -> None:
        await asyncio.sleep(0.3)
        self._server = await self._serve(self._port)

    async def _listen(self, websocket: ServerConnection) -> None:
        self.visits += 1
        visit, count = self.visits, 0
        await websocket.send('{"type": "ping"}')
        async for raw in websocket:
            count += 1
            said = self._take(raw)
            if said is None:
                continue
            if visit == 1:
                websocket.transport.abort()
                return
            self._store(*said)
            if visit == 2 and count == 2:
                self._server.close(close_connections=False)
                self._back = asyncio.create_task(self._return())
                websocket.transport.abort()
                return
            await websocket.send(json.dumps({"ack": said[0]}))

    def _take(self, raw: str | bytes) -> tuple[str, str] | None:
        try:
            match json.loads(raw):
                case {"type": "say", "id": str(id), "text": str(text)}:
                    return id, text
        except ValueError:
            pass
        self.strange.append(raw)
        return None

    def _store(self, id: str, text: str) -> None:
        if id not in self.ids:
            self.stored.append(text)
        self.ids.append(id)

"""Honest clients of the Socket.IO servers, by WebSocket and by polling.

What a server's events are is in a `Dialect`; how they travel is in a voice. The polling ones send
what they say in two segments, as a slow link does.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import aiohttp

from tests.servers.rooms_client import sign_in, sign_up
from tests.servers.socketio_client import python
from tests.soak.ledger import Ledger
from tests.soak.voices import ENTER_S, Voice

POLLING_EACH = 10  # every tenth voice polls
OPTIONS = 10  # of each of the honest voters' polls
POLLS = 6
TABS = 10  # of a person of the rooms
SAID = ("say", "cast", "chat")  # the events that say something
SEGMENT_S = 0.02  # between the two segments of a body


class Dialect:
    """How a server is spoken to; here `socketio_chat`."""

    welcome = "welcome"

    def auth(self, number: int) -> dict[str, Any] | None:
        """Return what a client says when it connects."""
        return {"name": f"honest {number}"}

    async def cookie(self, url: str, number: int) -> str:
        """Return the Cookie header of a client."""
        return ""

    async def greet(self, voice: "SocketIOVoice") -> None:
        """Do what follows the welcome."""

    def say(self, number: int, marker: str) -> tuple[str, Any]:
        """Return the event that says something, and its argument."""
        return "say", {"id": marker, "text": marker}

    def hear(self, ledger: Ledger, number: int, event: str, about: Any) -> None:
        """Note what an event says; nobody called Ghost can have joined as people do."""
        if event == "message":
            ledger.hear(about["id"], number)
        elif event == "joined" and about["name"].startswith("Ghost"):
            ledger.troubles["heard of a ghost"] += 1


class RoomsDialect(Dialect):
    """`rooms`: a few people who have signed in, with many tabs each, all in one room."""

    def __init__(self) -> None:
        self.cookies: dict[int, str] = {}
        self._signing_in = asyncio.Lock()

    def auth(self, number: int) -> None:
        """Return nothing: a cookie says who it is."""

    async def cookie(self, url: str, number: int) -> str:
        person = number // TABS
        async with self._signing_in:
            if person not in self.cookies:
                self.cookies[person] = await sign_up(url, f"honest {person}")
            elif number >= NEWCOMERS:
                return await sign_in(url, f"honest {person}")
            return self.cookies[person]

    async def greet(self, voice: "SocketIOVoice") -> None:
        made = await voice.call("create", {"room": "tea"})
        if not made["ok"]:
            await voice.call("join", {"room": "tea"})

    def say(self, number: int, marker: str) -> tuple[str, Any]:
        return "say", {"room": "tea", "id": marker, "text": marker}


class VoteDialect(Dialect):
    """`vote`: each message changes one vote, and all must see the totals that follow.

    Those by WebSocket vote in one poll. Each that polls has a poll of its own, so that a vote that
    is lost is missed in its own poll alone.
    """

    welcome = "voter"

    def __init__(self) -> None:
        self.codes: list[str] = []
        self.choices: dict[str, dict[int, int]] = {}  # by the poll: each voter's option
        self.markers: dict[str, dict[tuple[int, ...], str]] = {}  # by the poll and its totals
        self.turn = 0

    def auth(self, number: int) -> dict[str, Any]:
        return {"voter": f"honest-{number}-".ljust(32, "x")}

    async def greet(self, voice: "SocketIOVoice") -> None:
        if not self.codes:
            options = [f"option {n}" for n in range(OPTIONS)]
            asked = {"question": "?", "options": options, "owner": "h" * 32}
            for number in range(POLLS):
                made = await voice.call("create", asked | {"id": f"poll {number}"})
                self.codes.append(made["code"])
        for code in self.codes:
            await voice.call("open", {"code": code})

    def say(self, number: int, marker: str) -> tuple[str, Any]:
        polls = number % POLLING_EACH == POLLING_EACH - 1
        code = self.codes[1 + number // POLLING_EACH % (POLLS - 1) if polls else 0]
        choices = self.choices.setdefault(code, {})
        choices[number] = (choices.get(number, number) + 1) % OPTIONS
        options = [*choices.values()]
        totals = tuple(options.count(option) for option in range(OPTIONS))
        known = self.markers.setdefault(code, {})
        known.pop(totals, None)  # the newest is last
        known[totals] = marker
        self.turn += 1
        return "cast", {"code": code, "option": choices[number], "turn": self.turn}

    def hear(self, ledger: Ledger, number: int, event: str, about: Any) -> None:
        if event != "totals":
            return
        known = self.markers.get(about["code"], {})
        if marker := known.get(tuple(about["totals"])):
            for earlier in known.values():  # totals that were overtaken are never sent
                ledger.hear(earlier, number)
                if earlier == marker:
                    break


class EchoDialect(Dialect):
    """`socketio_echo`: the event `chat` goes to everybody."""

    welcome = ""

    def say(self, number: int, marker: str) -> tuple[str, Any]:
        return "chat", marker

    def hear(self, ledger: Ledger, number: int, event: str, about: Any) -> None:
        if event == "chat":
            ledger.hear(about, number)


NEWCOMERS = 1_000  # numbers from here on belong to clients that only join


class SocketIOVoice(Voice):
    """A client by WebSocket: python-socketio's own."""

    def __init__(self, url: str, number: int, ledger: Ledger, dialect: Dialect) -> None:
        super().__init__(url, number, ledger)
        self.dialect = dialect
        self._stack = contextlib.AsyncExitStack()

    async def enter(self) -> None:
        """Connect, be welcomed, and do what follows."""
        cookie = await self.dialect.cookie(self.url, self.number)
        headers = {"Cookie": cookie} if cookie else {}
        auth = self.dialect.auth(self.number)
        self.one = await self._stack.enter_async_context(python(self.url, auth, headers=headers))
        if self.one.refused or not self.one.client.connected:
            raise ConnectionError(f"refused: {self.one.refused}")
        if self.dialect.welcome:
            await self.one.event(self.dialect.welcome)
        await self.dialect.greet(self)
        self.listen(self._read())

    async def _read(self) -> None:
        while not self.one.over.is_set():  # a server that ends a connection says so, or times out
            with contextlib.suppress(TimeoutError):
                event, *about = await asyncio.wait_for(self.one.events.get(), 1.0)
                self.dialect.hear(self.ledger, self.number, event, about[0] if about else None)

    async def call(self, event: str, argument: object) -> Any:
        """Emit an event, and return what acknowledges it."""
        return await self.one.call(event, argument)

    async def say(self, marker: str) -> None:
        """Emit the event that says it; whoever speaks has the acknowledgement."""
        answer = await self.call(*self.dialect.say(self.number, marker))
        if not isinstance(answer, dict):  # of `socketio_echo`, which acknowledges nothing
            return
        if answer["ok"]:
            self.ledger.hear(marker, self.number)
        else:
            self.ledger.troubles[f"refused: {answer['code']}"] += 1

    async def leave(self) -> None:
        """Disconnect."""
        await self.stop_reading()
        await self._stack.aclose()


class PollingVoice(SocketIOVoice):
    """A client by polling alone, on a link that carries a body in two segments."""

    async def enter(self) -> None:
        """Open a session, connect, be welcomed, and do what follows."""
        cookie = await self.dialect.cookie(self.url, self.number)
        headers = {"Cookie": cookie} if cookie else {}
        jar, timeout = aiohttp.DummyCookieJar(), aiohttp.ClientTimeout(120)
        self._http = aiohttp.ClientSession(cookie_jar=jar, headers=headers, timeout=timeout)
        self._path = self.url + "socket.io/?EIO=4&transport=polling"
        opened = json.loads((await self._poll())[0][1:])
        self._path += f"&sid={opened['sid']}"
        self._answers: dict[str, asyncio.Future[Any]] = {}
        self._welcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.listen(self._read())
        await self._post("40" + json.dumps(self.dialect.auth(self.number) or {}))
        await asyncio.wait_for(asyncio.shield(self._welcome), ENTER_S)
        await self.dialect.greet(self)

    async def _poll(self) -> list[str]:
        async with self._http.get(self._path) as response:
            words = await response.text()
            if response.status != 200:
                raise ConnectionError(f"{response.status} {words[:80]}")
            return words.split("\x1e")

    async def _post(self, packet: str, in_segments: bool = False) -> None:
        body = packet.encode()
        headers = {"Content-Length": str(len(body)), "Content-Type": "text/plain;charset=UTF-8"}

        async def segments() -> AsyncIterator[bytes]:
            yield body[: len(body) // 2]
            await asyncio.sleep(SEGMENT_S)
            yield body[len(body) // 2 :]

        data = segments() if in_segments else body
        async with self._http.post(self._path, data=data, headers=headers) as response:
            if response.status != 200:
                self.ledger.troubles[f"POST refused: {response.status}"] += 1

    async def _read(self) -> None:
        while True:
            for packet in await self._poll():
                if packet == "2":
                    await self._post("3")
                elif packet.startswith("42"):
                    self._take(*json.loads(packet[2:]))
                elif packet.startswith("43"):
                    number, _, answer = packet[2:].partition("[")
                    self._answers.pop(number).set_result((json.loads("[" + answer) or [None])[0])
                elif packet.startswith("44") or packet == "1":
                    raise ConnectionError(packet)

    def _take(self, event: str, about: Any = None) -> None:
        if event == self.dialect.welcome and not self._welcome.done():
            self._welcome.set_result(None)
        self.dialect.hear(self.ledger, self.number, event, about)

    async def call(self, event: str, argument: object) -> Any:
        number = str(self.ledger.said * 10_000 + self.number)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        in_segments = event in SAID
        await self._post(f"42{number}{json.dumps([event, argument])}", in_segments)
        return await asyncio.wait_for(answer, ENTER_S)

    async def leave(self) -> None:
        await self.stop_reading()
        with contextlib.suppress(OSError, aiohttp.ClientError):
            await self._post("1")
        await self._http.close()

"""The honest clients of one server: they talk all the time, and newcomers join."""

import asyncio
import contextlib
import itertools
import random
import time

from tests.soak.ledger import LATE_S, Ledger
from tests.soak.socketio_voices import (
    NEWCOMERS,
    POLLING_EACH,
    Dialect,
    EchoDialect,
    PollingVoice,
    RoomsDialect,
    SocketIOVoice,
    VoteDialect,
)
from tests.soak.voices import (
    ENTER_S,
    ChatVoice,
    DocumentVoice,
    EchoVoice,
    FilesVoice,
    RoomVoice,
    Voice,
    leave_all,
)

SAY_EACH_S = 0.25  # one of the crowd says something
JOIN_EACH_S = 2.0  # somebody new joins, and leaves
JOIN_S = 10.0  # after which a newcomer gives up
AT_ONCE = 10  # of the crowd that join side by side

PLAIN: dict[str, type[Voice]] = {
    "echo": EchoVoice,
    "handmade": RoomVoice,
    "chat": ChatVoice,
    "document": DocumentVoice,
    "files": FilesVoice,
}
DIALECTS: dict[str, type[Dialect]] = {
    "socketio_chat": Dialect,
    "socketio_echo": EchoDialect,
    "vote": VoteDialect,
    "rooms": RoomsDialect,
}


class Crowd:
    """Everybody honest.

    Attributes:
        ledger: what they said and heard.
        joins: how long each newcomer took to be welcomed, in seconds; `JOIN_S` for never.
    """

    def __init__(self, server: str, url: str, count: int) -> None:
        self.server, self.url = server, url
        self.dialect = DIALECTS[server]() if server in DIALECTS else None
        self.ledger, self.newcomers = Ledger(), Ledger()
        self.voices = [self.voice(number, self.ledger) for number in range(count)]
        self.joins: list[float] = []
        self.talking: set[asyncio.Task[None]] = set()

    def voice(self, number: int, ledger: Ledger) -> Voice:
        """Make a client that fits the server; some of those of Socket.IO poll."""
        if self.dialect is None:
            return PLAIN[self.server](self.url, number, ledger)
        made = PollingVoice if number % POLLING_EACH == POLLING_EACH - 1 else SocketIOVoice
        return made(self.url, number, ledger, self.dialect)

    async def enter(self) -> None:
        """Let everybody join; the first one alone, who may have to make a room or a poll."""
        places = asyncio.Semaphore(AT_ONCE)

        async def enter(voice: Voice) -> None:
            async with places:
                try:
                    await asyncio.wait_for(voice.enter(), ENTER_S)
                except Exception as error:
                    self.voices.remove(voice)
                    self.ledger.troubles[f"never joined: {type(error).__name__}"] += 1
                    await leave_all([voice])

        first, *others = self.voices
        await enter(first)
        await asyncio.gather(*map(enter, others))

    async def talk(self, seconds: float, seed: int) -> None:
        """Say something every now and then, for so long."""
        chance, ends = random.Random(seed), time.monotonic() + seconds
        for number in itertools.count(1):
            if time.monotonic() >= ends:
                break
            self._start(self._say(chance.choice(self.voices), f"soak-{number};"))
            await asyncio.sleep(SAY_EACH_S)

    async def welcome_newcomers(self, seconds: float) -> None:
        """Let somebody new join every now and then, for so long."""
        ends = time.monotonic() + seconds
        for number in itertools.count(NEWCOMERS):
            if time.monotonic() >= ends:
                break
            self._start(self._join(self.voice(number, self.newcomers)))
            await asyncio.sleep(JOIN_EACH_S)

    def _start(self, work: object) -> None:
        task = asyncio.ensure_future(work)  # type: ignore[call-overload]
        self.talking.add(task)
        task.add_done_callback(self.talking.discard)

    async def _say(self, voice: Voice, marker: str) -> None:
        echoes = voice.echoes
        listeners = {voice.number} if echoes else {other.number for other in self.voices}
        self.ledger.say(marker, listeners)
        try:
            await voice.say(marker)
        except Exception as error:
            self.ledger.troubles[f"not sent: {type(error).__name__}"] += 1

    async def _join(self, voice: Voice) -> None:
        began = time.monotonic()
        try:
            await asyncio.wait_for(voice.enter(), JOIN_S)
            self.joins.append(time.monotonic() - began)
        except Exception as error:
            self.joins.append(JOIN_S)
            self.ledger.troubles[f"newcomer: {type(error).__name__} {str(error)[:60]}"] += 1
        await leave_all([voice])

    async def settle(self, within_s: float = 2 * LATE_S) -> None:
        """Wait until everything that was said has arrived, for a while."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.ledger.all_heard.wait(), within_s)

    async def leave(self) -> None:
        """Let everybody leave."""
        for task in self.talking:
            task.cancel()
        await asyncio.gather(*self.talking, return_exceptions=True)
        await leave_all(self.voices)

    @property
    def late_joins(self) -> int:
        """Return how many newcomers were not welcome in time."""
        return sum(took_s > LATE_S for took_s in self.joins)

"""A guest of a chat: it joins, speaks and listens in JSON, by whatever means a case asks for."""

import asyncio
import itertools
import json
import secrets
import time
from typing import Any

from helpers.judges.player import END, SILENCE, Line, Player
from helpers.judges.verdict import Broken
from helpers.wire.frames import Frame, Opcode

MOST_HEARD = 20_000  # messages that a guest remembers
SHOWN_CHARACTERS = 80
_numbers = itertools.count(1)
_RUN = f"{secrets.randbelow(10**6):06}-"  # a chat may remember the names and ids of an attack


def fresh(name: str) -> str:
    """Return a name that nobody else has, in this attack or another one."""
    return f"{name} {_RUN}{next(_numbers)}"


def plain(text: str) -> str:
    """Take out of a text what is different in each attack, so that reports are the same."""
    return text.replace(_RUN, "")


class Guest:
    """One client of a chat.

    Args:
        line: its connection, after the handshake.
        name: under which it joins.

    Attributes:
        heard: what arrived and was not asked for yet, oldest first.
        largest: the size of the largest message that arrived, in bytes.
    """

    def __init__(self, line: Line, name: str = "") -> None:
        self.line, self.name = line, name
        self.heard: list[dict[str, Any]] = []
        self.largest = 0

    async def tell(self, kind: str, **fields: object) -> None:
        """Send one message."""
        await self.raw(json.dumps({"type": kind} | fields))

    async def raw(self, message: str | bytes) -> None:
        """Send whatever it is."""
        text = isinstance(message, str)
        payload = message.encode() if isinstance(message, str) else message
        await self.line.send(Frame(Opcode.TEXT if text else Opcode.BINARY, payload))

    async def hear(self, kind: str, **fields: object) -> dict[str, Any]:
        """Wait for a message of this kind with these fields.

        Raises:
            Broken: the connection ends, or no such message arrives in time.
        """
        expected = json.dumps({"type": kind} | fields, ensure_ascii=False)[:SHOWN_CHARACTERS]
        ends = time.monotonic() + self.line.player.answer_s
        while True:
            for message in self.heard:
                if message.get("type") == kind and fields.items() <= message.items():
                    self.heard.remove(message)
                    return message
            if time.monotonic() > ends:
                raise Broken(expected, SILENCE)
            await self.listen(expected)

    async def is_let_in(self, name: object) -> bool:
        """Ask to join under whatever name; tell whether the answer is a welcome."""
        await self.tell("join", name=name)
        try:
            while not self.heard:
                await self.listen("an answer to a join")
        except Broken:
            return False
        return self.heard[0].get("type") == "welcome"

    async def listen(self, expected: str) -> None:
        """Wait for the next message; anything that is not an object is passed over."""
        item = await self.line.get(expected)
        if item is None or (isinstance(item, Frame) and item.opcode is Opcode.CLOSE):
            raise Broken(expected, END if item is None else str(item))
        if isinstance(item, Frame):
            return
        self.largest = max(self.largest, len(item.encode() if isinstance(item, str) else item))
        try:
            message = json.loads(item)
        except ValueError:
            raise Broken(expected, f"no JSON: {item[:SHOWN_CHARACTERS]!r}") from None
        if isinstance(message, dict) and len(self.heard) < MOST_HEARD:
            self.heard.append(message)

    async def join(self) -> dict[str, Any]:
        """Join under its name and return the welcome."""
        await self.tell("join", name=self.name)
        return await self.hear("welcome")

    async def say(self, text: str) -> None:
        """Say something to everybody, under an id that no attack has had before."""
        await self.tell("say", id=f"{_RUN}{next(_numbers)}", text=text)


class Lobby:
    """Lets guests in, for one case."""

    def __init__(self, player: Player) -> None:
        self.player = player

    async def open(self, name: str = "") -> Guest:
        """Connect, and do not join yet."""
        return Guest(await self.player.open(), fresh(name) if name else "")

    async def enter(self, name: str) -> Guest:
        """Connect and join under a fresh name that begins so."""
        guest = await self.open(name)
        await guest.join()
        return guest


async def is_undisturbed(*guests: Guest) -> None:
    """Check that guests still hear each other, and in time.

    Raises:
        Broken: a message does not arrive; the report says for whom.
    """
    for guest in guests:
        text = fresh("Is everybody there?")
        await guest.say(text)
        for other in guests:
            try:
                await other.hear("message", text=text)
            except Broken as broken:
                whom = f"{other.name} to hear what {guest.name} says"
                raise Broken(whom, broken.received) from None


async def until_silent(guest: Guest, quiet_s: float = 0.3) -> None:
    """Collect what a guest hears until nothing arrives for a moment."""
    while True:
        try:
            async with asyncio.timeout(quiet_s):
                await guest.listen("")
        except (TimeoutError, Broken):
            return

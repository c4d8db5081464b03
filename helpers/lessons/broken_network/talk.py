"""Talks over a line that breaks in the middle of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from helpers.lessons.broken_network.feed import Feed
from helpers.lessons.broken_network.waiting import until
from helpers.recorder.tap import Tap

COUNT, EACH = 100, 10
LAST_S = 1.0  # until the last message has reached a follower

Follow = Callable[[str, list[str]], Awaitable[None]]
Say = Callable[[str, dict[str, str]], Awaitable[None]]


async def say_a_hundred(
    wire: Tap, feed: Feed, say: Say, follow: Follow
) -> tuple[list[str], list[str]]:
    """Say a hundred messages, while somebody follows, and cut the line after every tenth.

    Args:
        wire: the line, which both use.
        feed: where the server keeps what it was told.
        say: takes the address, and the messages that wait by their ids.
        follow: takes the address, and a list that it fills.

    Returns:
        What was said, and what the follower has got.
    """
    waiting = {f"a{number}": f"message {number}" for number in range(COUNT)}
    everything, got = list(waiting.values()), list[str]()

    async def cut_again_and_again() -> None:
        for number in range(EACH, COUNT, EACH):
            await feed.grown(number - 1)
            wire.cut()
            wire.heal()

    cutter, follower, speaker = (
        asyncio.ensure_future(work)
        for work in (cut_again_and_again(), follow(wire.url, got), say(wire.url, waiting))
    )
    await asyncio.wait([speaker])
    arrived = asyncio.ensure_future(until(lambda: got == everything, LAST_S))
    await asyncio.wait([arrived])
    for task in (cutter, follower):
        task.cancel()
    await asyncio.gather(cutter, follower, speaker, arrived, return_exceptions=True)
    return everything, got


async def tell_three(
    wire: Tap,
    got: list[str],
    publish: Callable[[str], Awaitable[None]],
    visits: list[Any],
) -> None:
    """Publish three messages, and cut the line after the first.

    Args:
        wire: the line to the client.
        got: what the client has got so far; it fills.
        publish: takes a text, and sends it to whoever is connected.
        visits: gets longer whenever the server is ready for a client that has connected.
    """
    before = len(visits)
    await until(lambda: len(visits) == before + 1)
    await publish("one")
    await until(lambda: got == ["one"])
    wire.cut()
    wire.heal()
    await publish("two")  # no error: the server still believes in the line
    await until(lambda: len(visits) == before + 2)
    await publish("three")
    await until(lambda: got[-1] == "three")

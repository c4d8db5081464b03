"""A crowd of real connections: who is connected, who has left, and what each of them got."""

from __future__ import annotations

import asyncio
import copy
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from helpers.exercises.stage.websocket_crowd import (
    BusyConnection,
    LeavingConnection,
    SharedDict,
    SharedList,
    SharedSet,
    connect_crowd,
)


async def test_each_gets_what_was_sent_and_nothing_else() -> None:
    async with connect_crowd(["Alice", "Bob"]) as crowd:
        await crowd.people["Bob"].send("one")
        await crowd.people["Bob"].send("two")
        assert await crowd.hear() == {"Alice": [], "Bob": ["one", "two"]}
        assert await crowd.hear() == {"Alice": [], "Bob": []}


async def test_what_a_task_sends_later_is_heard() -> None:
    async with connect_crowd(["Alice"]) as crowd:
        task = asyncio.create_task(crowd.people["Alice"].send("from a task"))
        assert await crowd.hear() == {"Alice": ["from a task"]}
        await task


async def test_a_client_that_is_gone_is_still_in_the_dict() -> None:
    async with connect_crowd(["Alice", "Carol"], gone=["Carol"]) as crowd:
        assert list(crowd.people) == ["Alice", "Carol"]
        with pytest.raises(ConnectionClosed):
            await crowd.people["Carol"].send("anybody?")
        assert await crowd.hear() == {"Alice": [], "Carol": []}


@pytest.mark.parametrize(
    ("shared", "kind"), [(SharedDict(a=1), dict), (SharedSet({1}), set), (SharedList("a"), list)]
)
def test_what_is_shared_is_not_copied(shared: Any, kind: type) -> None:
    assert copy.deepcopy(shared) is shared
    assert isinstance(shared, kind)
    assert type(shared).__name__ == kind.__name__  # an exception names it so


async def test_others_talk_while_somebody_is_sent_something() -> None:
    async with connect_crowd(["Alice"]) as crowd:
        messages, clients = SharedList(["one"]), SharedSet()
        alice = BusyConnection(crowd.people["Alice"], messages, clients, 0, ["two", "three"])
        await alice.send("one")  # meanwhile somebody says "two", and she is not in `clients`
        assert messages == ["one", "two"]
        await asyncio.sleep(0)  # a chance for others, before she is in `clients`
        assert messages == ["one", "two", "three"] == ["one", *alice.said]
        clients.add(alice)
        await alice.say("four")
        assert await crowd.hear() == {"Alice": ["one", "four"]}


async def test_a_message_overtakes_the_last_one_to_a_client_that_is_added_too_early() -> None:
    async with connect_crowd(["Alice"]) as crowd:
        messages, clients = SharedList(["one"]), SharedSet()
        alice = BusyConnection(crowd.people["Alice"], messages, clients, 0, ["two"])
        clients.add(alice)
        await alice.send("one")
        assert await crowd.hear() == {"Alice": ["two", "one"]}


async def test_somebody_leaves_while_others_are_sent_something() -> None:
    async with connect_crowd(["Alice", "Bob"]) as crowd:
        alice = LeavingConnection(crowd.everybody["Alice"], crowd.people, "Bob")
        await alice.send("hi")
        assert list(crowd.people) == ["Alice"]
        assert (await crowd.hear())["Alice"] == ["hi"]

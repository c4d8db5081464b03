"""A room of real connections: who is there, who has left, and what each of them got."""

from __future__ import annotations

import asyncio
import copy
import json
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from helpers.exercises.stage.websocket_room import (
    SharedDict,
    SharedList,
    SharedSet,
    TalkedOver,
    room,
)
from helpers.lessons.chat.mistakes import mislisted, misworded


async def test_each_gets_what_was_sent_and_nothing_else() -> None:
    async with room(["Alice", "Bob"]) as here:
        await here.people["Bob"].send("one")
        await here.people["Bob"].send("two")
        assert await here.heard() == {"Alice": [], "Bob": ["one", "two"]}
        assert await here.heard() == {"Alice": [], "Bob": []}


async def test_what_a_task_sends_later_is_heard() -> None:
    async with room(["Alice"]) as here:
        task = asyncio.create_task(here.people["Alice"].send("from a task"))
        assert await here.heard() == {"Alice": ["from a task"]}
        await task


async def test_who_is_gone_is_still_in_the_dict() -> None:
    async with room(["Alice", "Carol"], gone=["Carol"]) as here:
        assert list(here.people) == ["Alice", "Carol"]
        with pytest.raises(ConnectionClosed):
            await here.people["Carol"].send("anybody?")
        assert await here.heard() == {"Alice": [], "Carol": []}


@pytest.mark.parametrize(
    ("shared", "kind"), [(SharedDict(a=1), dict), (SharedSet({1}), set), (SharedList("a"), list)]
)
def test_what_is_shared_is_not_copied(shared: Any, kind: type) -> None:
    assert copy.deepcopy(shared) is shared
    assert isinstance(shared, kind)
    assert type(shared).__name__ == kind.__name__  # an exception names it so


async def test_others_talk_while_somebody_is_sent_something() -> None:
    async with room(["Alice"]) as here:
        messages, clients = SharedList(["one"]), SharedSet()
        alice = TalkedOver(here.people["Alice"], messages, clients, ["two", "three"])
        await alice.send("one")  # meanwhile somebody says "two", and she is not in `clients`
        clients.add(alice)
        await alice.send("two")
        assert messages == ["one", "two", "three"]
        assert await here.heard() == {"Alice": ["one", "two", "three"]}


@pytest.mark.parametrize(
    ("got", "hint"),
    [
        ({"type": "typing", "on": True}, ""),
        ({"type": "typing", "on": 1}, '"on" is true or false'),
        ({"type": "typing", "on": "true"}, '"on" is true or false'),
        ({"type": "Typing", "on": True}, "in these letters"),
        ({"type": "typing"}, 'has no "on"'),
        ({"type": "typing", "on": True, "to": 1}, 'Nobody asked for "to"'),
        ([1], "a list"),
        ("typing", "JSON in JSON"),
    ],
)
def test_a_wrong_message_is_told_by_its_fault(got: object, hint: str) -> None:
    nudge = misworded(json.dumps(got), {"type": "typing", "on": True})
    assert hint in nudge
    assert bool(nudge) == bool(hint)


def test_what_was_missed_comes_once_and_in_order() -> None:
    said = ["one", "two", "three", "four"]
    assert mislisted(["three", "four"], said, 2, None) == ""
    assert "twice" in mislisted(["three", "four", "four"], said, 2, None)
    assert "order" in mislisted(["four", "three"], said, 2, None)
    assert "went on talking" in mislisted(["two", "four"], said, 1, None)

"""What the lesson says and no cell shows, each sentence with its test."""

from __future__ import annotations

import itertools
import json
import random
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from helpers.lessons.shared_document import naive, site, solutions
from helpers.lessons.shared_document.client import hear, log_in
from helpers.lessons.shared_document.room import build_edit

Edit = dict[str, Any]


def test_refusing_costs_210_edits_for_20_letters() -> None:
    """One of those who are left is accepted in each round, and all the others send again."""
    document, sent, left = {"version": 0, "text": ""}, 0, 20
    while left:
        seen = document["version"]
        accepted_now = 0
        for _ in range(left):
            text = f"{document['text']}x"
            document, accepted = solutions.accept_edit(document, {"version": seen, "text": text})
            accepted_now += accepted
            sent += 1
        left -= accepted_now
    assert (sent, document["text"]) == (210, "x" * 20)


def test_an_edit_is_as_short_in_a_long_text_as_in_a_short_one() -> None:
    edit = {"type": "edit", "version": 7, "at": 2200, "delete": 0, "insert": "!"}
    assert len(json.dumps(edit)) == 70
    assert len(json.dumps(edit | {"at": 2})) == 67


def test_the_naive_apply_edit_trusts_its_numbers() -> None:
    assert naive.apply_edit("cat", {"at": 99, "delete": 0, "insert": "s"}) == "cats"
    assert naive.apply_edit("cat", {"at": 2, "delete": -1, "insert": ""}) == "caat"


def test_both_sides_end_with_the_same_text_whatever_two_insert() -> None:
    """At the same place the alphabet decides, on both sides alike."""
    apply, move = solutions.apply_edit, solutions.transform
    for at, his_at, hers, his in itertools.product(range(4), range(4), ("a", "big "), ("s", "xy")):
        one: Edit = {"at": at, "delete": 0, "insert": hers, "author": "Alice"}
        two: Edit = {"at": his_at, "delete": 0, "insert": his, "author": "Bob"}
        alice = apply(apply("cat", one), move(two, one))
        bob = apply(apply("cat", two), move(one, two))
        assert alice == bob


def test_without_a_rule_for_the_same_place_the_sides_differ() -> None:
    apply = solutions.apply_edit
    big: Edit = {"at": 0, "delete": 0, "insert": "big ", "author": "Alice"}
    s: Edit = {"at": 0, "delete": 0, "insert": "s", "author": "Bob"}
    assert apply(apply("cat", big), s) != apply(apply("cat", s), big)


def test_a_room_of_several_takes_what_crosses_and_refuses_deletes_that_do() -> None:
    """Everybody who applies what the room returns reads what the room reads."""
    pick = random.Random(3)
    room: Edit = {"text": "cat", "edits": []}
    texts, refused = ["cat"], 0
    for _ in range(300):
        version = pick.randint(max(0, len(room["edits"]) - 5), len(room["edits"]))
        at = pick.randint(0, len(texts[version]))
        delete = min(pick.choice((0, 0, 0, 1)), len(texts[version]) - at)
        insert = "" if delete else pick.choice(("a", "👋", "be "))
        edit = build_edit(version, at, delete, insert, pick.choice(("Alice", "Bob", "Carol")))
        moved = solutions.take_edit(room, edit, solutions.transform, solutions.apply_edit)
        between = room["edits"][version:] if moved is None else []
        assert moved or delete or any(other["delete"] for other in between)
        refused += moved is None
        if moved:
            texts.append(solutions.apply_edit(texts[-1], moved))
        assert texts[-1] == room["text"]
        assert len(texts) - 1 == len(room["edits"])
    assert 0 < refused < 200


async def test_start_serves_a_handler_and_the_page_of_the_program() -> None:
    async def greet(websocket: Any) -> None:
        await log_in_of(websocket)

    async def log_in_of(websocket: Any) -> None:
        name = json.loads(await websocket.recv())["name"]
        await websocket.send(json.dumps({"type": "room", "people": [name]}))
        await websocket.send(json.dumps({"type": "welcome", "name": name}))

    first = await site.start(greet)
    second = await site.start(greet)
    with pytest.raises(ConnectionRefusedError):
        await connect(first.url)
    async with connect(second.url) as ws:
        assert (await log_in(ws, "Alice"))["name"] == "Alice"
        with pytest.raises(ConnectionClosed):
            await hear(ws, "edit")
    second.stop()
    assert "<textarea" in site.read_page()


async def test_the_pages_of_one_section_outlive_the_start_of_the_next() -> None:
    async def first(websocket: Any) -> None:
        await websocket.send("first")

    async def second(websocket: Any) -> None:
        await websocket.send("second")

    sites = [await site.start(first), await site.start(second)]
    for each, word in zip(sites, ("first", "second"), strict=True):
        async with connect(each.url) as ws:
            assert await ws.recv() == word
        each.stop()

"""What the lesson says and no cell shows, each sentence with its test."""

from __future__ import annotations

import ast
import contextlib
import itertools
import json
import random
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import nbformat
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from helpers.lessons.shared_document import naive, site, solutions
from helpers.lessons.shared_document.client import hear, log_in, say
from helpers.lessons.shared_document.room import build_edit
from helpers.lessons.shared_document.visitors import MOST_LINES, Visitors, tell

Edit = dict[str, Any]
ROOT = Path(__file__).resolve().parents[3]


@contextlib.asynccontextmanager
async def started(handler: Any) -> AsyncIterator[str]:
    """Serve a handler, and stop that even if the test fails."""
    here = await site.start(handler)
    try:
        yield here.url
    finally:
        here.stop()


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


def served(handler: str, *cells: str, **answers: Callable[..., Any]) -> Any:
    """What cells of the lesson define, with a learner's answers in place of ours."""
    (path,) = (ROOT / "notebooks").glob("[0-9][0-9]_shared_document.ipynb")
    sources = {cell.id: cell.source for cell in nbformat.read(path, as_version=4).cells}
    functions = {name: getattr(solutions, name) for name in naive_names()} | answers
    names = {"Visitors": Visitors, "tell": tell, "yours": SimpleNamespace(**functions)}
    for cell in cells:
        tree = ast.parse(sources[cell])
        defines = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Assign)
        tree.body = [n for n in tree.body if isinstance(n, defines) and not awaits(n)]
        exec(compile(tree, cell, "exec"), names)
    return names[handler]


def awaits(node: ast.stmt) -> bool:
    """Whether it starts something, as a tap or a server does."""
    value = node.value if isinstance(node, ast.Assign) else None
    return isinstance(value, ast.Await) or ast.unparse(node).endswith(".url)")


def naive_names() -> list[str]:
    return ["accept_edit", "apply_edit", "transform", "take_edit"]


def as_the_edit_says(document: Edit, edit: Edit) -> tuple[Edit, bool]:
    """An `accept_edit` that is right: it makes the document of the edit."""
    if edit["version"] != document["version"]:
        return document, False
    return edit | {"version": edit["version"] + 1}, True


def with_five_fields(room: Edit, edit: Edit, *functions: Any) -> Edit | None:
    """A `take_edit` that is right: what it returns has the fields that the exercise names."""
    given = {name: edit[name] for name in ("version", "at", "delete", "insert", "author")}
    return solutions.take_edit(room, given, *functions)


async def test_the_server_of_whole_texts_lives_with_every_right_answer() -> None:
    handler = served("whole_texts", "24a7take", "24a9start", accept_edit=as_the_edit_says)
    async with started(handler) as url, connect(url) as alice, connect(url) as bob:
        for ws, name in (alice, "Alice"), (bob, "Bob"):
            await log_in(ws, name)
        await say(alice, type="text", version=0, text="Hi!")
        assert (await hear(alice, "text")) == {
            "type": "text",
            "version": 1,
            "text": "Hi!",
            "yours": True,
        }
        assert (await hear(bob, "text"))["text"] == "Hi!"
        await say(bob, type="text", version=0, text="Hi?")
        assert (await hear(bob, "text"))["refused"]


async def test_the_room_lives_with_every_right_answer() -> None:
    handler = served("changes", "24g3room", "24g4room", take_edit=with_five_fields)
    async with started(handler) as url, connect(url) as alice, connect(url) as bob:
        for ws, name in (alice, "Alice"), (bob, "Bob"):
            await log_in(ws, name)
        await say(alice, type="edit", version=0, at=0, delete=0, insert="big ")
        assert (await hear(bob, "edit"))["author"] == "Alice"
        await say(bob, type="edit", version=0, at=3, delete=0, insert="s")
        his = await hear(bob, "edit")
        assert (his["at"], his["yours"]) == (7, True)


async def test_each_section_has_visitors_and_a_log_of_its_own() -> None:
    whole = started(served("whole_texts", "24a7take", "24a9start"))
    edits = started(served("changes", "24g3room", "24g4room"))
    async with whole as texts, edits as room, connect(texts) as alice, connect(room) as bob:
        await log_in(alice, "Alice")
        await log_in(bob, "Bob")
        for ws, name in (alice, "Alice"), (bob, "Bob"):
            heard = await hear(ws, "room")
            assert (heard["people"], heard["activity"]) == ([name], [f"{name} joined"])


async def test_the_log_keeps_twenty_lines_and_repeats_none() -> None:
    visitors = Visitors()

    async def handler(websocket: Any) -> None:
        await visitors.visit(
            websocket, dict, lambda ws, message: visitors.note(ws, message["did"])
        )

    async with started(handler) as url, connect(url) as alice:
        await log_in(alice, "Alice")
        for number in range(30):
            for _ in range(2):
                await say(alice, did=f"{number}")
        while (room := await hear(alice, "room"))["activity"][-1] != "Alice 29":
            pass
        assert room["activity"] == [f"Alice {n}" for n in range(30 - MOST_LINES, 30)]


def test_the_place_of_the_s_is_11_after_two_inserts_in_front_of_it() -> None:
    big: Edit = {"at": 0, "delete": 0, "insert": "big ", "author": "Alice"}
    fat: Edit = {"at": 4, "delete": 0, "insert": "fat ", "author": "Carol"}
    s: Edit = {"at": 3, "delete": 0, "insert": "s", "author": "Bob"}
    for move, place in ((solutions.transform, 11), (naive.transform, 3)):
        assert move(move(s, big), fat)["at"] == place

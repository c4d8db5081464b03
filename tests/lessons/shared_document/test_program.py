"""The learner's own document: naive and solved, in a terminal, and beside the finished one.

What browsers show is in tests/browser/test_my_document.py.
"""

import asyncio
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from helpers.exercises.engine.program import find_templates, save
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.shared_document import naive, solutions
from helpers.lessons.shared_document.client import hear, log_in, say

SOLVED: list[Any] = [
    solutions.accept_edit,
    solutions.apply_edit,
    solutions.transform,
    solutions.take_edit,
]
NAMES = [function.__name__ for function in SOLVED]


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def launched(functions: list[Any]) -> Server:
    save("document", functions)
    return await asyncio.to_thread(launch, "mine/document.py")


async def insert(ws: ClientConnection, version: int, at: int, letters: str) -> None:
    await say(ws, type="edit", version=version, at=at, delete=0, insert=letters)


async def delete(ws: ClientConnection, version: int, at: int, count: int) -> None:
    await say(ws, type="edit", version=version, at=at, delete=count, insert="")


async def read_text(url: str) -> Any:
    """Log in as somebody new, and read."""
    async with connect(url) as ws:
        return (await log_in(ws, "Zoe"))["text"]


@pytest.mark.parametrize(
    ("functions", "text"), [(SOLVED, "big cats"), ([], "bigs cat")], ids=["solved", "naive"]
)
async def test_two_inserts_that_cross(functions: list[Any], text: str) -> None:
    url = (await launched(functions)).url
    async with connect(url) as alice, connect(url) as bob:
        for ws, name in (alice, "Alice"), (bob, "Bob"):
            await log_in(ws, name)
        await insert(alice, 0, 0, "cat")
        await hear(bob, "edit")
        await insert(alice, 1, 0, "big ")
        await hear(bob, "edit")
        await insert(bob, 1, 3, "s")
        assert (await hear(bob, "edit"))["yours"]
        his = [await hear(alice, "edit") for _ in range(3)][-1]
        assert (his["author"], his.get("yours")) == ("Bob", None)
    assert await read_text(url) == text


async def test_a_delete_that_crosses_is_refused_and_changes_nothing() -> None:
    url = (await launched(SOLVED)).url
    async with connect(url) as alice, connect(url) as bob:
        for ws, name in (alice, "Alice"), (bob, "Bob"):
            await log_in(ws, name)
        await insert(alice, 0, 0, "cat")
        await hear(bob, "edit")
        await delete(bob, 0, 0, 0)
        await hear(bob, "edit")
        await insert(alice, 2, 0, "big ")
        await hear(bob, "edit")
        await delete(bob, 2, 0, 1)
        assert await hear(bob, "refused") == {"type": "refused"}
        await delete(bob, 3, 4, 1)
        await hear(bob, "edit")
    assert await read_text(url) == "big at"


@pytest.mark.parametrize(
    "numbers", [(0, 9, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)], ids=lambda numbers: str(numbers)
)
async def test_an_edit_that_does_not_fit_gets_the_whole_text(numbers: tuple[int, ...]) -> None:
    url = (await launched(SOLVED)).url
    version, at, count = numbers
    async with connect(url) as ws:
        await log_in(ws, "Mallory")
        await say(ws, type="edit", version=version, at=at, delete=count, insert="x")
        assert (await hear(ws, "text"))["refused"]
    assert await read_text(url) == ""


async def test_whole_texts_are_guarded_by_accept_edit() -> None:
    url = (await launched(SOLVED)).url
    async with connect(url) as alice, connect(url) as bob:
        for ws, name in (alice, "Alice"), (bob, "Bob"):
            await log_in(ws, name)
        await say(alice, type="text", version=0, text="Hi!")
        assert (await hear(alice, "text"))["yours"]
        assert (await hear(bob, "text"))["text"] == "Hi!"
        await say(bob, type="text", version=0, text="Hi?")
        refused = await hear(bob, "text")
        assert (refused["refused"], refused["text"]) == (True, "Hi!")


async def test_an_accept_edit_that_changes_the_document_itself_replaces_all_of_it() -> None:
    """So an insert that crosses the whole text is refused, and does not seem not to fit."""

    def accept_edit(document: Any, edit: Any) -> Any:
        if edit["version"] != document["version"]:
            return document, False
        document["text"] = edit["text"]
        document["version"] += 1
        return document, True

    url = (await launched([accept_edit, *SOLVED[1:]])).url
    async with connect(url) as alice, connect(url) as bob:
        for ws, name in (alice, "Alice"), (bob, "Bob"):
            await log_in(ws, name)
        await insert(alice, 0, 0, "cat")
        await hear(bob, "edit")
        await say(alice, type="text", version=1, text="")
        await hear(bob, "text")
        await insert(bob, 1, 3, "s")
        assert await hear(bob, "refused") == {"type": "refused"}


async def test_nonsense_costs_nobody_anything() -> None:
    server = await launched(SOLVED)
    async with connect(server.url) as mallory, connect(server.url) as alice:
        for nonsense in ("undefined", "7", "[" * 100_000, '{"type": "login", "name": ["x"]}'):
            await mallory.send(nonsense)
        await log_in(mallory, "Mallory")
        for nonsense in ("undefined", '{"type": "edit"}', '{"type": "text", "version": "0"}'):
            await mallory.send(nonsense)
        await say(mallory, type="edit", version=99, at=0, delete=0, insert="x")
        await say(mallory, type="edit", version=0, at=0, delete=0, insert=["x"])
        await log_in(alice, "Alice")
        await insert(alice, 0, 0, "well")
        assert (await hear(mallory, "edit"))["insert"] == "well"
    assert "Traceback" not in server.log()


async def test_who_is_online_and_what_they_did() -> None:
    url = (await launched(SOLVED)).url
    async with connect(url) as alice:
        await log_in(alice, "Alice")
        async with connect(url) as bob:
            await log_in(bob, "Bob")
            await hear(alice, "room")
            assert (await hear(alice, "room"))["people"] == ["Alice", "Bob"]
            await insert(bob, 0, 0, "x")
            assert (await hear(alice, "room"))["activity"][-1] == "Bob wrote"
            bob.transport.abort()
        room = await hear(alice, "room")
        assert (room["people"], room["activity"][-1]) == (["Alice"], "Bob left")
        for at in range(30):
            await insert(alice, at + 1, 0, "x")
            await hear(alice, "edit")
        assert (await hear(alice, "room"))["activity"].count("Alice wrote") == 1


def test_it_runs_in_a_terminal_without_the_course(mine: Path) -> None:
    save("document", SOLVED)
    command = [sys.executable, "-I", "-u", str(mine / "document.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=mine) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert re.match(r"my document: ws://127\.0\.0\.1:\d+/ws, with", line)
        process.terminate()


def test_the_naive_functions_are_those_of_the_program() -> None:
    template = find_templates("document")[-1].read_text("utf-8")
    for name in NAMES:
        lines = inspect.getsource(getattr(naive, name)).splitlines()
        first = next(n for n, line in enumerate(lines) if '"""' in line)
        body = "\n".join(lines[first:]).replace("at: int =", "at =")
        assert re.sub(r"return str\((.*)\)$", r"return \1", body) in template


async def test_both_send_a_latecomer_the_whole_text_and_say_who_is_online() -> None:
    """The finished server says it in its own words; the learner's says it in these."""
    url = (await launched(SOLVED)).url
    async with connect(url) as alice:
        await log_in(alice, "Alice")
        await insert(alice, 0, 0, "Dear all")
        await hear(alice, "edit")
        assert await read_text(url) == "Dear all"
    finished = await asyncio.to_thread(launch, "document")
    async with connect(finished.url) as alice:
        await say(alice, type="login", name="Alice")
        welcome = json.loads(await alice.recv())
        assert [person["name"] for person in welcome["people"]] == ["Alice"]

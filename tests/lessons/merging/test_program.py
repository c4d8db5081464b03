"""The learner's document that merges, and the finished one: what both promise, both keep."""

import asyncio
import contextlib
import inspect
import random
import re
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from pycrdt import (
    create_sync_message,
    create_update_message,
    handle_sync_message,
    read_message,
)
from websockets.asyncio.client import connect

from helpers.exercises.engine.program import find_templates, save
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.merging import naive, solutions
from helpers.lessons.shared_document.client import log_in
from tests.servers.document_client import Writer

SOLVED: list[Any] = [solutions.what_is_missing, solutions.sync_server]
MINE = "mine/merging.py"
LETTERS = "abcd"

each_server = pytest.mark.parametrize("name", [MINE, "document"])


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def launched(name: str = MINE, functions: list[Any] = SOLVED) -> Server:
    if name == MINE:
        save("merging", functions)
    return await asyncio.to_thread(launch, name)


@contextlib.asynccontextmanager
async def writers(url: str, *names: str) -> AsyncIterator[list[Writer]]:
    """Some people who have logged in."""
    everybody = [Writer(url, name) for name in names]
    try:
        for each in everybody:
            await each.log_in()
        yield everybody
    finally:
        for each in everybody:
            await each.leave()


def has_letters(writer: Writer, wanted: Counter[str]) -> bool:
    return Counter(str(writer)) == wanted


def reads(writer: Writer, text: str) -> bool:
    return str(writer) == text


async def text_of(url: str) -> str:
    """What somebody reads who joins late."""
    async with writers(url, "Zoe") as (zoe,):
        return str(zoe)


@each_server
async def test_edits_that_cross_and_a_late_joiner(name: str) -> None:
    url = (await launched(name)).url
    async with writers(url, "Alice", "Bob") as (alice, bob):
        await alice.write("👋 cat")
        await bob.until(partial(reads, bob, "👋 cat"))
        await alice.write("big ", 2)
        await bob.write("s")
        for each in (alice, bob):
            await each.until(partial(reads, each, "👋 big cats"))
            await each.all_saved()
        assert await text_of(url) == "👋 big cats"


@each_server
async def test_what_two_write_offline_is_merged(name: str) -> None:
    url = (await launched(name)).url
    async with writers(url, "Alice", "Bob") as (alice, bob):
        await alice.write("Hello 😀 world")
        await bob.until(partial(reads, bob, "Hello 😀 world"))
        await bob.cut()
        await alice.erase(6, 8)
        await bob.erase(0, 8)
        await bob.write("Good ", 0)
        await bob.log_in()
        for each in (alice, bob):
            await each.until(partial(reads, each, "Good world"))


@each_server
async def test_all_write_at_once_with_cut_connections_and_nothing_is_lost(name: str) -> None:
    url = (await launched(name)).url
    async with writers(url, "Alice", "Bob", "Carol") as everybody:
        await asyncio.gather(*(keep_writing(each, n) for n, each in enumerate(everybody)))
        wanted = Counter(dict.fromkeys(LETTERS, 10 * len(everybody)))
        for each in everybody:
            await each.until(partial(has_letters, each, wanted))
            await each.all_saved()
        assert len({str(each) for each in everybody}) == 1
        assert await text_of(url) == str(everybody[0])


async def keep_writing(writer: Writer, seed: int) -> None:
    """Write ten of each letter, at random places, and lose the connection now and then."""
    pick = random.Random(seed)
    letters = list(LETTERS * 10)
    pick.shuffle(letters)
    for letter in letters:
        await writer.write(letter, pick.randint(0, len(str(writer))))
        if pick.random() < 0.1:
            await writer.cut()
            await writer.log_in()
    if writer.gone:
        await writer.log_in()


@each_server
async def test_what_others_have_seen_survives_a_kill(name: str) -> None:
    server = await launched(name)
    async with writers(server.url, "Alice", "Bob") as (alice, bob):
        for number in range(30):
            await alice.write(f"<{number}>")
        await bob.until(lambda: "<10>" in str(bob))
        server.kill()
        for each in (alice, bob):
            await each.close_code()
        seen = str(bob)
    await asyncio.to_thread(server.restart)
    assert (await text_of(server.url)).startswith(seen)


@each_server
async def test_carets_go_to_the_others_and_people_join_and_leave(name: str) -> None:
    url = (await launched(name)).url
    async with writers(url, "Alice", "Bob") as (alice, bob):
        joined = await alice.next("joined")
        assert joined["person"]["name"] == "Bob"
        await bob.write("cat")
        place = {"type": None, "tname": "text", "item": None, "assoc": 0}
        await bob.send("caret", anchor=place, head=place)
        caret = await alice.next("caret")
        assert (caret["id"], caret["head"]) == (joined["person"]["id"], place)
        await alice.send("ping")
        await alice.next("pong")
        await bob.leave()
        assert (await alice.next("left"))["id"] == joined["person"]["id"]


async def test_without_solutions_updates_pass_and_nothing_is_kept() -> None:
    server = await launched(functions=[])
    assert "still naive: what_is_missing, sync_server" in server.log()
    async with connect(server.url) as alice, connect(server.url) as bob:
        await log_in(alice, "Alice")
        await log_in(bob, "Bob")
        await alice.send(b"\0\2\2\0\0")
        async with asyncio.timeout(20):
            while isinstance(message := await bob.recv(), str):
                pass
        assert message == b"\0\2\2\0\0"


def stores_first() -> list[Any]:
    """Other right answers: the second stores an update before it merges it."""

    async def sync_server(websocket: Any, doc: Any, store: Any, pass_on: Any) -> None:
        await websocket.send(create_sync_message(doc))
        async for message in websocket:
            if message[:2] == b"\0\0":
                await websocket.send(handle_sync_message(message[1:], doc))
            else:
                update = read_message(message[2:])
                store(update)
                doc.apply_update(update)
                pass_on(create_update_message(update))

    return [solutions.what_is_missing, sync_server]


@pytest.mark.parametrize("answer", ["ours", "stores first"])
@pytest.mark.parametrize(
    "nonsense",
    [b"", b"\0", b"\0\2", b"\0\2\5hello", b"\0\1\2\0\xff", b"\0\3\1\xff", b"\1\2\2\0\0"],
)
async def test_a_broken_update_costs_only_its_author(nonsense: bytes, answer: str) -> None:
    """Nor is it on the disk, where the next start would find it."""
    server = await launched(functions=SOLVED if answer == "ours" else stores_first())
    url = server.url
    async with writers(url, "Alice", "Mallory") as (alice, mallory):
        await mallory.raw("undefined")
        await mallory.raw(nonsense)
        assert await mallory.close_code() == 1003
        await alice.write("well")
        await alice.all_saved()
        assert await text_of(url) == "well"
    await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.restart)
    assert await text_of(server.url) == "well"


def test_a_program_imports_what_its_functions_need_from_where_everybody_does(mine: Path) -> None:
    save("merging", SOLVED)
    text = (mine / "merging.py").read_text("utf-8")
    assert "from pycrdt import handle_sync_message\n" in text
    assert "._" not in "".join(re.findall("^from .*", text, re.MULTILINE))


def test_it_starts_in_a_terminal_with_the_pythons_of_the_course(mine: Path) -> None:
    save("merging", SOLVED)
    command = [sys.executable, "-u", str(mine / "merging.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=mine) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert re.match(r"my document: ws://127\.0\.0\.1:\d+/ws, with", line)
        process.terminate()
    assert (mine / "merging.sqlite3").exists()


def test_the_naive_functions_are_those_of_the_program() -> None:
    template = find_templates("merging")[-1].read_text("utf-8")
    for function in (naive.what_is_missing, naive.sync_server):
        source = inspect.getsource(function)
        assert source[source.index('"""') :] in template

"""The learner's chat, grown: naive, solved, with what was solved before, and under attack."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect

from helpers.exercises.engine.program import save
from helpers.exercises.stage.chat_client import ending, guests, hear, join, rest, tell
from helpers.judges.attack import attack
from helpers.judges.browser import find_browser, read_page
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.chat import solutions as earlier
from helpers.lessons.slow_readers import solutions

DEADLINE_S = 10
BEFORE: list[Any] = [earlier.welcome, earlier.typing, earlier.whisper]
NOW: list[Any] = [solutions.post, solutions.allow, solutions.catch_up]


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


def stub(outbox: object, text: str, most: int) -> None: ...


stub.__name__ = "post"


async def launched(*functions: Any) -> Server:
    save("chat", functions)
    return await asyncio.to_thread(launch, "mine/chat.py")


async def test_what_was_solved_in_the_lesson_before_goes_on_and_is_not_held_up() -> None:
    save("chat", BEFORE)
    saved = save("chat", NOW)
    assert saved.notes[0] == "Yours in it: welcome, typing, whisper, post, allow, catch_up."
    url = (await launched()).url
    async with guests(url, "Alice", "Bob", "Carol") as (alice, bob, carol):
        async with connect(url) as second:
            assert (await join(second, " ALICE "))["type"] == "error"
        await tell(alice, "typing", on=True)
        assert (await hear(bob, "typing"))["name"] == "Alice"
        await tell(alice, "say", id="a", to="Bob", text="psst")
        assert (await hear(alice, "message"))["to"] == "Bob"
        assert (await hear(alice, "ack"))["id"] == "a"
        assert (await hear(bob, "message"))["text"] == "psst"
        assert not any("psst" in str(text) for text in await rest(carol))


async def test_a_message_that_is_sent_again_is_said_once() -> None:
    url = (await launched(*BEFORE)).url
    url = (await launched(*NOW)).url
    async with guests(url, "Bob") as (bob,):
        numbers = []
        for _ in range(2):
            async with guests(url, "Nora") as (nora,):
                await tell(nora, "say", id="n1", text="Save me a seat")
                numbers.append((await hear(nora, "ack"))["seq"])
        said = [json.loads(text) for text in await rest(bob)]
        assert [m["text"] for m in said if m["type"] == "message"] == ["Save me a seat"]
        assert numbers[0] == numbers[1]


async def test_too_long_and_too_fast_are_errors() -> None:
    url = (await launched(*NOW)).url
    async with guests(url, "Alice") as (alice,):
        await tell(alice, "say", id="long", text="x" * 4_001)
        assert await hear(alice, "error") == {"type": "error", "code": "too_long", "id": "long"}
        for number in range(30):
            await tell(alice, "say", id=f"{number}", text="hi")
        assert (await hear(alice, "error"))["code"] == "too_fast"


async def test_newcomers_get_the_last_fifty_messages_and_what_is_new() -> None:
    url = (await launched(solutions.post, solutions.catch_up)).url
    async with guests(url, "Alice") as (alice,):
        for number in range(120):
            await tell(alice, "say", id=f"{number}", text=f"message {number}")
            await hear(alice, "ack")
        async with guests(url, "Bob") as (bob,):
            await tell(alice, "say", id="new", text="message 120")
            heard: list[str] = []
            while not heard or heard[-1] != "message 120":
                heard.append((await hear(bob, "message"))["text"])
        assert heard == [f"message {number}" for number in range(70, 121)]


async def test_a_client_that_does_not_read_is_cut_off_and_delays_nobody() -> None:
    url = (await launched(solutions.post, solutions.catch_up)).url
    async with connect(url, compression=None) as carol, guests(url, "Bob") as (bob,):
        await join(carol, "Carol")
        carol.transport.pause_reading()
        for number in range(1_000):
            await tell(bob, "say", id=f"{number}", text="🐌" * 4_000)
            await hear(bob, "ack")
        carol.transport.resume_reading()
        assert "no close frame" in str(await ending(carol))


async def test_naive_the_attacks_get_through_and_solved_none_of_them() -> None:
    server = await launched(stub)
    assert "still naive: welcome, typing, whisper, post, allow, catch_up" in server.log()
    for group in "floods", "slowness":
        assert (await attack(server, only=group)).failed
    save("chat", BEFORE)
    server = await launched(*NOW)
    for group in "floods", "slowness", "leaving":
        assert (await attack(server, only=group)).failed == []


def test_it_runs_in_a_terminal_without_the_course(mine: Path) -> None:
    save("chat", NOW)
    command = [sys.executable, "-I", "-u", str(mine / "chat.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=mine) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("still naive: welcome, typing, whisper")
        assert process.stdout.readline().startswith("my chat: ws://127.0.0.1:")
        process.terminate()


@pytest.mark.skipif(not find_browser(), reason="no browser is installed")
async def test_its_page_shows_what_was_said_before_it_came() -> None:
    server = await launched(*NOW)
    async with guests(server.url, "Bob") as (bob,):
        await tell(bob, "say", id="1", text="<b>hello</b>")
        await hear(bob, "ack")
        html = await read_page(f"{server.page_url}?name=Eve", "hello", DEADLINE_S)
    assert "Bob: &lt;b&gt;hello&lt;/b&gt;" in html

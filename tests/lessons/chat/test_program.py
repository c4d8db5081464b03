"""The learner's own chat: naive, solved, in a terminal without the course, and in a browser."""

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect

from helpers.exercises.engine.program import save
from helpers.judges.attack import SECTIONS, attack
from helpers.judges.browser import find_browser, read_page
from helpers.judges.chat_cases import CASES
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.chat import solutions

DEADLINE_S = 10
ALL: list[Any] = [solutions.welcome, solutions.typing, solutions.whisper]


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def tell(client: ClientConnection, **message: object) -> None:
    await client.send(json.dumps(message))


async def hear(client: ClientConnection, kind: str) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        while (message := json.loads(await client.recv()))["type"] != kind:
            pass
    return message


async def launched() -> Server:
    return await asyncio.to_thread(launch, "mine/chat.py")


async def test_solved_functions_guard_it() -> None:
    saved = save("chat", ALL)
    assert "NAIVE = []" in saved.source
    url = (await launched()).url
    async with connect(url) as alice, connect(url) as second, connect(url) as bob:
        await tell(alice, type="join", name="Alice")
        await hear(alice, "welcome")
        await tell(second, type="join", name=" ALICE ")
        assert (await hear(second, "error"))["code"] == "bad_name"
        await tell(second, type="join", name="Carol")
        await hear(second, "welcome")
        await tell(bob, type="join", name="Bob")
        await hear(bob, "welcome")
        await tell(bob, type="say", to="Alice", text="for you alone")
        await tell(bob, type="say", text="for all")
        assert (await hear(alice, "message"))["text"] == "for you alone"
        assert (await hear(second, "message"))["text"] == "for all"


async def test_without_solutions_it_works_and_says_what_is_naive() -> None:
    save("chat", [])
    server = await launched()
    assert "still naive: welcome, typing, whisper" in server.log()
    async with connect(server.url) as alice, connect(server.url) as second:
        for client in (alice, second):
            await tell(client, type="join", name="Alice")
            await hear(client, "welcome")


def test_it_runs_in_a_terminal_without_the_course(mine: Path) -> None:
    save("chat", ALL)
    command = [sys.executable, "-I", "-u", str(mine / "chat.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=mine) as process:
        assert process.stdout
        assert re.match(r"my chat: ws://127\.0\.0\.1:\d+/ws, with", process.stdout.readline())
        process.terminate()


@pytest.mark.skipif(not find_browser(), reason="no browser is installed")
async def test_its_page_joins_and_shows_what_is_said() -> None:
    save("chat", ALL)
    server = await launched()
    async with connect(server.url) as bob:
        await tell(bob, type="join", name="Bob")
        await hear(bob, "welcome")

        async def talk() -> None:
            while (await hear(bob, "joined"))["name"] != "Eve":
                pass
            await tell(bob, type="say", text="<b>hello</b>")

        talking = asyncio.create_task(talk())
        html = await read_page(f"{server.page_url}?name=Eve", "hello", DEADLINE_S)
        await talking
    assert "Bob: &lt;b&gt;hello&lt;/b&gt;" in html


async def test_an_attack_with_names_finds_what_the_lesson_says() -> None:
    """A second Alice is refused once `welcome` is solved; nothing limits a name's length."""
    second = "a second Alice is refused, and the first one still hears"
    save("chat", [])
    naive = await attack(await launched(), only="names")
    assert second in {verdict.rule for verdict in naive.failed}
    save("chat", ALL)
    solved = await attack(await launched(), only="names")
    assert [verdict.rule for verdict in solved.passed] == [second]
    assert [verdict.received[:18] for verdict in solved.failed] == ['a welcome for "xxx']


def test_attacks_come_in_as_many_groups_as_the_lesson_says() -> None:
    assert len(SECTIONS) == 7
    assert len(CASES) + 1 == 12  # and the crash

"""The learner's chat, grown once more: what it holds, who comes back, and what it promises."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from helpers.exercises.engine.program import save
from helpers.exercises.stage.chat_client import ending, guests, hear, join, tell
from helpers.judges.attack import attack
from helpers.judges.browser import find_browser
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.chat import solutions as first
from helpers.lessons.slow_readers import solutions as second
from helpers.lessons.strangers import solutions
from helpers.lessons.strangers.stage import attack_quickly, parse

CRASH = "what was acknowledged survives a crash"
ALL: list[list[Any]] = [
    [first.welcome, first.typing, first.whisper],
    [second.post, second.allow, second.catch_up],
    [solutions.checked_name, solutions.line, solutions.take_place],
]


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def launched() -> Server:
    for functions in ALL:
        saved = save("chat", functions)
    assert "NAIVE = []  # nothing: all of it is solved" in saved.source
    return await asyncio.to_thread(launch, "mine/chat.py")


async def test_it_holds_eleven_of_twelve() -> None:
    report = await attack(await launched())
    assert [verdict.rule for verdict in report.failed] == [CRASH]
    assert len(report.passed) == (11 if find_browser() else 10)


async def test_alice_comes_back_with_her_token_and_nobody_else_does() -> None:
    url = (await launched()).url
    async with connect(url) as before, connect(url) as after, connect(url) as mallory:
        await join(before, "Alice")
        token = (await hear(before, "now"))["token"]
        await tell(mallory, "join", name="alice", token="guessed")
        assert (await hear(mallory, "welcome", "error"))["code"] == "bad_name"
        await tell(after, "join", name="Alice", token=token)
        assert (await hear(after, "welcome"))["name"] == "Alice"
        assert (await hear(after, "now"))["token"] == token
        assert "no close frame" in str(await ending(before))
        await tell(after, "say", id="1", text="Here I am again")
        assert (await hear(after, "message"))["text"] == "Here I am again"


async def test_a_place_is_held_while_she_reloads() -> None:
    url = (await launched()).url
    async with connect(url) as alice:
        await join(alice, "Alice")
        token = (await hear(alice, "now"))["token"]
    async with connect(url) as mallory, connect(url) as again:
        assert (await join(mallory, "Alice"))["type"] == "error"
        await tell(again, "join", name="Alice", token=token)
        assert (await hear(again, "welcome", "error"))["type"] == "welcome"


async def test_half_an_emoji_is_nonsense_and_hurts_nobody() -> None:
    url = (await launched()).url
    async with guests(url, "Mallory") as (mallory,):
        await mallory.send('{"type": "say", "id": "1", "text": "\\ud83d"}')
        assert (await hear(mallory, "error"))["code"] == "bad_message"
        async with guests(url, "Erin") as (erin,):
            assert (await hear(erin, "now"))["people"] == ["Mallory", "Erin"]


async def test_another_sites_page_is_refused_and_its_own_is_not() -> None:
    server = await launched()
    with pytest.raises(InvalidStatus, match="403"):
        await connect(server.url, origin="https://evil.example")  # type: ignore[arg-type]
    async with connect(server.url, origin=server.page_url.rstrip("/")) as ws:  # type: ignore[arg-type]
        assert (await join(ws, "Alice"))["type"] == "welcome"


async def test_the_history_page_shows_what_was_said_as_text() -> None:
    server = await launched()
    async with guests(server.url, "Mallory") as (mallory,):
        await tell(mallory, "say", id="1", text="<b>hello</b>")
        await hear(mallory, "ack")
    with await asyncio.to_thread(urlopen, f"{server.page_url}history") as response:
        page = response.read().decode()
    assert parse(page) == ["<li title>", "Mallory: <b>hello</b>"]


async def test_naive_it_says_so_and_the_attacks_get_through() -> None:
    def line(name: str, text: str) -> str: ...  # type: ignore[empty-body]

    saved = save("chat", [line])
    assert "checked_name" in saved.notes[0]
    server = await asyncio.to_thread(launch, "mine/chat.py")
    report = await attack_quickly(server)
    assert "a name that is no name is refused, and its sender disturbs nobody" in {
        verdict.rule for verdict in report.failed
    }
    assert len(report.verdicts) == 9


async def test_many_names_that_nobody_comes_back_to_are_forgotten() -> None:
    source = save("chat", ALL[2]).source
    names: dict[str, Any] = {"__name__": "chat"}
    exec(compile(source, "chat.py", "exec"), names)
    for number in range(50):
        names["take_place"](f"guest {number}", None, names["places"], 0.0)
    for number in range(50):
        names["places"][f"guest {number}"]["until"] = 0.5
    names["take_place"]("Alice", None, names["places"], 1.0)
    names["leave"]("Alice")
    assert list(names["places"]) == ["alice"]

"""vote from outside: the count stays right, whatever voters, retries and crashes do to it."""

import asyncio
import contextlib
import itertools
import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from helpers.launcher import Server
from helpers.servers.vote import store as vote_store
from helpers.serving.program import WAITS
from helpers.serving.schema import Refusal
from tests.servers.chat_client import DEADLINE_S
from tests.servers.socketio_client import Official, Python, official, python

NO_LIMIT = ("--burst=1000000", "--rate=1000000")
OWNER = "o" * 32
_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("vote", NO_LIMIT) as server:
        server.start()
        yield server


def voter(name: str = "voter") -> str:
    """Return the token of a new voter."""
    return f"{name}-{next(_numbers)}-".ljust(32, "x")


async def new_poll(one: Python | Official, *options: str, owner: str = OWNER) -> str:
    asked = {"id": voter(), "question": "?", "options": [*options] or ["A", "B"], "owner": owner}
    code: str = (await one.call("create", asked))["code"]
    return code


async def cast(one: Python | Official, code: str, option: int, turn: int = 1) -> Any:
    return await one.call("cast", {"code": code, "option": option, "turn": turn})


async def watch(one: Python | Official, code: str) -> dict[str, Any]:
    poll: dict[str, Any] = (await one.call("open", {"code": code}))["poll"]
    return poll


async def totals_with(one: Python | Official, **fields: object) -> dict[str, Any]:
    """Wait for totals with these fields."""
    while not fields.items() <= (totals := await one.event("totals")).items():
        pass
    found: dict[str, Any] = totals
    return found


@pytest.mark.parametrize("transports", [["polling"], ["polling", "websocket"], ["websocket"]])
async def test_the_official_client_by_each_transport(
    server: Server, transports: list[str]
) -> None:
    auth = {"voter": voter()}
    async with (
        python(server.url) as owner,
        official(server.url, transports=transports, auth=auth) as one,
    ):
        assert await one.event("voter") == {"token": auth["voter"]}
        assert len((await owner.event("voter"))["token"]) == 32
        code = await new_poll(owner, "Tea", "Coffee", "Ünd ☺")
        poll = await watch(one, code.lower())
        assert poll == {
            "code": code,
            "question": "?",
            "options": ["Tea", "Coffee", "Ünd ☺"],
            "open": True,
            "version": 0,
            "totals": [0, 0, 0],
            "voters": 0,
            "mine": None,
            "turn": 0,
        }
        assert await cast(one, code, 2) == {"ok": True, "mine": 2, "turn": 1}
        totals = {"code": code, "version": 1, "open": True, "totals": [0, 0, 1], "voters": 1}
        assert await one.event("totals") == totals
        assert await watch(owner, code) == poll | totals
        assert (await owner.call("close", {"code": code, "owner": OWNER})) == {"ok": True}
        await totals_with(one, open=False, totals=[0, 0, 1])
        assert (await cast(one, code, 0, 2))["code"] == "closed"


async def test_one_vote_a_voter_changed_freely_and_retried_safely(server: Server) -> None:
    me = {"voter": voter()}
    async with python(server.url, me) as tab, python(server.url, me) as other:
        code = await new_poll(tab)
        await watch(other, code)
        assert await cast(tab, code, 0) == {"ok": True, "mine": 0, "turn": 1}
        assert await other.event("mine") == {"code": code, "mine": 0, "turn": 1}
        for _ in range(3):  # its acknowledgement was lost
            assert (await cast(tab, code, 0))["turn"] == 1
        assert await cast(tab, code, 1, 2) == {"ok": True, "mine": 1, "turn": 2}
        assert await cast(tab, code, 0, 1) == {"ok": True, "mine": 1, "turn": 2}, "overtaken"
        poll = await watch(tab, code)
        assert (poll["totals"], poll["voters"], poll["version"]) == ([0, 1], 1, 2)
        assert (poll["mine"], poll["turn"]) == (1, 2)
        await tab.call("close", {"code": code, "owner": OWNER})
        assert await cast(tab, code, 1, 2) == {"ok": True, "mine": 1, "turn": 2}, "a retry"


async def test_a_poll_is_made_once_and_closed_by_its_owner_alone(server: Server) -> None:
    async with python(server.url, {"voter": voter()}) as one, python(server.url) as other:
        asked = {
            "id": "1",
            "question": " Who \n is it? ",
            "options": [" a", "b "],
            "owner": OWNER,
        }
        first = await one.call("create", asked)
        assert await one.call("create", asked) == first
        assert await other.call("create", asked) != first, "an id is the voter's own"
        poll = await watch(other, first["code"])
        assert (poll["question"], poll["options"]) == ("Who is it?", ["a", "b"])
        for owner in ("x" * 32, ""):
            answer = await other.call("close", {"code": first["code"], "owner": owner})
            assert answer["code"] == "not_owner"
        assert (await watch(other, first["code"]))["open"]
        for _ in range(2):
            answer = await other.call("close", {"code": first["code"], "owner": OWNER})
            assert answer == {"ok": True}
        assert (await watch(other, first["code"]))["version"] == 1


async def test_polls_do_not_touch_each_other(server: Server) -> None:
    async with python(server.url) as one, python(server.url) as other:
        first, second = await new_poll(one), await new_poll(one)
        await watch(other, first)
        await watch(other, second)
        await cast(one, first, 0)
        await totals_with(other, code=first, totals=[1, 0])
        await other.call("leave", {"code": first})
        await cast(one, first, 1, 2)
        await cast(one, second, 1)
        await totals_with(other, code=second, totals=[0, 1])
        assert other.pending() == []


@pytest.mark.parametrize(
    ("event", "change", "code"),
    [
        ("open", {"code": "nowhere"}, "no_such_poll"),
        ("open", {"code": 7}, "bad_field"),
        ("cast", {"option": 2}, "no_such_option"),
        ("cast", {"option": -1}, "bad_field"),
        ("cast", {"option": "0"}, "bad_field"),
        ("cast", {"option": True}, "bad_field"),
        ("cast", {"turn": 1.5}, "bad_field"),
        ("cast", {"turn": 2**53}, "bad_field"),
        ("cast", {"code": "nowhere"}, "no_such_poll"),
        ("cast", {"voter": "somebody else"}, "bad_field"),
        ("close", {"code": "nowhere"}, "no_such_poll"),
        ("create", {"question": " "}, "bad_field"),
        ("create", {"question": "x" * 201}, "too_long"),
        ("create", {"question": "\ud800"}, "bad_field"),
        ("create", {"options": ["one"]}, "bad_field"),
        ("create", {"options": ["x"] * 11}, "bad_field"),
        ("create", {"options": ["Tea", " tea "]}, "bad_field"),
        ("create", {"options": ["Tea", 7]}, "bad_field"),
        ("create", {"options": ["Tea", "x" * 81]}, "too_long"),
        ("create", {"options": "Tea"}, "bad_field"),
        ("create", {"owner": "short"}, "bad_field"),
    ],
)
async def test_bad_input_gets_a_code_and_changes_nothing(
    server: Server, event: str, change: dict[str, object], code: str
) -> None:
    async with python(server.url) as one:
        poll = await new_poll(one)
        good: dict[str, dict[str, object]] = {
            "open": {"code": poll},
            "cast": {"code": poll, "option": 0, "turn": 1},
            "close": {"code": poll, "owner": OWNER},
            "create": {"id": "2", "question": "?", "options": ["a", "b"], "owner": OWNER},
        }
        answer = await one.call(event, good[event] | change)
        assert (answer["ok"], answer["code"]) == (False, code)
        assert answer["text"]
        assert (await watch(one, poll))["version"] == 0
        assert (await one.call(event, good[event]))["ok"]


async def test_one_client_watches_20_polls_at_most(server: Server) -> None:
    async with python(server.url) as one:
        codes = [await new_poll(one) for _ in range(21)]
        asked = [one.call("open", {"code": code}) for code in codes]
        answers = await asyncio.gather(*asked)  # no request waits for the one before
        assert [answer["ok"] for answer in answers] == [True] * 20 + [False]
        await one.call("leave", {"code": codes[0]})
        assert (await one.call("open", {"code": codes[20]}))["ok"]


def test_the_oldest_closed_poll_is_deleted_for_a_new_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vote_store, "KEPT", 2)
    with contextlib.closing(sqlite3.connect(tmp_path / "polls")) as db:
        db.executescript(vote_store.SCHEMA)
        first, second = (vote_store.create(db, n, "voter", "owner", "?", ["a", "b"]) for n in "12")
        vote_store.cast(db, first, "voter", 0, 1)
        with pytest.raises(Refusal, match="close one that is over"):
            vote_store.create(db, "3", "voter", "owner", "?", ["a", "b"])
        assert vote_store.close(db, first, "owner")
        third = vote_store.create(db, "3", "voter", "owner", "?", ["a", "b"])
        assert vote_store.count_votes(db, third)["totals"] == [0, 0]
        assert vote_store.count_votes(db, second)["open"]
        with pytest.raises(Refusal, match="no poll with this code"):
            vote_store.count_votes(db, first)


def test_one_voter_does_not_make_all_the_polls_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vote_store, "MAX_OWNED", 2)
    with contextlib.closing(sqlite3.connect(tmp_path / "polls")) as db:
        db.executescript(vote_store.SCHEMA)
        first, _ = (vote_store.create(db, n, "a", "owner", "?", ["a", "b"]) for n in "12")
        with pytest.raises(Refusal, match="you have 2 open polls"):
            vote_store.create(db, "3", "a", "owner", "?", ["a", "b"])
        assert vote_store.create(db, "1", "a", "owner", "?", ["a", "b"]) == first, "a retry"
        assert vote_store.create(db, "4", "b", "owner", "?", ["a", "b"]), "another voter"
        assert vote_store.close(db, first, "owner")
        assert vote_store.create(db, "3", "a", "owner", "?", ["a", "b"])


async def test_totals_are_coalesced_and_end_with_the_last_state(server: Server) -> None:
    async with python(server.url) as one, python(server.url) as watching:
        code = await new_poll(one)
        await watch(watching, code)
        loop = asyncio.get_running_loop()
        began = loop.time()
        for turn in range(1, 301):
            await one.client.emit("cast", {"code": code, "option": turn % 2, "turn": turn})
        heard = 1
        while (await watching.event("totals"))["version"] < 300:
            heard += 1
        assert heard <= (loop.time() - began) / WAITS["totals_s"][0] + 2
        assert heard < 300


async def insistent(server: Server, token: str, code: str, choices: list[int]) -> None:
    """Vote, and change the vote, until each choice is acknowledged, through every crash."""
    turn = 0
    while turn < len(choices):
        with contextlib.suppress(Exception):
            async with python(server.url, {"voter": token}) as one:
                while turn < len(choices):
                    asked = {"code": code, "option": choices[turn], "turn": turn + 1}
                    await one.client.emit("cast", asked)  # a duplicate; its answer is not awaited
                    answer = await one.client.call("cast", asked, timeout=2)
                    assert answer["ok"], answer
                    turn += 1
        await asyncio.sleep(0.02)  # between two attempts


@pytest.mark.thorough
async def test_200_voters_and_two_kills() -> None:
    """Duplicates, changes and retries, while the server is killed twice: the totals are exact."""
    chance = random.Random(9)
    choices = {voter(): [chance.randrange(3) for _ in range(3)] for _ in range(200)}

    with Server("vote", NO_LIMIT) as server:
        server.start()
        async with python(server.url) as owner:
            code = await new_poll(owner, "A", "B", "C")
        voting = [
            asyncio.create_task(insistent(server, token, code, wanted))
            for token, wanted in choices.items()
        ]
        for done in (60, 130):
            await some_of(voting, done)
            server.kill()
            await asyncio.to_thread(server.restart)
        await asyncio.gather(*voting)
        async with official(server.url, transports=["websocket"]) as one:
            poll = await watch(one, code)
        last = [wanted[-1] for wanted in choices.values()]
        assert poll["totals"] == [last.count(option) for option in range(3)]
        assert poll["voters"] == 200


async def some_of(tasks: list[asyncio.Task[None]], count: int) -> None:
    """Wait until `count` of the tasks are done."""
    waiting = set(tasks)
    while len(tasks) - len(waiting) < count:
        _, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)


async def test_a_page_of_another_origin_is_refused(server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        for transport in ("polling", "websocket"):
            url = f"{server.url}socket.io/?EIO=4&transport={transport}"
            headers = {"Origin": "https://example.com"}
            if transport == "websocket":
                headers |= {
                    "Connection": "Upgrade",
                    "Upgrade": "websocket",
                    "Sec-WebSocket-Version": "13",
                    "Sec-WebSocket-Key": "x" * 22 + "==",
                }
            async with session.get(url, headers=headers) as response:
                assert response.status == 400
                assert "not an accepted origin" in await response.text()
            headers["Origin"] = server.url.rstrip("/")
            async with session.get(url, headers=headers) as response:
                assert response.status in (200, 101)
                response.close()


async def test_the_page_and_the_end(server: Server) -> None:
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.url}healthz") as response:
            assert (await response.json())["server"] == "vote"
        async with session.get(server.page_url) as response:
            assert "script-src 'self'" in response.headers["Content-Security-Policy"]
        async with session.post(server.page_url) as response:
            assert response.status == 405
    with Server("vote") as ending:
        ending.start()
        async with aiohttp.ClientSession() as session:
            url = f"{ending.url}socket.io/?EIO=4&transport=websocket"
            async with session.ws_connect(url) as ws:
                await ws.receive_str(timeout=DEADLINE_S)
                await asyncio.to_thread(ending.stop)
                assert (await ws.receive(timeout=DEADLINE_S)).data == 1001

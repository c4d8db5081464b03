"""socketio_chat from outside: its events and errors, with the official client and Python's."""

import asyncio
import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from helpers.launcher import Server
from helpers.servers.socketio_chat.server import flags, main
from helpers.serving import program
from helpers.serving.chat import store as chat_store
from tests.servers.chat_client import DEADLINE_S, fresh
from tests.servers.socketio_client import Python, official, python

NO_LIMIT = ("--burst=1000000", "--rate=1000000")
TRANSPORTS = (["polling"], ["polling", "websocket"], ["websocket"])


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("socketio_chat", (*NO_LIMIT, "--leave-s=0.2")) as server:
        server.start()
        yield server


async def welcome(one: Python) -> dict[str, object]:
    came: dict[str, object] = await one.event("welcome")
    return came


@pytest.mark.parametrize("transports", TRANSPORTS, ids="-".join)
async def test_the_official_client_by_each_transport(
    server: Server, transports: list[str]
) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    async with (
        python(server.url, {"name": alice}) as a,
        official(server.url, transports=transports, auth={"name": bob}) as b,
    ):
        assert await b.until("opened") == transports[:1]
        if len(transports) > 1:
            assert await b.until("upgraded") == ["websocket"]
        assert {alice, bob} <= set((await b.event("welcome"))["people"])
        assert await a.event("joined") == {"name": bob}
        ack = await b.call("say", {"id": "1", "text": "Hé ☺"})
        assert ack.keys() == {"ok", "seq", "at"}
        said = await a.event("message")
        assert said == {
            "seq": ack["seq"],
            "id": "1",
            "at": ack["at"],
            "from": bob,
            "text": "Hé ☺",
        }
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["at"])
        assert await b.call("say", {"id": "1", "text": "Hé ☺"}) == ack
        await a.call("typing", {"on": True})
        assert await b.event("typing") == {"name": alice, "on": True}
        await a.call("say", {"id": "1", "text": "Hello"})
        assert await b.event("typing") == {"name": alice, "on": False}
        assert (await b.event("message"))["from"] == alice
        page = await b.call("history", {"before": 2**53 - 1})
        assert [m["text"] for m in page["messages"]][-2:] == ["Hé ☺", "Hello"]
        assert b.seen("event", "message") == [], "one's own, or one twice"
        b.disconnect()
        assert await a.event("left") == {"name": bob}


async def test_a_private_message_is_seen_by_two_alone(server: Server) -> None:
    alice, bob, carol = fresh("Alice"), fresh("Bob"), fresh("Carol")

    async with (
        python(server.url, {"name": alice}) as a,
        python(server.url, {"name": bob}) as b,
        python(server.url, {"name": carol}) as c,
    ):
        ack = await a.call("say", {"id": "p", "text": "between us", "to": bob.upper()})
        assert (await b.event("message")) | {"to": bob, "seq": ack["seq"]} == {
            "seq": ack["seq"],
            "id": "p",
            "at": ack["at"],
            "from": alice,
            "text": "between us",
            "to": bob,
        }
        await a.call("say", {"id": "q", "text": "to all"})
        assert (await c.event("message"))["text"] == "to all"
        texts = [m["text"] for m in (await c.call("history", {"before": 2**53 - 1}))["messages"]]
        assert "between us" not in texts
        nobody = await a.call("say", {"id": "r", "text": "?", "to": "nobody"})
        assert nobody["code"] == "no_such_person"


@pytest.mark.parametrize(
    ("auth", "code"),
    [
        ({}, "bad_field"),
        ({"name": 7}, "bad_field"),
        ({"name": "A", "colour": "red"}, "bad_field"),
        ({"name": " "}, "bad_name"),
        ({"name": "x" * 25}, "bad_name"),
        ({"name": "A", "token": "guessed"}, "bad_token"),
        (["A"], "bad_message"),
    ],
)
async def test_a_refused_client_hears_why(server: Server, auth: object, code: str) -> None:
    async with python(server.url, auth) as one:
        assert one.refused["message"] == code
        assert one.refused["data"]["code"] == code
        assert one.refused["data"]["text"]


async def test_a_name_is_taken_once_and_the_token_gets_it_back(server: Server) -> None:
    name = fresh("Alice")

    async with python(server.url, {"name": name}) as first:
        known = await welcome(first)
        async with official(
            server.url, auth={"name": name.upper()}, transports=["websocket"]
        ) as other:
            message, data = await other.until("refused")
            assert (message, data["code"]) == ("name_taken", "name_taken")
        again = {"name": name, "token": known["token"], "after": 0}
        async with python(server.url, again) as second:
            assert await first.event("elsewhere") == {}
            await asyncio.wait_for(first.over.wait(), 20)
            assert (await welcome(second))["token"] == known["token"]
            assert (await second.call("say", {"id": "1", "text": "here"}))["ok"]


async def test_nothing_is_missed_and_nothing_arrives_twice_after_coming_back(
    server: Server,
) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    async with python(server.url, {"name": alice}) as a:
        async with python(server.url, {"name": bob}) as b:
            token = (await welcome(b))["token"]
            seq = (await a.call("say", {"id": "0", "text": "0"}))["seq"]
            assert (await b.event("message"))["seq"] == seq
            assert b.client.eio.ws is not None
            await b.client.eio.ws.close()  # without a goodbye, so that it counts as lost
            for n in range(1, 451):
                await a.call("say", {"id": f"{n}", "text": f"{n}"})
        back = {"name": bob, "token": token, "after": seq}
        async with python(server.url, back) as b:
            page = await b.event("welcome")
            texts = [m["text"] for m in page["messages"]]
            while page["more"]:
                assert (await a.call("say", {"id": f"m{len(texts)}", "text": "meanwhile"}))["ok"]
                page = await b.call("catch_up", {"after": page["messages"][-1]["seq"]})
                texts += [m["text"] for m in page["messages"]]
            assert [t for t in texts if t != "meanwhile"] == [f"{n}" for n in range(1, 451)]
            await a.call("say", {"id": "end", "text": "end"})
            assert (await b.event("message"))["text"] == "end"
            assert texts.count("meanwhile") == 2


@pytest.mark.parametrize(
    ("event", "argument", "code"),
    [
        ("dance", {}, "unknown_event"),
        ("say", "hello", "bad_message"),
        ("say", ["hello"], "bad_message"),
        ("say", {"id": "1"}, "bad_field"),
        ("say", {"id": 1, "text": "x"}, "bad_field"),
        ("say", {"id": "1", "text": "x", "colour": "red"}, "bad_field"),
        ("say", {"id": "1", "text": " \n"}, "bad_field"),
        ("say", {"id": "", "text": "x"}, "bad_field"),
        ("say", {"id": "1", "text": "x" * 4001}, "too_long"),
        ("say", {"id": "1", "text": "\ud800"}, "bad_field"),
        ("typing", {"on": 1}, "bad_field"),
        ("history", {"before": -1}, "bad_field"),
        ("catch_up", {"after": 1.5}, "bad_field"),
    ],
)
async def test_bad_input_gets_a_code_and_costs_nothing(
    server: Server, event: str, argument: object, code: str
) -> None:
    async with python(server.url, {"name": fresh("Alice")}) as one:
        answer = await one.call(event, argument)
        assert (answer["ok"], answer["code"]) == (False, code)
        assert answer["text"]
        assert (await one.call("say", {"id": "1", "text": "still here"}))["ok"]


async def test_a_client_that_says_too_much_waits_and_then_is_dropped() -> None:
    with Server("socketio_chat", ("--burst=5", "--rate=0.001")) as server:
        server.start()
        async with (
            python(server.url, {"name": "Alice"}) as a,
            python(server.url, {"name": "Bob"}) as b,
        ):
            for n in range(5):
                assert (await a.call("say", {"id": f"{n}", "text": "x"}))["ok"]
            assert (await a.call("say", {"id": "6", "text": "x"}))["code"] == "too_fast"
            for _ in range(520):
                await a.client.emit("typing", {"on": True})
            await asyncio.wait_for(a.over.wait(), 20)
            assert (await b.call("say", {"id": "1", "text": "I may"}))["ok"]


async def test_messages_and_tokens_outlive_kill_9() -> None:
    with Server("socketio_chat", ("--leave-s=0.2",)) as server:
        server.start()
        async with official(
            server.url, auth={"name": "Alice"}, transports=["websocket"], reconnectionDelay=50
        ) as a:
            ack = await a.call("say", {"id": "1", "text": "before"})
            token = (await a.event("welcome"))["token"]
            server.kill()
            assert await a.until("disconnected") == ["transport close"]
            server.restart()
            # Its auth has no token, and its name is held for whoever has one.
            assert (await a.until("refused", "name_taken"))[0]["code"] == "name_taken"
            async with python(server.url, {"name": "Alice", "token": token}) as again:
                messages = (await again.event("welcome"))["messages"]
                assert [m["seq"] for m in messages] == [ack["seq"]]
                assert await again.call("say", {"id": "1", "text": "before"}) == ack


@contextlib.asynccontextmanager
async def in_this_process(folder: Path) -> AsyncIterator[str]:
    """Run the server in this process, where a test can spoil its disk."""
    stop = asyncio.Event()
    options = flags().parse_args([f"--data={folder}", "--leave-s=0.1"])
    with program.listen("127.0.0.1", 0) as listener:
        task = asyncio.create_task(main(options, listener, stop))
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            stop.set()
            await asyncio.wait_for(task, DEADLINE_S)


async def test_a_welcome_that_fails_ends_the_connection_and_frees_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*work: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async with in_this_process(tmp_path) as url:
        with monkeypatch.context() as patch:
            patch.setattr(chat_store, "first_page", full)
            async with python(url, {"name": "Alice"}) as one:
                await asyncio.wait_for(one.over.wait(), DEADLINE_S)
        async with python(url, {"name": "Alice"}) as one:
            assert (await one.event("welcome"))["people"] == ["Alice"]


async def test_one_connection_has_one_name(server: Server) -> None:
    """Nobody hears of the names in events that only the library may call."""
    ghost, alice = fresh("Ghost"), fresh("Alice")

    async with python(server.url, {"name": alice}) as a, python(server.url, {"name": ghost}) as b:
        assert await a.event("joined") == {"name": ghost}
        for event in ("connect", "disconnect", "*"):
            await b.client.emit(event, ({}, {"name": fresh("Ghost")}))
        await b.call("typing", {"on": True})
        assert await a.event("typing") == {"name": ghost, "on": True}
        assert a.pending() == []
        await b.call("say", {"id": "1", "text": "still one of us"})
        assert (await a.event("message"))["from"] == ghost

"""The chat server, from outside: every message and every error, over real connections."""

import asyncio
import contextlib
import json
import re
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from helpers.launcher import Server
from helpers.servers.chat import server as chat
from tests.servers.chat_client import Client, client, fresh, members

NO_LIMIT = ("--burst=1000000", "--rate=1000000")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("chat", NO_LIMIT) as server:
        server.start()
        yield server


async def test_join_say_leave(server: Server) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    async with client(server.url) as a:
        welcome = await a.join(alice)
        assert set(welcome) == {
            "type",
            "name",
            "token",
            "people",
            "messages",
            "more",
            "older",
        }
        assert welcome["name"] == alice
        assert alice in welcome["people"]
        async with client(server.url) as b:
            assert {alice, bob} <= set((await b.join(bob))["people"])
            assert await a.until("joined") == {"type": "joined", "name": bob}
            ack = await a.say("a1", "Hello, Bob")
            said = await b.until("message")
            assert await a.until("message") == said
            assert said == {
                "type": "message",
                "seq": ack["seq"],
                "id": "a1",
                "at": ack["at"],
                "from": alice,
                "text": "Hello, Bob",
            }
            assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", said["at"])
        assert await a.until("left") == {"type": "left", "name": bob}


async def test_a_newcomer_sees_the_last_50_and_can_ask_for_older_ones(server: Server) -> None:
    async with members(server.url, fresh("Alice")) as (a,):
        seqs = [(await a.say(f"{n}", f"text {n}"))["seq"] for n in range(70)]
        assert seqs == sorted(set(seqs))
        async with client(server.url) as b:
            welcome = await b.join(fresh("Bob"))
            assert [m["seq"] for m in welcome["messages"]] == seqs[20:]
            assert welcome["older"]
            assert not welcome["more"]
            await b.send("history", before=seqs[20])
            older = (await b.until("history"))["messages"]
            assert [m["seq"] for m in older][-20:] == seqs[:20]
            await b.send("history", before=1)
            end = {"type": "history", "messages": [], "older": False}
            assert await b.until("history") == end


async def test_a_private_message_is_seen_by_two_alone(server: Server) -> None:
    alice, bob, carol = fresh("Alice"), fresh("Bob"), fresh("Carol")

    async with members(server.url, alice, bob, carol) as (a, b, c):
        ack = await a.say("p", "between us", to=bob.upper())
        assert (await b.until("message"))["to"] == bob
        assert (await a.until("message"))["seq"] == ack["seq"]
        await a.say("q", "to all")
        assert await c.texts() == ["to all"]
        for who, sees in [(a, True), (b, True), (c, False)]:
            await who.send("history", before=ack["seq"] + 1)
            shown = (await who.until("history"))["messages"]
            assert (ack["seq"] in [m["seq"] for m in shown]) is sees
    async with client(server.url) as later:
        shown = (await later.join(fresh("Dave")))["messages"]
        assert "to all" in [m["text"] for m in shown]
        assert "between us" not in [m["text"] for m in shown]


async def test_private_messages_belong_to_a_person_not_to_a_name(server: Server) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    async with members(server.url, alice) as (a,):
        async with client(server.url) as b:
            token = (await b.join(bob))["token"]
            seq = (await a.say("p", "for the first Bob", to=bob))["seq"]
        await a.until("left", name=bob)
        async with client(server.url) as other:
            welcome = await other.join(bob)
            assert seq not in [m["seq"] for m in welcome["messages"]]
        await a.until("left", name=bob)
        async with client(server.url) as b:
            back = await b.join(bob, token=token, after=seq - 1)
            assert [m["seq"] for m in back["messages"]] == [seq]


async def test_typing_is_told_to_the_others_and_ends_with_a_message(server: Server) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    async with members(server.url, alice, bob) as (a, b):
        await a.send("typing", on=True)
        await a.send("typing", on=True)  # renewed: nobody is told again
        assert await b.until("typing") == {"type": "typing", "name": alice, "on": True}
        await a.say("1", "done")
        assert [(m["type"], m.get("on")) for m in await b.settled()][:3] == [
            ("typing", True),
            ("typing", False),
            ("message", None),
        ]
        await a.send("typing", on=True)
        await a.send("typing", on=False)
        await b.until("typing", on=True)
        await b.until("typing", on=False)
        assert "typing" not in [m["type"] for m in await a.settled()]


async def test_typing_ends_by_itself_and_a_lost_connection_keeps_its_name_for_a_while() -> None:
    with Server("chat", ("--typing-s=0.2", "--return-s=0.3")) as server:
        server.start()
        async with members(server.url, "Alice", "Bob", "Carol") as (a, b, c):
            start = time.monotonic()
            await a.send("typing", on=True)
            await b.until("typing", name="Alice", on=True)
            await b.until("typing", name="Alice", on=False)
            assert time.monotonic() - start > 0.19
            start = time.monotonic()
            c.cut()
            await b.until("left", name="Carol")
            assert time.monotonic() - start > 0.29


@pytest.mark.parametrize("again", [str.upper, str.lower, "  {}  ".format])
async def test_a_name_is_taken_however_it_is_written(server: Server, again: type[str]) -> None:
    name = fresh("Straße")

    async with members(server.url, name), client(server.url) as other:
        await other.send("join", name=again(name))
        assert await other.code() == "name_taken"
        await other.join(fresh("Bob"))  # and another name will do


BAD_NAMES = ["", " \\t ", "a\\u202eb", "a\\u0000b", "a\\u200bb", "\\u200d", "x" * 25]
BEFORE_JOIN: list[tuple[str | bytes, str]] = [
    ("not json", "bad_json"),
    (b'{"type":"typing","on":true}', "bad_json"),
    ("", "bad_json"),
    ("[" * 60_000, "bad_json"),
    ("9" * 5_000, "bad_json"),
    ("[1]", "bad_message"),
    ("7", "bad_message"),
    ("null", "bad_message"),
    ("NaN", "bad_message"),
    ("{}", "unknown_type"),
    ('{"type":"fly"}', "unknown_type"),
    ('{"type":[]}', "unknown_type"),
    ('{"type":"join"}', "bad_field"),
    ('{"type":"join","name":1}', "bad_field"),
    ('{"type":"join","name":"x","hat":1}', "bad_field"),
    ('{"type":"join","name":"x","token":"y","after":1.5}', "bad_field"),
    ('{"type":"join","name":"x","token":"y","after":-1}', "bad_field"),
    ('{"type":"join","name":"x","token":"y","after":1e999}', "bad_field"),
    (f'{{"type":"join","name":"x","token":"y","after":{2**70}}}', "bad_field"),
    ('{"type":"join","name":"\\ud800"}', "bad_field"),
    ('{"type":"join","name":"x","token":"wrong"}', "bad_token"),
    ('{"type":"say","id":"1","text":"x"}', "not_joined"),
    ('{"type":"typing","on":true}', "not_joined"),
    ('{"type":"catch_up","after":0}', "not_joined"),
    ('{"type":"history","before":0}', "not_joined"),
    ("x" * 2**20, "too_long"),
]
BEFORE_JOIN += [(f'{{"type":"join","name":"{name}"}}', "bad_name") for name in BAD_NAMES]
SAY: dict[str, object] = {"type": "say", "id": "1", "text": "x"}
AFTER_JOIN: list[tuple[dict[str, object], str]] = [
    ({"type": "join", "name": "y"}, "already_joined"),
    ({"type": "welcome"}, "unknown_type"),
    (SAY | {"to": "Nobody"}, "no_such_person"),
    (SAY | {"to": 7}, "bad_field"),
    (SAY | {"text": ""}, "bad_field"),
    (SAY | {"text": " \n"}, "bad_field"),
    (SAY | {"text": None}, "bad_field"),
    (SAY | {"text": "\ud800"}, "bad_field"),
    (SAY | {"id": ""}, "bad_field"),
    (SAY | {"id": "i" * 65}, "bad_field"),
    (SAY | {"id": 1}, "bad_field"),
    (SAY | {"seq": 1}, "bad_field"),
    (SAY | {"text": "x" * 4_001}, "too_long"),
    (SAY | {"text": "x" * 2**20}, "too_long"),
    ({"type": "typing", "on": 1}, "bad_field"),
    ({"type": "typing"}, "bad_field"),
    ({"type": "catch_up", "after": True}, "bad_field"),
    ({"type": "history"}, "bad_field"),
]


async def test_what_is_wrong_before_joining_gets_its_code(server: Server) -> None:
    async with client(server.url) as a:
        for raw, code in BEFORE_JOIN:
            await a.raw(raw)
            error = await a.next()
            assert (error["type"], error.get("code")) == ("error", code), raw[:80]
            assert len(error["text"]) < 200
        await a.join(fresh("Alice"))


async def test_what_is_wrong_after_joining_gets_its_code_and_disturbs_nobody(
    server: Server,
) -> None:
    async with members(server.url, fresh("Alice"), fresh("Bob")) as (a, b):
        for message, code in AFTER_JOIN:
            await a.raw(json.dumps(message))
            error = await a.next()
            assert (error["type"], error.get("code")) == ("error", code), str(message)[:80]
        await a.send("say", id="mine", text="x" * 4_001)
        assert (await a.until("error"))["id"] == "mine"
        assert await b.settled() == b.received[-1:]  # only the answer to its own question


async def test_the_longest_text_and_every_sign_arrive_as_they_were(server: Server) -> None:
    texts = ["🌍" * 4_000, "<b>&amp;</b>\0\u2028\x7f", "עברית \u200d e\u0301", " a\n b "]

    async with members(server.url, fresh("Alice"), fresh("Bob")) as (a, b):
        for text in texts:
            await a.say(text[:3], text)
        assert await b.texts() == texts


async def test_a_huge_message_closes_with_1009(server: Server) -> None:
    async with client(server.url) as a:
        with contextlib.suppress(ConnectionClosed):  # before all of it is sent
            await a.raw("x" * (2**21 + 1))
        assert await a.close_code() == 1009


async def test_a_retry_is_the_same_message(server: Server) -> None:
    async with members(server.url, fresh("Alice"), fresh("Bob")) as (a, b):
        first = await a.say("same", "once")
        assert await a.say("same", "once again") == first
        await b.say("same", "ids are each author's own")
        assert await b.texts() == ["once", "ids are each author's own"]
        assert await a.texts() == ["once", "ids are each author's own"]


async def test_an_end_without_a_code_is_not_a_goodbye(server: Server) -> None:
    """JupyterLab's proxy takes the code off every close frame, also that of a reload."""
    alice, bob = fresh("Alice"), fresh("Bob")
    async with members(server.url, alice, bob) as (a, b):
        b.websocket.protocol.send_close()  # an empty close frame
        b.websocket.transport.write(b"".join(b.websocket.protocol.data_to_send()))
        await b.websocket.wait_closed()
        async with client(server.url) as another:
            await another.send("join", name=bob)
            assert await another.code() == "name_taken"
        assert all(message["type"] != "left" for message in await a.settled())


async def test_back_after_a_cut_with_nothing_lost_and_nothing_twice(server: Server) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    async def talk(a: Client, count: int) -> None:
        for number in range(count):
            await a.say(f"l{number}", f"live {number}")

    async with members(server.url, alice) as (a,):
        async with client(server.url) as b:
            token = (await b.join(bob))["token"]
            last = (await a.say("0", "seen"))["seq"]
            await b.until("message", text="seen")
            b.cut()
        for number in range(450):  # all at once: acknowledged further down
            await a.send("say", id=f"m{number}", text=f"missed {number}")
        for number in range(450):
            await a.until("ack", id=f"m{number}")
        async with client(server.url) as b:
            page = await b.join(bob, token=token, after=last)
            seen = list(page["messages"])
            assert len(seen) == 200
            talking = asyncio.create_task(talk(a, 30))
            while page["more"]:
                await b.send("catch_up", after=seen[-1]["seq"])
                page = await b.until("messages")
                seen += page["messages"]
            await talking
            live = [m for m in await b.settled() if m["type"] == "message"]
            wanted = [f"missed {n}" for n in range(450)] + [f"live {n}" for n in range(30)]
            assert [m["text"] for m in seen + live] == wanted
        noise = [m for m in a.received if m["type"] in ("joined", "left")]
        assert [m["type"] for m in noise] == ["joined"]  # of Bob, the first time


@pytest.mark.parametrize("sign", ["🌍", "\0"], ids=ascii)
async def test_pages_of_the_longest_texts_fit_what_clients_take(server: Server, sign: str) -> None:
    alice = fresh("Alice")

    async with client(server.url) as a:
        token = (await a.join(alice))["token"]
        seqs = [(await a.say(f"{n}", sign * 4_000))["seq"] for n in range(60)]
        async with client(server.url, max_size=2**20) as back:
            page = await back.join(alice, token=token, after=seqs[0] - 1)
            seen = list(page["messages"])
            while page["more"]:
                await back.send("catch_up", after=seen[-1]["seq"])
                page = await back.until("messages")
                seen += page["messages"]
            assert [m["seq"] for m in seen] == seqs
            first = seqs[-1] + 1
            while first > seqs[0]:  # and the same backwards
                await back.send("history", before=first)
                page = await back.until("history")
                assert page["messages"][-1]["seq"] == first - 1
                first = page["messages"][0]["seq"]


async def test_a_newer_connection_takes_over(server: Server) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    async with members(server.url, bob) as (b,), client(server.url) as old:
        token = (await old.join(alice))["token"]
        await b.until("joined")
        async with client(server.url) as new:
            welcome = await new.join(alice.lower(), token=token)
            assert welcome["name"] == alice
            assert welcome["token"] == token
            assert await old.until("closed") == {
                "type": "closed",
                "code": "elsewhere",
                "text": "you are connected elsewhere",
            }
            assert await old.close_code() == 4001
            await b.say("1", "still here?", to=alice)
            await new.until("message", text="still here?")
            assert not {"joined", "left"} & {m["type"] for m in b.received[1:]}
        await b.until("left", name=alice)


async def test_one_token_on_two_connections_at_once_lets_the_later_one_in(server: Server) -> None:
    alice = fresh("Alice")
    async with client(server.url) as first:
        token = (await first.join(alice))["token"]
    async with client(server.url) as a, client(server.url) as b:
        for each in (a, b):
            await each.send("join", name=alice, token=token)
        for each in (a, b):
            assert (await each.until("welcome"))["token"] == token
        assert await a.close_code() == 4001
        await b.say("1", "still here")


async def test_a_token_goes_with_its_name(server: Server) -> None:
    async with client(server.url) as a, client(server.url) as other:
        token = (await a.join(fresh("Alice")))["token"]
        await other.send("join", name=fresh("Bob"), token=token)
        assert await other.code() == "bad_token"


async def test_a_foreign_page_is_refused_with_403(server: Server) -> None:
    with pytest.raises(InvalidStatus) as refused:
        async with client(server.url, origin="http://evil.test"):
            pass
    assert refused.value.response.status_code == 403
    async with client(server.url, origin=server.page_url.rstrip("/")) as own:
        await own.join(fresh("Alice"))


async def test_too_fast_is_refused_and_whoever_goes_on_is_closed_with_1008() -> None:
    with Server("chat", ("--burst=12", "--rate=0.001")) as server:
        server.start()
        url = server.url
        async with members(url, "Bob") as (b,), client(url) as a:
            await a.join("Alice")
            for number in range(60):
                await a.send("say", id=f"{number}", text=f"{number}")
            assert await a.code() == "too_fast"
            for number in range(9):  # those before it are acknowledged, sooner or later
                if not any(m.get("id") == f"{number}" for m in a.received if m["type"] == "ack"):
                    await a.until("ack", id=f"{number}")
            async with client(url) as c:
                with contextlib.suppress(ConnectionClosed):
                    for _ in range(5_000):  # it sends on while it is closed
                        await c.raw("x")
                assert await c.close_code() == 1008
                assert c.received[-1]["type"] == "closed"
                assert c.received[-1]["code"] == "too_fast"
            await b.say("b", "undisturbed")


def test_the_waits_are_as_the_protocol_says() -> None:
    waits = chat.flags().parse_args([])
    assert (waits.return_s, waits.typing_s, waits.hold_s) == (5, 5, 10)


async def test_a_name_that_is_held_after_a_restart_is_free_in_the_end() -> None:
    with Server("chat", ("--hold-s=0.1",)) as server:
        server.start()
        async with members(server.url, "Alice"):
            await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.restart)
        async with client(server.url) as b, client(server.url) as other:
            if "Alice" in (await b.join("Bob"))["people"]:
                await b.until("left", name="Alice")
            assert (await other.join("Alice"))["people"] == ["Alice", "Bob"]


async def test_the_end_closes_with_1001_and_a_restart_holds_names() -> None:
    with Server("chat") as server:
        server.start()
        async with client(server.url) as a, client(server.url) as b:
            token = (await a.join("Alice"))["token"]
            await b.join("Bob")
            seq = (await b.say("1", "before the end"))["seq"]
            await asyncio.to_thread(server.stop)
            assert await a.close_code() == 1001
            assert await b.close_code() == 1001
        await asyncio.to_thread(server.restart)
        async with client(server.url) as thief, client(server.url) as a:
            await thief.send("join", name="alice")
            assert await thief.code() == "name_taken"
            welcome = await a.join("Alice", token=token, after=seq - 1)
            assert [m["text"] for m in welcome["messages"]] == ["before the end"]
            assert welcome["people"] == ["Alice", "Bob"]

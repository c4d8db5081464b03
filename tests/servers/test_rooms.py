"""rooms from outside: people in several tabs and browsers, with both client libraries."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from helpers.launcher import Server
from tests.servers.chat_client import fresh
from tests.servers.rooms_client import PASSWORD, ask, official_tab, sign_in, sign_up, tab
from tests.servers.socketio_client import Python

NO_LIMIT = ("--burst=1000000", "--rate=1000000")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("rooms", (*NO_LIMIT, "--online-s=0.1", "--rooms-s=0.05")) as server:
        server.start()
        yield server


@pytest.fixture(scope="module")
def mallory(server: Server) -> str:
    return asyncio.run(sign_up(server.url, fresh("Mallory")))


async def event_where(one: Python, event: str, **fields: object) -> Any:
    """Wait for an event with these fields; forget those before it."""
    while True:
        about = await one.event(event)
        if fields.items() <= about.items():
            return about


async def test_five_tabs_in_three_sessions(server: Server) -> None:
    alice, bob, room = fresh("Alice"), fresh("Bob"), fresh("Tea")
    url = server.url

    at_home = await sign_up(url, alice)
    at_work, bobs = await sign_in(url, alice.upper()), await sign_up(url, bob)
    async with (
        tab(url, at_home) as a1,
        official_tab(url, at_home) as a2,  # by polling, then upgraded
        tab(url, at_work, ("polling",)) as a3,
        tab(url, bobs) as b1,
        official_tab(url, bobs, "websocket") as b2,
    ):
        assert (await a1.event("welcome"))["name"] == alice
        assert (await a2.event("welcome"))["joined"] == []
        for one in (a3, b1, b2):
            await one.event("welcome")
        made = await a1.call("create", {"room": room})
        assert made["members"] == made["online"] == [alice]
        for other in (a2, a3):
            assert await other.event("joined") == {"room": room, "name": alice}
        while {"name": room, "owner": alice, "members": 1} not in (await b1.event("rooms"))[
            "rooms"
        ]:
            pass
        joined = await b2.call("join", {"room": room.lower()})
        assert joined["members"] == joined["online"] == [alice, bob], "people, not tabs"
        for other in (a1, a3, b1):
            assert await event_where(other, "joined", name=bob) == {"room": room, "name": bob}
        a1.pending()
        said = await a1.call("say", {"room": room, "id": "1", "text": "Hé ☺"})
        expected = {
            "room": room,
            "seq": said["seq"],
            "id": "1",
            "at": said["at"],
            "from": alice,
            "text": "Hé ☺",
        }
        for one in (a2, a3, b1, b2):  # her own other tabs as well
            assert await one.event("message") == expected
        assert "message" not in dict(a1.pending()), "this tab has the acknowledgement"

        out = await ask(url, "sign-out", {}, at_home)
        assert (out.status, out.cookie["value"]) == (200, "")
        assert await a1.event("signed_out") == {"why": "signed_out"}
        assert await a2.event("signed_out") == {"why": "signed_out"}
        await asyncio.wait_for(a1.over.wait(), 20)
        assert await a2.until("disconnected") == ["io server disconnect"]
        again = await a3.call("join", {"room": room})
        assert again["online"] == [alice, bob], "she is online in another browser"
        assert (await ask(url, "me", cookie=at_home)).status == 401
        assert (await ask(url, "me", cookie=at_work)).said == {"name": alice}

        await ask(url, "sign-out", {"everywhere": True}, at_work)
        assert await a3.event("signed_out") == {"why": "signed_out"}
        assert await event_where(b1, "online", names=[bob]) == {"room": room, "names": [bob]}
        assert (await b1.call("join", {"room": room}))["members"] == [alice, bob]


async def test_a_reload_keeps_session_and_rooms(server: Server) -> None:
    alice, bob, room = fresh("Alice"), fresh("Bob"), fresh("Tea")

    cookie = await sign_up(server.url, alice)
    async with tab(server.url, await sign_up(server.url, bob)) as b:
        async with tab(server.url, cookie) as a:
            await a.call("create", {"room": room})
            await b.call("join", {"room": room})
            await event_where(b, "online", names=[alice, bob])
            await a.call("say", {"room": room, "id": "1", "text": "before"})
        async with tab(server.url, cookie) as a:
            welcome = await a.event("welcome")
            assert (welcome["name"], welcome["joined"]) == (alice, [room])
            await b.call("say", {"room": room, "id": "1", "text": "after"})
            b.pending()  # forget who was online during the reload
            assert (await a.event("message"))["text"] == "after", "without joining again"
            page = await a.call("join", {"room": room})
            assert [m["text"] for m in page["messages"]] == ["before", "after"]
            assert (page["members"], page["older"]) == ([alice, bob], False)
        await event_where(b, "online", names=[bob])


async def test_expiry_ends_every_tab_at_once(server: Server, mallory: str) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with official_tab(server.url, mallory, "websocket") as one:
        await one.event("welcome")
    session_s = 1 + 4 * (loop.time() - began)  # time to connect, on a busy machine too
    with Server("rooms", (f"--session-s={session_s}",)) as hasty:
        await asyncio.to_thread(hasty.start)
        await see_a_session_expire(hasty.url)


async def see_a_session_expire(url: str) -> None:
    cookie = await sign_up(url, "Alice")
    async with tab(url, cookie) as a, official_tab(url, cookie, "websocket") as b:
        assert (await a.event("welcome"))["name"] == "Alice"
        assert await a.event("signed_out") == {"why": "expired"}
        assert await b.event("signed_out") == {"why": "expired"}
        await asyncio.wait_for(a.over.wait(), 20)
        await b.until("disconnected")
    assert (await ask(url, "me", cookie=cookie)).said["code"] == "not_signed_in"
    async with tab(url, cookie) as late:
        assert late.refused["message"] == "not_signed_in"
    assert (await ask(url, "sign-out", {"everywhere": True}, cookie)).status == 200


async def test_another_sign_in_of_the_same_browser_ends_its_session(server: Server) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    cookie = await sign_up(server.url, alice)
    async with tab(server.url, cookie) as a:
        await a.event("welcome")
        fields = {"name": bob, "password": PASSWORD}
        await ask(server.url, "sign-up", fields, cookie)
        assert await a.event("signed_out") == {"why": "replaced"}
    assert (await ask(server.url, "me", cookie=cookie)).status == 401


async def test_only_members_may_act_in_a_room(server: Server) -> None:
    alice, mallory, room = fresh("Alice"), fresh("Mallory"), fresh("Tea")

    async with (
        tab(server.url, await sign_up(server.url, alice)) as a,
        tab(server.url, await sign_up(server.url, mallory)) as m,
    ):
        await a.call("create", {"room": room})
        intrusions: list[tuple[str, dict[str, object]]] = [
            ("say", {"room": room, "id": "1", "text": "let me in"}),
            ("typing", {"room": room, "on": True}),
            ("history", {"room": room, "before": 2**53 - 1}),
            ("leave", {"room": room}),
        ]
        for event, fields in intrusions:
            answer = await m.call(event, fields)
            assert (answer["ok"], answer["code"]) == (False, "not_a_member"), event
        assert (await m.call("close", {"room": room}))["code"] == "not_owner"
        assert (await m.call("join", {"room": room}))["ok"]
        assert (await m.call("leave", {"room": room}))["ok"]
        assert await event_where(a, "left") == {"room": room, "name": mallory}
        a.pending()
        m.pending()
        for event, fields in intrusions:
            assert (await m.call(event, fields))["code"] == "not_a_member", event
        await a.call("say", {"room": room, "id": "2", "text": "she is gone"})
        await m.call("rooms", {})  # what the server sent her before has arrived
        assert {name for name, _ in m.pending()} <= {"rooms", "online"}
        assert "message" not in dict(a.pending())
        nowhere = await a.call("say", {"room": "nowhere", "id": "3", "text": "?"})
        assert nowhere["code"] == "no_such_room"


async def test_only_the_owner_closes_a_room_and_nothing_is_left(server: Server) -> None:
    alice, bob, room = fresh("Alice"), fresh("Bob"), fresh("Tea")

    bobs = await sign_up(server.url, bob)
    async with (
        tab(server.url, await sign_up(server.url, alice)) as a,
        tab(server.url, bobs) as b1,
        tab(server.url, bobs) as b2,
    ):
        await a.call("create", {"room": room})
        assert (await b1.call("create", {"room": room.upper()}))["code"] == "room_taken"
        await b1.call("join", {"room": room})
        await b1.call("say", {"room": room, "id": "1", "text": "a secret"})
        refused = await b1.call("close", {"room": room})
        assert refused["code"] == "not_owner"
        assert alice in refused["text"]
        assert (await a.call("close", {"room": room}))["ok"]
        for one in (b1, b2):
            assert await one.event("closed") == {"room": room}
        while room in [r["name"] for r in (await b1.event("rooms"))["rooms"]]:
            pass
        made = await b2.call("create", {"room": room})
        assert (made["owner"], made["members"], made["messages"]) == (bob, [bob], [])
        outside = await a.call("say", {"room": room, "id": "2", "text": "still here?"})
        assert outside["code"] == "not_a_member"


async def test_leaving_in_one_tab_leaves_in_all(server: Server) -> None:
    alice, room = fresh("Alice"), fresh("Tea")

    cookie = await sign_up(server.url, alice)
    async with tab(server.url, cookie) as a1, tab(server.url, cookie) as a2:
        await a1.event("welcome")
        await a2.event("welcome")
        await a1.call("create", {"room": room})
        await a1.call("leave", {"room": room})
        assert await event_where(a2, "left") == {"room": room, "name": alice}
        said = await a2.call("say", {"room": room, "id": "1", "text": "?"})
        assert said["code"] == "not_a_member"
        assert (await a2.call("close", {"room": room}))["ok"], "an owner need not be inside"


async def test_typing_goes_to_the_others_in_the_room_and_ends(server: Server) -> None:
    alice, bob, room = fresh("Alice"), fresh("Bob"), fresh("Tea")

    cookie = await sign_up(server.url, alice)
    async with tab(server.url, await sign_up(server.url, bob)) as b:
        async with tab(server.url, cookie) as a1, tab(server.url, cookie) as a2:
            await a1.call("create", {"room": room})
            await a2.event("joined")
            await b.call("join", {"room": room})
            about = {"room": room, "name": alice}
            for on in (True, True, False):
                await a1.call("typing", {"room": room.upper(), "on": on})
            assert await b.event("typing") == {**about, "on": True}
            assert await b.event("typing") == {**about, "on": False}
            await a1.call("typing", {"room": room, "on": True})
            await a1.call("say", {"room": room, "id": "1", "text": "done"})
            assert (await b.event("typing"))["on"] is True
            assert (await b.event("typing"))["on"] is False
            assert (await b.event("message"))["text"] == "done"
            assert "typing" not in dict(a2.pending()), "she is typing herself"
            await a1.call("typing", {"room": room, "on": True})
            assert (await b.event("typing"))["on"] is True
        assert (await b.event("typing"))["on"] is False, "she is gone"


async def test_typing_ends_by_itself() -> None:
    with Server("rooms", ("--typing-s=0.1",)) as hasty:
        await asyncio.to_thread(hasty.start)
        async with (
            tab(hasty.url, await sign_up(hasty.url, "Alice")) as a,
            tab(hasty.url, await sign_up(hasty.url, "Bob")) as b,
        ):
            await a.call("create", {"room": "Tea"})
            await b.call("join", {"room": "Tea"})
            await a.call("typing", {"room": "Tea", "on": True})
            for on in (True, False):
                assert await b.event("typing") == {"room": "Tea", "name": "Alice", "on": on}


async def test_history_and_retries(server: Server) -> None:
    room, elsewhere = fresh("Tea"), fresh("Coffee")

    async with tab(server.url, await sign_up(server.url, fresh("Alice"))) as a:
        for name in (room, elsewhere):
            await a.call("create", {"room": name})
        acks = []
        for n in range(120):
            acks.append(await a.call("say", {"room": room, "id": f"{n}", "text": f"{n}"}))
        await a.call("say", {"room": elsewhere, "id": "0", "text": "another room"})
        retry = await a.call("say", {"room": room, "id": "7", "text": "changed"})
        assert retry == acks[7]
        page = await a.call("join", {"room": room})
        texts: list[str] = []
        while True:
            texts = [m["text"] for m in page["messages"]] + texts
            if not page["older"]:
                break
            before = page["messages"][0]["seq"]
            page = await a.call("history", {"room": room, "before": before})
        assert texts == [f"{n}" for n in range(120)]


async def test_a_crash_keeps_sessions_rooms_and_messages(server: Server) -> None:
    alice, bob, room = fresh("Alice"), fresh("Bob"), fresh("Tea")
    cookies: list[str] = []

    cookies.extend([await sign_up(server.url, alice), await sign_up(server.url, bob)])
    async with tab(server.url, cookies[0]) as a, tab(server.url, cookies[1]) as b:
        await a.call("create", {"room": room})
        await b.call("join", {"room": room})
        assert (await a.call("say", {"room": room, "id": "1", "text": "kept"}))["ok"]
        ended = await sign_in(server.url, bob)
        await ask(server.url, "sign-out", {}, ended)
        cookies.append(ended)
        await asyncio.to_thread(server.kill)
    await asyncio.to_thread(server.restart)
    async with tab(server.url, cookies[0]) as a, tab(server.url, cookies[2]) as gone:
        assert gone.refused["message"] == "not_signed_in", "an ended session stays ended"
        assert (await a.event("welcome"))["joined"] == [room]
        page = await a.call("join", {"room": room})
        assert [m["text"] for m in page["messages"]] == ["kept"]
        assert (page["owner"], page["members"]) == (alice, [alice, bob])
        again = await a.call("say", {"room": room, "id": "1", "text": "kept"})
        assert again["seq"] == page["messages"][0]["seq"]
    assert await sign_in(server.url, alice)


@pytest.mark.parametrize(
    ("event", "fields", "code"),
    [
        ("create", {"room": " "}, "bad_name"),
        ("create", {"room": "x" * 25}, "bad_name"),
        ("create", {"room": "evil\u202egnp"}, "bad_name"),
        ("create", {"room": 7}, "bad_field"),
        ("create", {}, "bad_field"),
        ("create", {"room": "a", "owner": "me"}, "bad_field"),
        ("join", {"room": "x" * 10_000}, "no_such_room"),
        ("join", ["a"], "bad_message"),
        ("say", {"room": "a", "id": "1", "text": "x" * 4_001}, "too_long"),
        ("say", {"room": "a", "id": "x" * 65, "text": "x"}, "bad_field"),
        ("history", {"room": "a", "before": -1}, "bad_field"),
        ("kick", {}, "unknown_event"),
    ],
)
async def test_bounds(server: Server, mallory: str, event: str, fields: object, code: str) -> None:
    async with tab(server.url, mallory) as one:
        assert (await one.call(event, fields))["code"] == code


async def test_nobody_has_more_than_twenty_rooms_or_sessions(server: Server) -> None:
    name = fresh("Alice")

    first = await sign_up(server.url, name)
    async with tab(server.url, first) as one:
        await one.event("welcome")
        made = [await one.call("create", {"room": f"{name[-6:]} {n}"}) for n in range(21)]
        assert [each["ok"] for each in made] == [True] * 20 + [False]
        assert made[-1]["code"] == "too_many_rooms"
        for _ in range(20):
            await sign_in(server.url, name)
        assert await one.event("signed_out") == {"why": "replaced"}

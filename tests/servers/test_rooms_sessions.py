"""Signing in to rooms, and what the server refuses: forged cookies, foreign pages, guesses."""

import asyncio
import json
import sqlite3
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
from cryptography.fernet import Fernet

from helpers.launcher import Server
from helpers.servers.rooms import messages as rooms_messages
from helpers.servers.rooms import passwords as rooms_passwords
from helpers.servers.rooms import store as rooms_store
from helpers.servers.rooms.store import Person, Session
from helpers.serving import messages, names
from helpers.serving.schema import Refusal
from tests.servers.chat_client import fresh
from tests.servers.rooms_client import PASSWORD, ask, official_tab, sign_up, tab


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("rooms") as server:
        server.start()
        yield server


def data(server: Server) -> Path:
    return server._folder / "data"


async def test_the_cookie_says_what_it_should(server: Server) -> None:
    name = fresh("Alice")
    account = {"name": f"  {name}  ", "password": PASSWORD}

    up = await ask(server.url, "sign-up", account)
    assert (up.status, up.said) == (200, {"name": name})
    cookie = up.cookie
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert (cookie["max-age"], cookie["secure"]) == ("28800", "")
    https = {"X-Forwarded-Proto": "https"}
    again = await ask(server.url, "sign-in", account, headers=https)
    assert again.cookie["secure"] is True
    assert again.cookie["value"] != cookie["value"]


async def by_polling(url: str, cookie: str) -> str:
    """Connect by polling, without a client library; return why the server refuses."""
    headers = {"Cookie": cookie} if cookie else {}
    address = f"{url}socket.io/?EIO=4&transport=polling"
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
        async with http.get(address, headers=headers) as response:
            sid = json.loads((await response.text())[1:])["sid"]
        address += f"&sid={sid}"
        await http.post(address, data="40", headers=headers)
        async with http.get(address, headers=headers) as response:
            packet = await response.text()
    assert packet.startswith("44"), packet
    message: str = json.loads(packet[2:])["message"]
    return message


async def test_without_a_session_a_connection_is_refused(server: Server) -> None:
    real = await sign_up(server.url, fresh("Alice"))
    cookie_name = real.partition("=")[0]
    token = json.dumps({"created": 2**31, "session": {"id": names.new_token()}}).encode()
    kept = Fernet((data(server) / "cookie.key").read_bytes())
    forged = {
        "anonymous": "",
        "garbage": f"{cookie_name}=garbage",
        "not text": f"{cookie_name}=\xff\xfe",
        "tampered": real[:60] + ("A" if real[60] != "A" else "B") + real[61:],
        "another key": f"{cookie_name}={Fernet(Fernet.generate_key()).encrypt(token).decode()}",
        "our key, no such session": f"{cookie_name}={kept.encrypt(token).decode()}",
    }
    for what, cookie in forged.items():
        async with tab(server.url, cookie) as one:
            assert one.refused["message"] == "not_signed_in", what
            assert one.refused["data"]["code"] == "not_signed_in", what
        assert await by_polling(server.url, cookie) == "not_signed_in", what
        assert (await ask(server.url, "me", cookie=cookie)).status == 401, what
    async with official_tab(server.url, forged["tampered"], "websocket") as one:
        message, about = await one.until("refused")
        assert (message, about["code"]) == ("not_signed_in", "not_signed_in")
    async with tab(server.url, real) as one:
        assert await one.event("welcome")


async def test_a_foreign_page_gets_nothing(server: Server) -> None:
    account = {"name": fresh("Alice"), "password": PASSWORD}

    cookie = await sign_up(server.url, account["name"])
    for origin in (
        "http://evil.example",
        "null",
        "",
        server.url.replace("127.0.0.1", "localhost"),
    ):
        headers = {"Origin": origin.rstrip("/")}
        for path in ("sign-in", "sign-up", "sign-out"):
            got = await ask(server.url, path, account, cookie, headers=headers)
            assert (got.status, got.said["code"]) == (403, "foreign_origin"), path
            assert not got.cookie
        if not origin:
            continue  # Engine.IO takes it for none, as from a client that is not a browser
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as http:
            url = f"{server.url}socket.io/?EIO=4&transport=polling"
            async with http.get(url, headers={**headers, "Cookie": cookie}) as response:
                assert response.status in (400, 403)
                assert "Access-Control-Allow-Origin" not in response.headers
    own = {"Origin": server.url.rstrip("/")}
    assert (await ask(server.url, "sign-out", {}, cookie, headers=own)).status == 200


async def test_a_request_that_is_not_json_from_a_page_is_refused(server: Server) -> None:
    cookie = await sign_up(server.url, fresh("Alice"))
    form = await ask(server.url, "sign-out", cookie=cookie, data={"everywhere": "true"})
    assert (form.status, form.said["code"]) == (415, "bad_content_type")
    plain = {"Content-Type": "text/plain"}
    text = await ask(server.url, "sign-out", cookie=cookie, data="{}", headers=plain)
    assert text.status == 415
    kind = {"Content-Type": "application/json"}
    for body, status, code in (
        ("{", 400, "bad_json"),
        ("[" * 4_000, 400, "bad_json"),
        ("[]", 400, "bad_message"),
        ('{"name": "A"}', 400, "bad_field"),
        (json.dumps({"name": "A", "password": "x" * 5_000}), 413, "too_long"),
    ):
        got = await ask(server.url, "sign-in", data=body, headers=kind)
        assert (got.status, got.said["code"]) == (status, code), body[:40]
    assert (await ask(server.url, "me", cookie=cookie)).status == 200, "nobody signed her out"
    assert (await ask(server.url, "nothing", {})).status == 405


async def test_guesses_are_few_and_reveal_nothing(server: Server) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")

    for name in (alice, bob):
        await sign_up(server.url, name)
    wrong = {"name": alice, "password": "wrong password"}
    nobody = {"name": fresh("Nobody"), "password": "wrong password"}
    answers = [await ask(server.url, "sign-in", fields) for fields in (wrong, nobody)]
    assert answers[0] == answers[1]
    assert (answers[0].status, answers[0].said["code"]) == (401, "wrong_password")
    for _ in range(4):
        assert (await ask(server.url, "sign-in", wrong)).status == 401
    late = await ask(server.url, "sign-in", {"name": alice.upper(), "password": PASSWORD})
    assert (late.status, late.said["code"]) == (429, "too_fast")
    assert (await ask(server.url, "sign-in", {"name": bob, "password": PASSWORD})).status == 200


@pytest.mark.parametrize(
    ("name", "password", "code"),
    [
        ("", PASSWORD, "bad_name"),
        ("x" * 25, PASSWORD, "bad_name"),
        ("a\u202eb", PASSWORD, "bad_name"),
        ("Carol", "short", "bad_password"),
        ("Carol", "x" * 129, "bad_password"),
        ("Carol", 12345678, "bad_field"),
    ],
)
async def test_bounds(server: Server, name: str, password: str, code: str) -> None:
    got = await ask(server.url, "sign-up", {"name": name, "password": password})
    assert (got.status, got.said["code"]) == (400, code)


async def test_a_name_is_signed_up_once(server: Server) -> None:
    name = fresh("Alice")

    await sign_up(server.url, name)
    got = await ask(server.url, "sign-up", {"name": name.upper(), "password": PASSWORD})
    assert (got.status, got.said["code"]) == (409, "name_taken")


async def test_the_data_holds_no_secret(server: Server) -> None:
    await sign_up(server.url, fresh("Alice"))
    files = b"".join(file.read_bytes() for file in data(server).glob("rooms.sqlite3*"))
    assert PASSWORD.encode() not in files
    key = data(server) / "cookie.key"
    assert sys.platform == "win32" or stat.S_IMODE(key.stat().st_mode) == 0o600


async def test_equal_passwords_have_different_hashes_in_any_form_of_unicode() -> None:
    passwords = rooms_passwords.Passwords(attempts=3)
    first, second = await passwords.hash("crème brûlée"), await passwords.hash("12345678")
    assert first != await passwords.hash("crème brûlée")
    assert await passwords.verify("a", "cre\u0300me bru\u0302le\u0301e", first)
    assert not await passwords.verify("a", "creme brulee", first)
    assert not await passwords.verify("b", "12345678", None)
    assert await passwords.verify("c", "12345678", second)


async def test_right_passwords_are_not_counted_and_a_busy_server_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        rooms_passwords, "hash_password", lambda password, salt: f"{salt.hex()}:{password}"
    )

    passwords = rooms_passwords.Passwords(attempts=2)
    for _ in range(5):
        assert await passwords.verify("a", "right", "00:right")
    for _ in range(2):
        assert not await passwords.verify("a", "wrong", "00:right")
    with pytest.raises(Refusal, match="too many attempts"):
        await passwords.verify("a", "right", "00:right")
    monkeypatch.setattr(rooms_passwords, "MAX_WAITING", 0)
    with pytest.raises(Refusal, match="try again"):
        await passwords.hash("right")


def test_what_the_database_keeps_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms_messages, "KEPT", 3)
    monkeypatch.setattr(rooms_store, "MAX_MEMBERS", 2)
    monkeypatch.setattr(rooms_store, "MAX_PEOPLE", 3)
    monkeypatch.setattr(messages, "PAGE_BYTES", 5)
    db = sqlite3.connect(":memory:")
    db.executescript(rooms_store.SCHEMA + rooms_messages.SCHEMA)
    a, b, c = (rooms_store.add_person(db, name, "") for name in "ABC")
    with pytest.raises(Refusal, match="no more can"):
        rooms_store.add_person(db, "D", "")
    room, other = (rooms_store.add_room(db, name, a) for name in ("Tea", "Coffee"))
    rooms_messages.add_message(db, other, a, "0", "", "elsewhere")
    assert rooms_store.join(db, "TEA", b) == (room, True)
    assert rooms_store.join(db, "TEA", b) == (room, False)
    with pytest.raises(Refusal, match="takes no more"):
        rooms_store.join(db, "tea", c)
    for n in range(5):
        rooms_messages.add_message(db, room, a, f"{n}", "", f"{n}{n}")
    page = rooms_messages.find_messages_before(db, room, None)
    assert ([m["text"] for m in page[0]], page[1]) == (["33", "44"], True)
    kept = "SELECT text FROM messages WHERE room = ?"
    assert db.execute(kept, (room.id,)).fetchall() == [("22",), ("33",), ("44",)]
    assert db.execute(kept, (other.id,)).fetchall() == [("elsewhere",)]
    db.close()


def test_sessions_end_one_by_one_or_all_and_by_themselves() -> None:
    db = sqlite3.connect(":memory:")
    db.executescript(rooms_store.SCHEMA + rooms_messages.SCHEMA)
    alice: Person = rooms_store.add_person(db, "Alice", "")
    bob = rooms_store.add_person(db, "Bob", "")
    for id_, person, expires in (("a", alice, 10), ("b", alice, 20), ("c", bob, 30)):
        session = Session(id_, person, expires)
        assert rooms_store.start_session(db, session, None, 0) == []
    assert rooms_store.find_session(db, "a", 9.9) == Session("a", alice, 10)
    assert rooms_store.find_session(db, "a", 10) is None
    replacing = Session("d", bob, 40)
    assert rooms_store.start_session(db, replacing, "c", 5) == ["c"]
    assert rooms_store.end_session(db, "d", False) == ["d"]
    assert sorted(rooms_store.end_session(db, "a", True)) == ["a", "b"]
    assert rooms_store.end_session(db, "a", True) == []
    db.close()


async def test_two_servers_on_one_machine_keep_each_others_sessions() -> None:
    """Cookies know no ports, so a browser sends both servers' cookies to both."""
    with Server("rooms") as one, Server("rooms") as other:
        for server in (one, other):
            server.start()
        mine = await sign_up(one.url, "Alice")
        theirs = await sign_up(other.url, "Alice")
        both = f"{mine}; {theirs}"
        assert mine.partition("=")[0] != theirs.partition("=")[0]
        for server in (one, other):
            assert (await ask(server.url, "me", cookie=both)).said == {"name": "Alice"}
        await asyncio.to_thread(one.restart)
        assert (await ask(one.url, "me", cookie=both)).said == {"name": "Alice"}

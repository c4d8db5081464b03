"""What the chat endures: a kill, floods, nonsense of every kind, and clients that never read."""

import asyncio
import base64
import contextlib
import json
import re
import secrets
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed

from helpers.launcher import Server
from helpers.servers.chat import server as chat
from helpers.serving import names, program, schema, websocket_app
from helpers.serving.chat import core
from helpers.wire.frames import Frame, Opcode
from tests.servers.chat_client import DEADLINE_S, Client, client, fresh, members

pytestmark = pytest.mark.thorough

NO_LIMIT = ("--burst=1000000", "--rate=1000000")
MASK = bytes(4)
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def test_a_kill_loses_no_acknowledged_message_and_doubles_none() -> None:
    count = 300
    acked: dict[str, int] = {}
    some = asyncio.Event()

    async def speak(alice: Client) -> None:
        for number in range(count):
            if f"{number}" not in acked:
                await alice.send("say", id=f"{number}", text=f"text {number}")
        while len(acked) < count:
            ack = await alice.until("ack")
            acked[ack["id"]] = ack["seq"]
            if len(acked) == 20:
                some.set()

    async def first(server: Server) -> str:
        async with client(server.url) as alice:
            token: str = (await alice.join("Alice"))["token"]
            speaking = asyncio.create_task(speak(alice))
            await asyncio.wait_for(some.wait(), DEADLINE_S)
            await asyncio.to_thread(server.kill)
            with contextlib.suppress(ConnectionClosed):
                await speaking
            return token

    async def second(server: Server, token: str) -> None:
        before = dict(acked)
        async with client(server.url) as alice:
            page = await alice.join("Alice", token=token, after=0)
            stored = list(page["messages"])
            while page["more"]:
                await alice.send("catch_up", after=stored[-1]["seq"])
                page = await alice.until("messages")
                stored += page["messages"]
            assert before.items() <= {m["id"]: m["seq"] for m in stored}.items()
            await speak(alice)  # again, with the same ids, what was not acknowledged
            live = [m for m in await alice.settled() if m["type"] == "message"]
            seen = [(m["id"], m["seq"]) for m in stored + live]
            assert sorted(seen) == sorted(acked.items())
            assert len({seq for _, seq in seen}) == count

    with Server("chat", NO_LIMIT) as server:
        server.start()
        token_of: list[str] = []

        token_of.append(await first(server))
        await asyncio.to_thread(server.restart)
        await second(server, token_of[0])


async def test_a_flood_disturbs_nobody() -> None:
    with Server("chat") as server:
        server.start()
        url = server.url
        async with members(url, "Alice", "Bob") as (a, b), client(url) as mallory:
            await mallory.join("Mallory")

            async def flood() -> None:
                with contextlib.suppress(ConnectionClosed):
                    for number in range(3_000):  # far more than 1,000 a second
                        await mallory.send("say", id=f"{number}", text="!")

            flooding = asyncio.create_task(flood())
            for number in range(20):
                await a.say(f"{number}", f"calm {number}")
            await flooding
            calm = [text for text in await b.texts() if text != "!"]
            assert calm == [f"calm {number}" for number in range(20)]
            assert (await b.texts()).count("!") < 200


def handshake(port: int) -> bytes:
    """A client's half of the handshake, in bytes."""
    key = base64.b64encode(bytes(16)).decode()
    return (
        f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()


async def enter(port: int, number: int, *, reads: bool) -> Line:
    """Join with a bare socket: a thousand clients of a library would take too long."""
    bare = socket.socket()
    if not reads:
        bare.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    bare.connect(("127.0.0.1", port))
    reader, writer = await asyncio.open_connection(sock=bare, limit=2**22)
    join = json.dumps({"type": "join", "name": f"n{number}"}).encode()
    writer.write(handshake(port) + Frame(Opcode.TEXT, join, mask=MASK).encode())
    await reader.readuntil(b'"welcome"')
    if not reads:
        writer.transport.pause_reading()  # type: ignore[attr-defined]
    return reader, writer


def allow_open_files(wanted: int) -> None:
    """Raise the limit of open files, where there is one; the server inherits it."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if soft < wanted:
            if hard != resource.RLIM_INFINITY and hard < wanted:
                pytest.skip(f"this needs {wanted} open files, the system allows {hard}")
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connections_of(process: psutil.Process) -> int:
    """Count the connections that a server has."""
    return len([each for each in process.net_connections("tcp") if each.status == "ESTABLISHED"])


async def enter_all(port: int, numbers: range, *, reads: bool) -> list[Line]:
    """Join with one bare socket after the other."""
    lines: list[Line] = []
    for number in numbers:
        lines.append(await enter(port, number, reads=reads))
        if number % 100 == 99:
            show_life(lines)
    return lines


def show_life(lines: list[Line]) -> None:
    """Send a pong from each, because a bare socket does not answer pings."""
    for _, writer in lines:
        writer.write(Frame(Opcode.PONG, mask=MASK).encode())


async def fill(alice: Client, names: list[str]) -> None:
    """Send 16 KB to each client that does not read, and wait for the answers."""
    for name in names:
        await alice.send("say", id=secrets.token_hex(8), text="🌍" * 4_000, to=name)
    for _ in names:
        while (await alice.next())["type"] not in ("ack", "error"):  # an error once it has left
            pass


@pytest.mark.skipif(sys.platform == "win32", reason="select() takes no thousand sockets there")
async def test_of_1000_clients_the_10_that_never_read_are_dropped_unnoticed() -> None:
    allow_open_files(4_000)

    with Server("chat", (*NO_LIMIT, "--leave-s=0.2", "--return-s=0.2")) as server:
        server.start()
        process = psutil.Process(server.pid)
        async with members(server.url, "Alice") as (alice,):
            lines = await enter_all(server.port, range(989), reads=True)
            lazy = await enter_all(server.port, range(989, 999), reads=False)
            before = most = process.memory_info().rss
            said: list[str] = []
            while len(said) < 2 or connections_of(process) > len(lines) + 1:
                assert len(said) < 100, "clients that read nothing are still connected"
                for _ in range(4):
                    await fill(alice, [f"n{number}" for number in range(989, 999)] * 5)
                most = max(most, process.memory_info().rss)
                said.append(f"for all {len(said)}!")
                await alice.say(said[-1], said[-1])
                show_life(lines)
            await alice.say("end", "the end")
            for reader, _ in lines:  # every message, in order, and nobody was dropped
                seen = await asyncio.wait_for(reader.readuntil(b'"id":"end"'), DEADLINE_S)
                assert (
                    re.findall(r'"text":"(for all \d+!)"', seen.decode("utf-8", "replace")) == said
                )
            assert most - before < 40 * 2**20, f"{(most - before) / 2**20:.0f} MiB more"
            for _, writer in lines + lazy:
                writer.transport.abort()


async def served(folder: Path, stop: asyncio.Event, listener: socket.socket) -> None:
    """Serve the chat in this process, where calls can be counted."""
    options = chat.flags().parse_args([f"--data={folder}", *NO_LIMIT])
    await chat.main(options, listener, stop)


async def test_a_message_is_encoded_once_however_many_receive_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoded: list[str] = []
    text_frame = websocket_app.text_frame

    def counted(message: Any) -> bytes:
        encoded.append(message["type"])
        return text_frame(message)

    monkeypatch.setattr(websocket_app, "text_frame", counted)

    stop = asyncio.Event()
    with program.listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(served(tmp_path, stop, listener))
        url = f"ws://127.0.0.1:{listener.getsockname()[1]}/ws"
        async with members(url, *(f"n{number}" for number in range(30))) as clients:
            encoded.clear()
            await clients[0].say("1", "to all thirty")
            for each in clients:
                await each.until("message")
            assert sorted(encoded) == ["ack", "message"]
        stop.set()
        await serving


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["name", "token", "after", "id", "text", "to", "on", "before", "other"]
NEARLY = st.fixed_dictionaries(
    {"type": st.sampled_from(list(core.TYPES)) | JSON},
    optional=dict.fromkeys(FIELDS, JSON),
)
NONSENSE = st.text() | st.binary() | JSON.map(json.dumps) | NEARLY.map(json.dumps)
READING = {"bad_json", "bad_message", "unknown_type", "bad_field", "too_long"}
CODES = READING | {
    "too_fast",
    "bad_name",
    "name_taken",
    "bad_token",
    "not_joined",
    "already_joined",
    "no_such_person",
    "not_saved",
}


@given(NONSENSE)
def test_whatever_comes_is_read_or_refused(raw: str | bytes) -> None:
    try:
        answer = schema.read(raw, core.TYPES)
        assert answer.keys() - {"type"} == core.TYPES[answer["type"]].keys()
    except schema.Refusal as error:
        answer = error.message()
    assert answer.get("code") in {None, *READING}
    assert websocket_app.text_frame(answer)


@given(st.text())
def test_whatever_name_comes_is_tidy_or_refused(name: str) -> None:
    try:
        tidy = names.checked_name(name)
    except schema.Refusal:
        return
    assert names.checked_name(tidy) == tidy


def is_answer(error: dict[str, Any]) -> bool:
    """Whether nonsense may get this answer; some of it is a correct message."""
    return error["type"] != "error" or error["code"] in CODES


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("chat", NO_LIMIT) as server:
        server.start()
        yield server


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(NONSENSE, min_size=1, max_size=20), st.booleans())
async def test_nonsense_gets_a_typed_answer_and_disturbs_nobody(
    server: Server, nonsense: list[str | bytes], joined: bool
) -> None:
    async with members(server.url, fresh("Bob")) as (bob,), client(server.url) as mallory:
        if joined:
            await mallory.join(fresh("Mallory"))
        for raw in nonsense:
            with contextlib.suppress(UnicodeEncodeError):  # the client refuses to send it
                await mallory.raw(raw)
        await mallory.raw("the last of it")
        while "the last of it" not in (last := await mallory.next()).get("text", ""):
            assert is_answer(last), last
        await bob.say("1", "undisturbed")

"""socketio_echo, from outside: what it answers on each transport, and its two flags."""

import asyncio
import json
import urllib.error
import urllib.request
from collections.abc import Iterator

import pytest
import socketio

from helpers.launcher import Server

DEADLINE_S = 20
POLLING = "socket.io/?EIO=4&transport=polling"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("socketio_echo", ("--ping-s=7", "--pong-s=3")) as server:
        server.start()
        yield server


def ask(server: Server, path: str, **headers: str) -> tuple[int, str]:
    request = urllib.request.Request(server.page_url + path, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


def test_its_ids_count_and_it_says_when_it_pings(server: Server) -> None:
    first, second = (json.loads(ask(server, POLLING)[1][1:]) for _ in range(2))
    number = int(first["sid"].removeprefix("id-"))
    assert second["sid"] == f"id-{number + 1}"
    assert (first["pingInterval"], first["pingTimeout"]) == (7_000, 3_000)


def test_pages_of_others_are_refused(server: Server) -> None:
    assert ask(server, POLLING, Origin="https://evil.example")[0] == 400
    assert ask(server, POLLING, Origin=server.page_url.rstrip("/"))[0] == 200


def test_it_tells_its_name_and_has_no_page(server: Server) -> None:
    assert ask(server, "healthz") == (200, '{"server": "socketio_echo"}')
    assert ask(server, "") == (
        200,
        "socketio_echo speaks Socket.IO, at /socket.io/; it has no page\n",
    )
    assert ask(server, "none")[0] == 404


@pytest.mark.parametrize("transports", [["websocket"], None], ids=["websocket", "upgrade"])
async def test_echo_to_the_sender_and_chat_to_everybody(
    server: Server, transports: list[str] | None
) -> None:
    async def session() -> None:
        alice, bob = socketio.AsyncClient(), socketio.AsyncClient()
        heard: asyncio.Queue[object] = asyncio.Queue()
        alice.on("chat", heard.put)
        bob.on("chat", heard.put)
        for client in (alice, bob):
            await client.connect(server.url, transports=transports, wait_timeout=10)
        assert await alice.call("echo", "a") == "a"
        assert await alice.call("echo", (b"\x00\xff", {"b": [None]})) == (
            b"\x00\xff",
            {"b": [None]},
        )
        await bob.emit("chat", "hé")
        assert [await heard.get() for _ in "12"] == ["hé", "hé"]
        for client in (alice, bob):
            await client.disconnect()

    async with asyncio.timeout(DEADLINE_S):
        await session()

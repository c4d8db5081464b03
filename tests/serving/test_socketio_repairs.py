"""Packets that no honest client sends: each is counted, and no handler sees it."""

import asyncio
import logging
from typing import Any

import pytest

from helpers.serving import socketio_app
from helpers.serving.engineio_packets import Malformed
from helpers.serving.ratelimit import PATIENCE
from helpers.serving.schema import Refusal
from helpers.serving.socketio_limits import CONNECT_BURST
from helpers.serving.socketio_repairs import StrictPacket
from tests.serving.socketio_site import (
    DEADLINE_S,
    Site,
    close_code,
    joined,
    line,
    polling,
    serving,
    websocket,
)
from tests.serving.test_engineio_repairs import no_traceback

RESERVED = [
    f'42{number}["{name}",{{}},{{"name":"Ghost"}}]'
    for name in (
        "connect",
        "disconnect",
        "*",
        "connect_error",
        "disconnecting",
        "newListener",
        "removeListener",
    )
    for number in ("", "7")
]
NAMELESS = ["42[7]", "42[null]", "42[true]", '42[["say"]]', "42[{}]", "42[]", "42{}", "42"]
UNWANTED = [
    "43999[1]",
    "430[1]",
    "43[1]",
    "43",
    "40",
    "40{}",
    "40/x,",
    "40/x,{}",
    "41/x,",
    '42/x,["say",{}]',
    "0",
    "2",
    "2probe",
    "3",
    "5",
    "6",
    "44",
    '44{"message":"x"}',
    "4",
    "4x",
    "47",
    '4{"a":1}',
    "4null",
    "4" + "[" * 20_000,
    "42" + "[" * 20_000,
    "42NaN",
    '42["say",NaN]',
    "40NaN",
    "400null",
    "41null",
    '421-["say"]',
    "42" + "9" * 101 + '["say"]',
]


@pytest.mark.parametrize("packet", [*RESERVED, *NAMELESS, *UNWANTED])
async def test_each_packet_is_counted_and_no_handler_sees_it(
    packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as site, joined(site) as ws:
        await ws.send_str(packet)
        await ws.send_str('429["say",{"text":"on"}]')
        heard = []
        while not (text := await ws.receive_str(timeout=DEADLINE_S)).startswith("439["):
            heard.append(text)
        assert [text for text in heard if not text.startswith("44/x,")] == []
        assert site.joined == [None]
        assert site.left == []
        assert site.heard == ["on"]
    no_traceback(caplog)


async def count(packet: str) -> int:
    """Send a packet by polling, and return how many packets were refused."""
    async with serving() as site:
        client = await polling(site)
        await client.join()
        assert await client.post(packet) == 200
        return site.refused


@pytest.mark.parametrize("packet", [*RESERVED, *NAMELESS, *UNWANTED])
async def test_each_packet_is_counted_by_polling(
    packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert await count(packet) == 1
    no_traceback(caplog)


@pytest.mark.parametrize("packet", ['42["connect",{}]', "43999[1]", "5", "40/x,", "4x"])
async def test_a_client_that_goes_on_is_dropped(
    packet: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with serving() as site, joined(site) as ws:
        for _ in range(PATIENCE + 1):
            await ws.send_str(packet)
        await close_code(ws)
        await site.settle()
        assert site.sessions == []
        assert len(site.left) == 1
    assert len(caplog.records) == 2, "one line that it began, one that it is dropped"


async def test_one_client_does_not_join_again_and_again() -> None:
    async with serving() as site, joined(site) as ws:
        for _ in range(100):
            await ws.send_str("41")
            await ws.send_str("40{}")
        answer = ""
        while not answer.startswith("44"):
            answer = await ws.receive_str(timeout=DEADLINE_S)
        assert answer.startswith('44{"message":"too_fast","data":{"code":"too_fast","text":')
        await ws.send_str("41")
        await site.settle()
        assert len(site.joined) <= CONNECT_BURST + 1


NOT_HTTP = [
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET /" + b"a" * 10_000 + b" HTTP/1.1\r\n\r\n",
    b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
    b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
    b"\x16\x03\x01\0\r\n\r\n",
    b"GET http://[ HTTP/1.1\r\n\r\n",
]


@pytest.mark.parametrize("request_", NOT_HTTP, ids=range(len(NOT_HTTP)))
async def test_what_is_not_http_is_one_line_in_the_log(
    request_: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    async with serving() as site, line(site) as one:
        await one.send(request_)
        assert (await one.reader.readline()).split()[1] in (b"400", b"405")
    no_traceback(caplog)
    assert len(caplog.records) <= 1


# Who has left


async def has_left(site: Site) -> bool:
    await site.settle()
    return not site.sessions and not site.sio.manager.rooms and len(site.left) == 1


async def test_a_goodbye_while_it_connects_leaves_no_ghost() -> None:
    async with serving() as site, line(site) as one, line(site) as two:
        client = await polling(site)
        site.disk.clear()
        await one.request("POST", client.path, b"40{}")
        await site.settle()
        await two.request("POST", client.path, b"1")
        await site.settle()
        site.disk.set()
        assert await one.answer() == await two.answer() == (200, "ok")
        assert await has_left(site)
        assert site.left == [site.sio.reason.CLIENT_DISCONNECT]


@pytest.mark.parametrize("how", ["end", "drop", "malformed"])
async def test_a_session_that_ends_while_it_connects_leaves_no_ghost(how: str) -> None:
    async with serving() as site, line(site) as one:
        client = await polling(site)
        site.disk.clear()
        await one.request("POST", client.path, b"40{}")
        await site.settle()
        (session,) = site.sessions
        if how == "end":
            await session.end()
        elif how == "drop":
            await site.sio.limits.drop(session, "is slow")
        else:
            assert await client.post("abc") == 400
        site.disk.set()
        await one.answer()
        assert await has_left(site)


async def test_a_handler_that_fails_leaves_nobody_half_connected() -> None:
    async with serving() as site, websocket(site) as ws:

        async def connect(sid: str, environ: object, auth: Any) -> None:
            raise RuntimeError("a bug")

        site.sio.on("connect", connect)
        await ws.send_str("40{}")
        answer = await ws.receive_str(timeout=DEADLINE_S)
        assert answer.startswith('44{"message":"error","data":{"code":"error","text":')
        assert site.sio.manager.rooms == {}


@pytest.mark.parametrize("error", [Refusal("not_saved", "the disk is full"), RuntimeError("x")])
async def test_a_client_that_cannot_be_welcomed_is_dropped(error: Exception) -> None:
    async with serving() as site:

        async def welcome() -> None:
            raise error

        async def connect(sid: str, environ: object, auth: Any) -> None:
            socketio_app.spawn_welcome(site.sio, sid, welcome())

        site.sio.on("connect", connect)
        async with websocket(site) as ws:
            await ws.send_str("40{}")
            assert await close_code(ws) == 1000
        assert await has_left(site)


# Answers


@pytest.mark.parametrize("packet", ["40/x", "40/x,", '40/x,{"name":"A"}'])
async def test_an_unknown_namespace_is_refused_with_an_object(packet: str) -> None:
    async with serving() as site, websocket(site) as ws:
        await ws.send_str(packet)
        answer = await ws.receive_str(timeout=DEADLINE_S)
        assert answer == '44/x,{"message":"Invalid namespace"}'


async def test_an_acknowledgement_that_is_asked_for_arrives() -> None:
    async with serving() as site, joined(site) as ws:
        answers: asyncio.Queue[object] = asyncio.Queue()
        await site.sio.emit("ask", 1, callback=answers.put_nowait)
        assert await ws.receive_str(timeout=DEADLINE_S) == '421["ask",1]'
        await ws.send_str('431["yes"]')
        assert await answers.get() == "yes"
        await ws.send_str('431["yes again"]')
        await site.settle()
        assert answers.empty()
        assert site.refused == 1


@pytest.mark.parametrize("text", ["2[]", "0null", "1{}", "3{}", "9", "", "2NaN", '21-["x"]'])
def test_the_parser_is_as_strict_as_the_official_one(text: str) -> None:
    with pytest.raises(Malformed):
        StrictPacket().decode(text)


@pytest.mark.parametrize("text", ["0", "0{}", "0/null", "1", '2["x",null]', "3[]", '27["x"]'])
def test_the_parser_takes_what_clients_send(text: str) -> None:
    StrictPacket().decode(text)

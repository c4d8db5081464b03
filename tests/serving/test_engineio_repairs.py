"""Sessions of Engine.IO: what clients may not do, and what a server may not lose."""

import asyncio
import gc
import json
import logging
import struct
import weakref
from typing import Any

import pytest
from engineio import async_socket

from helpers.serving import engineio_repairs, socketio_app, socketio_repairs
from helpers.serving.engineio_packets import Malformed, decode, decode_body
from helpers.wire.frames import Frame, Opcode
from tests.servers.socketio_client import python
from tests.serving import socketio_site
from tests.serving.socketio_site import PATH, close_code, joined, line, polling, serving, websocket

LONG = '42["say",{"text":"' + "x" * 3_500 + '"}]'
HANDSHAKE = (
    b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
DEADLINE_S = socketio_site.DEADLINE_S


def no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    assert [each.getMessage() for each in caplog.records if each.exc_info] == []


# Bodies


@pytest.mark.parametrize("cuts", [(1,), (1_400, 2_800), (17, 18, 3_000)])
async def test_a_body_in_segments_arrives_whole(cuts: tuple[int, ...]) -> None:
    async with serving() as site, line(site) as one:
        client = await polling(site)
        await client.join()
        body, starts = LONG.encode(), [0, *cuts]
        length = f"Content-Length: {len(body)}"
        head = f"POST {client.path} HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n"
        await one.send(head.encode())
        for start, end in zip(starts, [*cuts, None], strict=True):
            await site.settle()  # until then, the server has read what came before
            await one.send(body[start:end])
        assert await one.answer() == (200, "ok")
        assert site.heard == ["x" * 3_500]


async def test_a_body_in_chunks_arrives_whole() -> None:
    async with serving() as site, line(site) as one:
        client = await polling(site)
        await client.join()
        head = (
            f"POST {client.path} HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        await one.send(head.encode())
        for part in (LONG[:100], LONG[100:]):
            await site.settle()
            await one.send(f"{len(part):x}\r\n{part}\r\n".encode())
        await one.send(b"0\r\n\r\n")
        assert await one.answer() == (200, "ok")
        assert site.heard == ["x" * 3_500]


async def test_a_body_that_does_not_arrive_ends_its_session() -> None:
    async with serving(body_s=0.05) as site, line(site) as one:
        client = await polling(site)
        await client.join()
        head = f"POST {client.path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\n42"
        await one.send(head.encode())
        assert (await one.answer())[0] == 408
        assert site.sessions == []
        assert len(site.left) == 1


async def test_bodies_are_carried_out_one_after_the_other() -> None:
    async with serving() as site, line(site) as first, line(site) as second:
        client = await polling(site)
        site.disk.clear()
        await first.request("POST", client.path, b"40{}")
        await site.settle()
        await second.request("POST", client.path, b'42["say",{"text":"after"}]')
        await site.settle()
        assert site.heard == []
        site.disk.set()
        assert await first.answer() == await second.answer() == (200, "ok")
        assert site.heard == ["after"]


NOT_BODIES = [
    b"abc",
    b"9",
    b"",
    b"\xff\xfe",
    b"d=4%22",
    b"\x1e" * 10,
    b"7",
    b"b!",
    b"4a\x1e8",
    b"4a\x1e" * 201,
]


@pytest.mark.parametrize("body", NOT_BODIES)
async def test_a_body_that_is_not_one_ends_its_session_alone(
    body: bytes, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with serving() as site, joined(site) as other:
        client = await polling(site)
        await client.join()
        async with line(site) as one:
            length = f"Content-Length: {len(body)}\r\n".encode()
            await one.send(f"POST {client.path} HTTP/1.1\r\nHost: localhost\r\n".encode() + length)
            await one.send(b"\r\n" + body)
            assert (await one.answer())[0] == 400
        assert (await client.poll())[0] == 400
        assert len(site.left) == 1
        await other.send_str('421["say",{"text":"still here"}]')
        assert "still here" in await other.receive_str(timeout=DEADLINE_S)
    no_traceback(caplog)
    assert len([each for each in caplog.records if "malformed" in each.getMessage()]) == 1


async def test_bodies_over_the_limit_leave_nothing_behind() -> None:
    async with serving(max_size=1_000) as site:
        tasks = len(asyncio.all_tasks())
        opened = []
        for _ in range(30):
            client = await polling(site)
            opened += [weakref.ref(session) for session in site.sessions]
            assert await client.post("4" * 1_001) == 413
        await site.settle()
        assert site.sessions == []
        assert len(asyncio.all_tasks()) <= tasks + 3, "a request or a ping goes on"
        gc.collect()
        assert len(opened) == 30
        assert sum(each() is not None for each in opened) <= 1


# Polls


async def test_a_goodbye_answers_the_poll_that_waits() -> None:
    async with serving() as site, line(site) as one:
        client = await polling(site)
        await client.join()
        await one.request("GET", client.path)
        await site.settle()
        assert await client.post("1") == 200
        assert await one.answer() == (200, "6")
        assert (await client.poll())[0] == 400
        assert site.left == [site.sio.reason.CLIENT_DISCONNECT]
        assert site.sessions == []


@pytest.mark.parametrize("again", ["before", "after"])
async def test_a_poll_that_was_given_up_takes_no_packet(again: str) -> None:
    async with serving() as site, line(site) as second:
        client = await polling(site)
        await client.join()
        async with line(site) as first:
            await first.request("GET", client.path)
            await site.settle()
        await site.settle()
        if again == "before":
            await second.request("GET", client.path)
            await site.settle()
        socketio_app.emit_now(site.sio, "news", 1)
        await site.settle()
        if again == "after":
            await second.request("GET", client.path)
        assert await second.answer() == (200, '42["news",1]')


async def test_a_second_poll_at_once_ends_the_session() -> None:
    async with serving() as site, line(site) as first, line(site) as second:
        client = await polling(site)
        await first.request("GET", client.path)
        await site.settle()
        assert (await second.ask("GET", client.path))[0] == 400
        assert await first.answer() == (200, "1")


# WebSockets


async def test_two_websockets_on_one_session_are_not_both_let_in() -> None:
    async with serving() as site:
        client = await polling(site)
        await client.join()
        sid = client.path.rpartition("=")[2]
        async with websocket(site, sid) as one, websocket(site, sid) as two:
            assert await close_code(two) == 1008
            await one.send_str("2probe")
            assert await one.receive_str(timeout=DEADLINE_S) == "3probe"
            async with websocket(site, sid) as three:
                assert await close_code(three) == 1008
            await one.send_str("5")
            async with websocket(site, sid) as four:
                assert await close_code(four) == 1008
            for n in range(20):
                socketio_app.emit_now(site.sio, "news", n)
            heard = [await one.receive_str(timeout=DEADLINE_S) for _ in range(20)]
            assert heard == [f'42["news",{n}]' for n in range(20)]


@pytest.mark.parametrize("said", [[], ["2probe"]])
async def test_an_upgrade_that_stops_ends_and_polling_goes_on(said: list[str]) -> None:
    async with serving(upgrade_s=0.1) as site:
        client = await polling(site)
        await client.join()
        async with websocket(site, client.path.rpartition("=")[2]) as ws:
            for text in said:
                await ws.send_str(text)
            assert await close_code(ws) == 1002
        socketio_app.emit_now(site.sio, "news", 1)
        assert await client.poll() == (200, '42["news",1]')


@pytest.mark.parametrize("said", ["5", "", "abc", "2", "4x", "2probe2"])
async def test_an_upgrade_that_is_none_ends_and_polling_goes_on(said: str) -> None:
    async with serving() as site:
        client = await polling(site)
        await client.join()
        async with websocket(site, client.path.rpartition("=")[2]) as ws:
            await ws.send_str(said)
            assert await close_code(ws) == 1002
        assert await client.post('42["say",{"text":"on"}]') == 200
        assert site.heard == ["on"]


@pytest.mark.parametrize("code", [1004, 1005, 1006, 1015, 2999, 5000, 65_535, 1000, 3000])
async def test_the_answer_to_a_close_frame_has_a_code_that_may_travel(code: int) -> None:
    async with serving() as site, line(site) as one:
        await one.request("GET", PATH.replace("polling", "websocket"), headers=HANDSHAKE)
        await one.reader.readuntil(b"\r\n\r\n")
        payload = struct.pack("!H", code)
        await one.send(Frame(Opcode.CLOSE, payload, mask=b"\1\2\3\4").encode())
        answer = (await one.reader.read()).rpartition(b"\x88\x02")[2][:2]
        (told,) = struct.unpack("!H", answer)
        assert told in {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1011} or 3000 <= told < 5000


async def test_a_handshake_without_its_headers_takes_no_seat() -> None:
    async with serving() as site, line(site) as one:
        path = PATH.replace("polling", "websocket")
        assert (await one.ask("GET", path))[0] == 400
        assert (await one.ask("GET", path, headers=b"Upgrade: websocket\r\n"))[0] == 400
        both = b"Upgrade: websocket\r\nConnection: Upgrade\r\n"  # but no key
        assert (await one.ask("GET", path, headers=both))[0] == 400
        await site.settle()
        assert site.sessions == []


async def test_a_client_that_is_gone_before_its_handshake_is_answered_leaves_nothing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with serving() as site:
        note = site.sio.eio.handlers["connect"]

        async def connect(sid: str, environ: Any) -> None:
            await note(sid, environ)
            await site.disk.wait()

        site.sio.eio.on("connect", connect)
        site.disk.clear()
        async with line(site) as one:
            path = PATH.replace("polling", "websocket")
            await one.request("GET", path, headers=HANDSHAKE)
            await site.settle()
        await site.settle()
        site.disk.set()
        await site.settle()
        assert site.sessions == []
    no_traceback(caplog)


async def test_events_still_take_the_short_way_past_the_queue() -> None:
    async with serving() as site, joined(site) as ws:
        await site.settle()
        (session,) = site.sessions
        assert session.queue.idle
        socketio_app.emit_now(site.sio, "news", 1)
        assert session.queue.empty()
        assert await ws.receive_str(timeout=DEADLINE_S) == '42["news",1]'


# Seats


async def test_a_client_that_never_connects_loses_its_seat() -> None:
    async with serving(connect_s=0.1) as site, joined(site) as other, websocket(site) as ws:
        client = await polling(site)
        assert await client.poll() == (200, "1")
        assert (await client.poll())[0] == 400
        assert await close_code(ws) == 1000
        assert len(site.sessions) == 1
        await other.send_str("41")  # a seat without a namespace
        assert await close_code(other) == 1000
        assert site.sessions == []


async def test_sessions_that_nobody_uses_lock_nobody_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(engineio_repairs, "NEW_S", 0)
    async with serving(max_clients=10) as site, joined(site):
        for _ in range(50):
            await polling(site)
        client = await polling(site)
        await client.join()
        assert len(site.sessions) <= 10
        while len(site.joined) < 10:
            await (await polling(site)).join()
        async with line(site) as one:
            assert (await one.ask("GET", PATH))[0] == 503, "all of them are in use"
        assert site.left == []


async def test_a_session_that_has_just_begun_is_not_thrown_out() -> None:
    async with serving(max_clients=2) as site, line(site) as one:
        clients = [await polling(site) for _ in range(2)]
        assert (await one.ask("GET", PATH))[0] == 503
        for client in clients:
            await client.join()


@pytest.mark.parametrize("foreign", [b"cross-site", b"same-site"])
async def test_a_picture_of_a_foreign_page_opens_no_session(foreign: bytes) -> None:
    async with serving() as site, line(site) as one:
        header = b"Sec-Fetch-Site: " + foreign + b"\r\n"
        assert (await one.ask("GET", PATH, headers=header))[0] == 403
        assert (await one.ask("GET", f"{PATH}&j=0"))[0] == 400
        assert site.sessions == []
        own = b"Sec-Fetch-Site: same-origin\r\n"
        assert (await one.ask("GET", PATH, headers=own))[0] == 200


# The rest


async def test_the_interval_between_pings_is_told_to_the_millisecond() -> None:
    async with serving(ping_interval=0.3, ping_timeout=0.25) as site, line(site) as one:
        _, text = await one.ask("GET", PATH)
        told = json.loads(text[1:])
        assert (told["pingInterval"], told["pingTimeout"]) == (300, 250)


@pytest.mark.parametrize("header", [b"Cookie: a=M\xfcller\r\n", b"X: \xff\xfe\r\n"])
async def test_a_header_that_is_not_utf8_costs_nothing(header: bytes) -> None:
    asked = b"Access-Control-Request-Headers: \xff\r\n"
    async with serving() as site, line(site) as one:
        for path in ("/", "/healthz", PATH):
            assert (await one.ask("GET", path, headers=header))[0] == 200
        assert (await one.ask("OPTIONS", PATH, headers=header + asked))[0] == 200
        path = PATH.replace("polling", "websocket")
        await one.request("GET", path, headers=header + HANDSHAKE)
        assert (await one.reader.readline()).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("text", ["", "abc", "9", "b4", "²", "\x00"])
def test_what_is_not_a_packet_is_malformed(text: str) -> None:
    with pytest.raises(Malformed):
        decode(text)


def test_the_data_of_a_packet_stays_text() -> None:
    assert decode('4{"a":1}').data == '{"a":1}'
    assert decode("4" + "[" * 50_000).data == "[" * 50_000
    assert [each.data for each in decode_body(b"4a\x1ebAQID\x1e3")] == ["a", b"\1\2\3", ""]


@pytest.mark.parametrize("module", [engineio_repairs, socketio_repairs])
async def test_another_release_goes_without_the_repairs(
    module: object, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    needed = {async_socket.AsyncSocket: {"a_new_name": ()}}
    monkeypatch.setattr(module, "NEEDED", needed)
    async with serving() as site, python(site.url, {}) as one:
        assert "goes without our repairs" in caplog.text
        answer = await one.call("say", {"text": "hello"})
        assert answer == {"ok": True, "text": "hello"}

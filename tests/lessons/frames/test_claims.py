"""What the lesson says and does not show: each test has the sentence that it proves."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

from helpers.launcher import Server, launch, stop_all
from helpers.recorder.tap import tap
from helpers.wire.frames import Frame, Opcode
from helpers.wire.handshake import build_request

DEADLINE_S = 10
ZERO = bytes(4)


@pytest.fixture
async def handmade() -> AsyncIterator[Server]:
    yield await asyncio.to_thread(launch, "handmade")
    await asyncio.to_thread(stop_all)


async def said(port: int, data: bytes, path: str = "/echo") -> bytes:
    """Send bytes after a handshake, and read until the server hangs up."""
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        writer.write(build_request(f"127.0.0.1:{port}", path, key=key).encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(data)
        reply = await reader.read()
        writer.close()
    return reply


async def code_that_a_server_reports(close: bytes) -> int | None:
    """Close a connection to a server of the library with this frame, and ask for its code."""
    heard: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def handler(websocket: ServerConnection) -> None:
        await websocket.wait_closed()
        heard.set_result(websocket.close_code)

    async with serve(handler, "127.0.0.1", 0) as server:
        await said(server.sockets[0].getsockname()[1], close)
        return await asyncio.wait_for(heard, DEADLINE_S)


async def code_of_a_client(url: str) -> int | None:
    async with asyncio.timeout(DEADLINE_S), connect(url) as client:
        with pytest.raises(ConnectionClosed):
            await client.recv()
        return client.close_code


@pytest.mark.parametrize(
    "control",
    [
        pytest.param(b"\x89\xfe\x00\x7e" + ZERO + bytes(126), id="at most 125 bytes"),
        pytest.param(b"\x09\x82" + ZERO + b"hi", id="never split"),
    ],
)
async def test_control_frames_carry_at_most_125_bytes_and_are_never_split(
    handmade: Server, control: bytes
) -> None:
    reply = await said(handmade.port, control)
    assert reply[0] == 0x88
    assert int.from_bytes(reply[2:4], "big") == 1002


@pytest.mark.parametrize(
    "long", [b"\x81\xfe\x00\x02" + ZERO + b"hi", b"\x81\xff" + bytes(7) + b"\x02" + ZERO + b"hi"]
)
async def test_a_sender_has_to_use_the_shortest_form_that_fits(
    handmade: Server, long: bytes
) -> None:
    reply = await said(handmade.port, long)
    assert reply[0] == 0x88
    assert int.from_bytes(reply[2:4], "big") == 1002


async def test_a_ping_need_not_wait_for_the_end_of_a_long_message(handmade: Server) -> None:
    """The pong comes while the message is unfinished, and the message is whole in the end."""
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", handmade.port)
        key = "dGhlIHNhbXBsZSBub25jZQ=="
        writer.write(build_request(f"127.0.0.1:{handmade.port}", "/echo", key=key).encode())
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"\x01\xff" + (70_000).to_bytes(8, "big") + ZERO + b"." * 70_000)
        writer.write(b"\x89\x82" + ZERO + b"hi")
        assert await reader.readexactly(4) == b"\x8a\x02hi"
        writer.write(b"\x80\x80" + ZERO)
        assert await reader.readexactly(10) == b"\x81\x7f" + (70_000).to_bytes(8, "big")
        writer.close()


async def test_1005_the_close_frame_had_no_code() -> None:
    assert await code_that_a_server_reports(b"\x88\x80" + ZERO) == 1005


async def test_1006_no_close_frame_arrived_as_the_server_that_stays_sees_it() -> None:
    heard: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def handler(websocket: ServerConnection) -> None:
        await websocket.wait_closed()
        heard.set_result(websocket.close_code)

    async with serve(handler, "127.0.0.1", 0) as server:
        client: Any = await connect(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        client.transport.abort()
        assert await asyncio.wait_for(heard, DEADLINE_S) == 1006


async def test_1001_a_server_is_closing(handmade: Server) -> None:
    async with asyncio.timeout(DEADLINE_S), connect(handmade.url) as client:
        stopping = asyncio.create_task(asyncio.to_thread(handmade.stop))
        await client.wait_closed()
        await stopping
    assert client.close_code == 1001


async def test_1011_something_went_wrong_on_my_side() -> None:
    async def handler(websocket: ServerConnection) -> None:
        raise RuntimeError("a bug")

    async with serve(handler, "127.0.0.1", 0) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
        assert await code_of_a_client(url) == 1011


async def test_a_new_random_key_for_each_frame_so_does_websockets(handmade: Server) -> None:
    wire = tap(handmade)
    async with asyncio.timeout(DEADLINE_S), connect(f"ws://127.0.0.1:{wire.port}/echo") as client:
        for _ in range(5):
            await client.send("Hello")
            await client.recv()
    sent = [e.value for e in wire.entries() if e.direction == "client→server"]
    masks = [f.mask for f in sent if isinstance(f, Frame) and f.opcode is Opcode.TEXT]
    assert len(masks) == 5
    assert len(set(masks)) == 5

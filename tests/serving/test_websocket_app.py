"""Tests of helpers/serving/websocket_app.py: real connections to a server in this process."""

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from helpers.serving import flush, websocket_app
from helpers.serving.program import listen

DEADLINE_S = 10


@contextlib.asynccontextmanager
async def served(
    talk: Callable[[websocket_app.Peer], Awaitable[None]], max_size: int = 1024
) -> AsyncIterator[tuple[str, asyncio.Event]]:
    stop = asyncio.Event()
    with listen("127.0.0.1", 0) as listener:
        task = asyncio.create_task(
            websocket_app.serve(
                talk,
                listener,
                stop,
                server="x",
                page="echo",
                max_size=max_size,
                leave_s=0.2,
            )
        )
        try:
            yield f"127.0.0.1:{listener.getsockname()[1]}", stop
        finally:
            stop.set()
            await asyncio.wait_for(task, DEADLINE_S)


async def echo(peer: websocket_app.Peer) -> None:
    async for message in peer:
        if isinstance(message, bytes):
            peer.send(websocket_app.binary_frame(message))
        else:
            peer.send(websocket_app.text_frame(message))


async def why(client: ClientConnection) -> str:
    """Return the code of the message that says why the server closes: proxies lose close codes."""
    message = json.loads(await client.recv())
    assert message["type"] == "closed"
    assert message["text"] or message["code"] == "too_big"
    return str(message["code"])


async def test_text_and_binary_come_back() -> None:
    async with served(echo) as (address, _), connect(f"ws://{address}/ws") as client:
        await client.send("héllo")
        assert json.loads(await client.recv()) == "héllo"
        await client.send(b"\0\1")
        assert await client.recv() == b"\0\1"


@pytest.mark.parametrize("code", [1000, 1001, 3000, 4999])
async def test_a_close_is_answered_with_its_own_code(code: int) -> None:
    async with served(echo) as (address, _):
        client = await connect(f"ws://{address}/ws")
        await client.close(code, "bye")
        assert client.protocol.close_rcvd
        assert client.protocol.close_rcvd.code == code


async def test_the_end_closes_with_1001() -> None:
    async with served(echo) as (address, stop), connect(f"ws://{address}/ws") as client:
        stop.set()
        assert await why(client) == "stopping"
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd
        assert caught.value.rcvd.code == 1001


async def test_an_error_in_the_handler_closes_with_1011() -> None:
    async def talk(peer: websocket_app.Peer) -> None:
        async for message in peer:
            raise ValueError(message)

    async with served(talk) as (address, _), connect(f"ws://{address}/ws") as client:
        await client.send("x")
        assert await why(client) == "error"
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd
        assert caught.value.rcvd.code == 1011


async def test_whoever_has_left_makes_room_for_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(websocket_app, "MAX_PEERS", 1)
    async with served(echo) as (address, _):
        for _ in range(3):  # each time, the client waits for the end of its connection
            async with connect(f"ws://{address}/ws"):
                with pytest.raises(InvalidStatus) as caught:
                    await connect(f"ws://{address}/ws")
                assert caught.value.response.status_code == 503


async def test_a_message_too_big_closes_with_1009() -> None:
    async with served(echo) as (address, _), connect(f"ws://{address}/ws") as client:
        await client.send("x" * 2000)
        assert await why(client) == "too_big"
        with pytest.raises(ConnectionClosed) as caught:
            await client.recv()
        assert caught.value.rcvd
        assert caught.value.rcvd.code == 1009


async def test_a_foreign_page_is_refused_with_403() -> None:
    async with served(echo) as (address, _):
        with pytest.raises(InvalidStatus) as caught:
            await connect(f"ws://{address}/ws", origin="http://evil.example")  # type: ignore[arg-type]
        assert caught.value.response.status_code == 403
        own = await connect(f"ws://{address}/ws", origin=f"http://{address}")  # type: ignore[arg-type]
        await own.close()


@pytest.mark.parametrize(
    ("request_line", "status"),
    [
        ("GET / HTTP/1.1", 200),
        ("GET /shared/base.css HTTP/1.1", 200),
        ("GET /no HTTP/1.1", 404),
        ("GET /healthz HTTP/1.1", 200),
        ("GET /ws HTTP/1.1", 426),
        ("POST / HTTP/1.1", 405),
    ],
)
async def test_plain_requests(request_line: str, status: int) -> None:
    async with served(echo) as (address, _):
        host, port = address.split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(f"{request_line}\r\nHost: {address}\r\n\r\n".encode())
        answer = await reader.read()
        assert answer.startswith(f"HTTP/1.1 {status} ".encode())
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert head.count(b"content-length") == 1
        writer.close()


async def test_a_peer_that_does_not_read_is_dropped_and_bounded() -> None:
    peers: list[websocket_app.Peer] = []
    connected = asyncio.Event()

    async def talk(peer: websocket_app.Peer) -> None:
        peers.append(peer)
        connected.set()
        async for _ in peer:
            pass

    async with served(talk) as (address, _):
        host, port = address.split(":")
        slow = socket.create_connection((host, int(port)))
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(
            b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        )
        await connected.wait()
        (peer,) = peers
        frame = websocket_app.binary_frame(bytes(2**16))
        for _ in range(1000):
            peer.send(frame)
            if peer.gone:
                break
            await asyncio.sleep(0)
        assert peer.gone
        assert peer.transport.get_write_buffer_size() <= flush.MAX_WAITING_BYTES + 2 * len(frame)
        await peer.wait_closed()
        slow.close()

"""The echo server, from outside: over real sockets, with `websockets` as the client."""

import json
import socket
import time
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from helpers.launcher import Server, launch
from helpers.servers import echo
from helpers.serving import static

DEADLINE_S = 10
MIB = 2**20
HANDSHAKE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("echo") as server:  # not launch(): the tests launch others of the same name
        server.start()
        yield server


def ask(server: Server, head: str) -> tuple[int, dict[str, str], bytes]:
    """Send a request, and return status, headers and everything after them."""
    with socket.create_connection(("127.0.0.1", server.port), DEADLINE_S) as connection:
        connection.sendall(head.replace("HOST", f"127.0.0.1:{server.port}").encode() + b"\r\n")
        data = b""
        while chunk := connection.recv(65_536):
            data += chunk
            if data.startswith(b"HTTP/1.1 101"):
                break
    top, _, body = data.partition(b"\r\n\r\n")
    line, *lines = top.decode().split("\r\n")
    return int(line.split()[1]), dict(line.split(": ", 1) for line in lines), body


@pytest.mark.parametrize(
    "message", ["Hello", "", "Grüße, 世界 🌍", "a" * MIB, b"", b"\x00\xff", bytes(MIB)], ids=len
)
def test_everything_comes_back_as_it_was(server: Server, message: str | bytes) -> None:
    with connect(server.url, max_size=MIB) as websocket:
        websocket.send(message)
        assert websocket.recv(DEADLINE_S) == message


def test_in_order(server: Server) -> None:
    with connect(server.url) as websocket:
        for number in range(100):
            websocket.send(str(number))
        assert [websocket.recv(DEADLINE_S) for _ in range(100)] == [str(n) for n in range(100)]


def test_to_nobody_else(server: Server) -> None:
    with connect(server.url) as one, connect(server.url) as other:
        one.send("one")
        other.send("other")
        assert other.recv(DEADLINE_S) == "other"


def test_too_big_closes_with_1009_and_costs_nobody_else_anything(server: Server) -> None:
    with connect(server.url) as bystander:
        with connect(server.url) as websocket:
            websocket.send("a" * (MIB + 1))
            with pytest.raises(ConnectionClosed) as closed:
                websocket.recv(DEADLINE_S)
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1009
        bystander.send("still there")
        assert bystander.recv(DEADLINE_S) == "still there"


def test_the_end_of_the_server_closes_with_1001() -> None:
    with launch("echo") as server, connect(server.url) as websocket:
        server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(DEADLINE_S)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1001


def test_compression_only_when_asked_for() -> None:
    with launch("echo") as plain, connect(plain.url) as websocket:
        assert websocket.response
        assert "Sec-WebSocket-Extensions" not in websocket.response.headers
    with launch("echo", compress=True) as packed, connect(packed.url) as websocket:
        assert websocket.response
        extension = websocket.response.headers["Sec-WebSocket-Extensions"]
        assert extension.startswith("permessage-deflate")
        websocket.send("a" * 1000)
        assert websocket.recv(DEADLINE_S) == "a" * 1000


@pytest.mark.parametrize("origin", ["http://HOST", "https://HOST", None])
def test_its_own_pages_may_connect(server: Server, origin: str | None) -> None:
    line = f"Origin: {origin}\r\n" if origin else ""
    head = f"GET /ws HTTP/1.1\r\nHost: HOST\r\n{line}{HANDSHAKE}"
    status, headers, _ = ask(server, head)
    assert status == 101
    assert headers["Sec-WebSocket-Accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


@pytest.mark.parametrize(
    "origin", ["http://evil.test", "http://127.0.0.1", "http://127.0.0.1:1", "null", "http://["]
)
def test_pages_of_other_origins_may_not(server: Server, origin: str) -> None:
    head = f"GET /ws HTTP/1.1\r\nHost: HOST\r\nOrigin: {origin}\r\n{HANDSHAKE}"
    status, _, body = ask(server, head)
    assert status == 403
    own = f"'127.0.0.1:{server.port}'"
    fact = f"Origin must be the server's own, {own}, got '{origin}' (RFC 6455 §10.2)"
    assert body.decode() == f"{fact}\n"


def test_two_origins_are_refused(server: Server) -> None:
    twice = "Origin: http://HOST\r\nOrigin: http://evil.test\r\n"
    status, _, _ = ask(server, f"GET /ws HTTP/1.1\r\nHost: HOST\r\n{twice}{HANDSHAKE}")
    assert status == 403


@pytest.mark.parametrize(
    ("line", "status"),
    [
        ("GET / HTTP/1.1", 200),
        ("GET /shared/base.css HTTP/1.1", 200),
        ("GET /x HTTP/1.1", 404),
        ("GET /../servers/echo.py HTTP/1.1", 404),
        ("POST / HTTP/1.1", 405),
        ("GET /ws HTTP/1.1", 426),
        ("POST /ws HTTP/1.1", 405),
    ],
)
def test_plain_requests(server: Server, line: str, status: int) -> None:
    got, headers, body = ask(server, f"{line}\r\nHost: HOST\r\n")
    assert got == status
    assert int(headers["Content-Length"]) == len(body) > 0


def test_the_page_and_its_headers(server: Server) -> None:
    _, headers, body = ask(server, "GET / HTTP/1.1\r\nHost: HOST\r\n")
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert set(static.SECURITY_HEADERS) <= set(headers.items())
    assert body == (static.PAGES / "echo/index.html").read_bytes()


def test_health_tells_the_name(server: Server) -> None:
    _, headers, body = ask(server, "GET /healthz HTTP/1.1\r\nHost: HOST\r\n")
    assert headers["Content-Type"] == "application/json"
    assert json.loads(body) == {"server": "echo", "status": "ok"}


def log_until(server: Server, last: str) -> list[str]:
    """Read the log until a line begins so: a client may know of its end before the server."""
    lines: list[str] = []
    deadline = time.monotonic() + DEADLINE_S
    while not (lines and lines[-1].startswith(last)) and time.monotonic() < deadline:
        lines += server.log().splitlines()  # each time it asks the server for an answer
    return lines


def test_the_log_reads_well() -> None:
    with launch("echo") as server:
        with connect(server.url) as websocket:
            websocket.send("Hello")
            websocket.recv(DEADLINE_S)
            websocket.send(b"123")
            websocket.recv(DEADLINE_S)
        with connect(server.url) as websocket:
            websocket.send("a" * (MIB + 1))
            with pytest.raises(ConnectionClosed):
                websocket.recv(DEADLINE_S)
        assert log_until(server, "connection 2 closed") == [
            "connection 1 opened",
            "connection 1: text 'Hello', 5 characters",
            "connection 1: binary, 3 bytes",
            "connection 1 closed with 1000",
            "connection 2 opened",
            "connection 2 closed with 1009",
        ]


def test_a_long_message_is_short_in_the_log() -> None:
    assert echo.described("a" * 1000) == f"text '{'a' * 39}…', 1000 characters"
    assert echo.described("a\nb") == r"text 'a\nb', 3 characters"


def test_it_is_short_enough_to_read() -> None:
    assert echo.__file__
    with open(echo.__file__, encoding="utf-8") as source:
        assert len(source.readlines()) < 100

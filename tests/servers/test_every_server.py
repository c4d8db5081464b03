"""What every server bears: requests that never end, bytes that are not text, bad close codes."""

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from helpers.launcher import Server
from helpers.wire.frames import Frame, Opcode
from tests.servers.raw_client import DEADLINE_S, MASK, SOCKETIO_PATH, RawClient

resource = pytest.importorskip("resource")  # limits are POSIX's

PATHS = {
    "echo": "/ws",
    "handmade": "/ws",
    "chat": "/ws",
    "document": "/ws",
    "files": "/ws",
    "socketio_chat": SOCKETIO_PATH,
    "socketio_echo": SOCKETIO_PATH,
    "vote": SOCKETIO_PATH,
    "rooms": SOCKETIO_PATH,
}
PLAIN = [name for name, path in PATHS.items() if path == "/ws"]  # WebSockets without Socket.IO
MIB = 2**20
UPGRADE = (
    b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
#: Headers with bytes that are not UTF-8, as other programs on 127.0.0.1 leave them in a browser.
FOREIGN = [
    b"Cookie: name=Jos\xe9; other=1\r\n",
    b"Cookie: rooms_session=\xff\xfe\r\n",
    b"User-Agent: \xe4\xf6\xfc\r\n",
    b"X-\x41: \x80\r\n",
]


@pytest.fixture(scope="module", params=PATHS)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(request.param) as server:
        server.start()
        yield server


@pytest.fixture(scope="module", params=PLAIN)
def plain_server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with Server(request.param) as server:
        server.start()
        yield server


def assert_well(server: Server) -> None:
    """Check that a server still answers, and that nothing a client did filled its log."""
    with RawClient(server.port) as client:
        assert client.ask(b"GET /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n") == 200
    log = server.log()
    assert "Traceback" not in log
    assert "Error" not in log
    assert log.count("\n") < 50


def answers_soon(port: int) -> bool:
    """Whether a server answers once it has noticed that its other clients have gone."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionError), RawClient(port) as client:
            return client.ask(b"GET /healthz HTTP/1.1\r\nHost: HOST\r\n\r\n") == 200
    return False


UNFINISHED = [
    b"",
    b"GET / HTT",
    b"GET /ws HTTP/1.1\r\nHost: HOST\r\n",
    b"GET / HTTP/1.1\r\nHost: HOST\r\nX-Long: " + b"x" * 4_000,
    b"POST / HTTP/1.1\r\nHost: HOST\r\nContent-Length: 100\r\n\r\nonly this",
]


@pytest.mark.parametrize("name", PATHS)
def test_a_request_that_never_ends_is_closed(name: str) -> None:
    with Server(name, ("--handshake-s=0.3",)) as server:
        server.start()
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(RawClient(server.port)) for _ in UNFINISHED]
            for client, start in zip(clients, UNFINISHED, strict=True):
                client.send(start.replace(b"HOST", client.host.encode()))
            assert [client.ended() for client in clients] == [True] * len(clients)
        assert_well(server)


@pytest.mark.parametrize("header", FOREIGN)
def test_a_header_that_is_not_utf_8_disturbs_nothing(server: Server, header: bytes) -> None:
    with RawClient(server.port) as client:
        assert client.ask(b"GET / HTTP/1.1\r\nHost: HOST\r\n" + header + b"\r\n") == 200
    path = PATHS[server.name].encode()
    head = b"GET " + path + b" HTTP/1.1\r\nHost: HOST\r\n" + UPGRADE + header + b"\r\n"
    with RawClient(server.port) as client:
        assert client.ask(head) == 101
    assert_well(server)


NOT_HTTP = [
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # a TLS ClientHello begins so
    b"nonsense\r\n\r\n",
    b"GET / HTTP/1.1\r\nNo colon\r\n\r\n",
    b"GET /\xff\xfe HTTP/1.1\r\nHost: HOST\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: HOST\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
    b"GET /ws HTTP/1.1\r\nHost: HOST\r\nOrigin: \xff\r\n" + UPGRADE + b"\r\n",
    b"POST / HTTP/1.1\r\nHost: HOST\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
]


def test_what_is_not_http_costs_a_line_of_the_log_at_most(server: Server) -> None:
    for junk in NOT_HTTP:
        with RawClient(server.port) as client, contextlib.suppress(ConnectionError):
            client.send(junk.replace(b"HOST", client.host.encode()))
            client.socket.shutdown(socket.SHUT_WR)
            data = client.socket.recv(65_536)
            assert not data.startswith(b"HTTP/1.1 5"), junk[:50]
    assert_well(server)


def test_a_handshake_in_http_1_0_opens_nothing(server: Server) -> None:
    """RFC 6455 §4.2.1; aiohttp itself would answer 101."""
    path = PATHS[server.name].encode()
    head = b"GET " + path + b" HTTP/1.0\r\nHost: HOST\r\n" + UPGRADE + b"\r\n"
    with RawClient(server.port) as client:
        assert client.ask(head) in (400, 505)
    assert_well(server)


#: What a client may send without waiting for the answer to its request, though it must not.
TOO_EARLY = [
    b"\x88\x82\x00\x00\x00\x00\x03\xe8",
    Frame(Opcode.TEXT, b"2", mask=MASK).encode(),
    b"GET / HTTP/1.1\r\n\r\n",
    b"\xff" * 20,
]


@pytest.mark.parametrize("half_closed", [False, True])
def test_whoever_does_not_wait_for_the_answer_disturbs_nothing(
    server: Server, half_closed: bool
) -> None:
    path = PATHS[server.name].encode()
    for target, headers in ((b"/", b""), (path, UPGRADE)):
        for early in (*TOO_EARLY, b""):
            with RawClient(server.port) as client, contextlib.suppress(ConnectionError):
                head = b"GET " + target + b" HTTP/1.1\r\nHost: HOST\r\n" + headers + b"\r\n"
                client.send(head.replace(b"HOST", client.host.encode()) + early)
                if half_closed:
                    client.socket.shutdown(socket.SHUT_WR)
                assert not client.socket.recv(65_536).startswith(b"HTTP/1.1 5")
    assert_well(server)


MAY_NOT_TRAVEL = [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65_535]


@pytest.mark.parametrize("code", MAY_NOT_TRAVEL)
def test_a_close_code_that_may_not_travel_is_a_protocol_error(
    plain_server: Server, code: int
) -> None:
    with RawClient(plain_server.port).open() as client:
        client.send_frame(Opcode.CLOSE, code.to_bytes(2) + b"why")
        answer = client.close_frame()
    assert answer
    assert int.from_bytes(answer.payload[:2]) == 1002


def test_a_close_frame_of_one_byte_is_a_protocol_error(plain_server: Server) -> None:
    with RawClient(plain_server.port).open() as client:
        client.send_frame(Opcode.CLOSE, b"\x03")
        answer = client.close_frame()
    assert answer
    assert int.from_bytes(answer.payload[:2]) == 1002


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1014, 3000, 4001, 4999])
def test_a_close_code_that_may_travel_is_echoed(plain_server: Server, code: int) -> None:
    with RawClient(plain_server.port).open() as client:
        client.send_frame(Opcode.CLOSE, code.to_bytes(2))
        answer = client.close_frame()
    assert answer
    assert int.from_bytes(answer.payload[:2]) == code
    assert_well(plain_server)


def test_whoever_sends_on_reads_why_they_are_closed(plain_server: Server) -> None:
    """The close frame of somebody who is in the middle of a message too big is not lost."""
    big = Frame(Opcode.TEXT, b"x" * 3 * MIB, mask=MASK).encode()
    for _ in range(10):
        with RawClient(plain_server.port, receive_bytes=4096).open() as client:
            client.send(big)
            client.send(big)
            answer = client.close_frame()
        assert answer
        assert int.from_bytes(answer.payload[:2]) == 1009
    assert_well(plain_server)


@pytest.mark.parametrize("name", PATHS)
@pytest.mark.thorough
def test_pings_of_a_client_that_reads_nothing_have_a_bound(name: str) -> None:
    """It is closed, or no longer read from; either way little waits for it."""
    with Server(name) as server:
        server.start()
        process = psutil.Process(server.pid)
        pings = Frame(Opcode.PING, bytes(125), mask=MASK).encode() * 1_000
        with RawClient(server.port, receive_bytes=4096).open(PATHS[name]) as client:
            before = process.memory_info().rss
            client.socket.settimeout(2)
            with contextlib.suppress(ConnectionError, TimeoutError):
                for _ in range(400):  # 52 MB, and as much in pongs
                    client.send(pings)
            assert process.memory_info().rss - before < 24 * MIB
        assert_well(server)


@pytest.mark.parametrize("name", PATHS)
def test_when_files_run_out_it_says_so_once_and_goes_on(name: str, tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_NOFILE, (60, 60))

    command = [sys.executable, "-m", f"helpers.servers.{name}", f"--data={tmp_path}"]
    log = tmp_path / "log"
    with (
        log.open("w") as stderr,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            preexec_fn=limit,
        ) as process,
    ):
        assert process.stdin
        assert process.stdout
        port = int(process.stdout.readline().split("127.0.0.1:")[1].partition("/")[0])
        with contextlib.ExitStack() as stack:
            for _ in range(5):
                for _ in range(100):
                    with contextlib.suppress(ConnectionError):
                        stack.enter_context(RawClient(port))
                with contextlib.suppress(ConnectionError), RawClient(port) as late:
                    late.socket.settimeout(1.5)
                    late.socket.recv(1)
        assert answers_soon(port)
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0
    assert log.stat().st_size < 2_000

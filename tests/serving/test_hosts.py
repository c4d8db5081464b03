"""No server of the course answers to a foreign `Host`: a browser whose DNS was rebound is refused.

Every program is asked, from outside, at each kind of address that it may have; so are the live
page and the tap, which have ports of their own.
"""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.launcher import Server
from helpers.recorder.tap import Tap, tap

DEADLINE_S = 20
FOLDER = Path(__file__).resolve().parents[2] / "helpers" / "servers"
PROGRAMS = sorted(
    path.stem
    for path in FOLDER.iterdir()
    if (path.is_dir() and (path / "__main__.py").exists())
    or (path.suffix == ".py" and path.stem != "__init__")
)
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
)
REQUESTS = [
    ("GET /", ""),
    ("GET /healthz", ""),
    ("GET /style.css", ""),
    ("GET /nothing", ""),
    ("GET /ws", UPGRADE),
    ("GET /echo", UPGRADE),
    ("GET /socket.io/?EIO=4&transport=polling", ""),
    ("GET /socket.io/?EIO=4&transport=websocket", UPGRADE),
    ("POST /socket.io/?EIO=4&transport=polling&sid=x", "Content-Length: 2\r\n"),
    ("POST /sign-in", "Content-Type: application/json\r\nContent-Length: 2\r\n"),
    ("GET /me", ""),
]


def ask(port: int, line: str, host: str, lines: str = "") -> tuple[int, str]:
    """Send one request, whose `Origin` is its `Host`; return the status and all of the answer.

    The status is 0 if the server hangs up without one, as `websockets` does to a POST.
    """
    head = f"{line} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n{lines}"
    body = "{}" if line.startswith("POST") else ""
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
        connection.sendall(f"{head}Connection: close\r\n\r\n{body}".encode())
        data = b""
        while chunk := connection.recv(65_536):
            data += chunk
            if data.startswith(b"HTTP/1.1 101"):
                break
    return int(data.split()[1]) if data else 0, data.decode("utf-8", "replace")


@pytest.fixture(scope="module", params=PROGRAMS)
def port(request: pytest.FixtureRequest) -> Iterator[int]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("JPY_PARENT_PID", raising=False)
        patch.delenv("JUPYTER_SERVER_URL", raising=False)
        with Server(request.param) as server:
            server.start()
            yield server.port


@pytest.mark.parametrize(("line", "lines"), REQUESTS, ids=[line for line, _ in REQUESTS])
def test_a_foreign_host_is_refused_whatever_it_asks_for(port: int, line: str, lines: str) -> None:
    for host in (f"evil.example:{port}", "evil.example", "evil.example:80"):
        status, answer = ask(port, line, host, lines)
        if status == 0 and line.startswith("POST"):
            continue
        assert status == 421, answer[:200]
        assert "--allow-host" in answer
        assert "evil.example" in answer


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
def test_loopback_names_are_let_in(port: int, host: str) -> None:
    for line, lines in REQUESTS:
        status, _ = ask(port, line, f"{host}:{port}", lines)
        assert status != 421, line


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.thorough
def test_a_name_that_the_command_line_gives_is_let_in(name: str) -> None:
    with Server(name, ("--allow-host", "Chat.Example", "--allow-host=other.example")) as server:
        server.start()
        for host in (f"chat.example:{server.port}", "other.example"):
            assert ask(server.port, "GET /", host)[0] == 200
        assert ask(server.port, "GET /", "evil.example")[0] == 421


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("sign", ["JPY_PARENT_PID", "JUPYTER_SERVER_URL"])
@pytest.mark.thorough
def test_in_jupyter_a_page_comes_through_the_proxy_under_any_name(
    name: str, sign: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(sign, "1")
    with Server(name) as server:
        server.start()
        for host in ("lab.example:8888", "hub.example"):
            for line, lines in REQUESTS:
                assert ask(server.port, line, host, lines)[0] not in (403, 421), line
        assert ask(server.port, "GET /", f"evil.example:{server.port}")[0] == 421


def test_a_server_that_listens_everywhere_takes_addresses_and_the_machines_name() -> None:
    with Server("echo", ("--host", "0.0.0.0")) as server:
        server.start()
        for host in (f"10.1.2.3:{server.port}", f"{socket.gethostname()}:{server.port}"):
            assert ask(server.port, "GET /", host)[0] == 200
        assert ask(server.port, "GET /", f"evil.example:{server.port}")[0] == 421


@pytest.fixture
def wire() -> Iterator[Tap]:
    with Server("echo", ("--allow-host", "evil.example")) as server:
        server.start()
        with tap(server.url) as wire:
            yield wire


@pytest.mark.parametrize(("line", "lines"), REQUESTS[:5])
def test_the_live_page_has_the_same_rule(wire: Tap, line: str, lines: str) -> None:
    port = wire.live().port
    for host in (f"evil.example:{port}", f"10.0.0.1:{port}"):
        status, answer = ask(port, line, host, lines)
        assert (status, "--allow-host" in answer) == (421, False)
    assert ask(port, "GET /", f"localhost:{port}")[0] == 200


def test_a_tap_refuses_what_is_for_another_host_on_its_own_port(wire: Tap) -> None:
    host = f"evil.example:{wire.port}"
    status, answer = ask(wire.port, "GET /ws", host, UPGRADE)
    assert (status, host in answer) == (421, True)
    texts = [entry.text for entry in wire.entries()]
    why = f"Host must be a name of this server, such as 127.0.0.1:{wire.port}, got '{host}'"
    assert f"refused: {why} (RFC 9110 §15.5.20)" in texts
    assert not any(text.startswith(("101", "200")) for text in texts)


def test_a_tap_lets_everything_else_through_unchanged(wire: Tap) -> None:
    assert ask(wire.port, "GET /", f"127.0.0.1:{wire.port}")[0] == 200
    assert ask(wire.port, "GET /", "evil.example")[0] == 200  # its server's own decision
    assert ask(wire.port, "GET /", "other.example")[0] == 421
    assert "--allow-host" in ask(wire.port, "GET /", "other.example")[1]

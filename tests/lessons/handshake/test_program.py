"""The learner's own handshake: what the file refuses, solved and naive, wherever it runs."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidMessage, InvalidUpgrade

from helpers.exercises.engine.program import find_templates, save
from helpers.judges.browser import find_browser, read_page
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.handshake import solutions
from helpers.lessons.handshake.mistakes import HANDSHAKES, SAMPLE_ACCEPT, SOUND

DEADLINE_S = 10
SOLVED: list[Any] = [
    solutions.accept_key,
    solutions.switching_protocols,
    solutions.choose_subprotocol,
    solutions.fault,
]


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def launched() -> Server:
    """Start the file as the lesson says."""
    return await asyncio.to_thread(launch, "mine/handshake.py")


async def said(port: int, *lines: str) -> bytes:
    """Ask, and read on until the server hangs up, which it does first; or until the 101."""
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        reply = await reader.readuntil(b"\r\n\r\n")
        if not reply.startswith(b"HTTP/1.1 101"):
            reply += await reader.read()
        writer.close()
    return reply


@pytest.fixture
async def solved() -> Server:
    save("handshake", SOLVED)
    return await launched()


def request(method: str, changes: dict[str, str | None], version: str = "HTTP/1.1") -> list[str]:
    headers = [
        f"{name}: {value}" for name, value in (SOUND | changes).items() if value is not None
    ]
    return [f"{method} / {version}", *headers]


async def test_it_refuses_each_handshake_with_a_fault_and_hangs_up(solved: Server) -> None:
    status = {"method": b"405 Method Not Allowed", "Origin": b"403 Forbidden"}
    for method, changes, fault, _ in HANDSHAKES:
        if {"Upgrade", "Sec-WebSocket-Key"} <= changes.keys():
            continue  # that would ask for the page
        reply = await said(solved.port, *request(method, changes))
        if fault is None:
            assert reply.startswith(b"HTTP/1.1 101 "), (method, changes)
            assert SAMPLE_ACCEPT.encode() in reply
        else:
            assert reply.split(b"\r\n")[0] == b"HTTP/1.1 " + status.get(fault, b"400 Bad Request")
            assert reply.endswith(f"fault: {fault}\n".encode())


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(request("GET", {}, "HTTP/1.0"), id="HTTP/1.0"),
        pytest.param(request("GET", {"Host": None}), id="no Host"),
        pytest.param(
            request("GET", {"Host": None, "Origin": "http://bad.example"}), id="only an Origin"
        ),
    ],
)
async def test_it_refuses_what_fault_was_not_asked_about(solved: Server, lines: list[str]) -> None:
    assert (await said(solved.port, *lines)).startswith(b"HTTP/1.1 400 Bad Request\r\n")


async def test_names_are_read_in_any_case_and_twice(solved: Server) -> None:
    twice = ("connection: keep-alive", "CONNECTION: upgrade")
    lines = [*request("GET", {"Connection": None}), *twice]
    assert (await said(solved.port, *lines)).startswith(b"HTTP/1.1 101 ")


@pytest.mark.parametrize("nonsense", [b"", b"\r\n\r\n", b"\xff" * 99 + b"\r\n\r\n", b"x" * 2**17])
async def test_what_is_no_request_leaves_nothing_in_the_log(
    solved: Server, nonsense: bytes
) -> None:
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", solved.port)
        writer.write(nonsense)
        writer.write_eof()
        await asyncio.gather(reader.read(), return_exceptions=True)
        writer.close()
    async with connect(solved.url, subprotocols=["chat.v2", "chat.v1"]) as client:  # type: ignore[list-item]
        assert client.subprotocol == "chat.v1"
    assert "Traceback" not in solved.log()


async def test_naive_every_client_hangs_up() -> None:
    """ "Without the first two functions, every browser hangs up on it": the library does too."""
    save("handshake", [])
    server = await launched()
    assert (
        "still naive: accept_key, switching_protocols, choose_subprotocol, fault" in server.log()
    )
    with pytest.raises((InvalidMessage, InvalidUpgrade)):
        await connect(server.url)


def test_it_runs_in_a_terminal_without_the_course(mine: Path) -> None:
    save("handshake", SOLVED)
    assert "NAIVE = []" in (mine / "handshake.py").read_text("utf-8")
    command = [sys.executable, "-u", "-I", str(mine / "handshake.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=mine) as process:
        assert process.stdout
        first = process.stdout.readline()
        process.terminate()
    assert re.match(r"my handshake: ws://127\.0\.0\.1:\d+/, with a page at http://127", first)


def test_it_needs_nothing_but_python() -> None:
    imports = re.findall(
        r"^(?:import|from) (\w+)", find_templates("handshake")[-1].read_text("utf-8"), re.M
    )
    assert set(imports) <= sys.stdlib_module_names


@pytest.mark.skipif(not find_browser(), reason="no browser is installed")
@pytest.mark.parametrize(
    ("functions", "shows"), [(SOLVED, "Open! Your server answered"), ([], "Closed.")]
)
async def test_its_page_in_a_browser(functions: list[Any], shows: str) -> None:
    save("handshake", functions)
    url = (await launched()).page_url + "#light"  # as `page` shows it in a notebook
    assert shows in await read_page(url, shows, DEADLINE_S)

"""Ctrl+C ends a learner's program, with clients still connected, on every Python of this machine.

A lesson has its reader start `mine/NAME.py` in one terminal and connect from a second one, so a
client is there when Ctrl+C is pressed. What becomes of it differs from Python to Python: from
3.12.1 on, `async with` waits for a server's connections; before, a cancelled `serve` of
`asyncio.start_server` was printed as an error.
"""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import websockets
from websockets.asyncio.client import connect

from helpers.exercises.engine.program import LESSONS
from helpers.wire.handshake import build_request
from tests.repo.other_pythons import candidates, find_pythons

pytestmark = pytest.mark.skipif(os.name == "nt", reason="Windows sends no SIGINT to a process")

PROGRAMS = sorted(LESSONS.glob("*/programs/*.py"))
ADDRESS = re.compile(r"ws://127\.0\.0\.1:(\d+)(/\w*)")
DEADLINE_S = 30
PROMPT_S = 8  # what is seen is a tenth of a second; the library would wait 10 s for an answer
FULL_S = 1  # for so long nobody has read
KEY = "dGhlIHNhbXBsZSBub25jZQ=="
BIG = b"\x82\xff" + (2**20).to_bytes(8) + bytes(4) + bytes(2**20)  # masked with zeros

every_program = pytest.mark.parametrize(
    "program", PROGRAMS, ids=[f"{path.parts[-3]}-{path.stem}" for path in PROGRAMS]
)
#: The lesson on the handshake ends with the handshake: its server knows no frames.
SPEAKING = [path for path in PROGRAMS if path.stem != "handshake"]
from_bytes = pytest.mark.parametrize(
    "program", [path for path in PROGRAMS if path.stem == "echo_bytes"], ids=["echo_bytes"]
)


@pytest.fixture(autouse=True)
def as_in_a_terminal() -> Iterator[None]:
    """Let programs hear SIGINT: tests that a shell runs in the background inherit it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.fixture(scope="session")
def pythons() -> list[str]:
    """Every Python of this machine; in a terminal, also those that a notebook cannot use."""
    programs = [path for path in candidates() if re.fullmatch(r"python3\.\d+", path.name)]
    others = find_pythons(programs, tuple(sys.version_info[:3]))
    return [sys.executable, *(each.path for each in others if each.level == "final")]


def fitting(program: Path, pythons: list[str]) -> list[str]:
    """List the Pythons that can run a program: what builds on the course needs the course's."""
    return pythons[:1] if "from helpers" in program.read_text("utf-8") else pythons


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the library alone, which any Python can import: its C part is optional."""
    folder = tmp_path_factory.mktemp("library")
    found = websockets.__file__
    assert found
    shutil.copytree(Path(found).parent, folder / "websockets")
    return folder


@dataclass(frozen=True)
class Running:
    """A program that runs as if in a terminal: the port and the path that it has named."""

    python: str
    process: asyncio.subprocess.Process
    port: int
    path: str
    writers: list[asyncio.StreamWriter] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"ws://127.0.0.1:{self.port}{self.path}"

    async def connect(self, data: bytes) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect, and send bytes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.append(writer)
        writer.write(data)
        return reader, writer

    async def open(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a WebSocket by hand: a client that answers nothing."""
        request = build_request(f"127.0.0.1:{self.port}", self.path, key=KEY)
        reader, writer = await self.connect(request.encode())
        await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), DEADLINE_S)
        return reader, writer

    async def ends(self) -> None:
        """Press Ctrl+C, and check that it ends at once, says so last, and complains of nothing."""
        self.process.send_signal(signal.SIGINT)
        said, errors = await asyncio.wait_for(self.process.communicate(), PROMPT_S)
        outcome = (self.process.returncode, said.decode().splitlines()[-1], errors.decode())
        assert outcome == (0, "stopped", ""), self.python


@contextlib.asynccontextmanager
async def running(python: str, program: Path, library: Path) -> AsyncIterator[Running]:
    process = await asyncio.create_subprocess_exec(
        *(python, "-u", str(program), "--port", "0"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(library)},
    )
    assert process.stdout
    try:
        async with asyncio.timeout(DEADLINE_S):
            while not (found := ADDRESS.search((await process.stdout.readline()).decode())):
                assert not process.stdout.at_eof(), "it ended, and has named no address"
        server = Running(python, process, int(found[1]), found[2])
        yield server
        for writer in server.writers:
            writer.transport.abort()
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


@every_program
async def test_it_ends_and_says_goodbye(program: Path, pythons: list[str], library: Path) -> None:
    if program not in SPEAKING:
        pytest.skip("its server knows the handshake alone")
    for python in fitting(program, pythons):
        async with running(python, program, library) as server, connect(server.url) as client:
            await server.ends()
            await asyncio.wait_for(client.wait_closed(), DEADLINE_S)
            assert client.close_code == 1001


@every_program
async def test_it_ends_without_a_client(program: Path, pythons: list[str], library: Path) -> None:
    for python in fitting(program, pythons):
        async with running(python, program, library) as server:
            await server.ends()


@every_program
async def test_a_client_in_the_middle_of_a_handshake_holds_nothing_up(
    program: Path, pythons: list[str], library: Path
) -> None:
    for python in fitting(program, pythons):
        async with running(python, program, library) as server:
            await server.connect(b"GET / HTTP/1.1\r\n")
            reader, _ = await server.connect(b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            await asyncio.wait_for(reader.read(1), DEADLINE_S)  # so the one before is accepted
            await server.ends()


@from_bytes
async def test_it_waits_for_no_answer(program: Path, pythons: list[str], library: Path) -> None:
    for python in fitting(program, pythons):
        async with running(python, program, library) as server:
            reader, _ = await server.open()
            await server.ends()
            said = await asyncio.wait_for(reader.read(), DEADLINE_S)
            assert said == bytes.fromhex("88 02 03 e9")


@from_bytes
async def test_half_a_handshake_holds_nothing_up(
    program: Path, pythons: list[str], library: Path
) -> None:
    for python in fitting(program, pythons):
        async with running(python, program, library) as server:
            reader, _ = await server.connect(b"GET / HTTP/1.1\r\n")
            await server.open()  # by then, the one before it has been accepted
            await server.ends()
            assert await asyncio.wait_for(reader.read(), DEADLINE_S) == b""


@from_bytes
async def test_a_client_that_reads_nothing_holds_nothing_up(
    program: Path, pythons: list[str], library: Path
) -> None:
    for python in fitting(program, pythons):
        async with running(python, program, library) as server:
            _, writer = await server.open()
            with contextlib.suppress(TimeoutError):
                while True:  # until the program, which waits for its reader, reads no more
                    writer.write(BIG)
                    await asyncio.wait_for(writer.drain(), FULL_S)
            await server.ends()

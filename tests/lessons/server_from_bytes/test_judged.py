"""The judge counts what the lesson says: for the naive server, after each exercise, for a program.

The server is the notebook's own: its cells are run, and `yours` is given the solutions one by one.
"""

import ast
import asyncio
import errno
import re
import runpy
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from inspect import signature
from pathlib import Path
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import connect

from helpers.exercises.engine import yours
from helpers.exercises.engine.program import save
from helpers.judges.player import Player
from helpers.judges.protocol import CASES, judge
from helpers.judges.target import find_target
from helpers.launcher import launch, stop_all
from helpers.lessons.server_from_bytes import naive, solutions
from helpers.wire.frames import ProtocolError
from tests.notebooks.lessons import LESSONS

NAMES = ("header_fault", "reply_code", "read_message", "text_fault")
WON = {"header_fault": 11, "reply_code": 6, "read_message": 8, "text_fault": 4}
ALL: list[Any] = [getattr(solutions, name) for name in NAMES]
FRAMES, ECHO = 30, 40  # rules that the first server keeps, and the one with messages
DEADLINE_S = 10


def cells() -> list[str]:
    """The cells from the first to the chat's, without those that ask, check, judge or show."""
    lesson = next(lesson for lesson in LESSONS if lesson.topic == "server_from_bytes")
    sources = [cell.source for cell in lesson.code if not cell.metadata.get("tags")]
    chat = next(n for n, source in enumerate(sources) if "async def chat(" in source)
    skipped = re.compile(r"\b(predict|judge|show_source)\(|^frames_report$", re.MULTILINE)
    return [source for source in sources[: chat + 1] if not skipped.search(source)]


async def run(source: str, notebook: dict[str, Any]) -> None:
    """Run a cell."""
    code = compile(source, "a cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    if (waiting := eval(code, notebook)) is not None:
        await waiting


@pytest.fixture
async def notebook(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """What the notebook's cells define, its server among it, with a naive `yours`."""
    monkeypatch.setattr(yours, "_passed", {})
    notebook: dict[str, Any] = {}
    for source in cells():
        await run(source, notebook)
    yield notebook
    notebook["forget"]()
    notebook["listener"].close()


@pytest.fixture
def url(notebook: dict[str, Any]) -> str:
    """The address of the notebook's server."""
    found: str = notebook["url"]
    return found


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def kept(server: object) -> int:
    return len((await judge(server)).passed)


async def test_the_first_server_keeps_less_than_half(url: str) -> None:
    """Of these 30 rules, 17 are about the handshake; the loop keeps 13 of the other 52."""
    assert len(CASES) == 69
    assert sum(case.section.startswith("§4") for case in CASES) == 17
    report = await judge(url + "/frames")
    assert len(report.passed) == FRAMES
    assert sum(verdict.section.startswith("§4") for verdict in report.passed) == 17
    assert (FRAMES - 17, len(CASES) - 17) == (13, 52)
    (unmasked,) = [verdict for verdict in report.failed if "not masked" in verdict.rule]
    assert unmasked.received == "nothing"  # a part of it was taken for a key
    assert report.advice().endswith(": 1 of 1")  # hung up on one fault, and said why
    assert await kept(url + "/echo") == ECHO


async def test_the_first_exercise_wins_rules_in_both_servers(url: str) -> None:
    yours.keep("header_fault", solutions.header_fault)
    assert await kept(url + "/frames") == FRAMES + WON["header_fault"]
    assert await kept(url + "/echo") == ECHO + WON["header_fault"]


@pytest.mark.parametrize("name", NAMES)
async def test_each_exercise_wins_what_the_text_says(url: str, name: str) -> None:
    yours.keep(name, getattr(solutions, name))
    assert await kept(url + "/echo") == ECHO + WON[name]


async def test_with_all_of_them_a_running_server_keeps_every_rule(url: str) -> None:
    for name in NAMES:
        yours.keep(name, getattr(solutions, name))
    report = await judge(url + "/echo")
    assert report.summary == "all 69 rules kept"
    assert len(report.ended) > 20
    assert not report.silent  # with a close frame that says why
    assert ECHO + sum(WON.values()) == len(CASES)


async def test_a_wrong_text_hurts_everybody_until_it_is_looked_at(url: str) -> None:
    for name in ("naive", "solved"):
        if name == "solved":
            yours.keep("text_fault", solutions.text_fault)
        async with connect(url + "/chat") as bob, connect(url + "/chat") as mallory:
            await mallory.send(b"caf\xc3", text=True)
            with pytest.raises(websockets.ConnectionClosedError) as raised:
                await asyncio.wait_for(mallory.recv(), DEADLINE_S)
            if name == "naive":
                with pytest.raises(websockets.ConnectionClosedError):
                    await asyncio.wait_for(bob.recv(), DEADLINE_S)
                continue
            assert raised.value.rcvd
            assert raised.value.rcvd.code == 1007
            assert raised.value.rcvd.reason == "not UTF-8 at byte 3"
            await bob.send("Is anybody there?")
            assert await asyncio.wait_for(bob.recv(), DEADLINE_S) == "Is anybody there?"


async def test_a_frame_that_is_too_big_is_refused_by_its_header(notebook: dict[str, Any]) -> None:
    stream = asyncio.StreamReader()
    stream.feed_data(b"\x82\xff" + (2**20 + 1).to_bytes(8))
    with pytest.raises(ProtocolError, match="at most 1,048,576 bytes here") as raised:
        await asyncio.wait_for(notebook["read_frame"](stream), DEADLINE_S)
    assert raised.value.code == 1009


class Unread:
    """A writer for a client that reads nothing: `drain` waits for ever."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.waits = asyncio.Event()

    def write(self, data: bytes) -> None:
        self.written.append(data)

    async def drain(self) -> None:
        self.waits.set()
        await asyncio.Event().wait()


@pytest.mark.parametrize("whose", ["the notebook's", "the program's"])
async def test_no_frame_is_read_before_its_client_has_read(
    notebook: dict[str, Any], whose: str
) -> None:
    """A client that sends pings and reads nothing would fill the memory with pongs."""
    if whose == "the program's":
        notebook = runpy.run_path(str(save("echo_bytes", ALL).path))
    stream, writer = asyncio.StreamReader(), Unread()
    stream.feed_data(b"\x89\x80" + bytes(4))
    reading = asyncio.ensure_future(anext(notebook["messages"](stream, writer)))
    await asyncio.wait_for(writer.waits.wait(), DEADLINE_S)
    for _ in range(9):
        await asyncio.sleep(0)
    assert writer.written == []
    reading.cancel()
    await asyncio.wait([reading])


async def test_a_network_that_fails_is_no_mistake_of_the_learner(
    notebook: dict[str, Any], url: str
) -> None:
    """Some errors of sockets are an OSError and no ConnectionError: a time that ran out."""
    printed: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, what: printed.append(what))

    async def fail_to_read(reader: object, writer: object) -> None:
        raise TimeoutError(errno.ETIMEDOUT, "Connection timed out")

    notebook["routes"]["/lost"] = fail_to_read
    async with connect(url + "/lost") as client:
        await asyncio.wait_for(client.wait_closed(), DEADLINE_S)
    assert client.close_code == 1006
    assert not printed


async def test_bob_is_heard_past_the_tap_as_well(notebook: dict[str, Any], url: str) -> None:
    """The tap sees three text frames; pages that are open get the message from the same chat."""
    lesson = next(lesson for lesson in LESSONS if lesson.topic == "server_from_bytes")
    (cell,) = [cell.source for cell in lesson.code if 'send("Hi Alice")' in cell.source]
    async with connect(url + "/chat") as page, connect(url + "/chat") as another:
        await run(cell, notebook)
        for client in (page, another):
            assert await asyncio.wait_for(client.recv(), DEADLINE_S) == "Hi Alice"
    assert len(notebook["texts"]) == 3


async def test_cells_may_run_twice_and_no_path_is_lost(notebook: dict[str, Any]) -> None:
    for words in ("async def echo_frames(", "async def chat("):
        (cell,) = [source for source in cells() if words in source]
        await run(cell, notebook)
    assert set(notebook["routes"]) == {"/frames", "/echo", "/chat"}


async def test_whoever_was_in_the_chat_stays_when_its_cell_runs_again(
    notebook: dict[str, Any], url: str
) -> None:
    (cell,) = [source for source in cells() if "async def chat(" in source]
    async with connect(url + "/chat") as bob:
        await bob.send("before")
        assert await asyncio.wait_for(bob.recv(), DEADLINE_S) == "before"
        await run(cell, notebook)
        async with connect(url + "/chat") as alice:
            await alice.send("after")
            assert await asyncio.wait_for(bob.recv(), DEADLINE_S) == "after"


async def test_a_client_that_is_gone_is_noticed_late(notebook: dict[str, Any], url: str) -> None:
    """`drain` raises an error once TCP has noticed: not at the first write after a goodbye."""
    writes: asyncio.Queue[str] = asyncio.Queue()

    async def talk_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the client has hung up
        try:
            while True:
                writer.write(b"\x81\x05Hello")
                await writer.drain()
                writes.put_nowait("well")
                await asyncio.sleep(0)
        except ConnectionError as error:
            writes.put_nowait(type(error).__name__)
            raise

    notebook["routes"]["/gone"] = talk_on
    line = await Player(find_target(url + "/gone")).open()
    line.writer.close()
    async with asyncio.timeout(DEADLINE_S):
        assert await writes.get() == "well"
        while (said := await writes.get()) == "well":
            pass
    assert said in ("ConnectionResetError", "BrokenPipeError")


async def test_the_limit_is_one_of_frames(url: str) -> None:
    yours.keep("read_message", solutions.read_message)
    async with connect(url + "/echo", max_size=None) as client:
        await client.send([bytes(2**20), bytes(1)])
        assert len(await asyncio.wait_for(client.recv(), DEADLINE_S)) == 2**20 + 1


def fail(data: bytes) -> None:
    raise RuntimeError("a mistake of the learner's")


async def test_a_mistake_in_the_server_is_1011_and_printed(url: str) -> None:
    printed: asyncio.Queue[dict[str, Any]] = asyncio.Queue()  # what asyncio would print
    asyncio.get_running_loop().set_exception_handler(lambda _, what: printed.put_nowait(what))
    yours.keep("text_fault", fail)
    async with connect(url + "/echo") as client:
        await client.send("Hello")
        await asyncio.wait_for(client.wait_closed(), DEADLINE_S)
        assert client.close_code == 1011
    context = await asyncio.wait_for(printed.get(), DEADLINE_S)
    assert str(context["exception"]) == "a mistake of the learner's"


@pytest.mark.parametrize("size", [0, 61, 62, 70])
async def test_a_reason_is_not_cut_within_a_character(notebook: dict[str, Any], size: int) -> None:
    frame = notebook["close_frame"](1002, "é" * size)
    assert frame[:2] == bytes([0x88, len(frame) - 2])
    assert frame[2:4] == (1002).to_bytes(2)
    assert frame[4:].decode() == "é" * min(size, 61)


async def test_a_frame_is_read_however_many_pieces_it_arrives_in(notebook: dict[str, Any]) -> None:
    stream = asyncio.StreamReader()
    reading = asyncio.create_task(notebook["read_frame"](stream))
    for byte in bytes.fromhex("81 85 37 fa 21 3d 7f 9f 4d 51 58"):
        stream.feed_data(bytes([byte]))
        await asyncio.sleep(0)
    assert await asyncio.wait_for(reading, DEADLINE_S) == (True, 1, b"Hello")


async def test_everybody_hears_the_chat_and_its_end(notebook: dict[str, Any], url: str) -> None:
    async with connect(url + "/chat") as bob, connect(url + "/chat") as alice:
        await bob.send(b"\x00\xff")
        for person in (bob, alice):
            assert await asyncio.wait_for(person.recv(), DEADLINE_S) == b"\x00\xff"
        notebook["goodbye"]()
        for person in (bob, alice):
            await asyncio.wait_for(person.wait_closed(), DEADLINE_S)
            assert person.close_code == 1001


@pytest.mark.parametrize(("functions", "count"), [([], ECHO), (ALL, 69)])
async def test_the_program_keeps_as_many(functions: list[Any], count: int) -> None:
    saved = save("echo_bytes", functions)
    assert ("NAIVE = []" in saved.source) == bool(functions)
    server = await asyncio.to_thread(launch, "mine/echo_bytes.py")
    assert ("still naive: header_fault" in server.log()) == (not functions)
    assert await kept(server) == count


async def test_the_program_says_what_went_wrong_in_it() -> None:
    def text_fault(data: bytes) -> None:
        raise RuntimeError("a mistake of the learner's")

    save("echo_bytes", [text_fault])
    server = await asyncio.to_thread(launch, "mine/echo_bytes.py")
    async with connect(server.url) as client:
        await client.send("Hello")
        await asyncio.wait_for(client.wait_closed(), DEADLINE_S)
        assert client.close_code == 1011
    await asyncio.to_thread(server.stop)
    assert "a mistake of the learner's" in server.log()


def test_the_program_runs_without_the_course(mine: Path) -> None:
    save("echo_bytes", ALL)
    command = [sys.executable, "-I", "-u", str(mine / "echo_bytes.py"), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=mine) as process:
        assert process.stdout
        assert re.match(r"my echo: ws://127\.0\.0\.1:\d+/$", process.stdout.readline())
        process.terminate()


def test_the_naive_functions_have_the_parameters_of_the_solutions() -> None:
    for name in NAMES:
        ours, naively = getattr(solutions, name), getattr(naive, name)
        assert list(signature(ours).parameters) == list(signature(naively).parameters)

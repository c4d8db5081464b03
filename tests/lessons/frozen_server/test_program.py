"""The learner's own office: naive and solved, in a terminal and in a browser."""

import asyncio
import contextlib
import inspect
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin

from helpers.exercises.engine.program import find_templates, save
from helpers.judges.browser import find_browser, read_page
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.frozen_server import naive, solutions

DEADLINE_S = 15
REPORT_S = 3
SOLVED: list[Any] = [solutions.unfrozen, solutions.look_after]


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def launched() -> Server:
    return await asyncio.to_thread(launch, "mine/office.py")


async def ask(client: ClientConnection, message: str) -> float:
    begin = time.perf_counter()
    async with asyncio.timeout(DEADLINE_S):
        await client.send(message)
        assert await client.recv() == message
    return time.perf_counter() - begin


async def longest_wait_of_bob() -> float:
    """Let Bob say hi again and again while Alice waits for her report."""
    waits = []
    url = (await launched()).url
    async with connect(url) as alice, connect(url) as bob:
        report = asyncio.create_task(ask(alice, "report"))
        while not report.done():
            waits.append(await ask(bob, "hi"))
        assert await report >= REPORT_S
    return max(waits)


async def test_solved_only_alice_waits() -> None:
    assert "NAIVE = []" in save("office", SOLVED).source
    assert await longest_wait_of_bob() < REPORT_S / 2


async def test_unsolved_bob_waits_for_her_report() -> None:
    save("office", [])
    assert await longest_wait_of_bob() > REPORT_S / 2


async def test_it_admits_its_own_page_and_no_other() -> None:
    save("office", SOLVED)
    server = await launched()
    with pytest.raises(InvalidStatus, match="403"):
        await connect(server.url, origin=Origin("https://evil.example"))
    own = Origin("http://" + server.url.split("/")[2])
    async with connect(server.url, origin=own) as client:
        await ask(client, "hi")


@pytest.mark.skipif(sys.platform == "win32", reason="Ctrl+C is sent as a signal")
@pytest.mark.parametrize(
    ("functions", "says"),
    [
        (SOLVED, ["complaint: disk full, visit 3 is lost", "visits stored: [1, 2]", "stopped"]),
        ([], ["visits still to be stored: 0", "stopped"]),
    ],
)
async def test_ctrl_c_waits_for_the_visits(
    mine: Path, functions: list[Any], says: list[str]
) -> None:
    save("office", functions)
    with in_a_terminal(mine) as process:
        assert process.stdout
        url = ""
        while not url:
            found = re.match(r"my office: (ws://\S+),", process.stdout.readline())
            url = found[1] if found else ""
        async with contextlib.AsyncExitStack() as stack:
            for _ in range(3):
                await ask(await stack.enter_async_context(connect(url)), "hi")
            process.send_signal(signal.SIGINT)
            said = await asyncio.to_thread(process.stdout.read)
    assert [line for line in says if line not in said.splitlines()] == []
    assert process.returncode == 0


def in_a_terminal(mine: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", "-I", str(mine / "office.py")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=mine)


@pytest.mark.skipif(not find_browser(), reason="no browser is installed")
@pytest.mark.parametrize(
    ("does", "shows"),
    [
        ("socket.onopen = () => buttons[1].click()", "hi: answered after "),
        ("socket.onopen = () => socket.close()", "Load the page again."),
    ],
)
async def test_its_page_in_a_browser(mine: Path, does: str, shows: str) -> None:
    save("office", SOLVED)
    program = mine / "office.py"
    source = program.read_text("utf-8")
    program.write_text(source.replace("\n</script>", f"\n  {does}\n</script>"), "utf-8")
    assert shows in await read_page((await launched()).page_url, shows, DEADLINE_S)


def test_the_naive_functions_are_those_of_the_program() -> None:
    template = find_templates("office")[-1].read_text("utf-8")
    for function in naive.unfrozen, naive.look_after:
        head, doc, body = re.split(r'("""[^"]*""")', inspect.getsource(function))
        assert f"def {function.__name__}(" in head
        assert doc + body in template

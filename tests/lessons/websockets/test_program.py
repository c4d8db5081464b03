"""The learner's own calculator: naive and solved, in a terminal, in a browser, and for others."""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, ConnectionClosedError, InvalidStatus
from websockets.typing import Origin

from helpers.exercises.engine.program import save
from helpers.judges.browser import find_browser, read_page
from helpers.launcher import Server, launch, stop_all
from helpers.lessons.websockets import naive, solutions
from helpers.lessons.websockets.checks import REQUESTS

DEADLINE_S = 10
SOLVED: list[Any] = [solutions.calculator]
PRODUCT = '{"type": "compute", "a": 6, "op": "*", "b": 7}'


@pytest.fixture(autouse=True)
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))
    yield tmp_path
    stop_all()


async def launched() -> Server:
    return await asyncio.to_thread(launch, "mine/calculator.py")


async def answer(client: ClientConnection, request: str | bytes) -> Any:
    """Ask, and hear the answer; what comes without asking is passed over."""
    async with asyncio.timeout(DEADLINE_S):
        await client.send(request)
        while (message := await hear(client))["type"] == "connected":
            pass
        return message


async def hear(client: ClientConnection) -> Any:
    async with asyncio.timeout(DEADLINE_S):
        return json.loads(await client.recv(), parse_constant=pytest.fail)


def connected(count: int) -> dict[str, Any]:
    return {"type": "connected", "count": count}


async def test_solved_it_survives_all_that_the_lesson_names() -> None:
    saved = save("calculator", SOLVED)
    assert "NAIVE = []" in saved.source
    assert "import operator" in saved.source
    async with connect((await launched()).url) as client:
        for request, value, _ in REQUESTS:
            reply = await answer(client, request)
            assert reply["type"] == ("error" if value is None else "result")
            assert reply.get("value") == value


async def test_unsolved_it_computes_and_dies_of_nonsense() -> None:
    save("calculator", [])
    server = await launched()
    assert "still naive: calculator" in server.log()
    async with connect(server.url) as client:
        assert await answer(client, PRODUCT) == {"type": "result", "value": 42}
        with pytest.raises(ConnectionClosedError, match="1011"):
            await answer(client, "6 times 7")


async def test_a_client_that_vanishes_leaves_nothing_in_the_log() -> None:
    save("calculator", SOLVED)
    server = await launched()
    async with connect(server.url) as client:
        await answer(client, PRODUCT)
        client.transport.abort()
    async with connect(server.url) as client:
        await answer(client, PRODUCT)
    assert "Traceback" not in server.log()


async def test_every_client_hears_unasked_how_many_are_connected() -> None:
    save("calculator", SOLVED)
    url = (await launched()).url
    async with connect(url) as alice:
        assert await hear(alice) == connected(1)
        async with connect(url) as bob:
            assert [await hear(alice), await hear(bob)] == [connected(2)] * 2
            assert await answer(bob, PRODUCT) == {"type": "result", "value": 42}
            assert await answer(alice, PRODUCT) == {"type": "result", "value": 42}
        assert await hear(alice) == connected(1)
        carol = await connect(url)
        assert await hear(alice) == connected(2)
        carol.transport.abort()
        assert await hear(alice) == connected(1)


async def test_it_admits_its_own_page_and_no_other() -> None:
    save("calculator", SOLVED)
    server = await launched()
    with pytest.raises(InvalidStatus, match="403"):
        await connect(server.url, origin=Origin("https://evil.example"))
    own = Origin("http://" + server.url.split("/")[2])
    async with connect(server.url, origin=own) as client:
        assert await hear(client) == connected(1)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize(("end", "code"), [(signal.SIGINT, 1001), (9, None)])
async def test_ctrl_c_says_goodbye_and_a_kill_does_not(mine: Path, end: int, code: object) -> None:
    """What lesson "How connections end" asks to try: a browser calls the second one 1006."""
    save("calculator", SOLVED)
    with in_a_terminal(mine) as process:
        assert process.stdout
        line = await asyncio.to_thread(process.stdout.readline)
        async with connect(re.findall(r"ws://\S+/ws", line)[0]) as client:
            await hear(client)
            process.send_signal(end)
            with pytest.raises(ConnectionClosed) as caught:
                await asyncio.wait_for(client.recv(), DEADLINE_S)
    assert (caught.value.rcvd and caught.value.rcvd.code) == code


def test_it_runs_in_a_terminal_without_the_course(mine: Path) -> None:
    save("calculator", SOLVED)
    with in_a_terminal(mine) as process:
        assert process.stdout
        assert re.match(
            r"my calculator: ws://127\.0\.0\.1:\d+/ws, with", process.stdout.readline()
        )
        process.terminate()


def in_a_terminal(mine: Path, *flags: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-u", *(flags or ["-I"]), str(mine / "calculator.py")]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=mine
    )


async def test_a_client_without_asyncio_talks_to_it_in_a_thread() -> None:
    from websockets.sync.client import connect as connect_sync

    save("calculator", SOLVED)
    url = (await launched()).url

    def multiply() -> Any:
        with connect_sync(url) as ws:
            ws.send(PRODUCT)
            return [json.loads(ws.recv(DEADLINE_S)) for _ in range(2)]

    assert {"type": "result", "value": 42} in await asyncio.to_thread(multiply)


PAGE = "const socket = new"


@pytest.mark.skipif(not find_browser(), reason="no browser is installed")
@pytest.mark.parametrize(
    ("does", "shows"),
    [
        ("socket.onopen = () => form.requestSubmit();", '{"type": "result", "value": 42}'),
        (  # what "Try in your browser" says: two megabytes wait, and the server hangs up
            'socket.onopen = () => { socket.send("x".repeat(2_000_000));'
            " add(`waiting: ${socket.bufferedAmount}`) };",
            "closed: 1009",
        ),
        # the browser sends a close frame without a code
        ("socket.onopen = () => socket.close();", "closed: 1005"),
        # and then nothing can be sent
        ("socket.onopen = () => socket.close();", "<button disabled"),
    ],
)
async def test_its_page_in_a_browser(mine: Path, does: str, shows: str) -> None:
    save("calculator", SOLVED)
    program = mine / "calculator.py"
    source = program.read_text("utf-8")
    assert PAGE in source
    program.write_text(source.replace("\n</script>", f"\n  {does}\n</script>"), "utf-8")
    html = await read_page((await launched()).page_url, shows, DEADLINE_S)
    assert shows in html
    assert "1009" not in shows or "waiting: 2000000" in html


def test_the_naive_functions_are_those_of_the_program() -> None:
    import inspect

    from helpers.exercises.engine.program import find_templates

    def plain(source: str) -> str:
        return re.sub(r"\(websocket: ServerConnection\) -> None", "(websocket)", source)

    template = find_templates("calculator")[0].read_text("utf-8")
    assert plain(inspect.getsource(naive.calculator)) in template

"""A learner's own programs: launched, ended and explained like every helper server."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from helpers.launcher import LaunchError, launch, programs, running, stop_all

DEADLINE_S = 10
ECHO = """
import argparse, asyncio
from websockets.asyncio.server import serve

async def echo(websocket):
    print("somebody is here")
    async for message in websocket:
        await websocket.send(message + GREETING)

async def main(port):
    async with serve(echo, "127.0.0.1", port) as server:
        port = server.sockets[0].getsockname()[1]
        print(f"echo at ws://127.0.0.1:{port}/")
        await asyncio.get_running_loop().create_future()

GREETING = "!"
flags = argparse.ArgumentParser()
flags.add_argument("--port", type=int, default=0)
asyncio.run(main(flags.parse_args().port))
"""
Write = Callable[[str], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Write the program `mine/mine_echo.py`."""
    monkeypatch.setenv("HELPERS_MINE", str(tmp_path))

    def write(source: str) -> None:
        (tmp_path / "mine_echo.py").write_text(textwrap.dedent(source))

    yield write
    stop_all()


def answer(url: str, message: str = "Hello") -> str:
    with connect(url) as websocket:
        websocket.send(message)
        return str(websocket.recv(DEADLINE_S))


def test_it_is_launched_again_and_shown_like_a_server(write: Write) -> None:
    write(ECHO)
    first = launch("mine/mine_echo.py")
    assert answer(first.url) == "Hello!"
    assert (first.page_url, first.name) == ("", "mine/mine_echo.py")
    write(ECHO.replace('GREETING = "!"', 'GREETING = "?"'))
    second = launch("mine/mine_echo.py")
    assert second.port == first.port
    assert not first.running
    assert answer(second.url) == "Hello?"
    assert "mine/mine_echo.py" in repr(running())


def test_what_it_prints_is_in_its_log_and_nowhere_else(
    write: Write, capfd: pytest.CaptureFixture[str]
) -> None:
    write(ECHO)
    server = launch("mine/mine_echo.py")
    answer(server.url)
    assert server.log().splitlines() == [f"echo at {server.url}", "somebody is here"]
    server.stop()
    assert capfd.readouterr() == ("", "")


def test_it_ends_as_by_ctrl_c_and_ignores_the_kernels_interrupt(write: Write) -> None:
    write(ECHO)
    server = launch("mine/mine_echo.py")
    with connect(server.url) as websocket:
        if os.name == "posix":
            assert server.pid
            assert os.getpgid(server.pid) != os.getpgid(0)  # which is interrupted
        websocket.send("still there")
        assert websocket.recv(DEADLINE_S) == "still there!"
        server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(DEADLINE_S)
    if os.name == "posix":
        assert closed.value.rcvd
        assert closed.value.rcvd.code == 1001
    assert "Traceback" not in server.log()


def test_a_crash_and_a_restart_keep_its_port(write: Write) -> None:
    write(ECHO)
    server = launch("mine/mine_echo.py")
    port = server.port
    server.kill()
    server.restart()
    assert server.port == port
    assert answer(server.url) == "Hello!"


def test_it_ends_with_the_kernel(write: Write) -> None:
    write(ECHO)
    script = "import os\nfrom helpers import launch\n"
    script += "print(launch('mine/mine_echo.py').pid, flush=True)\nos._exit(1)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=60
    )
    pid = int(done.stdout)
    if psutil.pid_exists(pid):
        psutil.Process(pid).wait(DEADLINE_S)


def test_an_error_in_it_is_shown(write: Write) -> None:
    write("print('about to fail')\nraise KeyError('name')")
    with pytest.raises(LaunchError, match="mine/mine_echo") as failed:
        launch("mine/mine_echo.py")
    assert "about to fail" in str(failed.value)
    assert "KeyError: 'name'" in str(failed.value)


def test_without_an_address_it_says_what_to_print(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("helpers.launcher.child.START_S", 1.0)
    write("import time\nprint('I serve')\ntime.sleep(60)")
    with pytest.raises(LaunchError, match=r"printed no address within .* let it print one"):
        launch("mine/mine_echo.py")


def test_a_program_that_is_missing_is_named(write: Write) -> None:
    with pytest.raises(LaunchError, match=r"there is no mine/chat.py; there is none yet; run the"):
        launch("mine/chat.py")
    write(ECHO)
    with pytest.raises(LaunchError, match=r"there are mine/mine_echo\.py"):
        launch("mine/chat.py")


def test_a_path_of_ones_own_is_from_where_one_stands(
    write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(ECHO)
    monkeypatch.chdir(tmp_path)
    assert answer(launch("mine_echo.py").url) == "Hello!"


def test_by_default_it_is_in_the_learners_copy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HELPERS_MINE", raising=False)
    assert programs.mine() == Path(__file__).resolve().parents[2] / "my-course" / "mine"

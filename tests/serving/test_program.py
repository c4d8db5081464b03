"""What all servers share: flags, ready line, the end, and the files of a page."""

import argparse
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.launcher import child
from helpers.serving import program

ECHO = [sys.executable, "-m", "helpers.servers.echo"]
#: A server whose loop hangs as soon as it is ready, and never sees that it should stop.
STUCK = """
import threading
from helpers.serving import program

async def main(options, listener, stop):
    program.ready(listener)
    threading.Event().wait()

program.run(main, program.parser("stuck"))
"""
TALKING = """
import asyncio
from helpers.serving import program

async def main(options, listener, stop):
    program.ready(listener)
    print("a print of its own", flush=True)
    await stop.wait()

program.run(main, program.parser("talking"))
"""
DEADLINE_S = 10
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


def start(command: list[str], stdin: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        command, stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def ready_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline()


def port_of(line: str) -> int:
    """The port in the addresses of a ready line."""
    return int(line.split("127.0.0.1:")[1].partition("/")[0])


@pytest.fixture
def from_a_terminal() -> Iterator[subprocess.Popen[str]]:
    with start(ECHO, subprocess.DEVNULL) as process:
        yield process
        process.kill()


@pytest.fixture
def from_a_kernel() -> Iterator[subprocess.Popen[str]]:
    with start(ECHO, subprocess.PIPE) as process:
        yield process
        process.kill()


def test_the_ready_line(from_a_terminal: subprocess.Popen[str]) -> None:
    line = ready_line(from_a_terminal)
    port = port_of(line)
    page = f"page at http://127.0.0.1:{port}/"
    assert line == f"listening on ws://127.0.0.1:{port}/ws, {page}\n"
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S):
        pass


@posix_only
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_from_a_terminal_it_ends_with_a_signal(
    from_a_terminal: subprocess.Popen[str], number: signal.Signals
) -> None:
    ready_line(from_a_terminal)
    from_a_terminal.send_signal(number)
    assert from_a_terminal.wait(DEADLINE_S) == 0


def test_as_a_child_it_ends_with_its_input(from_a_kernel: subprocess.Popen[str]) -> None:
    ready_line(from_a_kernel)
    assert from_a_kernel.stdin
    from_a_kernel.stdin.close()
    assert from_a_kernel.wait(DEADLINE_S) == 0


@posix_only
def test_as_a_child_it_ignores_ctrl_c(from_a_kernel: subprocess.Popen[str]) -> None:
    port = port_of(ready_line(from_a_kernel))
    from_a_kernel.send_signal(signal.SIGINT)
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert connection.recv(12) == b"HTTP/1.1 200"
    from_a_kernel.send_signal(signal.SIGTERM)
    assert from_a_kernel.wait(DEADLINE_S) == 0


@posix_only
def test_without_any_standard_input_it_lives_until_a_signal() -> None:
    closed = ["sh", "-c", 'exec "$@" <&-', "sh", *ECHO]
    with start(closed, subprocess.DEVNULL) as process:
        port = port_of(ready_line(process))
        with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert connection.recv(12) == b"HTTP/1.1 200"
        process.send_signal(signal.SIGTERM)
        assert process.wait(DEADLINE_S) == 0


def test_what_a_child_prints_after_its_ready_line_is_in_its_log() -> None:
    with start([sys.executable, "-c", TALKING], subprocess.PIPE) as process:
        printed, logged = process.communicate(timeout=DEADLINE_S)
    assert printed.startswith("listening on http://127.0.0.1:")
    assert (printed.count("\n"), logged) == (1, "a print of its own\n")


def test_it_ends_even_when_its_loop_is_stuck() -> None:
    with start([sys.executable, "-c", STUCK, "--grace-s=0.1"], subprocess.PIPE) as process:
        ready_line(process)
        assert process.stdin
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 1


def test_a_taken_port_is_named_and_says_what_to_do() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = subprocess.run([*ECHO, f"--port={port}"], capture_output=True, text=True)
    assert done.returncode == program.PORT_TAKEN == child.PORT_TAKEN
    assert done.stderr == (
        f"port {port} is taken: another program listens on 127.0.0.1:{port}; "
        "stop that program, or choose another port (0 takes any free one)\n"
    )


def test_an_address_of_another_machine_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"^cannot listen on 192\.0\.2\.1:0: "):
        program.listen("192.0.2.1", 0)


@pytest.mark.parametrize("text", ["-1", "65536", "http", "", "8000.0"])
def test_a_wrong_port_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a port from 0 to 65535, got"):
        program.port(text)


@pytest.mark.parametrize("text", ["0", "-5", "1MiB", ""])
def test_a_wrong_size_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a size in bytes, 1 or more"):
        program.size_bytes(text)


def test_flags() -> None:
    parser = program.parser("a server\nand more")
    assert parser.description == "a server"
    options = parser.parse_args(["--port=8000", "--data=here"])
    assert (options.host, options.port, options.data) == ("127.0.0.1", 8000, Path("here"))
    assert program.size_bytes("16777216") == 16 * 2**20


def test_waits_are_flags_with_defaults() -> None:
    options = program.parser(None, "hold_s", "ping_s").parse_args(["--hold-s=0.5"])
    assert (options.hold_s, options.ping_s, options.grace_s) == (0.5, 20, 2)
    assert not hasattr(options, "typing_s")


@pytest.mark.parametrize("text", ["-1", "soon", "nan", "inf", ""])
def test_a_wrong_wait_is_refused(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="expected a number of seconds, 0 or"):
        program.seconds(text)


def test_the_data_folder_is_made_when_it_is_asked_for(tmp_path: Path) -> None:
    folder = tmp_path / "some" / "where"
    for _ in range(2):  # a restart finds it
        assert program.data_folder(argparse.Namespace(data=folder)) == folder
    assert folder.is_dir()

"""Helper servers as children: started, found, stopped, and gone when the kernel is."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from helpers import launch, running, stop_all
from helpers.launcher import LaunchError, Server, build_flags, child, list_servers, on_stop
from helpers.launcher import server as server_module
from helpers.launcher.folders import KernelFolder, remove_orphans
from helpers.launcher.registry import registry

DEADLINE_S = 10
GONE_S = 3  # what the kernel's servers have for their end after the kernel's
posix_only = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    yield
    stop_all()
    assert children() == []


def children() -> list[psutil.Process]:
    """The helper servers that are children of this process, zombies too."""
    found = []
    for process in psutil.Process().children(recursive=True):
        try:
            if process.status() == psutil.STATUS_ZOMBIE or "helpers.servers." in " ".join(
                process.cmdline()
            ):
                found.append(process)
        except psutil.NoSuchProcess:
            pass
    return found


def alive(process: psutil.Process) -> bool:
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def echoes(server: Server) -> bool:
    with connect(server.url, open_timeout=DEADLINE_S) as websocket:
        websocket.send("Hello")
        return websocket.recv(DEADLINE_S) == "Hello"


# --- starting ------------------------------------------------------------------------------


def test_it_answers_as_soon_as_it_is_there() -> None:
    server = launch("echo")
    assert server.running
    assert server.url == f"ws://127.0.0.1:{server.port}/ws"
    assert server.page_url == f"http://127.0.0.1:{server.port}/"
    assert repr(server) == f"<echo server running at {server.url}>"
    assert echoes(server)


def test_it_prints_nothing_into_the_cell(capfd: pytest.CaptureFixture[str]) -> None:
    with launch("echo") as server:
        assert echoes(server)
        server.restart()
    assert capfd.readouterr() == ("", "")


def test_the_same_name_again_and_again_leaves_one() -> None:
    for _ in range(5):  # twenty times in a real kernel: tests/notebooks/test_kernel_death.py
        last = launch("echo")
    assert [process.pid for process in children()] == [last.pid]
    assert len(running()) == 1


def test_launched_again_it_takes_its_port_over_so_that_open_pages_find_it() -> None:
    port = launch("echo").port
    assert launch("echo").port == port
    stop_all()
    assert launch("echo").port == port


def test_a_port_that_is_taken_meanwhile_does_no_harm() -> None:
    first = launch("echo")
    first.stop()
    with socket.create_server(("127.0.0.1", first.port)):
        second = launch("echo")
    assert second.running
    assert second.port != first.port


@posix_only
def test_what_a_killed_kernel_left_is_removed(tmp_path: Path) -> None:
    code = (
        "import pathlib, sys; from helpers.launcher.folders import KernelFolder; "
        "print(KernelFolder(pathlib.Path(sys.argv[1])).path, flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as kernel:
        assert kernel.stdout
        left = Path(kernel.stdout.readline().rstrip("\n"))
        remove_orphans(tmp_path)
        assert left.is_dir()  # its kernel lives
        kernel.kill()
        kernel.wait()
        remove_orphans(tmp_path)
        assert not left.exists()


@posix_only
def test_a_kernel_whose_process_id_means_nothing_here_keeps_its_folder(tmp_path: Path) -> None:
    own = KernelFolder(tmp_path)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    in_a_container = own.path.rename(tmp_path / f"helpers-{ended.pid}-abc")
    remove_orphans(tmp_path)
    assert in_a_container.is_dir()
    own.path = in_a_container
    own.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_a_lock_is_kept(tmp_path: Path) -> None:
    kept = [tmp_path / f"helpers-{os.getpid()}-abc", tmp_path / "helpers-notes-abc"]
    for folder in kept:
        folder.mkdir()
    remove_orphans(tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(kept)


def test_two_names_live_side_by_side() -> None:
    one, other = launch("echo"), launch("handmade")
    assert echoes(one)
    assert echoes(other)
    assert list(running()) == [one, other]


def test_threads_can_launch() -> None:
    with ThreadPoolExecutor(4) as pool:
        handles = list(pool.map(launch, ["echo", "handmade"] * 3))
    running = [handle for handle in handles if handle.running]
    assert sorted(handle.name for handle in running) == ["echo", "handmade"]
    assert len(children()) == 2


def test_it_can_be_launched_where_a_loop_runs() -> None:
    async def cell() -> bool:
        server = launch("echo")
        return await asyncio.to_thread(echoes, server)

    assert asyncio.run(cell())


def test_a_file_of_the_learner_is_not_taken_for_ours(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "helpers.py").write_text("raise SystemExit('not the course')")
    monkeypatch.chdir(tmp_path)
    assert echoes(launch("echo"))


def test_each_value_of_an_option_has_its_flag() -> None:
    options: dict[str, object] = {
        "max_size": 0,
        "compress": True,
        "quiet": False,
        "host": None,
        "name": "",
    }
    assert list(build_flags(options)) == ["--max-size=0", "--compress", "--name="]


def test_options_become_flags(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    server = launch("handmade", max_size=10, host="127.0.0.1", data="here")
    command = psutil.Process(server.pid).cmdline()
    assert {"--max-size=10", "--host=127.0.0.1", f"--data={tmp_path / 'here'}"} <= set(command)


def test_true_sets_a_flag_and_false_leaves_it_out() -> None:
    with launch("echo", compress=True) as server:
        assert "--compress" in psutil.Process(server.pid).cmdline()
    with launch("echo", compress=False) as server:
        assert "--compress" not in " ".join(psutil.Process(server.pid).cmdline())


@pytest.mark.parametrize("host", ["0.0.0.0", "::1", "::"])
def test_every_address_gives_one_that_can_be_used(host: str) -> None:
    if host != "0.0.0.0" and not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no IPv6")
    server = launch("echo", host=host)
    assert server.page_url.startswith(
        "http://127.0.0.1:" if host == "0.0.0.0" else "http://[::1]:"
    )
    assert echoes(server)


# --- what can go wrong ---------------------------------------------------------------------


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(LaunchError) as error:
        launch("ehco")
    names = ", ".join(list_servers())
    assert str(error.value) == f"unknown server 'ehco', known: {names}; did you mean 'echo'?"
    assert {"echo", "handmade"} <= set(list_servers())


@pytest.mark.parametrize("name", ["program", "../echo", "", "__init__", 3, None, ["echo"]])
def test_what_is_no_server_is_refused(name: str) -> None:
    with pytest.raises(LaunchError, match=r"^unknown server .*, known: .*echo, files, handmade"):
        launch(name)


@pytest.mark.parametrize("port", [-1, 65_536, "http", 80.5, True])
def test_a_wrong_port_is_refused(port: object) -> None:
    with pytest.raises(LaunchError, match="expected a port from 0 to 65535, got"):
        launch("echo", port=port)


def test_a_taken_port_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LaunchError) as error:
            launch("echo", port=port)
    assert str(error.value) == (
        "the echo server did not start; the last lines of its log:\n"
        f"    port {port} is taken: another program listens on 127.0.0.1:{port}; "
        "stop that program, or choose another port (0 takes any free one)"
    )


def test_a_flag_that_it_does_not_have_is_named() -> None:
    with pytest.raises(LaunchError, match=r"unrecognized arguments: --maximum=10$"):
        launch("echo", maximum=10)


def other_program(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every launch run `source` instead of a server."""
    (tmp_path / "program_of_a_test.py").write_text(source, "utf-8")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    def run(module: str, flags: list[str], log_file: Path) -> child.Child:
        return child.Child("program_of_a_test", flags, log_file)

    monkeypatch.setattr(server_module, "Child", run)


def test_a_server_that_dies_shows_its_last_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = "for n in range(20): print('line', n, file=sys.stderr)"
    other_program(f"import sys\n{lines}\nsys.exit(7)", tmp_path, monkeypatch)
    with pytest.raises(LaunchError) as error:
        launch("echo")
    fact, *log = str(error.value).split("\n")
    assert fact == "the echo server did not start; the last lines of its log:"
    assert log == [f"    line {n}" for n in range(12, 20)]


def test_a_server_that_dies_without_a_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_program("raise SystemExit(7)", tmp_path, monkeypatch)
    with pytest.raises(LaunchError) as error:
        launch("echo")
    fact = "the echo server did not start: it logged nothing, exit status 7"
    assert str(error.value) == f"{fact}; ask doctor()"


def test_a_server_that_dies_on_a_full_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its log is empty because the log itself could not be written."""
    full = SimpleNamespace(total=2**30, used=2**30, free=0)
    monkeypatch.setattr("shutil.disk_usage", lambda path: full)
    other_program("raise SystemExit(1)", tmp_path, monkeypatch)
    with pytest.raises(LaunchError, match=r"did not start: the disk of .* is full; make room"):
        launch("echo")


def test_a_server_that_never_is_ready_is_ended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "import sys, threading\nprint('soon', file=sys.stderr, flush=True)\n"
    other_program(source + "threading.Event().wait()", tmp_path, monkeypatch)
    monkeypatch.setattr(child, "START_S", 0.5)
    before = psutil.Process().children(recursive=True)  # other tests may keep a helper
    with pytest.raises(LaunchError, match="was not ready within"):
        launch("echo")
    assert set(psutil.Process().children(recursive=True)) <= set(before)


def test_what_comes_before_the_ready_line_does_no_harm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = (
        "import runpy\nprint('hello')\nrunpy.run_module('helpers.servers.echo', None, '__main__')"
    )
    other_program(source, tmp_path, monkeypatch)
    assert echoes(launch("echo"))


def test_interrupting_a_launch_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(self: child.Child) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(child.Child, "wait_until_ready", interrupted)
    with pytest.raises(KeyboardInterrupt):
        launch("echo")
    assert children() == []


# --- the end, and starting again -----------------------------------------------------------


def test_stop_says_goodbye_and_the_handle_stays_valid() -> None:
    server = launch("echo")
    with connect(server.url) as websocket:
        server.stop()
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(DEADLINE_S)
    assert closed.value.rcvd
    assert closed.value.rcvd.code == 1001
    server.stop()
    assert not server.running
    assert repr(server) == "<echo server stopped>"
    assert server.log().splitlines() == ["connection 1 opened", "connection 1 closed with 1001"]
    with pytest.raises(LaunchError, match=r'run the cell with launch\("echo"\) again$'):
        server.check_running()


def test_a_server_that_does_not_stop_is_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ignoring = "import signal, threading\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    ready = "print('listening on http://127.0.0.1:1', flush=True)\nthreading.Event().wait()"
    other_program(ignoring + ready, tmp_path, monkeypatch)
    monkeypatch.setattr(child, "STOP_S", 0.5)
    server = launch("echo")
    server.stop()
    assert not server.running


def test_kill_is_a_crash() -> None:
    server = launch("echo")
    with connect(server.url) as websocket:
        server.kill()
        with pytest.raises(ConnectionClosed) as closed:
            websocket.recv(DEADLINE_S)
    assert closed.value.rcvd is None
    assert not server.running
    assert children() == []
    assert repr(running()) == "nothing is running"
    assert running()._repr_html_() == "<p>nothing is running</p>"


def test_one_that_died_by_itself_is_noticed_and_reaped() -> None:
    server = launch("echo")
    process = psutil.Process(server.pid)
    process.kill()
    assert server._child
    assert server._child.ended.wait(DEADLINE_S)
    assert not server.running
    assert not process.is_running()


def test_a_server_that_runs_is_asked_before_its_log_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, asked = launch("echo"), list[str]()
    settle = server._settle

    def ask() -> None:
        asked.append("asked")
        settle()

    monkeypatch.setattr(server, "_settle", ask)
    server.log()
    server.stop()
    server.log()
    assert asked == ["asked"]


def test_restart_keeps_port_and_data_and_log() -> None:
    server = launch("echo")
    port, data = server.port, psutil.Process(server.pid).cmdline()
    for _ in range(3):
        with connect(server.url):  # leaves the port in TIME_WAIT
            assert server.restart() is server
        assert server.port == port
        assert psutil.Process(server.pid).cmdline() == [
            f"--port={port}" if part == "--port=0" else part for part in data
        ]
        assert echoes(server)
    assert server.log().count("opened") == 6


def test_restart_after_a_crash() -> None:
    server = launch("echo")
    url = server.url
    server.kill()
    server.restart()
    assert server.url == url
    assert echoes(server)


def test_restart_waits_for_its_port(monkeypatch: pytest.MonkeyPatch) -> None:
    server = launch("echo")
    server.kill()
    blocker = socket.create_server(("127.0.0.1", server.port))
    starts = []

    def start(module: str, flags: list[str], log_file: Path) -> child.Child:
        starts.append(module)
        if len(starts) == 2:
            blocker.close()
        return child.Child(module, flags, log_file)

    monkeypatch.setattr(server_module, "Child", start)
    server.restart()
    assert len(starts) == 2
    assert echoes(server)


def test_an_old_handle_that_restarts_replaces_the_new_server() -> None:
    old = launch("echo")
    new = launch("echo")
    old.restart()
    assert (old.running, new.running) == (True, False)
    assert list(running()) == [old]


def test_a_block_stops_it() -> None:
    with launch("echo") as server:
        assert server.running
    assert not server.running


# --- the log -------------------------------------------------------------------------------


def test_every_call_of_log_goes_on_where_the_last_one_ended() -> None:
    server = launch("echo")
    for number in (1, 2, 3):
        assert echoes(server)
        assert server.log().splitlines()[0] == f"connection {number} opened"
    assert server.log() == ""


def test_the_log_gives_what_is_new() -> None:
    server = launch("echo")
    assert repr(server.log()) == "nothing logged since the last call"
    assert echoes(server)
    log = server.log()
    assert log.splitlines()[0] == "connection 1 opened"
    assert repr(log) == log.rstrip("\n")
    assert server.log() == ""


def test_the_log_of_a_server_that_hangs_is_still_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = "\n".join(
        [
            "import socket, sys, threading",
            "listener = socket.create_server(('127.0.0.1', 0))",
            "print('hanging', file=sys.stderr, flush=True)",
            "print(f'listening on http://127.0.0.1:{listener.getsockname()[1]}', flush=True)",
            "threading.Event().wait()",
        ]
    )
    other_program(source, tmp_path, monkeypatch)
    monkeypatch.setattr(server_module, "SETTLE_S", 0.2)
    assert launch("echo").log() == "hanging\n"


def test_nothing_stays_on_disk() -> None:
    folder = launch("echo")._folder
    assert folder.is_dir()
    launch("echo")
    assert not folder.exists()  # the old handle is gone, and its log with it


# --- what runs, and stopping it ------------------------------------------------------------


def test_servers_lists_what_runs() -> None:
    echo, handmade = launch("echo"), launch("handmade")
    forget = on_stop(lambda: None, "tap of <echo>")
    lines = [f"echo           {echo.page_url}", f"handmade       {handmade.page_url}"]
    assert repr(running()).splitlines() == [*lines, "tap of <echo>"]
    html = running()._repr_html_()
    assert f'<a href="{echo.page_url}">' in html
    assert "tap of &lt;echo&gt;" in html
    assert str(echo.pid) not in html.replace(str(echo.port), "")
    assert str(echo.pid) in repr(running(pids=True))
    assert "<th>process</th>" in running(pids=True)._repr_html_()
    forget()


@pytest.mark.parametrize("before", ["", "import helpers.servers\n", "import helpers.launcher\n"])
def test_the_name_of_the_first_edition_still_lists_what_runs(before: str) -> None:
    code = before + "from helpers import servers\nprint(servers(), len(servers(pids=True)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "nothing is running 0\n"


def test_stop_all_says_what_it_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    launch("echo")
    launch("handmade").kill()
    stopped: list[str] = []
    on_stop(lambda: stopped.append("tap"), "tap of echo")
    stop_all()
    stop_all()
    assert capsys.readouterr().out == "stopped: echo, tap of echo\nnothing was running\n"
    assert stopped == ["tap"]


def test_what_a_cell_that_ran_twice_asked_for_is_named_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    stopped: list[int] = []
    on_stop(lambda: stopped.append(1), "your server")
    on_stop(lambda: stopped.append(2), "your server")
    stop_all()
    assert capsys.readouterr().out == "stopped: your server\n"
    assert stopped == [2, 1]


def test_one_that_fails_to_stop_does_not_keep_the_others() -> None:
    server = launch("echo")

    def fails() -> None:
        raise OSError("cannot stop")

    on_stop(fails, "broken")
    with pytest.raises(OSError, match="cannot stop"):
        stop_all()
    assert not server.running


# --- the kernel ends -----------------------------------------------------------------------

KERNEL = """
import os, signal, sys, threading
from helpers import launch, running

signal.signal(signal.SIGINT, lambda *_: os.write(1, b"interrupted\\n"))
launch("echo")
launch("handmade")
print(*[server.pid for server in running()], flush=True)
sys.stdin.readline()  # until they are known here: some kernels end at once, and they with it
waiting = threading.Event()
{then}
"""


class Kernel:
    """A Python that stands for the kernel, with two servers, in a process group of its own."""

    def __init__(self, then: str = "waiting.wait()") -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", KERNEL.format(then=then)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdin
        assert self.process.stdout
        pids = self.process.stdout.readline().split()
        self.servers = [psutil.Process(int(pid)) for pid in pids]
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        assert len(self.servers) == 2

    def __enter__(self) -> "Kernel":
        return self

    def __exit__(self, *exception: object) -> None:
        self.process.kill()
        self.process.communicate()

    def servers_are_gone(self) -> bool:
        """Whether they have ended in time; who reaps an orphan, and when, is not our affair."""
        deadline = time.monotonic() + GONE_S
        while any(map(alive, self.servers)):
            if time.monotonic() > deadline:
                return False
            psutil.wait_procs(self.servers, 0.05)
        return True


def test_a_killed_kernel_takes_its_servers_along() -> None:
    with Kernel() as kernel:
        kernel.process.kill()
        assert kernel.servers_are_gone()


@pytest.mark.parametrize("then", ["sys.exit()", "raise ValueError", "os._exit(0)"])
def test_however_the_kernel_ends(then: str) -> None:
    with Kernel(then) as kernel:
        assert kernel.servers_are_gone()


@posix_only
def test_a_kernel_that_is_asked_to_end() -> None:
    with Kernel() as kernel:
        kernel.process.terminate()
        assert kernel.servers_are_gone()


@posix_only
def test_interrupt_leaves_the_servers_alive() -> None:
    with Kernel() as kernel:
        for _ in range(2):  # the whole group gets it, as with JupyterLab's Interrupt
            os.killpg(kernel.process.pid, signal.SIGINT)
            assert kernel.process.stdout
            assert kernel.process.stdout.readline() == "interrupted\n"
        for server in kernel.servers:
            assert os.getpgid(server.pid) == kernel.process.pid
            ports = {c.laddr.port for c in server.net_connections() if c.status == "LISTEN"}
            with socket.create_connection(("127.0.0.1", ports.pop()), DEADLINE_S) as connection:
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert connection.recv(12) == b"HTTP/1.1 200"


@posix_only
def test_a_forked_copy_of_the_kernel_stops_nothing() -> None:
    fork = "os.fork() or sys.exit(); os.wait(); print('alone', flush=True); waiting.wait()"
    with Kernel(fork) as kernel:
        assert kernel.process.stdout
        assert kernel.process.stdout.readline() == "alone\n"
        assert all(map(alive, kernel.servers))


LIVES_ON = {
    "fork": "os.fork() or waiting.wait(60)",
    "multiprocessing": (
        "import multiprocessing\n"
        "multiprocessing.get_context('fork').Process(target=waiting.wait, args=(60,)).start()"
    ),
}


@posix_only
@pytest.mark.parametrize("fork", LIVES_ON.values(), ids=LIVES_ON)
def test_the_servers_end_with_the_kernel_though_a_fork_of_it_lives_on(
    fork: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    with Kernel(f"{fork}\nprint('forked', flush=True)\nwaiting.wait()") as kernel:
        assert kernel.process.stdout
        assert kernel.process.stdout.readline() == "forked\n"
        (copy,) = [
            child
            for child in psutil.Process(kernel.process.pid).children()
            if child not in kernel.servers
        ]
        assert all(map(alive, kernel.servers))
        kernel.process.kill()
        kernel.process.wait()
        try:
            assert kernel.servers_are_gone()
            assert alive(copy)
            (left,) = tmp_path.glob("helpers-*")
            remove_orphans(tmp_path)  # as the next kernel does: the fork does not hold the lock
            assert not left.exists()
        finally:
            copy.kill()


def test_the_end_of_the_kernel_removes_logs_and_data() -> None:
    code = (
        "from helpers import launch; folder = launch('echo')._folder; "
        "print(folder.is_dir(), folder.parent)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    was_there, root = done.stdout.strip().split(" ", 1)
    assert (was_there, done.stderr) == ("True", "")
    assert Path(root).name.startswith("helpers-")
    assert not Path(root).exists()


def test_the_registry_holds_no_dead_servers() -> None:
    launch("echo")
    stop_all()
    assert registry._servers == {}


def test_no_thread_is_left() -> None:
    before = threading.active_count()
    launch("echo").stop()
    for thread in threading.enumerate():
        if thread.name.startswith("watch"):
            thread.join(DEADLINE_S)
    assert threading.active_count() <= before

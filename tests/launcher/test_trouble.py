"""What the system refuses a launcher: each error says what to do, and after that it works."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from helpers.launcher import LaunchError, child, launch, stop_all
from helpers.launcher.child import START_S
from tests.disks import small_disk
from tests.launcher.test_launcher import other_program

PROJECT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _stop() -> Iterator[None]:
    yield
    stop_all()


def cell(source: str, tmpdir: Path) -> str:
    """What a process says that launches servers, with a temporary folder of its own."""
    setup = "from helpers import launch, stop_all\nfrom helpers.launcher import LaunchError\n"
    done = subprocess.run(
        [sys.executable, "-c", setup + source],
        cwd=PROJECT,
        env={**os.environ, "TMPDIR": str(tmpdir)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_folder_that_was_swept_away_does_no_harm() -> None:
    server = launch("vote")
    shutil.rmtree(server._folder.parent)
    gone = f"the log is gone with {server._folder}; .restart() begins a new one"
    assert repr(server.log()) == gone
    server.restart()
    lost = f"{server._folder} was deleted, and with it the data: the server begins with none"
    assert lost in server.log()
    shutil.rmtree(server._folder.parent)
    assert launch("vote").running
    assert launch("echo").running


def test_one_servers_folder_that_was_swept_away_does_no_harm() -> None:
    server, other = launch("echo"), launch("vote")
    shutil.rmtree(server._folder)
    assert server.restart().running
    assert other.log() is not None
    assert other.running


def test_the_temporary_folder_itself_was_swept_away(tmp_path: Path) -> None:
    source = """
import shutil, tempfile
launch("echo")
shutil.rmtree(tempfile.gettempdir())
print(launch("echo").running)
stop_all()"""
    (tmp_path / "own").mkdir()
    assert cell(source, tmp_path / "own") == "True\nstopped: echo\n"
    assert list((tmp_path / "own").iterdir()) == []


def test_a_full_disk_says_so_and_with_room_it_works(tmp_path: Path) -> None:
    source = """
import tempfile
from pathlib import Path
from tests.disks import fill
filler = fill(Path(tempfile.gettempdir()))  # full from now on: at the start another was taken
try:
    launch("vote")
except LaunchError as error:
    print(error)
filler.unlink()
print(launch("vote").running)"""
    with small_disk(tmp_path / "disk") as disk:
        said, works = cell(source, disk).splitlines()
    assert said.startswith("the vote server did not start: the disk of ")
    assert said.endswith(" is full; make room, then run the cell again")
    assert works == "True"


def test_a_disk_that_fills_up_later_says_so(tmp_path: Path) -> None:
    source = """
import tempfile
from pathlib import Path
from tests.disks import fill
server = launch("vote")
server.stop()
filler = fill(Path(tempfile.gettempdir()))
for start in (server.restart, server.restart):
    try:
        start()
    except LaunchError as error:
        print(*str(error).splitlines())
filler.unlink()
print(server.restart().running)"""
    with small_disk(tmp_path / "disk") as disk:
        *said, works = cell(source, disk).splitlines()
    assert len(said) == 2
    assert all("make room" in line for line in said), said
    assert works == "True"


@pytest.mark.skipif(sys.platform == "win32", reason="there is no such limit")
def test_too_many_open_files_say_so_and_with_fewer_it_works(tmp_path: Path) -> None:
    source = """
import os, resource
launch("echo").stop()
resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
opened = []
try:
    while True:
        opened.append(os.open(os.devnull, os.O_RDONLY))
except OSError:
    pass
try:
    launch("echo")
except LaunchError as error:
    print(error)
for number in opened:
    os.close(number)
print(launch("echo").running)"""
    said, works = cell(source, tmp_path).splitlines()
    assert "Too many open files" in said
    assert said.endswith(
        "close what is open, with stop_all() or by a restart of the kernel, then "
        "run the cell again"
    )
    assert works == "True"


def test_an_environment_that_is_gone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "gone" / "python"))
    with pytest.raises(LaunchError, match="environment of the kernel is gone: set the course up"):
        launch("echo")


def test_a_slow_first_start_is_waited_for_and_then_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert START_S > 2 * 12  # which were seen on a machine after its set-up
    other_program("import threading; threading.Event().wait()", tmp_path, monkeypatch)
    monkeypatch.setattr(child, "START_S", 0.5)
    with pytest.raises(LaunchError) as error:
        launch("echo")
    assert str(error.value) == (
        "the echo server was not ready within 30 s: the machine is busy, or this was its slow "
        "first start; run the cell again"
    )


def test_a_library_that_is_missing_or_hidden_leads_to_the_doctor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other_program("import no_such_library", tmp_path, monkeypatch)
    with pytest.raises(LaunchError) as error:
        launch("echo")
    *_, last, advice = str(error.value).splitlines()
    assert last == "    ModuleNotFoundError: No module named 'no_such_library'"
    assert advice == "ask doctor() what is missing, or hidden"

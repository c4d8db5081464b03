"""What stops a server at its start: one line that names the file or the flag, and no traceback."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from helpers.launcher import Server

resource = pytest.importorskip("resource")  # limits are POSIX's

WITH_DATA = {
    "chat": "chat.sqlite3",
    "socketio_chat": "chat.sqlite3",
    "document": "document.sqlite3",
    "files": "files.sqlite3",
    "vote": "vote.sqlite3",
    "rooms": "rooms.sqlite3",
}
EVERY = [*WITH_DATA, "echo", "handmade", "socketio_echo"]
DEADLINE_S = 20


def fail(name: str, *flags: str, before: Callable[[], None] | None = None) -> tuple[int, str]:
    """Start a server that cannot start; return its exit status, and all that it says."""
    done = subprocess.run(
        [sys.executable, "-m", f"helpers.servers.{name}", *flags],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE_S,
        preexec_fn=before,
    )
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    return done.returncode, done.stderr


def one_line(said: tuple[int, str], *words: object) -> None:
    """Check that a server said one line with these words, and ended with 1."""
    status, stderr = said
    assert status == 1
    assert stderr.count("\n") == 1
    for word in words:
        assert str(word) in stderr


@pytest.mark.parametrize("name", WITH_DATA)
def test_data_that_is_a_file_is_named(name: str, tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("mine")
    one_line(fail(name, f"--data={file}"), file, "expected a folder as --data", "another folder")
    one_line(fail(name, f"--data={file / 'below'}"), file, "expected a folder as --data")
    assert file.read_text() == "mine"


@pytest.mark.parametrize(("name", "database"), WITH_DATA.items())
@pytest.mark.parametrize("content", [b"not a database" * 100, b"SQLite format 3\0" + bytes(9_000)])
def test_a_database_that_is_none_is_named(
    name: str, database: str, content: bytes, tmp_path: Path
) -> None:
    (tmp_path / database).write_bytes(content)
    one_line(fail(name, f"--data={tmp_path}"), tmp_path / database, "another folder with --data")
    assert (tmp_path / database).read_bytes() == content


@pytest.mark.parametrize(("name", "database"), WITH_DATA.items())
def test_a_folder_in_place_of_the_database_is_named(
    name: str, database: str, tmp_path: Path
) -> None:
    (tmp_path / database).mkdir()
    one_line(fail(name, f"--data={tmp_path}"), tmp_path / database, "another folder with --data")


def _full_disk() -> None:
    """Let no file grow, as on a full disk; standard error is a pipe."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


@pytest.mark.parametrize("name", WITH_DATA)
def test_a_full_disk_is_named(name: str, tmp_path: Path) -> None:
    one_line(fail(name, f"--data={tmp_path}", before=_full_disk), tmp_path, "room on the disk")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("name", WITH_DATA)
def test_a_folder_that_may_not_be_written_is_named(name: str, tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    one_line(fail(name, f"--data={tmp_path}"), tmp_path, "permissions")


@pytest.mark.parametrize("key", [b"", b"spoilt", b"\xff" * 44, b"x" * 44 + b"\n"])
def test_a_spoilt_cookie_key_is_named(key: bytes, tmp_path: Path) -> None:
    file = tmp_path / "cookie.key"
    file.write_bytes(key)
    one_line(fail("rooms", f"--data={tmp_path}"), file, "delete it", "sign in again")


LIMITS = [f"--{flag}={value}" for flag in ("rate", "burst") for value in ("0", "-1", "nan", "inf")]
LIMITS += ["--burst=0.5", "--rate=", "--rate=fast"]


def refused_flag(name: str, flag: str) -> None:
    status, stderr = fail(name, flag)
    assert status == 2
    last = stderr.splitlines()[-1]
    assert f"argument {flag.partition('=')[0]}: expected " in last
    assert f"got {flag.partition('=')[2]!r}" in last


@pytest.mark.parametrize("flag", LIMITS)
@pytest.mark.thorough
def test_limits_that_would_stop_all_are_refused(flag: str) -> None:
    for name in WITH_DATA:
        refused_flag(name, flag)


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e308", "99999999999"])
def test_a_session_that_never_begins_or_never_ends_is_refused(value: str) -> None:
    refused_flag("rooms", f"--session-s={value}")


@pytest.mark.parametrize("flag", ["--attempts=0", "--attempts=-1", "--attempts=nan"])
def test_attempts_that_let_nobody_in_are_refused(flag: str) -> None:
    refused_flag("rooms", flag)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.thorough
def test_flags_of_every_server(name: str) -> None:
    """An empty `--data` would be the folder where one happens to be."""
    for flag in ("--data=", "--data= ", "--handshake-s=0", "--handshake-s=nan", "--port=x"):
        refused_flag(name, flag)


@pytest.mark.parametrize("name", WITH_DATA)
def test_a_second_server_on_the_same_data_is_refused(name: str, tmp_path: Path) -> None:
    with Server(name, (f"--data={tmp_path}",)) as first:
        first.start()
        said = fail(name, f"--data={tmp_path}")
        one_line(said, "another server uses the data in", tmp_path, "another folder with --data")
        first.restart()  # its own lock is no obstacle,
        first.kill()
        first.restart()  # even after a crash


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files, in this process and its children."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", EVERY)
def test_nothing_is_left_in_the_temporary_folder(name: str, temporary: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", f"helpers.servers.{name}"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline()
        assert bool(list(temporary.iterdir())) == (name in WITH_DATA)
        process.stdin.close()
        assert process.wait(DEADLINE_S) == 0
    assert list(temporary.iterdir()) == []

"""Several files are changed, or none, wherever it is interrupted; what is new since is kept."""

import errno
import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from helpers.course import swap as module
from helpers.course.notebook import CourseError
from helpers.course.swap import back_up, finish, free_name, swap

OLD = {"a": b"a1", "b": b"b1", "sub/c": b"c1", "d": b"d1"}
WRITES = {"a": b"a2", "sub/c": b"c2", "e": b"e2", "kept/f": b"f2"}
NEW = {"a": b"a2", "b": b"b1", "sub/c": b"c2", "e": b"e2", "kept/f": b"f2"}


class Crash(BaseException):
    """The process ends here."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, OLD)
    return tmp_path


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


def visible(folder: Path) -> dict[str, bytes]:
    """Every file that is not hidden."""
    files = (path for path in folder.rglob("*") if path.is_file())
    names = {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    return {name: content for name, content in names.items() if not name.startswith(".")}


def test_files_are_changed_and_the_old_ones_copied(folder: Path) -> None:
    backup = swap(folder, WRITES, ("d",))
    assert visible(folder) == NEW
    assert backup is not None
    assert visible(backup) == {"a": b"a1", "sub/c": b"c1", "d": b"d1"}
    assert not (folder / ".update").exists()


def crash_at(step: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """End the process before the given step of writing, moving or removing; counts them all."""
    steps = [0]

    def before(original: Any) -> Any:
        def stepped(*arguments: Any, **options: Any) -> Any:
            steps[0] += 1
            if steps[0] == step:
                raise Crash
            return original(*arguments, **options)

        return stepped

    monkeypatch.setattr(module, "write_synced", before(module.write_synced))
    monkeypatch.setattr(os, "replace", before(os.replace))
    monkeypatch.setattr(shutil, "copy2", before(shutil.copy2))
    monkeypatch.setattr(Path, "unlink", before(Path.unlink))
    return lambda: steps[0]


def test_wherever_it_is_interrupted_it_can_be_finished_or_never_began(tmp_path: Path) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        write(tmp_path / "all", OLD)
        count = crash_at(-1, monkeypatch)
        swap(tmp_path / "all", WRITES, ("d",))
        steps = count()
    assert steps > 10
    begun = []
    for step in range(1, steps + 1):
        folder = tmp_path / str(step)
        write(folder, OLD)
        with pytest.MonkeyPatch.context() as monkeypatch:
            crash_at(step, monkeypatch)
            with pytest.raises(Crash):
                swap(folder, WRITES, ("d",))
        begun.append(visible(folder) != OLD)
        finish(folder)
        assert visible(folder) in (OLD, NEW)
        assert visible(folder) == NEW or not begun[-1], "what was begun is finished"
        swap(folder, WRITES, ("d",))
        assert visible(folder) == NEW
    assert True in begun


def test_what_somebody_changed_after_an_interruption_is_kept(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(module, "finish", lambda folder: [])
        swap(folder, WRITES, ("d",))
    assert visible(folder) == OLD
    write(folder, {"a": b"a, by hand", "d": b"d, by hand"})
    assert finish(folder) == ["kept/a", "kept/d"]
    assert visible(folder) == {**NEW, "kept/a": b"a, by hand", "kept/d": b"d, by hand"}


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_is_full_loses_nothing_and_says_so(
    folder: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        path.write_bytes(content[:1])
        raise OSError(number, os.strerror(number), str(path))

    monkeypatch.setattr(module, "write_synced", full)
    with pytest.raises(CourseError, match=r"^cannot write .*nothing of yours is lost\. Make room"):
        swap(folder, WRITES, ("d",))
    assert visible(folder) == OLD
    assert not (folder / ".update").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="folders have no such rights there")
def test_a_folder_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "course").write_text("a file")
    with pytest.raises(CourseError, match=r"^cannot write "):
        swap(tmp_path / "course", WRITES)
    assert (tmp_path / "course").read_text() == "a file"


def test_a_backup_has_a_folder_of_its_own(folder: Path) -> None:
    first, second = back_up(folder, ["a"]), back_up(folder, ["a"])
    assert first != second
    assert back_up(folder, ["nothing", ".hidden"]) is None


def test_a_name_that_is_taken_gets_a_number(tmp_path: Path) -> None:
    assert free_name(tmp_path, "a.b.ipynb") == "a.b.ipynb"
    (tmp_path / "a.b.ipynb").touch()
    (tmp_path / "a.b-2.ipynb").touch()
    assert free_name(tmp_path, "a.b.ipynb") == "a.b-3.ipynb"
    (tmp_path / "plain").touch()
    assert free_name(tmp_path, "plain") == "plain-2"


def test_the_plan_says_what_was_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "finish", lambda folder: [])
    swap(folder, {"a": b"a2", "e": b"e2"})
    plan = json.loads((folder / ".update" / "plan.json").read_text())
    assert [number for number, _, _ in plan["writes"].values()] == ["0", "1"]
    assert plan["writes"]["e"][1] is None

"""The file of solved exercises: written whole, put aside when damaged, never in the way."""

import os
from pathlib import Path

import pytest

from helpers.exercises.engine import progress, registry


def test_nothing_is_solved_at_first(progress_file: Path) -> None:
    assert progress.read() == set()
    assert not progress_file.exists()


def test_what_is_solved_is_kept(progress_file: Path) -> None:
    assert progress.record("b") == {"b"}
    assert progress.record("a") == {"a", "b"}
    assert progress.read() == {"a", "b"}
    assert progress_file.read_text() == '{"solved": ["a", "b"]}\n'.replace(
        '{"solved": ["a", "b"]}', '{\n "solved": [\n  "a",\n  "b"\n ]\n}'
    )
    assert [path.name for path in progress_file.parent.iterdir()] == [progress_file.name]


@pytest.mark.parametrize("text", ["", "{", "[]", '{"solved": 3}', '{"solved": [1]}', "\0"])
def test_a_damaged_file_is_kept_aside(
    text: str, progress_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    progress_file.write_text(text)
    assert progress.read() == set()
    assert progress_file.with_name("progress.json.broken").read_text() == text
    progress.record("a")
    assert progress.read() == {"a"}
    assert capsys.readouterr().out == (
        "progress starts over: progress.json was damaged and is now progress.json.broken\n"
    )


def test_a_file_that_cannot_be_written_is_reported_once(
    progress_file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    in_the_way = progress_file.parent / "file"
    in_the_way.write_text("not a folder")
    monkeypatch.setenv("HELPERS_PROGRESS", str(in_the_way / "progress.json"))
    assert progress.record("a") == {"a"}
    progress.record("b")
    said = capsys.readouterr().out
    assert said.startswith("progress is not saved: cannot write progress.json (")
    assert said.count("\n") == 1


def test_a_write_that_is_cut_off_leaves_the_old_file(
    progress_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    progress.record("a")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    progress.record("b")
    assert progress.read() == {"a"}
    assert [path.name for path in progress_file.parent.iterdir()] == [progress_file.name]


def test_the_file_is_in_the_learners_copy(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HELPERS_PROGRESS")
    monkeypatch.setattr(registry, "MY_COURSE", tmp_path / "my-course")
    assert progress.find_file() == registry.NOTEBOOKS / ".progress.json", "before there is one"
    registry.MY_COURSE.mkdir()
    assert progress.find_file() == tmp_path / "my-course" / ".progress.json"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_device_is_left_alone(progress_file: Path) -> None:
    """Such as /dev/null, which anyone who may write to it could replace."""
    os.mkfifo(progress_file)
    assert progress.read() == set()
    assert progress.record("a") == {"a"}
    assert progress_file.is_fifo()
    assert [path.name for path in progress_file.parent.iterdir()] == [progress_file.name]

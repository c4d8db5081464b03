"""What `python -m helpers.course.lab` does before JupyterLab runs; that is in tests/browser."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import pytest
from jupyterlab_server.workspaces_handler import WORKSPACE_EXTENSION, slugify

from helpers.course import lab
from helpers.course.lab import NO_NEWS, SETTINGS, WORKSPACE, Quiet, open_course, write_defaults
from helpers.course.notebook import CourseError
from tests.course.editions import notebook, stub, text, write


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of one notebook, and no JupyterLab that would run."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setattr(lab, "launch", lambda arguments, root: print("launched", *arguments))
    write(tmp_path / "notebooks", {"10_one.ipynb": notebook(text("t1", "# One"), stub("f"))})
    return tmp_path


def test_the_copy_is_made_and_the_first_notebook_opened(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_course(root, ["--no-browser"])
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("my-course/ is yours")
    assert "--LabApp.default_url=/lab/tree/my-course/10_one.ipynb" in second
    assert second.endswith(" --no-browser"), "what is asked for comes last, and so it counts"


def test_after_a_pull_the_notebooks_fit_the_helpers(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_course(root, [])
    write(root / "notebooks", {"10_one.ipynb": notebook(text("t1", "# The first"), stub("f"))})
    capsys.readouterr()
    open_course(root, [])
    assert capsys.readouterr().out.startswith("my-course/ has the new edition: 1 notebook changed")
    assert "# The first" in (root / "my-course" / "10_one.ipynb").read_text("utf-8")


def test_a_copy_that_cannot_be_updated_is_opened_as_it_is(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    open_course(root, [])
    (root / "my-course" / "10_one.ipynb").write_text("{")
    capsys.readouterr()
    open_course(root, [])
    warned, launched = capsys.readouterr().out.splitlines()
    assert warned.startswith("warning: my-course/ stays as it is, because my-course/10_one.ipynb")
    assert launched.startswith("launched")


def test_without_a_copy_it_is_an_error(root: Path) -> None:
    (root / "my-course").write_text("a file")
    with pytest.raises(CourseError, match=r"^cannot write "):
        open_course(root, [])


def test_the_learners_settings_are_not_written_over(root: Path) -> None:
    write_defaults(root)
    own = root / "my-course" / ".jupyter"
    assert json.loads((own / SETTINGS).read_text()) == NO_NEWS
    (own / SETTINGS).write_text('{"fetchNews": "true"}')
    (own / WORKSPACE).write_text("{}")
    write_defaults(root)
    assert (own / SETTINGS).read_text() == '{"fetchNews": "true"}'
    assert (own / WORKSPACE).read_text() == "{}"


def test_the_workspace_has_the_name_that_jupyterlab_looks_for() -> None:
    assert Path(WORKSPACE).name == slugify("default") + WORKSPACE_EXTENSION


@pytest.mark.parametrize(
    ("said", "function", "shown"),
    [
        ("500 GET /proxy/8765/ (@127.0.0.1) 3ms referer=None", "log_request", False),
        ("Uncaught exception GET /user/a/proxy/8765/ws (::1)", "log_exception", False),
        ('{\n  "Host": "127.0.0.1:8888"\n}', "log_request", False),
        ("To access the server, open this file", "start_app", False),
        ("500 POST /api/kernels (@127.0.0.1) 3ms", "log_request", True),
        ("The port 8888 is already in use, trying another port.", "init", True),
        ('{"a": 1}', "elsewhere", True),
    ],
)
def test_what_the_terminal_is_spared(said: str, function: str, shown: bool) -> None:
    record = logging.LogRecord("a", logging.ERROR, "f.py", 1, said, (), None, function)
    assert Quiet().filter(record) == shown


def test_in_a_folder_that_was_moved_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab, "is_set_up_here", lambda: False)
    monkeypatch.setattr(sys, "argv", ["lab"])
    with pytest.raises(SystemExit, match=r"^error: this folder was moved or copied.*`make setup`"):
        lab.main()

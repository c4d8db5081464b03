"""`make setup`, with a Python that only writes down what it is asked: once, anew, and healed.

What each step does is tested where it is: tests/course.
"""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
MAKE = shutil.which("make")
NEEDED = (
    "Makefile",
    "requirements.txt",
    "pyproject.toml",
    "helpers/pages/package-lock.json",
    "helpers/course/install.py",
)
#: Makes an environment like `python -m venv --clear` does, whose Python is this script again.
PYTHON = """\
#!/bin/sh
test "$1" = helpers/course/pythons.py && exit 0
echo "$*" >> calls
if test "$2" = venv; then
  rm -rf .venv && mkdir -p .venv/bin && cp "$0" .venv/bin/python
fi
test "$2" != "$(cat fails 2>/dev/null)" || exit 1
if test "$2" = helpers.course.install; then
  pwd > .venv/.setup-done
fi
echo "$PIP_USER,$PIP_TARGET" > pip
"""
SETUP = [
    "-m venv --clear .venv",
    "-m helpers.course.packages",
    "-m helpers.course.install",
]
Setup = Callable[..., tuple[int, list[str], str]]

pytestmark = pytest.mark.skipif(not MAKE or os.name == "nt", reason="needs make and sh")


@pytest.fixture
def setup(tmp_path: Path) -> Setup:
    """Run `make setup` in a copy: its status, what Python was asked, and what make said."""
    for name in NEEDED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, tmp_path / name)
    python = tmp_path / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)

    def run(fails: str = "") -> tuple[int, list[str], str]:
        (tmp_path / "fails").write_text(fails)
        (tmp_path / "calls").write_text("")
        command = [str(MAKE), "setup", f"PYTHON={python}"]
        clean = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "MAKELEVEL")}
        done = subprocess.run(command, cwd=tmp_path, env=clean, capture_output=True, text=True)
        return done.returncode, (tmp_path / "calls").read_text().splitlines(), done.stdout

    return run


def test_a_second_setup_installs_nothing(setup: Setup) -> None:
    assert setup()[:2] == (0, SETUP)
    assert setup()[:2] == (0, [])


@pytest.mark.parametrize(
    ("fails", "asked"),
    [("venv", 1), ("helpers.course.packages", 2), ("helpers.course.install", 3)],
)
def test_an_interrupted_setup_starts_again_from_nothing(
    setup: Setup, tmp_path: Path, fails: str, asked: int
) -> None:
    status, calls, said = setup(fails)
    assert (status, calls) == (2, SETUP[:asked])
    assert ("Then run the same make command again." in said) == (fails == "helpers.course.install")
    half = tmp_path / ".venv" / "half"
    half.parent.mkdir(exist_ok=True)
    half.write_text("left over")
    assert setup()[:2] == (0, SETUP)
    assert not half.exists()
    assert setup()[:2] == (0, [])


@pytest.mark.parametrize("name", NEEDED[1:])
def test_what_is_installed_from_is_newer(setup: Setup, tmp_path: Path, name: str) -> None:
    setup()
    stamp = (tmp_path / ".venv" / ".setup-done").stat()
    os.utime(tmp_path / name, (stamp.st_atime + 10, stamp.st_mtime + 10))
    assert setup()[:2] == (0, SETUP[1:]), "what has not changed stays"


def test_a_new_edition_that_was_interrupted_starts_again_from_nothing(
    setup: Setup, tmp_path: Path
) -> None:
    setup()
    stamp = (tmp_path / ".venv" / ".setup-done").stat()
    os.utime(tmp_path / "requirements.txt", (stamp.st_atime + 10, stamp.st_mtime + 10))
    assert setup("helpers.course.packages")[:2] == (2, SETUP[1:2])
    os.utime(tmp_path / "requirements.txt")
    assert setup()[:2] == (0, SETUP)


def test_a_python_that_has_gone(setup: Setup, tmp_path: Path) -> None:
    """The environment has a link to the machine's Python, which an upgrade may remove."""
    setup()
    python = tmp_path / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "gone")
    assert setup()[:2] == (0, SETUP)


def test_an_environment_that_is_gone(setup: Setup, tmp_path: Path) -> None:
    setup()
    shutil.rmtree(tmp_path / ".venv")
    assert setup()[:2] == (0, SETUP)


def test_after_the_plain_lines_make_installs_nothing_more(setup: Setup, tmp_path: Path) -> None:
    """They end with the same last step, which writes the stamp."""
    python = tmp_path / "python"
    for line in SETUP:
        subprocess.run([python, *line.split()], cwd=tmp_path, check=True)
    assert setup()[:2] == (0, [])


@pytest.mark.parametrize("copied", [False, True])
def test_a_folder_that_was_moved_or_copied_is_set_up_anew(
    setup: Setup, tmp_path: Path, copied: bool
) -> None:
    """Its environment would look for the course, or silently find another one, where it was."""
    setup()
    place = tmp_path / ".venv" / ".setup-done"
    other = tmp_path / "other"
    if copied:
        other.mkdir()
    place.write_text(f"{other}\n")
    assert setup()[:2] == (0, SETUP)
    assert setup()[:2] == (0, [])


def test_pip_installs_into_the_environment_whatever_a_person_has_set(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_USER", "1")
    monkeypatch.setenv("PIP_TARGET", str(tmp_path / "elsewhere"))
    setup()
    assert (tmp_path / "pip").read_text() == "0,\n"

"""Which further Pythons the tests run on, and when their environments are made anew."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.repo import other_pythons
from tests.repo.other_pythons import Python, find_pythons, why_passed_over

pytestmark = pytest.mark.skipif(os.name == "nt", reason="its programs are scripts of sh")


def program(folder: Path, name: str, answer: str) -> Path:
    """A program that prints an answer, whatever it is asked."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return path


def answer(*version: int, level: str = "final", missing: str = "[]") -> str:
    return f'[{list(version)}, "{level}", "/usr/bin/python", {missing}]'


def test_one_of_each_further_version_is_found_the_oldest_first(tmp_path: Path) -> None:
    programs = [
        program(tmp_path, "python3.14", answer(3, 14, 0)),
        program(tmp_path, "python3", answer(3, 11, 7)),
        program(tmp_path, "python3.12", answer(3, 12, 1)),
        program(tmp_path / "again", "python3.12", answer(3, 12, 1)),
        program(tmp_path / "later", "python3.12", answer(3, 12, 9)),
        program(tmp_path, "python3.10", answer(3, 10, 1)),
        program(tmp_path / "shims", "python3.13", "pyenv: python3.13: command not found"),
        tmp_path / "no such file",
    ]
    found = [python.version for python in find_pythons(programs, own=(3, 11, 7))]
    assert found == [(3, 12, 1), (3, 12, 9), (3, 14, 0)]
    assert [p.version for p in find_pythons(programs[:3], own=(3, 12, 1))] == [(3, 14, 0)]


def test_it_looks_on_path_and_among_pyenvs_versions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = program(tmp_path / "bin", "python3.12", answer(3, 12, 1))
    program(tmp_path / "bin", "python3-config", answer(3, 12, 1))
    there = program(tmp_path / "pyenv/versions/3.14.0/bin", "python3", answer(3, 14, 0))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path / "pyenv"))
    assert list(other_pythons.candidates()) == [here, there]


def test_this_python_answers() -> None:
    python = other_pythons.ask(Path(sys.executable))
    assert python is not None
    assert python.version == sys.version_info[:3]
    assert why_passed_over(python) is None


@pytest.mark.parametrize(
    ("python", "reason"),
    [
        (Python((3, 13, 0), "final", "python", ()), "Python 3.13.0 cannot be used: it may end"),
        (Python((3, 15, 0), "beta", "python", ()), "beta release: libraries may have no wheels"),
        (
            Python((3, 12, 1), "final", "/usr/bin/python3.12", ("venv", "ensurepip")),
            "without the module venv and ensurepip: /usr/bin/python3.12",
        ),
    ],
)
def test_why_a_python_is_passed_over(python: Python, reason: str) -> None:
    assert (why_passed_over(python) or "").startswith(reason)


#: Makes an environment as `python -m venv FOLDER` does, whose Python is this script again.
MAKES = """\
#!/bin/sh
echo "$*" >> {calls}
if test "$2" = venv; then mkdir -p "$3/bin" && cp "$0" "$3/bin/python"; fi
test "$2" != "$(cat {fails} 2>/dev/null)"
"""


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository and one further Python, which writes down what it is asked."""
    for name in other_pythons.INSTALLED_FROM:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    path = tmp_path / "python3.12"
    path.write_text(MAKES.format(calls=tmp_path / "calls", fails=tmp_path / "fails"))
    path.chmod(0o755)
    python = Python((3, 12, 1), "final", str(path), ())
    broken = Python((3, 13, 0), "final", str(path), ())

    def find(*_: Any) -> list[Python]:
        return [python, broken]

    monkeypatch.setattr(other_pythons, "ROOT", tmp_path)
    monkeypatch.setattr(other_pythons, "find_pythons", find)
    return tmp_path


def run(machine: Path, *arguments: str) -> tuple[int, list[str]]:
    """The exit status, and what the Pythons were asked."""
    (machine / "calls").write_text("")
    status = other_pythons.main(list(arguments))
    return status, (machine / "calls").read_text().splitlines()


def test_an_environment_is_kept_until_the_lock_changes(
    machine: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = [
        f"-m venv {machine / '.venv-3.12.1'}",
        "-m pip install --quiet --disable-pip-version-check -r requirements.txt",
        "-m helpers.course.install",
    ]
    tests = ["-m pytest --tier=all -m not browser -x"]
    assert run(machine, "-x") == (0, made + tests)
    assert run(machine, "-x") == (0, tests)
    (machine / "requirements.txt").write_text("newer")
    (machine / ".venv-3.12.1/left-over").write_text("")
    assert run(machine, "-x") == (0, made + tests)
    assert not (machine / ".venv-3.12.1/left-over").exists()
    *_, well, passed_over = capsys.readouterr().out.splitlines()
    assert well == "Python 3.12.1: all well (0 s)"
    assert passed_over.startswith("Python 3.13.0: passed over: Python 3.13.0 cannot be used")


def test_a_failure_is_the_exit_status(machine: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (machine / "fails").write_text("pytest")
    assert run(machine)[0] == 1
    assert "Python 3.12.1: FAILED" in capsys.readouterr().out


def test_half_an_environment_is_made_anew(machine: Path) -> None:
    (machine / "fails").write_text("pip")
    status, calls = run(machine)
    assert (status, len(calls)) == (1, 2)
    (machine / "fails").write_text("")
    status, calls = run(machine)
    assert (status, len(calls)) == (0, 4)


def test_git_ignores_the_environments() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(["git", "check-ignore", ".venv-3.12.1/"], cwd=root, capture_output=True)
    assert done.returncode == 0

"""Everything but the browser tests, on each further Python of this machine: `make test-pythons`.

    python -m tests.repo.other_pythons [arguments of pytest]

It looks on PATH and among pyenv's versions for Pythons from 3.12 on, besides the one that runs it.
Each gets an environment of its own, `.venv-3.12.1`, which is kept, and made anew when the lock or
the Python changes. A Python that cannot be used is passed over, with the reason. The exit status
is 1 if a test fails, or an environment cannot be made.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from helpers.course.pythons import explain

__all__ = ["Python", "find_pythons", "why_passed_over"]

ROOT = Path(__file__).resolve().parents[2]
FIRST = (3, 12)
NAME = re.compile(r"python3(\.\d+)?(\.exe)?")
INSTALLED_FROM = ("requirements.txt", "pyproject.toml", "helpers/course/install.py")
ASK_S = 30
ASK = """\
import importlib.util, json, sys
missing = [m for m in ("venv", "ensurepip", "sqlite3", "ssl") if not importlib.util.find_spec(m)]
print(json.dumps([sys.version_info[:3], sys.version_info[3], sys.executable, missing]))
"""


@dataclass(frozen=True)
class Python:
    """A Python of this machine.

    Attributes:
        version: its three numbers.
        level: `final`, or what it is before that, such as `beta`.
        path: its executable.
        missing: the modules that an environment needs, and it lacks.
    """

    version: tuple[int, ...]
    level: str
    path: str
    missing: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its version, as people write it."""
        return ".".join(map(str, self.version))


def candidates() -> Iterator[Path]:
    """Every program that may be a Python 3: on PATH, then among pyenv's versions."""
    folders = [Path(folder) for folder in os.environ.get("PATH", "").split(os.pathsep) if folder]
    root = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    folders += [folder / "bin" for folder in sorted(root.glob("versions/3.*"))]
    for folder in folders:
        if folder.is_dir():
            yield from sorted(path for path in folder.iterdir() if NAME.fullmatch(path.name))


def ask(path: Path) -> Python | None:
    """Ask a program which Python it is; None if it does not answer as one."""
    try:
        done = subprocess.run(
            [path, "-I", "-c", ASK],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=ASK_S,
        )
        version, level, executable, missing = json.loads(done.stdout)
    except (OSError, ValueError, subprocess.TimeoutExpired):
        return None  # such as pyenv's shim of a version that is not chosen
    return Python(tuple(version), level, executable, tuple(missing))


def find_pythons(programs: Iterable[Path], own: tuple[int, ...]) -> list[Python]:
    """Return the further Pythons among some programs, one of each version, the oldest first.

    Args:
        programs: where to look; the first of a version is taken.
        own: the version that runs the tests anyway.
    """
    found: dict[tuple[int, ...], Python] = {}
    for python in filter(None, map(ask, programs)):
        if python.version >= FIRST and python.version != own:
            found.setdefault(python.version, python)
    return [found[version] for version in sorted(found)]


def why_passed_over(python: Python) -> str | None:
    """Say why the tests are not run on a Python; None if they are.

    Args:
        python: as it answered.
    """
    if reason := explain(python.version):
        return reason
    if python.level != "final":
        return f"{python.level} release: libraries may have no wheels for it yet"
    if python.missing:
        return f"without the module {' and '.join(python.missing)}: {python.path}"
    return None


def environment_of(python: Python) -> Path:
    """Return the folder of a Python's environment; it is ignored by git."""
    return ROOT / f".venv-{python.name}"


def stamp_of(python: Python) -> str:
    """Return what tells whether an environment is the one that would be made now."""
    files = b"".join((ROOT / name).read_bytes() for name in INSTALLED_FROM)
    return f"{python.path} {ROOT} {hashlib.sha256(files).hexdigest()}\n"


def make_environment(python: Python) -> Path:
    """Make a Python's environment, unless it is there already, and return its own Python.

    Raises:
        subprocess.CalledProcessError: a step of it failed; its output has been shown.
    """
    folder, stamp = environment_of(python), stamp_of(python)
    inside = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    note = folder / ".setup-done"
    if note.is_file() and note.read_text("utf-8") == stamp:
        return inside
    print(f"making {folder.name} with {python.path}", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    pip = ["pip", "install", "--quiet", "--disable-pip-version-check", "-r", "requirements.txt"]
    for command in (
        [python.path, "-m", "venv", str(folder)],
        [str(inside), "-m", *pip],
        [str(inside), "-m", "helpers.course.install"],
    ):
        subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=True)
    note.write_text(stamp, "utf-8")
    return inside


def run_tests(python: Python, arguments: list[str]) -> bool:
    """Run everything but the browser tests on a Python; return whether all is well.

    Args:
        python: one that can be used.
        arguments: more for pytest.
    """
    try:
        inside = make_environment(python)
    except (OSError, subprocess.CalledProcessError) as error:
        print(f"Python {python.name}: no environment could be made: {error}", file=sys.stderr)
        return False
    command = [str(inside), "-m", "pytest", "--tier=all", "-m", "not browser", *arguments]
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONHOME")}
    return subprocess.run(command, cwd=ROOT, env=clean).returncode == 0


def main(arguments: list[str]) -> int:
    """Run the tests on each further Python, say what came of it, and return the exit status."""
    said, failed = [], False
    for python in find_pythons(candidates(), tuple(sys.version_info[:3])):
        if reason := why_passed_over(python):
            said.append(f"Python {python.name}: passed over: {reason}")
            continue
        began = time.monotonic()
        well = run_tests(python, arguments)
        failed |= not well
        took = f"{time.monotonic() - began:.0f} s"
        said.append(f"Python {python.name}: {'all well' if well else 'FAILED'} ({took})")
    print("\n".join(said or ["no further Python from 3.12 on was found"]))
    return int(failed)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

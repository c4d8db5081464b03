"""What a check of the doctor raises, and the commands that its advice names.

Advice is followed literally: each command names its Python and its folder, since another `python`
may come first on PATH, and a terminal may be anywhere.
"""

import shlex
import subprocess
import sys
from pathlib import Path

__all__ = ["PROJECT", "Problem", "advise", "again", "install", "quote", "reinstall"]

PROJECT = Path(__file__).resolve().parents[2]


class Problem(Exception):
    """A fault that a check found; the message says what to do about it."""


def quote(*words: str | Path) -> str:
    """Return a command as one would type it into a terminal of this system."""
    texts = [str(word) for word in words]
    return subprocess.list2cmdline(texts) if sys.platform == "win32" else shlex.join(texts)


def advise(command: str, folder: Path = PROJECT) -> str:
    """Return the advice to run a command; the command has a line of its own, to be copied.

    Args:
        command: as one types it.
        folder: where.
    """
    return f"run in {folder}:\n    {command}"


def install(lock: Path = PROJECT / "requirements.txt", *flags: str) -> str:
    """Return the advice that installs the packages.

    Args:
        lock: the file that names them.
        *flags: further ones for pip.
    """
    command = quote(sys.executable, "-m", "pip", "install", *flags, "-r", lock.name)
    return advise(command, lock.parent)


def reinstall(*packages: str) -> str:
    """Return the advice that installs packages anew, where pip would think that all is well.

    Args:
        *packages: their names; all of the course without one.
    """
    flags = ("--force-reinstall", "--no-deps")
    if not packages:
        return install(PROJECT / "requirements.txt", *flags)
    return advise(quote(sys.executable, "-m", "pip", "install", *flags, *packages))


def again() -> str:
    """Return the advice that runs the last step of the set-up again."""
    return advise(quote(sys.executable, "-m", "helpers.course.install"))

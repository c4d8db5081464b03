"""A learner's own programs: files in the folder `mine`, launched as helper servers are."""

import os
from pathlib import Path

from helpers.launcher.child import START_S, Child
from helpers.launcher.server import LaunchError, Server

__all__ = ["Program", "find_program", "mine"]

PROJECT = Path(__file__).resolve().parents[2]
RUNNER = "helpers.serving.learner_program"


def mine() -> Path:
    """Return the folder of the learner's programs: my-course/mine, or what HELPERS_MINE names."""
    named = os.environ.get("HELPERS_MINE")
    return Path(named).absolute() if named else PROJECT / "my-course" / "mine"


def find_program(name: str) -> Path:
    """Find a program by the path that a lesson writes, such as `mine/chat.py`.

    Args:
        name: a path; one that begins with `mine/` is in `mine()`, wherever the kernel runs.

    Raises:
        LaunchError: there is no such file; the message lists those that exist.
    """
    path = Path(name)
    if path.parts[:1] == ("mine",):
        path = mine().joinpath(*path.parts[1:])
    if path.is_file():
        return path.absolute()
    there = sorted(f"mine/{each.name}" for each in mine().glob("*.py"))
    known = f"there are {', '.join(there)}" if there else "there is none yet"
    raise LaunchError(
        f"there is no {name}; {known}; run the cell with save_program(…) that writes it"
    )


class Program(Server):
    """A handle on a learner's program.

    Args:
        path: of the file.
        flags: its command line besides `--port`.
        port: 0 for any free one.
    """

    def __init__(self, path: Path, flags: tuple[str, ...] = (), port: int = 0) -> None:
        super().__init__(f"mine/{path.name}", flags, port)
        self.path = path

    def _command(self) -> tuple[str, list[str]]:
        return RUNNER, [str(self.path), f"--port={self._port}", *self._flags]

    def _failure(self, child: Child) -> str:
        if child.ended.is_set():
            return super()._failure(child)
        child.kill()
        return (
            f"{self.name} printed no address within {START_S:g} s; once it serves, let it print "
            'one, such as "ws://127.0.0.1:8765/", with the port that --port asked for'
        )

    def _settle(self) -> None:
        """Do not disturb a program that may speak no HTTP: its log is what it has written."""

"""The process of a helper server: started, waited for, stopped, and reaped.

The process has one end of a pipe as its standard input and ends when the pipe is closed, so it
ends with the kernel, however the kernel ends. Everything that it prints goes to a file, except
for its first line, which says that it is ready.

A fork of the kernel, such as a worker of `multiprocessing`, would hold the other end as well, and
may live on when the kernel is gone; so it closes its copy of that end as it begins.
"""

import contextlib
import os
import re
import subprocess
import sys
import threading
import weakref
from pathlib import Path

__all__ = ["PORT_TAKEN", "START_S", "STOP_S", "Child"]

START_S = 30.0  # how long it may take to print its ready line: 12 s were seen, the first time
STOP_S = 5.0  # how long a graceful end may take; then the process is killed
PORT_TAKEN = 98  # the exit status of helpers/serving/program.py when its port is taken
PROJECT = Path(__file__).resolve().parents[2]
READY = "listening on "
ADDRESS = re.compile(r"\b(?:http|ws)s?://[^\s,;]+")


class Child:
    """A running `python -m MODULE`, and the thread that reaps it, so that no zombie is left.

    Args:
        module: the module to run, such as `"helpers.servers.echo"`.
        flags: its command line.
        log_file: the file that its standard error is appended to.
    """

    def __init__(self, module: str, flags: list[str], log_file: Path) -> None:
        self.ended = threading.Event()
        self._spoke = threading.Event()
        self._addresses: list[str] = []
        its_end, our_end = os.pipe()
        self._input = [our_end]  # a list: whoever takes it out closes it
        _children.add(self)
        try:
            self._process = self._run(module, flags, log_file, its_end)
        except BaseException:
            self.close_input()
            raise
        finally:
            os.close(its_end)
        self.pid = self._process.pid
        threading.Thread(target=self._watch, name=f"watch {module}", daemon=True).start()

    def _run(
        self, module: str, flags: list[str], log_file: Path, its_end: int
    ) -> subprocess.Popen[bytes]:
        with log_file.open("ab") as log:
            return subprocess.Popen(
                [sys.executable, "-m", module, *flags],
                stdin=its_end,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=PROJECT,  # not the kernel's: a learner's own helpers.py must not be run
                env={**os.environ, "PYTHONUTF8": "1"},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )

    @property
    def exit_status(self) -> int | None:
        """The status with which the process ended; None while it runs."""
        return self._process.returncode

    def wait_until_ready(self) -> list[str]:
        """Return the addresses in its ready line; an empty list if it did not start in time."""
        if self._spoke.wait(START_S) and not self._addresses:  # it ended instead
            self.ended.wait(STOP_S)
        return self._addresses

    def stop(self) -> None:
        """End the process gracefully, or by force after 5 seconds."""
        if os.name == "posix":
            self._process.terminate()
        self.close_input()  # tells the server to end, on every system
        if not self.ended.wait(STOP_S):
            self.kill()

    def kill(self) -> None:
        """End the process at once: SIGKILL, on Windows TerminateProcess."""
        self._process.kill()
        self.ended.wait(STOP_S)

    def _watch(self) -> None:
        assert self._process.stdout
        with self._process.stdout as stdout:
            for line in stdout:
                text = line.decode("utf-8", "replace")
                if text.startswith(READY) and (found := ADDRESS.findall(text)):
                    self._addresses = found
                    break
            self._spoke.set()
            stdout.read()  # until it is closed, right after the ready line: see program.ready()
        self._process.wait()
        self.close_input()
        self.ended.set()

    def close_input(self) -> None:
        """Close our end of its standard input, once; it takes that as its end."""
        with contextlib.suppress(IndexError, OSError):
            os.close(self._input.pop())


_children: weakref.WeakSet[Child] = weakref.WeakSet()


def _close_inputs() -> None:
    for child in list(_children):
        child.close_input()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_close_inputs)

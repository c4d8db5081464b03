"""The process of a helper server: started, waited for, stopped, and reaped.

The process has one end of a pipe as its standard input and ends when the pipe is closed, so it
ends with the kernel, however the kernel ends. Everything that it prints goes to a file, except
for its first line, which says that it is ready.
"""

import contextlib
import os
import re
import subprocess
import sys
import threading
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
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module, *flags],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=PROJECT,  # not the kernel's: a learner's own helpers.py must not be run
                env={**os.environ, "PYTHONUTF8": "1"},
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        self.pid = self._process.pid
        threading.Thread(target=self._watch, name=f"watch {module}", daemon=True).start()

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
        self._close_input()  # tells the server to end, on every system
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
        self._close_input()
        self.ended.set()

    def _close_input(self) -> None:
        if self._process.stdin:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

"""Runs a learner's program as a helper server: `python -m helpers.serving.learner_program FILE`.

The program itself takes `--port` and prints a line with its address, no more. What every helper
server does besides is done here:

1. It ends when its standard input is closed, so it ends with the kernel, however that ends.
2. An interrupt of the kernel does not reach it, for it has a process group of its own; SIGTERM
   ends it as Ctrl+C would in a terminal, so asyncio.run cancels its main task.
3. Its first line with an address becomes the ready line; all that it prints is in the log.
4. An error in it is logged without our own lines.
5. A port that is taken ends it with the status that the launcher knows.
"""

import errno
import io
import os
import re
import runpy
import signal
import sys
import threading
import time
import traceback
from pathlib import Path

from helpers.serving.program import PORT_TAKEN

__all__ = ["main"]

ADDRESS = re.compile(r"\b(?:http|ws)s?://[^\s,;)'\"]+")
GRACE_S = 2.0  # to close every connection at the end, before the process is killed


class _Output(io.TextIOBase):
    """What the program prints: all of it to the log, and once the ready line."""

    def __init__(self) -> None:
        self._line = ""
        self._is_ready = False

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        sys.stderr.write(text)
        sys.stderr.flush()
        if not self._is_ready:
            *lines, self._line = (self._line + text).split("\n")
            for line in lines:
                self._announce(ADDRESS.findall(line))
        return len(text)

    def _announce(self, addresses: list[str]) -> None:
        if addresses and not self._is_ready:
            self._is_ready = True
            os.write(1, f"listening on {', '.join(addresses)}\n".encode())
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)  # whoever waits for the line sees that there is no more
            os.close(nowhere)


def main(arguments: list[str]) -> None:
    """Run a program until it ends, or until its standard input is closed.

    Args:
        arguments: the file, and the program's own command line.
    """
    path = Path(arguments[0])
    sys.stdout = _Output()
    sys.argv = [str(path), *arguments[1:]]
    sys.path[0] = str(path.parent)  # as `python FILE` has it
    os.chdir(path.parent)
    if os.name == "posix":
        os.setpgid(0, 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # it may have been ignored
        signal.signal(signal.SIGTERM, _interrupt_once)
    threading.Thread(target=_end_with_input, daemon=True).start()
    try:
        runpy.run_path(str(path), run_name="__main__")
    except KeyboardInterrupt:
        pass
    except Exception as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        _log(error, path)
        sys.exit(PORT_TAKEN if taken else 1)


def _log(error: Exception, path: Path) -> None:
    """Log an error as Python does, from the program's own lines on."""
    frames = error.__traceback__
    while frames and frames.tb_frame.f_code.co_filename != str(path):
        frames = frames.tb_next
    traceback.print_exception(error.with_traceback(frames))


def _interrupt_once(*_: object) -> None:
    """End as by Ctrl+C; a second one would not let asyncio.run close its connections."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.raise_signal(signal.SIGINT)


def _end_with_input() -> None:
    while os.read(0, 1024):
        pass
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(GRACE_S)
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1:])

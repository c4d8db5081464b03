"""Why a server did not start, and what to do: what the system refused, or what its log says."""

import errno
import os
import re
import shutil
import sys
from pathlib import Path

from helpers.launcher.child import START_S

__all__ = ["explain", "explain_end", "next_step"]

LOG_BYTES = 2**16  # less room on the disk, and a log may be empty for want of it
LOG_LINES = 8  # how many lines of its log an error shows
IMPORT = re.compile(r"(ModuleNotFound|Import|Attribute)Error\b")  # a library is not what it was

FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
BUSY = {errno.ENOMEM, errno.EAGAIN}
TOO_MANY_FILES = {errno.EMFILE, errno.ENFILE}
AGAIN = "run the cell again"


def explain(error: OSError) -> str:
    """Return an error of the system in one line, with the file that it is about, and a next step.

    Args:
        error: what was raised.
    """
    fact = error.strerror or " ".join(str(error).split())
    about = f" ({error.filename})" if error.filename else ""
    return f"{fact}{about}; {next_step(error)}"


def next_step(error: OSError) -> str:
    """Say what to do about an error of the system.

    Args:
        error: what was raised.
    """
    if error.errno in FULL:
        return f"make room on the disk, then {AGAIN}"
    if error.errno in TOO_MANY_FILES:
        return f"close what is open, with stop_all() or by a restart of the kernel, then {AGAIN}"
    if error.errno in BUSY:
        return f"close other programs, then {AGAIN}"
    if error.filename and Path(os.fsdecode(error.filename)) == Path(sys.executable):
        return "the environment of the kernel is gone: set the course up again, with make setup"
    return "set TMPDIR to a folder of your own before you start JupyterLab, or ask doctor()"


def explain_end(name: str, log_file: Path, status: int | None) -> str:
    """Return why a server ended instead of being ready, and a next step.

    Args:
        name: the server's name.
        log_file: what it logged.
        status: its exit status; None if it was not ready in time.
    """
    try:
        lines = log_file.read_text("utf-8", "replace").splitlines()[-LOG_LINES:]
        is_full = not lines and shutil.disk_usage(log_file.parent).free < LOG_BYTES
    except OSError:  # its folder was swept away meanwhile
        lines, is_full = [], False
    fact = f"the {name} server did not start"
    if status is None:
        fact = f"the {name} server was not ready within {START_S:g} s"
    if is_full:
        return f"{fact}: the disk of {log_file.parent} is full; make room, then {AGAIN}"
    if status is None:
        fact += f": the machine is busy, or this was its slow first start; {AGAIN}"
    elif not lines:
        fact += f": it logged nothing, exit status {status}; ask doctor()"
    if not lines:
        return fact
    shown = "".join(f"\n    {line}" for line in lines)
    advice = "\nask doctor() what is missing, or hidden" if IMPORT.match(lines[-1]) else ""
    return f"{fact}; the last lines of its log:{shown}{advice}"

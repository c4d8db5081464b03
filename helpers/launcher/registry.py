"""What has been started and not stopped: servers by their name, taps, and how all of it ends."""

import atexit
import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from helpers.launcher.table import Running

if TYPE_CHECKING:
    from helpers.launcher.server import Server

__all__ = [
    "last_port",
    "lock",
    "named",
    "new_folder",
    "on_stop",
    "servers",
    "stop_all",
    "stop_named",
]

lock = threading.RLock()
named: dict[str, "Server"] = {}
last_port: dict[str, int] = {}  # where a server of this name listened last
_others: dict[object, tuple[str, Callable[[], object]]] = {}
_root: Path | None = None  # holds the logs and the data of this kernel's servers
_owner = os.getpid()  # a forked copy of the kernel must not stop the kernel's servers


def servers(*, pids: bool = False) -> Running:
    """Return what runs now; as the last line of a cell, it is shown as a table.

    Args:
        pids: show the number of each process too.

    First used: notebooks/00_start_here.ipynb
    """
    with lock:
        running = [server for server in named.values() if server.running]
        return Running(running, [label for label, _ in _others.values()], pids)


def stop_all() -> None:
    """Stop every server and every tap, and print what was stopped.

    First used: notebooks/00_start_here.ipynb
    """
    stopped = _stop_everything()
    print(f"stopped: {', '.join(dict.fromkeys(stopped))}" if stopped else "nothing was running")


def on_stop(stop: Callable[[], object], label: str) -> Callable[[], None]:
    """Ask `stop_all()`, and the end of the kernel, to stop one thing more.

    Args:
        stop: called without arguments, once.
        label: what `stop_all()` and `servers()` call it, such as `"tap of echo"`.

    Returns:
        A function that takes the request back, for a thing that was stopped otherwise.

    First used: notebooks/00_start_here.ipynb
    """
    key = object()
    with lock:
        _others[key] = (label, stop)

    def forget() -> None:
        with lock:
            _others.pop(key, None)

    return forget


def stop_named(name: str, *, other_than: "Server") -> None:
    """Stop the server that has this name, if there is one and it is another one.

    First used: notebooks/00_start_here.ipynb
    """
    old = named.pop(name, None)
    if old is not None and old is not other_than:
        old.stop()


def _stop_everything() -> list[str]:
    """Stop all that runs, the youngest first; return the labels, the oldest first."""
    with lock:
        running = [server for server in named.values() if server.running]
        names = [server.name for server in running] + [label for label, _ in _others.values()]
        jobs = [server.stop for server in running] + [stop for _, stop in _others.values()]
        named.clear()
        _others.clear()
    failures = []
    for job in reversed(jobs):
        try:
            job()
        except Exception as error:  # one that fails must not keep the others running
            failures.append(error)
    if failures:
        raise failures[0]
    return names


def new_folder(name: str) -> Path:
    """Return a new folder for a server's log and data; it is removed at the kernel's end.

    First used: notebooks/00_start_here.ipynb
    """
    global _root
    with lock:
        if _root is None:
            _remove_orphans(Path(tempfile.gettempdir()))
            _root = Path(tempfile.mkdtemp(prefix=f"helpers-{os.getpid()}-"))
    return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=_root))


def _remove_orphans(folder: Path) -> None:
    """Remove what kernels left that were killed: they had no time to do it."""
    if os.name != "posix":  # elsewhere asking for a process may end it
        return
    for orphan in folder.glob("helpers-[0-9]*-*"):
        try:
            os.kill(int(orphan.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(orphan, ignore_errors=True)
        except (OSError, ValueError):
            continue  # somebody else's, or not ours at all


@atexit.register
def _at_exit() -> None:
    if os.getpid() == _owner:
        with contextlib.suppress(Exception):
            _stop_everything()
        if _root is not None:
            shutil.rmtree(_root, ignore_errors=True)

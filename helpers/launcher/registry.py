"""What has been started and not stopped: servers by their names, taps, and how all of it ends.

A kernel has one registry. Its lock is taken before that of a server, never after it.
"""

import atexit
import contextlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from helpers.launcher.table import Handle, Running

__all__ = ["Registry", "registry"]


class Registry:
    """The servers of one kernel, what else is to be stopped, and the folders of both."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._servers: dict[str, Handle] = {}
        self._last_port: dict[str, int] = {}  # where a server of this name listened last
        self._others: dict[object, tuple[str, Callable[[], object]]] = {}
        self._root: Path | None = None  # holds the logs and the data of this kernel's servers
        self._owner = os.getpid()  # a forked copy of the kernel must not stop its servers
        atexit.register(self._at_exit)

    def running(self, *, pids: bool = False) -> Running:
        """Return what is running, as a table.

        Args:
            pids: show the number of each process too.
        """
        with self._lock:
            servers = [server for server in self._servers.values() if server.running]
            return Running(servers, [label for label, _ in self._others.values()], pids)

    def replace(self, server: Handle, start: Callable[[int], object]) -> None:
        """Stop the server that has this name, and start another one in its place.

        Args:
            server: the new one; it may be the old one, which then starts again.
            start: starts it. It is called with the port on which the last server of this name
                listened, 0 if there was none; what it raises leaves the name free.
        """
        with self._lock:
            old = self._servers.pop(server.name, None)
            if old is not None and old is not server:
                old.stop()
            start(self._last_port.get(server.name, 0))
            self._servers[server.name] = server
            self._last_port[server.name] = server.port

    def on_stop(self, stop: Callable[[], object], label: str) -> Callable[[], None]:
        """Ask `stop_all`, and the end of the kernel, to stop one thing more.

        Args:
            stop: called without arguments, once.
            label: what `stop_all` and `running` call it, such as `"tap of echo"`.

        Returns:
            A function that takes the request back, for a thing that was stopped otherwise.
        """
        key = object()
        with self._lock:
            self._others[key] = (label, stop)

        def forget() -> None:
            with self._lock:
                self._others.pop(key, None)

        return forget

    def stop_all(self) -> list[str]:
        """Stop all that is running, the youngest first.

        Returns:
            The labels of what was stopped, the oldest first.
        """
        with self._lock:
            servers = [server for server in self._servers.values() if server.running]
            others = list(self._others.values())
            self._servers.clear()
            self._others.clear()
        failures = []
        for stop in reversed([server.stop for server in servers] + [stop for _, stop in others]):
            try:
                stop()
            except Exception as error:  # one that fails must not keep the others running
                failures.append(error)
        if failures:
            raise failures[0]
        return [server.name for server in servers] + [label for label, _ in others]

    def new_folder(self, name: str) -> Path:
        """Return a new folder for a server's log and data; it is removed at the kernel's end.

        Args:
            name: the server's.
        """
        with self._lock:
            if self._root is None:
                remove_orphans(Path(tempfile.gettempdir()))
                self._root = Path(tempfile.mkdtemp(prefix=f"helpers-{os.getpid()}-"))
            return Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self._root))

    def _at_exit(self) -> None:
        if os.getpid() != self._owner:
            return
        with contextlib.suppress(Exception):
            self.stop_all()
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)


def remove_orphans(folder: Path) -> None:
    """Remove what kernels left behind that were killed: they had no time to do it.

    Args:
        folder: where the folders of kernels are, `helpers-PID-…`.
    """
    if os.name != "posix":  # elsewhere asking for a process may end it
        return
    for orphan in folder.glob("helpers-[0-9]*-*"):
        try:
            os.kill(int(orphan.name.split("-")[1]), 0)
        except ProcessLookupError:
            shutil.rmtree(orphan, ignore_errors=True)
        except (OSError, ValueError):
            continue  # somebody else's, or not ours at all


registry = Registry()

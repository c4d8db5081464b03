"""What is running in a kernel: servers by their names, taps, and how all of them end.

A kernel has one registry. Two rules keep its lock from doing harm:

1. Whoever needs the registry's lock and a server's takes the registry's first.
2. `replace` holds the lock until the new server has started, so that two threads never start
   one name at once and `stop_all` misses no server; nothing else is slow while it is held.
"""

import atexit
import contextlib
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from helpers.launcher.folders import KernelFolder, remove_orphans
from helpers.launcher.table import Handle, Running

__all__ = ["Registry", "registry"]


class Registry:
    """The servers of a kernel, what else `stop_all` stops, and the folder of both."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._servers: dict[str, Handle] = {}
        self._last_ports: dict[str, int] = {}  # where the last server of each name listened
        self._others: dict[object, tuple[str, Callable[[], object]]] = {}
        self._folder: KernelFolder | None = None
        self._owner = os.getpid()  # a forked copy of the kernel must not stop its servers
        atexit.register(self._at_exit)

    def running(self, *, pids: bool = False) -> Running:
        """Return what is running, as a table.

        Args:
            pids: also show the process id of each server.
        """
        with self._lock:
            servers = [server for server in self._servers.values() if server.running]
            return Running(servers, [label for label, _ in self._others.values()], pids)

    def replace(self, server: Handle, start: Callable[[int], object]) -> None:
        """Stop the server that has this name, and start another one in its place.

        Args:
            server: the new server; it may be the old one, to be started again.
            start: starts it. Its argument is the port on which the last server of this name
                listened, or 0. If it raises an exception, no server has the name.
        """
        with self._lock:
            old = self._servers.pop(server.name, None)
            if old is not None and old is not server:
                old.stop()
            start(self._last_ports.get(server.name, 0))
            self._servers[server.name] = server
            self._last_ports[server.name] = server.port

    def on_stop(self, stop: Callable[[], object], label: str) -> Callable[[], None]:
        """Have `stop_all`, and the end of the kernel, also call `stop`.

        Args:
            stop: called once, without arguments.
            label: what `stop_all` and `running` call it, such as `"tap of echo"`.

        Returns:
            A function that cancels this, for whatever has been stopped in another way.
        """
        key = object()
        with self._lock:
            self._others[key] = (label, stop)

        def cancel() -> None:
            with self._lock:
                self._others.pop(key, None)

        return cancel

    def stop_all(self) -> list[str]:
        """Stop everything that is running, the newest first.

        Returns:
            The labels of what was stopped, the oldest first.

        Raises:
            Exception: the first one that a `stop` raised, after everything else was stopped.
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
            except Exception as error:  # the others must be stopped all the same
                failures.append(error)
        if failures:
            raise failures[0]
        return [server.name for server in servers] + [label for label, _ in others]

    def new_folder(self, name: str) -> Path:
        """Return a new folder for a server's log and data; it is removed when the kernel ends.

        Args:
            name: the server's name.

        Raises:
            OSError: it cannot be made, for example because the disk is full.
        """
        with self._lock:
            if self._folder is not None and not self._folder.path.is_dir():  # it was swept away
                self._folder.remove()
                self._folder = None
            if self._folder is None:
                temporary = Path(tempfile.gettempdir())
                temporary.mkdir(parents=True, exist_ok=True)  # it may be gone as well
                remove_orphans(temporary)
                self._folder = KernelFolder(temporary)
            return self._folder.new_folder(name)

    def _at_exit(self) -> None:
        if os.getpid() != self._owner:
            return
        with contextlib.suppress(Exception):
            self.stop_all()
        if self._folder is not None:
            self._folder.remove()


registry = Registry()

"""The handle on a helper server: its addresses, its log, and ways to stop and restart it."""

import contextlib
import shutil
import socket
import threading
import time
import weakref
from urllib.parse import urlsplit

from helpers.launcher.child import PORT_TAKEN, Child
from helpers.launcher.registry import registry
from helpers.launcher.trouble import explain, explain_end

__all__ = ["LaunchError", "Log", "Server"]

SETTLE_S = 1.0  # how long log() waits for a server that does not answer
PORT_S = 10.0  # how long restart() waits for its port
ANY_ADDRESS = {"//0.0.0.0:": "//127.0.0.1:", "//[::]:": "//[::1]:"}


class LaunchError(RuntimeError):
    """A server that does not exist, did not start, or is no longer running."""


class Log(str):
    """What a server logged: a string that a cell shows line by line, without quotes."""

    __slots__ = ()

    def __repr__(self) -> str:
        return self.rstrip("\n") or "nothing logged since the last call"


class Server:
    """A handle on a helper server; it stays valid after the server has stopped.

    Attributes:
        name: the name it was launched with, such as `"echo"`.
    """

    def __init__(self, name: str, flags: tuple[str, ...] = (), port: int = 0) -> None:
        self.name = name
        self._flags = flags
        self._port = port
        self._addresses: list[str] = []  # as in its ready line, the one for clients first
        self._lock = threading.RLock()
        try:
            self._folder = registry.new_folder(name.replace("/", "-"))
        except OSError as error:
            raise LaunchError(f"the {name} server has no folder: {explain(error)}") from None
        self._log_file = self._folder / "log.txt"
        self._log_read = 0
        self._child: Child | None = None
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True).atexit = False

    @property
    def running(self) -> bool:
        """Whether its process is alive."""
        return self._child is not None and not self._child.ended.is_set()

    @property
    def url(self) -> str:
        """The address for clients: `ws://127.0.0.1:49152/ws`, or the page's for Socket.IO."""
        return self._addresses[0] if self._addresses else ""

    @property
    def page_url(self) -> str:
        """The address of its page, such as `http://127.0.0.1:49152/`; empty if it has no page."""
        pages = (url for url in self._addresses if url.startswith("http"))
        return next(pages, "")

    @property
    def port(self) -> int:
        """The port that it listens on, the same after a restart."""
        return self._port

    @property
    def pid(self) -> int | None:
        """The id of its process; None before the first start."""
        return self._child.pid if self._child else None

    def log(self) -> Log:
        """Return what the server has logged since the last call.

        Whatever reached the server before this call is included: a running server first has
        to answer one more request.
        """
        if self._child is not None and not self._child.ended.is_set():
            self._settle()
        with self._lock:
            try:
                with self._log_file.open("rb") as file:
                    file.seek(self._log_read)
                    new = file.read()
            except FileNotFoundError:
                return Log(f"the log is gone with {self._folder}; .restart() begins a new one\n")
            self._log_read += len(new)
        return Log(new.decode("utf-8", "replace").replace("\r\n", "\n"))

    def stop(self) -> None:
        """Stop the server: it closes its connections with 1001 (going away) and ends.

        A server that has not ended after 5 seconds is killed. Stopping twice does no harm.
        """
        with self._lock:
            if self._child is not None:
                self._child.stop()

    def kill(self) -> None:
        """End its process at once, as a crash would, without a closing handshake."""
        with self._lock:
            if self._child is not None:
                self._child.kill()

    def restart(self) -> "Server":
        """Stop the server if it is running, and start it on the same port with the same data.

        Returns:
            This handle.

        Raises:
            LaunchError: it does not start.
        """
        self.stop()
        registry.replace(self, self._start_again)
        return self

    def _start_again(self, _: int) -> None:
        with self._lock:
            deadline = time.monotonic() + PORT_S
            while not self._start_once(retry=time.monotonic() < deadline):
                pass  # a connection that is closing holds our port; that took long enough

    def check_running(self) -> None:
        """Do nothing while the server is running.

        Raises:
            LaunchError: it has stopped; the message says which cell to run again.
        """
        if not self.running:
            raise LaunchError(
                f'the {self.name} server is stopped; run the cell with launch("{self.name}") again'
            )

    def start(self, prefer_port: int = 0) -> None:
        """Start the process.

        Args:
            prefer_port: used if no port was asked for and this one is free.

        Raises:
            LaunchError: it does not start.
        """
        with self._lock:
            asked_for, self._port = self._port, self._port or prefer_port
            if not self._start_once(retry=self._port != asked_for):
                self._port = 0
                self._start_once()

    def _start_once(self, *, retry: bool = False) -> bool:
        """Start the process; return False if its port is taken and `retry` allows another try."""
        try:
            self._make_folder_again()
            self._child = child = Child(*self._command(), self._log_file)
        except OSError as error:
            raise LaunchError(f"the {self.name} server did not start: {explain(error)}") from None
        try:
            ready = child.wait_until_ready()
        except BaseException:  # such as the learner's Interrupt
            child.kill()
            raise
        if ready:
            self._addresses = [_reachable(url) for url in ready]
            self._port = urlsplit(self.url).port or self._port
            return True
        if retry and child.exit_status == PORT_TAKEN:
            return False
        raise LaunchError(self._failure(child))

    def _command(self) -> tuple[str, list[str]]:
        """Return the module to run, and its command line."""
        flags = [f"--port={self._port}", f"--data={self._folder / 'data'}", *self._flags]
        return f"helpers.servers.{self.name}", flags

    def _make_folder_again(self) -> None:
        """Make the folder again if somebody swept it away; the log says what was in it."""
        if self._folder.is_dir():
            return
        self._folder.mkdir(parents=True)
        self._log_read = 0
        lost = f"{self._folder} was deleted, and with it the data: the server begins with none\n"
        self._log_file.write_text(lost, "utf-8")

    def _failure(self, child: Child) -> str:
        late = not child.ended.is_set()
        child.kill()
        return explain_end(self.name, self._log_file, None if late else child.exit_status)

    def _settle(self) -> None:
        """Wait until the server has dealt with everything that arrived before this call."""
        host = urlsplit(self.url).hostname or ""
        request = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        with (
            contextlib.suppress(OSError),
            socket.create_connection((host, self._port), timeout=SETTLE_S) as connection,
        ):
            connection.sendall(request)
            connection.recv(1)

    def __enter__(self) -> "Server":
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        state = f"running at {self.url}" if self.running else "stopped"
        return f"<{self.name} server {state}>"


def _reachable(url: str) -> str:
    """Replace the address that means "every network" with one that a client can connect to."""
    for every, one in ANY_ADDRESS.items():
        url = url.replace(every, one)
    return url

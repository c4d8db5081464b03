"""The checks of `doctor()`: each returns a detail, or raises a `Problem` that says what to do."""

import time
from collections.abc import Callable

from helpers.diagnosis.installation import (
    check_client,
    check_environment,
    check_hints,
    check_imports,
    check_packages,
    check_server_proxy,
)
from helpers.diagnosis.machine import (
    STEP_S,
    check_files,
    check_loopback,
    check_progress,
    check_proxies,
    check_python,
    check_room,
)
from helpers.diagnosis.place import check_place, check_shadows
from helpers.diagnosis.problem import Problem
from helpers.launcher.server import LaunchError, Server

__all__ = ["CHECKS", "FIRST", "check_server", "echo_round"]


def check_server(name: str = "echo", port: int = 0) -> str:
    """A helper server starts, and echoes a WebSocket message."""
    server: Server | None = None
    try:
        server = Server(name, port=port)  # not launch(): it would stop the learner's echo server
        server.start()
        return echo_round(server.url)
    except LaunchError as error:
        fact, *log = str(error).splitlines()
        raise Problem(" ".join([fact, "; ".join(map(str.strip, log))]).strip()) from None
    finally:
        if server is not None:
            server.stop()


def echo_round(url: str) -> str:
    """Send one message to an echo server, and expect it back."""
    from websockets.exceptions import WebSocketException
    from websockets.sync.client import connect

    start = time.perf_counter()
    try:
        with connect(url, open_timeout=STEP_S, close_timeout=STEP_S, proxy=None) as websocket:
            websocket.send("Hello")
            back = websocket.recv(timeout=STEP_S)
    except (OSError, WebSocketException) as error:
        raise Problem(
            f"the echo server started, but does not answer ({error}): a firewall or security "
            "software may block it; allow local connections for Python"
        ) from None
    if back != "Hello":
        raise Problem(f"expected 'Hello' back, got {back!r}: another program answers in its place")
    return f"{(time.perf_counter() - start) * 1000:.0f} ms"


#: Where one of these finds a problem, the others would find what follows from it.
FIRST: dict[str, Callable[[], str]] = {
    "Python": check_python,
    "place of the course": check_place,
    "environment of this kernel": check_environment,
    "names of your files": check_shadows,
}
CHECKS: dict[str, Callable[[], str]] = {
    **FIRST,
    "packages": check_packages,
    "libraries": check_imports,
    "room on the disk": check_room,
    "open files": check_files,
    "local connections": check_loopback,
    "proxy settings": check_proxies,
    "helper server and WebSocket": check_server,
    "Node and browser clients": check_client,
    "hints in errors": check_hints,
    "pages from elsewhere": check_server_proxy,
    "progress": check_progress,
}

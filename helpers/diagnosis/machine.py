"""Checks of the machine: Python, room on the disk, open files, and local connections."""

import errno
import os
import shutil
import socket
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from helpers.course.pythons import explain
from helpers.diagnosis.problem import PROJECT, Problem, advise
from helpers.kernel.files import too_few_files
from helpers.serving.open_files import file_limit

__all__ = [
    "check_files",
    "check_loopback",
    "check_progress",
    "check_proxies",
    "check_python",
    "check_room",
]

STEP_S = 5.0  # for one step of a check
ROOM_BYTES = 50 * 2**20  # for logs, data, and what IPython and the browser keep
PROBE_BYTES = 2**18
MOVE = "move the course to a folder of your own, and set it up there"
LOCAL = ("127.0.0.1", "localhost")
PROXIES = {"http", "https", "ws", "wss", "all", "socks"}  # what aiohttp and websockets follow


def check_python(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> str:
    """Python is one of those that the course runs on."""
    if reason := explain(version):
        raise Problem(f"{reason}. {other_python()}")
    return ".".join(map(str, version))


def other_python() -> str:
    """Return the advice that sets the course up with another Python."""
    return (
        "Install Python 3.11 or newer (https://www.python.org/downloads/), then "
        f"{advise('make setup PYTHON=/path/to/python3.12')}"
    )


def check_room(folders: Iterable[Path] | None = None) -> str:
    """There is room for logs and data, and they can be written.

    Args:
        folders: where to look; by default the temporary folder and that of the course.
    """
    if folders is None:
        folders = [temporary_folder(), PROJECT]
    free = []
    for folder in folders:
        try:
            free.append(shutil.disk_usage(folder).free)
            with tempfile.TemporaryFile(dir=folder) as file:
                file.write(b"\0" * PROBE_BYTES)
                file.flush()
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
                raise Problem(why_not_written(folder, error)) from None
            free.append(0)
        if free[-1] < ROOM_BYTES:
            raise Problem(
                f"the disk of {folder} is full: delete something on it, or empty the bin, until "
                f"{ROOM_BYTES // 2**20} MB are free"
            )
    return f"{min(free) // 2**20} MB"


def temporary_folder() -> Path:
    """Return the system's temporary folder.

    Raises:
        Problem: there is none that can be written.
    """
    try:
        folder = Path(tempfile.gettempdir())
    except OSError:
        folder = Path(os.environ.get("TMPDIR", "") or "/tmp")
    if not folder.is_dir():
        raise Problem(
            f"the temporary folder {folder} is gone: make it again, as an empty folder, and "
            "restart the kernel"
        )
    return folder


def why_not_written(folder: Path, error: OSError) -> str:
    """Say what to do about a folder in which nothing can be written."""
    fact = f"cannot write in {folder} ({error.strerror})"
    if folder == PROJECT or PROJECT in folder.parents:
        return f"{fact}: {MOVE}"
    return f"{fact}: set TMPDIR to a folder of your own before you start JupyterLab"


def check_files() -> str:
    """Enough files may be open at once."""
    if problem := too_few_files():
        raise Problem(problem)
    return str(file_limit() or "no limit")


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


def check_proxies(hosts: tuple[str, ...] = LOCAL) -> str:
    """Connections to this machine itself do not go through a proxy."""
    from urllib.request import getproxies, proxy_bypass

    proxies = PROXIES & getproxies().keys()
    caught = [host for host in hosts if not proxy_bypass(host)]
    if not proxies:
        return "none"
    if caught:
        # The name in small letters counts where both are set, so it is the one to set.
        kept = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
        value = ",".join(filter(None, [kept.strip(" ,"), *caught]))
        raise Problem(
            f"connections to {' and '.join(caught)} go through a proxy: set the environment "
            f"variable no_proxy={value} before you start JupyterLab"
        )
    return "a proxy, but not for local addresses"


def check_progress(file: Path | None = None) -> str:
    """Your progress can be saved."""
    named = os.environ.get("HELPERS_PROGRESS")
    mine = PROJECT / "my-course"  # it has the file, once it has been made
    kept = (mine if mine.is_dir() else PROJECT / "notebooks") / ".progress.json"
    folder = (file or Path(named or kept)).parent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder):
            return str(folder)
    except OSError as error:
        fact = f"cannot write in {folder} ({error.strerror})"
        if named and not file:
            raise Problem(
                f"{fact}: unset the environment variable HELPERS_PROGRESS, or let it name a file "
                "in a folder of your own, before you start JupyterLab"
            ) from None
        raise Problem(f"{fact}: {MOVE}") from None

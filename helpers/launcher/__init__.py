"""Helper servers as child processes of the kernel: started, listed and stopped from cells.

`launch("echo")` runs `python -m helpers.servers.echo --port 0` and waits for its ready line,
which states the addresses that it serves.

1. A name belongs to one server: launching it again first stops the old one, and takes over its
   port, so that a page that is already open in the notebook finds the new server by itself.
2. A server ends with the kernel, however the kernel ends: it waits for the end of its
   standard input, a pipe whose other end only the kernel holds.
3. Nothing that it prints reaches a cell: its log is a file, which `.log()` reads.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

from helpers.launcher.programs import Program, find_program
from helpers.launcher.registry import registry as _registry
from helpers.launcher.server import LaunchError, Server
from helpers.launcher.table import Running
from helpers.launcher.trouble import explain

__all__ = ["LaunchError", "Server", "launch", "list_servers", "on_stop", "running", "stop_all"]

SERVERS = Path(__file__).resolve().parents[1] / "servers"


def launch(name: str, **options: object) -> Server:
    """Start a helper server in its own process, and wait until it is ready.

    If a server is already running under this name, it is stopped first, so the cell can be run
    again at any time. All servers end with the kernel.

    Args:
        name: a program in helpers/servers, such as `"echo"`, or one of your own, such as
            `"mine/chat.py"`.
        **options: the server's flags: `port=8000` becomes `--port=8000`, `max_size=10`
            becomes `--max-size=10`, `compress=True` becomes `--compress`.

    Returns:
        A handle with `.url`, `.page_url`, `.log()`, `.stop()`, `.kill()`, `.restart()`.

    Raises:
        LaunchError: there is no such server, or it does not start; the message shows the last
            lines of its log.

    First used: start_here
    """
    path = find_program(name) if str(name).endswith(".py") else None
    if path is None:
        check_name(name)
    port = options.pop("port", 0)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65_535:
        raise LaunchError(f"expected a port from 0 to 65535, got {port!r}; 0 takes any free one")
    flags = tuple(build_flags(options))
    server = Program(path, flags, port) if path else Server(name, flags, port)
    _registry.replace(server, server.start)
    return server


def running(*, pids: bool = False) -> Running:
    """Return what is running; as the last line of a cell, it is shown as a table.

    Args:
        pids: also show the process id of each server.

    First used: start_here
    """
    return _registry.running(pids=pids)


def stop_all() -> None:
    """Stop every server and every tap, and print what was stopped.

    First used: start_here
    """
    stopped = _registry.stop_all()
    print(f"stopped: {', '.join(dict.fromkeys(stopped))}" if stopped else "nothing was running")


def on_stop(stop: Callable[[], object], label: str) -> Callable[[], None]:
    """Have `stop_all()`, and the end of the kernel, also call `stop`.

    Args:
        stop: called once, without arguments.
        label: what `stop_all()` and `running()` call it, such as `"tap of echo"`.

    Returns:
        A function that cancels this, for whatever has been stopped in another way.
    """
    return _registry.on_stop(stop, label)


def list_servers() -> list[str]:
    """Return the names of the servers that can be launched: the programs in helpers/servers."""
    files = [path for path in SERVERS.iterdir() if path.suffix == ".py" and path.stem[0] != "_"]
    folders = [path.parent for path in SERVERS.glob("*/__init__.py")]
    return sorted(path.stem for path in files + folders)


def check_name(name: object) -> None:
    """Do nothing if there is a server of this name.

    Raises:
        LaunchError: there is no such server; the message lists those that exist.
    """
    try:
        names = list_servers()
    except OSError as error:
        raise LaunchError(f"the servers cannot be listed: {explain(error)}") from None
    if name in names:
        return
    import difflib

    fact = f"unknown server {name!r}, known: {', '.join(names)}"
    near = difflib.get_close_matches(str(name), names, n=1)
    raise LaunchError(fact + (f"; did you mean {near[0]!r}?" if near else ""))


def build_flags(options: dict[str, object]) -> Iterator[str]:
    """Turn the options of `launch` into a command line: `max_size=10` into `--max-size=10`.

    Args:
        options: True gives a flag without a value; False and None leave the flag out.
    """
    for option, value in options.items():
        flag = "--" + option.replace("_", "-")
        if value is True:
            yield flag
        elif value is not None and value is not False:
            # The server runs in another folder, where a relative path would mean another place.
            yield f"{flag}={Path(str(value)).absolute() if option == 'data' else value}"

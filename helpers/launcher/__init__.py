"""Helper servers as child processes of the kernel: started, listed and stopped from cells.

`launch("echo")` runs `python -m helpers.servers.echo --port 0` and waits for its ready line.

1. A name stands for one server: launching it again stops the old one first, and takes its
   port over, so that a page which is open somewhere above finds the new one by itself.
2. A server ends with the kernel, however the kernel ends: it waits for the end of its
   standard input, whose other end only the kernel holds.
3. Nothing it prints reaches a cell: its log is a file, read by `.log()`.
"""

from collections.abc import Iterator
from pathlib import Path

from helpers.launcher import registry
from helpers.launcher.registry import on_stop, servers, stop_all
from helpers.launcher.server import LaunchError, Server

__all__ = ["LaunchError", "Server", "launch", "on_stop", "servers", "stop_all"]

SERVERS = Path(__file__).resolve().parents[1] / "servers"


def launch(name: str, **options: object) -> Server:
    """Start a helper server in a process of its own, and wait until it answers.

    A server that runs under this name already is stopped first, so the cell can be run
    again at any time. All servers end with the kernel.

    Args:
        name: a file of helpers/servers, such as `"echo"`.
        **options: the server's flags: `port=8000` becomes `--port=8000`, `max_size=10`
            becomes `--max-size=10`, `compress=True` becomes `--compress`.

    Returns:
        A handle with `.url`, `.page_url`, `.log()`, `.stop()`, `.kill()`, `.restart()`.

    Raises:
        LaunchError: when there is no such server, or it does not start; the message shows
            the last lines of its log.

    First used: notebooks/00_start_here.ipynb
    """
    check_name(name)
    port = options.pop("port", 0)
    if not isinstance(port, int) or isinstance(port, bool) or not 0 <= port <= 65_535:
        raise LaunchError(f"expected a port from 0 to 65535, got {port!r}; 0 takes any free one")
    server = Server(name, tuple(flags(options)), port)
    with registry.lock:
        registry.stop_named(name, other_than=server)
        server.start(prefer_port=registry.last_port.get(name, 0))
        registry.named[name] = server
        registry.last_port[name] = server.port
    return server


def known() -> list[str]:
    """Return the names of the servers that can be launched.

    First used: notebooks/00_start_here.ipynb
    """
    files = sorted(SERVERS.glob("*.py"))
    return [
        file.stem for file in files if '\nif __name__ == "__main__":' in file.read_text("utf-8")
    ]


def check_name(name: object) -> None:
    """Do nothing when there is a server of this name.

    Raises:
        LaunchError: when there is none; it lists those that there are.

    First used: notebooks/00_start_here.ipynb
    """
    names = known()
    if name in names:
        return
    import difflib

    fact = f"unknown server {name!r}, known: {', '.join(names)}"
    near = difflib.get_close_matches(str(name), names, n=1)
    raise LaunchError(fact + (f"; did you mean {near[0]!r}?" if near else ""))


def flags(options: dict[str, object]) -> Iterator[str]:
    """Turn the options of `launch` into a command line: `max_size=10` into `--max-size=10`.

    Args:
        options: True sets a flag without a value; False and None leave it out.

    First used: notebooks/00_start_here.ipynb
    """
    for option, value in options.items():
        flag = "--" + option.replace("_", "-")
        if value is True:
            yield flag
        elif value is not None and value is not False:
            # The server has a folder of its own: a path must mean what it means here.
            yield f"{flag}={Path(str(value)).absolute() if option == 'data' else value}"

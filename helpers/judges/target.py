"""Which server is judged: one on this machine, and no other.

A judge sends dozens of connections full of faults. To a server of somebody else that would be an
attack, so every address but the loopback one is refused before a byte is sent.
"""

import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

ADVICE = 'pass what `launch` returned, or an address like "ws://127.0.0.1:8765/"'


class TargetError(ValueError):
    """What was given is not a server that may be judged; the message says what to pass."""


class Target(NamedTuple):
    """Where the server is: `host` is a loopback name, `path` begins with a slash."""

    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        """The address, as clients write it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"ws://{host}:{self.port}{self.path}"

    @property
    def host_header(self) -> str:
        """The value of the `Host` header."""
        return self.url.removeprefix("ws://").partition("/")[0]


def find_target(server: object) -> Target:
    """Find where a server is, and refuse one that is not on this machine.

    Args:
        server: a handle from `launch`, or an address that begins with `ws://`.

    Raises:
        TargetError: it is neither, speaks something else, or is on another machine.
    """
    address = getattr(server, "url", server)
    if not isinstance(address, str):
        raise TargetError(f"expected a server, got {type(server).__name__}; {ADVICE}")
    if not address:
        raise TargetError("this server was never started; run the cell with `launch` again")
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise TargetError(f"{address!r} is not an address ({error}); {ADVICE}") from None
    if parts.scheme != "ws":
        found = f"{parts.scheme}://" if parts.scheme else "no scheme"
        raise TargetError(f"expected a WebSocket's address, ws://, got {found}; {ADVICE}")
    if not is_loopback(host):
        raise TargetError(f"only a server on this machine is judged, got {host!r}; {ADVICE}")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(host, port or 80, path)


def is_loopback(host: str) -> bool:
    """Tell whether a name or an address can only mean this machine."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False

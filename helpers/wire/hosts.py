"""Which `Host` a server answers to: the rule against DNS rebinding, for every server here.

A browser gives the page of a site whatever comes from that site's own name. Whoever owns a name
can point it at 127.0.0.1 once their page has loaded. That page then talks to a server on this
machine as to its own site: `Origin` and `Host` agree, and only the name in them gives it away.

A request is answered if each `Host` in it is one of these:

1. a loopback name: `localhost`, or one that ends with `.localhost`, 127.0.0.0/8, `::1`;
2. the address that the connection was made to;
3. a name that the server was given: `--host`, `--allow-host`;
4. any address in numbers, if the server listens on all addresses: no name is looked up for it;
5. in Jupyter, any name with another port than the server's: the request came through the proxy of
   JupyterLab, which passes `Host` on as it is, and has checked it and who is signed in. A browser
   that connects to the server itself always names the server's port.

A request without `Host` is not from a browser. Any other request is refused with 421.

A tap changes no byte, so the server behind it sees the tap's port in `Host`. Therefore a tap
applies the rule itself, with its own port: it lets through whatever names another one.

Source: RFC 9110 §7.2, §15.5.20.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address

from helpers.wire.heads import HandshakeError, Request

DEFAULT_PORTS = (80, 443)  # those that a browser leaves out
LONGEST_HOST = 300  # characters: a name has at most 253
LONGEST_SHOWN = 80
LONGEST_LINE = 512  # bytes of a line that `HostFinder` keeps
HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]\\]+)(?::(\d{0,5}))?", re.ASCII)
METHOD = re.compile(rb"[A-Z]{1,16} ")

Address = tuple[str, int]


@dataclass(frozen=True, slots=True)
class OwnNames:
    """What a server is called, besides loopback names and the address of the connection.

    Attributes:
        names: further names, in lower case.
        any_address: whether any address in numbers is one of its own.
        behind_proxy: whether a proxy may stand in front of it, on another port.
    """

    names: frozenset[str] = frozenset()
    any_address: bool = False
    behind_proxy: bool = False


def check_host(request: Request, address: Address, own: OwnNames) -> None:
    """Refuse a request that names a host which is not this server.

    Args:
        request: any request, of which only the headers matter.
        address: the server's end of the connection: IP address and port.
        own: what else the server is called.

    Raises:
        HandshakeError: a `Host` is foreign (421).

    Source: RFC 9110 §7.2, §15.5.20.
    """
    for name, value in request.headers:
        if name.lower() == "host" and not is_own(value, address, own):
            shown = ascii(value if len(value) <= LONGEST_SHOWN else value[:LONGEST_SHOWN] + "…")
            fact = f"Host must be a name of this server, such as 127.0.0.1:{address[1]}"
            raise HandshakeError(f"{fact}, got {shown} (RFC 9110 §15.5.20)", 421)


def is_own(host: str, address: Address, own: OwnNames) -> bool:
    """Tell whether the value of a `Host` header names this server.

    Args:
        host: such as `127.0.0.1:8765`.
        address: the server's end of the connection: IP address and port.
        own: what else the server is called.
    """
    found = HOST.fullmatch(host) if len(host) <= LONGEST_HOST else None
    if not found:
        return False
    name = found[1].strip("[]").lower().removesuffix(".")
    if name in own.names or name == "localhost" or name.endswith(".localhost"):
        return True
    if number := as_address(name):
        own_number = as_address(address[0])
        if own.any_address or number.is_loopback or number == own_number:
            return True
    ports = (int(found[2]),) if found[2] else DEFAULT_PORTS
    return own.behind_proxy and address[1] not in ports


def as_address(name: str) -> IPv4Address | IPv6Address | None:
    """Read an address in numbers; None for a name."""
    try:
        number = ip_address(name.partition("%")[0])
    except ValueError:
        return None
    return getattr(number, "ipv4_mapped", None) or number


class HostFinder:
    """Finds `Host` in the first request of a connection, whose bytes go elsewhere meanwhile.

    It takes little memory, whatever arrives: a longer line is not the one that it looks for.

    Attributes:
        over: whether nothing more will be found: the head has ended, or it is not HTTP.
    """

    def __init__(self) -> None:
        self.over = False
        self._line = bytearray()
        self._is_first = True

    def feed(self, data: bytes) -> str | None:
        """Take the next bytes; return the value of `Host` once its line is complete.

        Args:
            data: bytes, sliced as they arrive.

        Source: RFC 9112 §3.2.
        """
        start = 0
        while not self.over:
            end = data.find(b"\n", start)
            piece = data[start : len(data) if end < 0 else end]
            self._line += piece[: LONGEST_LINE - len(self._line)]
            if end < 0:
                self.over = self._is_first and not might_be_request(self._line)
                return None
            start = end + 1
            if (host := self._end_line()) is not None:
                return host
        return None

    def _end_line(self) -> str | None:
        line, self._line = bytes(self._line).rstrip(b"\r"), bytearray()
        name, _, value = line.partition(b":")
        if self._is_first:
            self._is_first = False
            self.over = not might_be_request(line)
        elif not line:
            self.over = True
        elif name.strip().lower() == b"host":
            self.over = True
            return value.decode("latin-1").strip(" \t")
        return None


def might_be_request(start: bytes | bytearray) -> bool:
    """Tell whether bytes could be the beginning of an HTTP request."""
    return bool(METHOD.match(start)) or (len(start) <= 16 and (not start or start.isalpha()))

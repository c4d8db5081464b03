"""Which `Host` the servers of this process answer to; `helpers.wire.hosts` has the rule.

`program.run` says what the command line calls this process. A server then refuses each request
for another host with 421, before it looks at anything else: pages, files, WebSockets, Socket.IO.
"""

import os
import socket
from collections.abc import Iterable
from typing import Any

from helpers.wire import hosts
from helpers.wire.heads import HandshakeError, Headers, Request

#: Jupyter sets one of them for its kernels and its terminals.
IN_JUPYTER = ("JPY_PARENT_PID", "JUPYTER_SERVER_URL")
ALL_ADDRESSES = {"0.0.0.0", "::", ""}
ADVICE = "; if the server is called that, start it with --allow-host and this name, or with --host"

_own = hosts.OwnNames(behind_proxy=any(name in os.environ for name in IN_JUPYTER))


def answer_to(host: str, names: Iterable[str] = ()) -> None:
    """Say what this process is called, from now on.

    Args:
        host: the address or name that it listens on, of `--host`.
        names: further names, of `--allow-host`.
    """
    global _own
    everywhere = host in ALL_ADDRESSES
    known = {host, *names}
    if everywhere:
        machine = socket.gethostname()
        known |= {machine, f"{machine}.local"}
    lower = frozenset(name.lower().strip("[]").removesuffix(".") for name in known if name)
    _own = hosts.OwnNames(lower - ALL_ADDRESSES, everywhere, _own.behind_proxy)


def check(headers: Headers, address: Any, advice: str = ADVICE) -> None:
    """Refuse a request for a host that is not this process.

    Args:
        headers: the request's.
        address: the server's end of the connection, as sockets name it.
        advice: how to be let in, for the end of the error.

    Raises:
        HandshakeError: a `Host` is foreign (421).

    Source: RFC 9110 §7.2.
    """
    try:
        hosts.check_host(Request("GET", "/", headers), address[:2], _own)
    except HandshakeError as error:
        raise HandshakeError(f"{error}{advice}", error.status) from None

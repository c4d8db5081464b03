"""echo: a server that sends every message back to whoever sent it.

Protocol, at /ws:

- a text message comes back as text, a binary one as binary, in the order of sending;
- a message of more than 1 MiB closes the connection with 1009 (message too big);
- the end of the server closes it with 1001 (going away);
- a client that does not read what it asked for, even pongs, is dropped.

A request for another host is refused with 421, a handshake whose `Origin` is not the server's own
with 403, and a request for /ws that is not a handshake with 426. The page is at /, and /healthz
tells the server's name.
"""

import argparse
import asyncio
import itertools
import logging
import socket

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from helpers.serving import program, static
from helpers.serving.websockets_connection import BoundedConnection

log = logging.getLogger("echo")
numbers = itertools.count(1)


async def echo(websocket: ServerConnection) -> None:
    """Send back whatever this client sends, until one of the two closes."""
    number = next(numbers)
    log.info("connection %d opened", number)
    code = None
    try:
        async for message in websocket:
            log.info("connection %d: %s", number, described(message))
            await websocket.send(message)
    except ConnectionClosed as error:  # closed for a message too big, or lost
        code = error.sent.code if error.sent else None
    log.info("connection %d closed with %s", number, code or websocket.close_code)


def described(message: str | bytes) -> str:
    """Return one short line about a message, for the log."""
    if isinstance(message, bytes):
        return f"binary, {len(message)} byte{'' if len(message) == 1 else 's'}"
    shown = message if len(message) <= 40 else message[:39] + "…"
    return f"text {shown!r}, {len(message)} character{'' if len(message) == 1 else 's'}"


def answer_http(websocket: ServerConnection, request: Request) -> Response | None:
    """Answer a plain request, or refuse a handshake; None lets it go on."""
    return static.answer(request, websocket.local_address, server="echo", page="echo")


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    logging.getLogger("websockets").setLevel(logging.WARNING)
    async with serve(
        echo,
        sock=listener,
        process_request=answer_http,
        compression="deflate" if options.compress else None,
        create_connection=BoundedConnection,
        server_header=None,
        max_size=2**20,
        open_timeout=options.handshake_s,
        close_timeout=options.leave_s,
    ):
        program.ready(listener, "/ws")
        await stop.wait()


if __name__ == "__main__":
    flags = program.parser(__doc__, "leave_s")
    flags.add_argument("--compress", action="store_true", help="accept permessage-deflate")
    program.run(main, flags)

"""`start`: a handler becomes a server in the kernel, with the page of the lesson's program.

The page is read from `programs/document.py`, so that there is one of it.
"""

from __future__ import annotations

import ast
import logging
from collections.abc import Awaitable, Callable
from functools import cache
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from helpers.launcher import on_stop

__all__ = ["Site", "start"]

NAME = "your server"
PROGRAM = Path(__file__).parent / "programs" / "document.py"
Handler = Callable[[ServerConnection], Awaitable[None]]


class Site:
    """A server in the kernel: `page` shows its page, a client connects to its `url`."""

    name = NAME
    picture = "mine/document.py"  # what a stored notebook shows in place of the page

    def __init__(self, server: Server) -> None:
        port = next(iter(server.sockets)).getsockname()[1]
        self.url, self.page_url = f"ws://127.0.0.1:{port}/ws", f"http://127.0.0.1:{port}/"
        self._server = server
        self._forget = on_stop(self._server.close, NAME)

    def stop(self) -> None:
        """Stop it: no more clients, and the connections that are open are closed."""
        self._forget()
        self._server.close()

    def __repr__(self) -> str:
        return f"<{NAME} at {self.page_url}>"


_latest: Site | None = None


async def start(handler: Handler) -> Site:
    """Start a server in the kernel; one from an earlier call is stopped first.

    Args:
        handler: called once for each client, with the connection to that client.

    Returns:
        The server, with its `url` for clients; `page` shows its page.
    """
    global _latest
    if _latest is not None:
        _latest.stop()
    quiet = logging.Logger("your server", logging.CRITICAL)  # a page that is closed is no news
    server = await serve(
        handler, "127.0.0.1", 0, process_request=_show_page, compression=None, logger=quiet
    )
    _latest = Site(server)
    return _latest


def _show_page(websocket: ServerConnection, request: Request) -> Response | None:
    if "Upgrade" in request.headers:
        return None
    response = websocket.respond(HTTPStatus.OK, read_page())
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


@cache
def read_page() -> str:
    """Read the page from the lesson's program.

    Raises:
        LookupError: the program has none.
    """
    for node in ast.parse(PROGRAM.read_text("utf-8")).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="PAGE")], value=ast.Constant(value=str(text))):
                return text
    raise LookupError(f"no PAGE in {PROGRAM.name}")

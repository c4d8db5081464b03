"""`start`: a function of yours becomes a server, in the kernel itself, with a page of its own.

The page is the one of the server `echo`. A lesson that explains servers does without this.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from websockets.asyncio.server import Server, ServerConnection, serve
from websockets.http11 import Request, Response

from helpers.launcher import on_stop
from helpers.serving import static

__all__ = ["Program", "start"]

NAME = "your server"
Handler = Callable[[ServerConnection], Awaitable[None]]


class Program:
    """A server in the kernel: `page` shows its page, a client connects to its `url`."""

    name = NAME
    picture = "echo"  # what a stored notebook shows in place of the page

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


_latest: Program | None = None


async def start(handler: Handler) -> Program:
    """Start a server in the kernel; one from an earlier call is stopped first.

    Args:
        handler: called once for each client, with the connection to that client.

    Returns:
        The server, with its `url` for clients; `page` shows its page.
    """
    global _latest
    if _latest is not None:
        _latest.stop()
    server = await serve(handler, "127.0.0.1", 0, process_request=_answer, server_header=None)
    _latest = Program(server)
    return _latest


def _answer(websocket: ServerConnection, request: Request) -> Response | None:
    return static.answer(request, websocket.local_address, server=NAME, page="echo")

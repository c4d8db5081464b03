"""A server of the learner's in the kernel's own loop, with a page: `page` shows it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from helpers.launcher import on_stop

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection

__all__ = ["Handler", "Site", "start_site"]

NAME = "your server"
Handler = Callable[["ServerConnection"], Awaitable[None]]


class Site:
    """A server in the kernel: `page` shows its page, a client connects to its `url`.

    Args:
        server: the server, which listens already.
        picture: what a stored notebook shows in place of the page.
    """

    name = NAME

    def __init__(self, server: Server, picture: str) -> None:
        port = next(iter(server.sockets)).getsockname()[1]
        self.url, self.page_url = f"ws://127.0.0.1:{port}/ws", f"http://127.0.0.1:{port}/"
        self.picture = picture
        self._server = server
        self._forget = on_stop(self._server.close, NAME)

    def stop(self) -> None:
        """Stop it: no more clients, and the connections that are open are closed."""
        self._forget()
        self._server.close()

    def __repr__(self) -> str:
        return f"<{NAME} at {self.page_url}>"


_latest: dict[str, Site] = {}


async def start_site(handler: Handler, picture: str, *, role: str = NAME, **options: Any) -> Site:
    """Start a server in the kernel; one from an earlier call is stopped first.

    Args:
        handler: called once for each client, with the connection to that client.
        picture: what a stored notebook shows in place of the page.
        role: what the server is for: only one with the same role is stopped.
        **options: of `websockets.serve`, such as `process_request`, which answers with the page.

    Returns:
        The server.
    """
    from websockets.asyncio.server import serve

    if (before := _latest.pop(role, None)) is not None:
        before.stop()
    _latest[role] = Site(await serve(handler, "127.0.0.1", 0, **options), picture)
    return _latest[role]

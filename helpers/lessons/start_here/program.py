"""`start`: a function of yours becomes a server, in the kernel itself, with a page of its own.

The page is the one of the server `echo`. A lesson that explains servers does without this.
"""

from __future__ import annotations

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from helpers.exercises.stage.own_site import NAME, Handler, Site, start_site
from helpers.serving import static

__all__ = ["start"]


async def start(handler: Handler) -> Site:
    """Start a server in the kernel; one from an earlier call is stopped first.

    Args:
        handler: called once for each client, with the connection to that client.

    Returns:
        The server, with its `url` for clients; `page` shows its page.
    """
    return await start_site(handler, "echo", process_request=_answer, server_header=None)


def _answer(websocket: ServerConnection, request: Request) -> Response | None:
    return static.answer(request, websocket.local_address, server=NAME, page="echo")

"""`start`: a handler becomes a server in the kernel, with the page of the lesson's program.

The page is read from `programs/document.py`, so that there is one of it.
"""

from __future__ import annotations

import ast
import logging
from functools import cache
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.server import ServerConnection
from websockets.http11 import Request, Response

from helpers.exercises.stage.own_site import NAME, Handler, Site, start_site

__all__ = ["start"]

PROGRAM = Path(__file__).parent / "programs" / "document.py"


async def start(handler: Handler) -> Site:
    """Start a server in the kernel; one that this handler had before is stopped first.

    The pages of other sections live on: who runs all cells at once finds them connected.

    Args:
        handler: called once for each client, with the connection to that client.

    Returns:
        The server, with its `url` for clients; `page` shows its page.
    """
    quiet = logging.Logger("your server", logging.CRITICAL)  # a page that is closed is no news
    options = {"process_request": _show_page, "compression": None, "logger": quiet}
    role = getattr(handler, "__name__", NAME)
    return await start_site(handler, "mine/document.py", role=role, **options)


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

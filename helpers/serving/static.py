"""The plain HTTP half of every helper server: its page, its files, and what it refuses.

1. Only `GET` is answered; any other method is refused with 405.
2. `/` is the server's page, helpers/pages/PAGE/index.html, in which `{{server}}` and
   `{{transport}}` say what serves it. `/healthz` tells the server's name. Other paths are files
   of helpers/pages, so a page's own files are `PAGE/page.js` to it, and `shared/base.css`.
3. A request for another host is refused with 421 (see `helpers.wire.hosts`).
4. A WebSocket's path is left to the handshake, unless the `Origin` is not the server's own:
   then it is refused with 403, because a browser lets any page on the web connect to us.
"""

import base64
import contextlib
import hashlib
import json
import re
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from helpers.serving import hosts
from helpers.wire import handshake

if TYPE_CHECKING:
    from aiohttp import web
    from aiohttp.typedefs import Middleware
    from websockets.http11 import Request as HttpRequest
    from websockets.http11 import Response as HttpResponse

PAGES = Path(__file__).resolve().parent.parent / "pages"
HTML = "text/html; charset=utf-8"
CONTENT_TYPES = {  # by hand: on Windows `mimetypes` repeats what the registry says
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
}
# Nothing inline and nothing foreign; no X-Frame-Options, because pages live in iframes.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'"
)
BY_AIOHTTP = {"Content-Length", "Connection"}
SECURITY_HEADERS = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("Cache-Control", "no-store"),
)
# A page may map its modules to files. HTML allows that inline only, so its hash is trusted.
IMPORT_MAP = re.compile(rb'<script type="importmap">(.*?)</script>', re.DOTALL)


class Reply(NamedTuple):
    """A plain HTTP answer: `status`, `reason`, `headers` and `body`."""

    status: int
    reason: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def reply(
    method: str, target: str, *, server: str, page: str, sockets: tuple[str, ...] = ("/ws",)
) -> Reply | None:
    """Answer a plain HTTP request: the page at `/`, its files, and `/healthz`.

    Args:
        method: `"GET"`, or another, which is refused.
        target: the request's target, such as `"/shared/base.css?v=2"`.
        server: the server's name, told by `/healthz` and shown by the page.
        page: the folder in helpers/pages whose page is served at `/`.
        sockets: the paths that are WebSockets; none for a server that speaks Socket.IO.

    Returns:
        The answer, or None when the path is a WebSocket's and the handshake decides.
    """
    path = target.partition("?")[0]
    if path in sockets and method == "GET":
        return None
    if method != "GET":
        return refuse(405, f"expected GET, got {method[:40]}", ("Allow", "GET"))
    if path == "/healthz":
        body = json.dumps({"server": server, "status": "ok"}).encode()
        return _reply(200, "application/json", body)
    if path == "/":
        transport = "websocket" if sockets else "socketio"
        return _reply(200, HTML, page_html(page, server=server, transport=transport))
    file = page_file(path)
    return _reply(200, *file) if file else refuse(404, f"nothing is at {path[:200]}")


def page_html(page: str, *, server: str, transport: str) -> bytes:
    """Return the HTML of a page, which learns in it what serves it.

    Args:
        page: the folder in helpers/pages.
        server: the server's name, for `{{server}}`.
        transport: `"websocket"` or `"socketio"`, for `{{transport}}`.
    """
    import html  # not before a page is asked for: its table of entities takes 2 ms of a start

    text = (PAGES / page / "index.html").read_text("utf-8")
    for name, value in (("server", server), ("transport", transport)):
        text = text.replace(f"{{{{{name}}}}}", html.escape(value))
    return text.encode()


def answer(
    request: "HttpRequest", address: Any, *, server: str, page: str, advice: str = hosts.ADVICE
) -> "HttpResponse | None":
    """Answer a request to a server on `websockets`, or refuse its handshake.

    The library itself needs no `Host`, and does not name its version to whoever asks for another.

    Args:
        request: a plain request, or a handshake.
        address: the server's end of the connection.
        server: as for `reply`.
        page: as for `reply`.
        advice: what a request for another host is told, as for `hosts.check`.

    Returns:
        The answer, or None when the handshake may go on.

    Source: RFC 6455 §10.2.
    """
    from websockets.datastructures import Headers
    from websockets.http11 import Response

    headers = tuple(request.headers.raw_items())
    try:
        hosts.check(headers, address, advice)
        found = reply(request.method, request.path, server=server, page=page)
    except handshake.HandshakeError as error:
        found = refuse(error.status, str(error))
    found = found or refuse_handshake(handshake.Request(request.method, request.path, headers))
    return found and Response(found.status, found.reason, Headers(found.headers), found.body)


def refuse_handshake(asked: handshake.Request) -> Reply | None:
    """Return what a handshake that breaks a rule is told; None for a correct one.

    Source: RFC 6455 §4.2.
    """
    try:
        handshake.answer(asked)
    except handshake.HandshakeError as error:
        refused = handshake.refusal(error)
        return Reply(refused.status, refused.reason, refused.headers, refused.body)
    return None


def to_aiohttp(reply: Reply) -> "web.Response":
    """Return a reply as aiohttp sends it, which writes two of the headers itself."""
    from aiohttp import web

    headers = [field for field in reply.headers if field[0] not in BY_AIOHTTP]
    return web.Response(status=reply.status, headers=headers, body=reply.body)


def admit_requests() -> "Middleware":
    """Return a middleware for aiohttp: no request for another host, no handshake in HTTP/1.0."""
    from aiohttp import HttpVersion11, web

    @web.middleware
    async def check_first(request: web.Request, handler: Any) -> web.StreamResponse:
        try:
            if request.transport:
                address = request.transport.get_extra_info("sockname")
                hosts.check(tuple(request.headers.items()), address)
        except handshake.HandshakeError as error:
            return to_aiohttp(refuse(error.status, str(error)))
        if request.version < HttpVersion11 and "Upgrade" in request.headers:
            fact = "a WebSocket's handshake needs HTTP/1.1 or higher (RFC 6455 §4.2.1)"
            return to_aiohttp(refuse(400, fact))
        response: web.StreamResponse = await handler(request)
        return response

    return check_first


def read_request(request: "web.BaseRequest") -> handshake.Request:
    """Return aiohttp's request as the handshake's rules read it."""
    fields = [
        (name.decode(), value.decode("utf-8", "replace")) for name, value in request.raw_headers
    ]
    version = f"HTTP/{request.version.major}.{request.version.minor}"
    return handshake.Request(request.method, request.raw_path, tuple(fields), version)


def refuse(status: int, fact: str, *headers: tuple[str, str]) -> Reply:
    """Return a plain text reply that says why a request is refused.

    Args:
        status: the HTTP status, such as 403.
        fact: one line for whoever reads it.
        headers: further headers.
    """
    line = f"{status} {HTTPStatus(status).phrase}: {fact}\n"
    return _reply(status, "text/plain; charset=utf-8", line.encode(), *headers)


def page_file(path: str) -> tuple[str, bytes] | None:
    """Return the content type and the bytes of a file in helpers/pages.

    Args:
        path: as in a URL, with or without the leading slash: `"/shared/base.css"`.

    Returns:
        `(content_type, body)`, or None for anything that is not a file of a page: outside
        the folder, hidden, or of a type that pages do not fetch, such as HTML.
    """
    parts = path.removeprefix("/").split("/")
    # One rule for every system: no "..", no hidden file, no drive, no backslash, no NUL.
    if any(not part or part[0] == "." or set(part) & set('\\:\0"<>|?*') for part in parts):
        return None
    content_type = CONTENT_TYPES.get(Path(parts[-1]).suffix)
    with contextlib.suppress(OSError, ValueError):
        file = PAGES.joinpath(*parts).resolve(strict=True)
        if content_type and file.is_relative_to(PAGES):
            return content_type, file.read_bytes()
    return None


def policy(body: bytes) -> str:
    """Return the Content-Security-Policy of a page: our own files, and its own import map.

    Args:
        body: the page's HTML; empty for anything else.

    Source: Content Security Policy Level 3 §6.7.
    """
    digests = [hashlib.sha256(found).digest() for found in IMPORT_MAP.findall(body)]
    hashes = "".join(f" 'sha256-{base64.b64encode(digest).decode()}'" for digest in digests)
    return POLICY.replace("script-src 'self'", "script-src 'self'" + hashes)


def _reply(status: int, content_type: str, body: bytes, *headers: tuple[str, str]) -> Reply:
    return Reply(
        status,
        HTTPStatus(status).phrase,
        (
            ("Content-Type", content_type),
            ("Content-Length", str(len(body))),
            ("Content-Security-Policy", policy(body if content_type == HTML else b"")),
            *SECURITY_HEADERS,
            *headers,
            ("Connection", "close"),
        ),
        body,
    )

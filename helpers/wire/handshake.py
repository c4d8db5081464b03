"""The opening handshake: one HTTP request, one HTTP response, and then no more HTTP.

What a server asks of the request, in the order of `answer` (RFC 6455 §4.2.1):

1. The method is GET (405) and the version is HTTP/1.1 or higher (400).
2. There is exactly one `Host`, and no body follows (400).
3. `Upgrade` names `websocket` and `Connection` names `Upgrade` (426).
4. There is exactly one `Sec-WebSocket-Key`: 16 bytes in base64 (400).
5. There is exactly one `Sec-WebSocket-Version` (400), and it is 13 (426).
6. `Sec-WebSocket-Protocol`, if sent, lists no name twice (400).
7. `Origin`, if sent, is one that the server allows (403).

What a client asks of the response, in the order of `check_response` (RFC 6455 §4.1):

1. The status is 101.
2. `Upgrade` is `websocket` and `Connection` names `Upgrade`.
3. `Sec-WebSocket-Accept` is made from the key that the client sent.
4. `Sec-WebSocket-Extensions` and `Sec-WebSocket-Protocol` name only what the client offered, and
   agree to permessage-deflate as it was offered.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

from helpers.wire.deflate import read_negotiated
from helpers.wire.heads import HandshakeError as HandshakeError
from helpers.wire.heads import HeadReader as HeadReader
from helpers.wire.heads import Request as Request
from helpers.wire.heads import Response as Response
from helpers.wire.heads import extension_names, offered_names, one_header, tokens
from helpers.wire.heads import parse_request as parse_request
from helpers.wire.heads import parse_response as parse_response

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
DEFAULT_PORTS = {"http": 80, "https": 443}


def accept_key(key: str) -> str:
    """Turn the client's `Sec-WebSocket-Key` into the server's `Sec-WebSocket-Accept`.

    It proves that the other side speaks WebSocket, and nothing else: it holds no secret.

    Args:
        key: the header's value as it is; the base64 is not decoded.

    Source: RFC 6455 §4.2.2.
    """
    digest = hashlib.sha1((key + GUID).encode("latin-1"), usedforsecurity=False).digest()
    return base64.b64encode(digest).decode()


def build_request(
    host: str,
    target: str = "/",
    *,
    key: str,
    origin: str | None = None,
    subprotocols: Sequence[str] = (),
    extensions: str | None = None,
) -> Request:
    """Build the client's half of the handshake.

    Args:
        host: host, and port unless it is the scheme's own: `127.0.0.1:8765`.
        target: path and query.
        key: 16 random bytes in base64, new for every connection.
        origin: the site that the page came from; browsers always send it.
        subprotocols: those that the client speaks, the preferred one first.
        extensions: the offer, such as `permessage-deflate`.

    Source: RFC 6455 §4.1.
    """
    headers = [
        ("Host", host),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", "13"),
    ]
    optional = {
        "Origin": origin,
        "Sec-WebSocket-Protocol": ", ".join(subprotocols) or None,
        "Sec-WebSocket-Extensions": extensions,
    }
    headers += [(name, value) for name, value in optional.items() if value is not None]
    return Request("GET", target, tuple(headers))


def answer(
    request: Request, *, origins: Iterable[str] | None = None, subprotocols: Sequence[str] = ()
) -> Response:
    """Answer a client's handshake: 101, or the reason why not. No extension is agreed to.

    Args:
        request: the client's half.
        origins: the allowed origins, such as `https://example.org`; None means the server's
            own. A client that sends no `Origin` is not a browser, and is let in.
        subprotocols: those that this server speaks.

    Raises:
        HandshakeError: one of the seven rules is broken; `refusal` turns it into a response.

    Source: RFC 6455 §4.2.
    """
    check_http(request)
    check_upgrade(request)
    key = check_key(request)
    check_version(request)
    offered = offered_names(request)
    check_origin(request, origins)
    headers = [
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Accept", accept_key(key)),
    ]
    if chosen := choose_subprotocol(offered, subprotocols):
        headers.append(("Sec-WebSocket-Protocol", chosen))
    return Response(101, "Switching Protocols", tuple(headers))


def check_http(request: Request) -> None:
    """Rules 1 and 2: GET, HTTP/1.1 or higher, one Host, no body."""
    if request.method != "GET":
        fact = f"method must be GET, got {request.method} (RFC 6455 §4.2.1)"
        raise HandshakeError(fact, 405, (("Allow", "GET"),))
    if request.version < "HTTP/1.1":
        fact = f"HTTP version must be 1.1 or higher, got {request.version} (RFC 6455 §4.2.1)"
        raise HandshakeError(fact)
    one_header(request, "Host", "RFC 6455 §4.2.1")
    length = request.header("Content-Length") or "0"
    if length != "0" or request.header("Transfer-Encoding") is not None:
        # The body would be read as frames: a way to smuggle bytes past a proxy.
        raise HandshakeError("handshake must have no body, but one is announced (RFC 9110 §9.3.1)")


def check_upgrade(request: Request) -> None:
    """Rule 3: the request asks for this protocol, on this connection."""
    for name, token in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
        value = request.header(name)
        if token.lower() not in tokens(value or ""):
            got = "none" if value is None else repr(value)
            fact = f"{name} must name {token!r}, got {got} (RFC 6455 §4.2.1)"
            raise HandshakeError(fact, 426, (("Upgrade", "websocket"),))


def check_key(request: Request) -> str:
    """Rule 4: one key, 16 bytes in base64."""
    key = one_header(request, "Sec-WebSocket-Key", "RFC 6455 §4.2.1")
    try:
        got = f"{len(base64.b64decode(key, validate=True))} bytes"
    except ValueError:
        got = repr(key)
    if got != "16 bytes":
        fact = f"Sec-WebSocket-Key must be 16 bytes in base64, got {got} (RFC 6455 §4.2.1)"
        raise HandshakeError(fact)
    return key


def check_version(request: Request) -> None:
    """Rule 5: version 13, the only one there is."""
    version = one_header(request, "Sec-WebSocket-Version", "RFC 6455 §4.2.1")
    if version != "13":
        fact = f"Sec-WebSocket-Version must be 13, got {version!r} (RFC 6455 §4.4)"
        raise HandshakeError(fact, 426, (("Upgrade", "websocket"),))


def check_origin(request: Request, origins: Iterable[str] | None) -> None:
    """Rule 7: a browser names the site of the page; pages from other sites are refused."""
    origin = request.header("Origin")
    if origin is None:
        return
    if origins is None and not same_origin(request):
        host = request.header("Host")
        fact = f"Origin must be the server's own, {host!r}, got {origin!r} (RFC 6455 §10.2)"
        raise HandshakeError(fact, 403)
    if origins is not None and origin.lower() not in {known.lower() for known in origins}:
        raise HandshakeError(
            f"Origin must be one that is allowed, got {origin!r} (RFC 6455 §10.2)", 403
        )


def same_origin(request: Request) -> bool:
    """Tell whether `Origin` names the host and port of `Host`: the page is the server's own.

    Args:
        request: the client's half of the handshake.

    Source: RFC 6454 §4, RFC 6455 §10.2.
    """
    try:
        origin = urlsplit(request.header("Origin") or "")
        host = urlsplit("//" + (request.header("Host") or ""))
        ours, theirs = (address(part, origin.scheme) for part in (host, origin))
    except ValueError:  # the port is not a number, or an IPv6 address is cut short
        return False
    return origin.scheme in DEFAULT_PORTS and ours[0] is not None and ours == theirs


def address(parts: SplitResult, scheme: str) -> tuple[str | None, int | None]:
    """Return host and port; a missing port is the scheme's default."""
    return parts.hostname, parts.port or DEFAULT_PORTS.get(scheme)


def choose_subprotocol(offered: Sequence[str], supported: Sequence[str]) -> str | None:
    """Choose the first subprotocol that the client offers and the server speaks.

    Args:
        offered: the client's, the preferred one first.
        supported: the server's, in any order.

    Source: RFC 6455 §1.9, §4.2.2.
    """
    return next((name for name in offered if name in supported), None)


def refusal(error: HandshakeError) -> Response:
    """Turn a broken rule into the HTTP response that names it, in plain text.

    Args:
        error: what `parse_request`, `answer` or `HeadReader` raised.

    Source: RFC 6455 §4.2.2, §4.4.
    """
    body = f"{error}\n".encode()
    headers = list(error.headers)
    if error.status == 426:
        headers.append(("Sec-WebSocket-Version", "13"))
    headers += [
        ("Connection", "close"),
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(body))),
    ]
    return Response(error.status, HTTPStatus(error.status).phrase, tuple(headers), body)


def check_response(
    response: Response, key: str, *, subprotocols: Sequence[str] = (), extensions: str = ""
) -> str | None:
    """Check the server's half as a client must, and return the subprotocol agreed.

    Args:
        response: the server's half.
        key: the `Sec-WebSocket-Key` that the client sent.
        subprotocols: those that it offered.
        extensions: the `Sec-WebSocket-Extensions` that it sent.

    Raises:
        HandshakeError: one of the four rules is broken; the client must close the connection.

    Source: RFC 6455 §4.1.
    """
    if response.status != 101:
        fact = f"status must be 101, got {response.status} {response.reason} (RFC 6455 §4.1)"
        raise HandshakeError(fact)
    upgrade, connection = response.header("Upgrade"), response.header("Connection")
    if (upgrade or "").lower() != "websocket":
        raise HandshakeError(f"Upgrade must be 'websocket', got {upgrade!r} (RFC 6455 §4.1)")
    if "upgrade" not in tokens(connection or ""):
        raise HandshakeError(f"Connection must name 'Upgrade', got {connection!r} (RFC 6455 §4.1)")
    accept, expected = response.header("Sec-WebSocket-Accept"), accept_key(key)
    if accept != expected:
        fact = f"Sec-WebSocket-Accept must be {expected!r}, got {accept!r} (RFC 6455 §4.1)"
        raise HandshakeError(fact)
    offers = extension_names(extensions)
    for name in extension_names(response.header("Sec-WebSocket-Extensions") or ""):
        if name not in offers:
            raise HandshakeError(f"extension {name!r} was not offered (RFC 6455 §4.1)")
    read_negotiated(response, extensions)
    chosen = response.header("Sec-WebSocket-Protocol")
    if chosen is not None and chosen not in subprotocols:
        raise HandshakeError(f"subprotocol {chosen!r} was not offered (RFC 6455 §4.1)")
    return chosen

"""The opening handshake: one HTTP request, one HTTP response, and both stop speaking HTTP.

What a server asks of the request, in the order of `answer` (RFC 6455 §4.2.1):

1. The method is GET (405) and the version is HTTP/1.1 or higher (400).
2. There is exactly one `Host`, and no body follows (400).
3. `Upgrade` names `websocket` and `Connection` names `Upgrade` (426).
4. There is exactly one `Sec-WebSocket-Key`: 16 bytes in base64 (400).
5. There is exactly one `Sec-WebSocket-Version` (400), and it is 13 (426).
6. `Sec-WebSocket-Protocol`, if sent, lists names without a repetition (400).
7. `Origin`, if sent, is one that the server welcomes (403).

What a client asks of the response, in the order of `check_response` (RFC 6455 §4.1):

1. The status is 101.
2. `Upgrade` is `websocket` and `Connection` names `Upgrade`.
3. `Sec-WebSocket-Accept` is made from the key that the client sent.
4. `Sec-WebSocket-Extensions` and `Sec-WebSocket-Protocol` name only what the client offered.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import SplitResult, urlsplit

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
HEAD_END = b"\r\n\r\n"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
CONTROL_CHARACTER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
DEFAULT_PORTS = {"http": 80, "https": 443}

Headers = tuple[tuple[str, str], ...]


class HandshakeError(ValueError):
    """A handshake that breaks a rule: `str(error)` is the fact, `status` what HTTP calls it.

    Args:
        fact: what is wrong, expected and got, with its source.
        status: the HTTP status that refuses it: 400, 403, 404, 405, 426 or 431.
        headers: header fields that the refusal must carry.

    Source: RFC 6455 §4.2.2. First used: notebooks/01_handshake.ipynb
    """

    def __init__(self, fact: str, status: int = 400, headers: Headers = ()) -> None:
        super().__init__(fact)
        self.status = status
        self.headers = headers


def find_header(headers: Headers, name: str) -> str | None:
    """Return a header's value, whatever the case of its name; repeated ones joined by `, `."""
    values = [value for key, value in headers if key.lower() == name.lower()]
    return ", ".join(values) if values else None


def encode_head(first_line: str, headers: Headers) -> bytes:
    """Write a head: its first line, one line a header, and an empty line."""
    lines = [first_line, *(f"{name}: {value}" for name, value in headers)]
    for line in lines:
        # A line break inside a value would smuggle in a header that nobody meant to send.
        if CONTROL_CHARACTER.search(line):
            raise HandshakeError(f"header line must not hold control characters, got {line!r}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@dataclass(frozen=True)
class Request:
    """An HTTP request without a body, such as the client's half of the handshake.

    Source: RFC 9112 §3. First used: notebooks/01_handshake.ipynb
    """

    method: str
    target: str
    headers: Headers
    version: str = "HTTP/1.1"

    @property
    def path(self) -> str:
        """The target without its query: `/ws` of `/ws?room=1`."""
        return urlsplit(self.target).path if "://" in self.target else self.target.split("?")[0]

    def header(self, name: str) -> str | None:
        """Return a header's value, or None; repeated ones are joined by `, `."""
        return find_header(self.headers, name)

    def encode(self) -> bytes:
        """Return the request as it goes over the wire."""
        return encode_head(f"{self.method} {self.target} {self.version}", self.headers)


@dataclass(frozen=True)
class Response:
    """An HTTP response: 101 opens the WebSocket, everything else refuses it.

    Source: RFC 9112 §4. First used: notebooks/01_handshake.ipynb
    """

    status: int
    reason: str
    headers: Headers
    body: bytes = b""

    def header(self, name: str) -> str | None:
        """Return a header's value, or None; repeated ones are joined by `, `."""
        return find_header(self.headers, name)

    def encode(self) -> bytes:
        """Return the response as it goes over the wire."""
        return encode_head(f"HTTP/1.1 {self.status} {self.reason}", self.headers) + self.body


class HeadReader:
    """Collects bytes until a head is complete, however the network sliced them.

    Args:
        limit_bytes: a longer head is refused with 431, so that nobody fills our memory.

    `rest` holds what arrived after the head: the first frames, perhaps.

    Source: RFC 9112 §2.1. First used: notebooks/01_handshake.ipynb
    """

    def __init__(self, limit_bytes: int = 16_384) -> None:
        self.limit_bytes = limit_bytes
        self.rest = b""
        self._head: bytes | None = None
        self._buffer = bytearray()

    def feed(self, data: bytes) -> bytes | None:
        """Take the next bytes; return the head with its empty line once it is complete.

        Raises:
            HandshakeError: the head is longer than the limit (431).
        """
        if self._head is not None:
            self.rest += data
            return self._head
        searched = max(0, len(self._buffer) - len(HEAD_END) + 1)
        self._buffer += data
        end = self._buffer.find(HEAD_END, searched)
        size = len(self._buffer) if end < 0 else end + len(HEAD_END)
        if size > self.limit_bytes:
            fact = f"head must be at most {self.limit_bytes} bytes, got {size} (RFC 6585 §5)"
            raise HandshakeError(fact, 431)
        if end >= 0:
            self._head, self.rest = bytes(self._buffer[:size]), bytes(self._buffer[size:])
            self._buffer.clear()
        return self._head


def parse_request(head: bytes) -> Request:
    """Read a request head, its empty line included.

    Raises:
        HandshakeError: it is not one (400).

    Source: RFC 9112 §3. First used: notebooks/01_handshake.ipynb
    """
    first, headers = split_head(head)
    match first.split(" "):
        case [method, target, version] if TOKEN.fullmatch(method) and target:
            pass
        case _:
            fact = f"request line must be 'METHOD target HTTP/1.1', got {first!r} (RFC 9112 §3)"
            raise HandshakeError(fact)
    if not re.fullmatch(r"HTTP/\d\.\d", version):
        raise HandshakeError(
            f"HTTP version must be like HTTP/1.1, got {version!r} (RFC 9112 §2.3)"
        )
    check_target(method, target)
    return Request(method, target, headers, version)


def parse_response(head: bytes) -> Response:
    """Read a response head, its empty line included; the body, if any, is left to the caller.

    Raises:
        HandshakeError: it is not one.

    Source: RFC 9112 §4. First used: notebooks/01_handshake.ipynb
    """
    first, headers = split_head(head)
    line = re.fullmatch(r"HTTP/1\.\d (\d{3})(?: (.*))?", first)
    if line is None:
        fact = f"status line must be 'HTTP/1.1 STATUS reason', got {first!r} (RFC 9112 §4)"
        raise HandshakeError(fact)
    return Response(int(line[1]), line[2] or "", headers)


def split_head(head: bytes) -> tuple[str, Headers]:
    """Split a head into its first line and its headers."""
    if not head.endswith(HEAD_END):
        raise HandshakeError("head must end with an empty line, got none (RFC 9112 §2.1)")
    # Every byte has a character in Latin-1, so this cannot fail and loses nothing.
    first, *lines = head[: -len(HEAD_END)].decode("latin-1").split("\r\n")
    if CONTROL_CHARACTER.search(first):
        raise HandshakeError(f"first line must not hold control characters, got {first!r}")
    return first, tuple(parse_header(line) for line in lines)


def parse_header(line: str) -> tuple[str, str]:
    """Split one header line into name and value."""
    name, colon, value = line.partition(":")
    if not colon or not TOKEN.fullmatch(name):
        raise HandshakeError(f"header line must be 'Name: value', got {line!r} (RFC 9112 §5)")
    if CONTROL_CHARACTER.search(value):
        fact = f"header value must not hold control characters, got {line!r} (RFC 9110 §5.5)"
        raise HandshakeError(fact)
    return name, value.strip(" \t")


def check_target(method: str, target: str) -> None:
    """Refuse what cannot be a request's target; a WebSocket address has no #fragment (§3)."""
    if CONTROL_CHARACTER.search(target) or "#" in target:
        raise HandshakeError(f"target must have no #fragment, got {target!r} (RFC 6455 §3)")
    absolute = target.startswith(("http://", "https://"))
    if method == "GET" and not (target.startswith("/") or absolute):
        raise HandshakeError(f"target must start with '/', got {target!r} (RFC 9112 §3.2)")


def accept_key(key: str) -> str:
    """Turn the client's `Sec-WebSocket-Key` into the server's `Sec-WebSocket-Accept`.

    It proves that the other side speaks WebSocket, and no more: there is no secret in it.

    Args:
        key: the header's value, base64 and all; it is not decoded.

    Source: RFC 6455 §4.2.2. First used: notebooks/01_handshake.ipynb
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
        origin: where the page came from; browsers always send it.
        subprotocols: the ones the client speaks, the favourite first.
        extensions: the offer, such as `permessage-deflate`.

    Source: RFC 6455 §4.1. First used: notebooks/01_handshake.ipynb
    """
    headers = [
        ("Host", host),
        ("Upgrade", "websocket"),
        ("Connection", "Upgrade"),
        ("Sec-WebSocket-Key", key),
        ("Sec-WebSocket-Version", "13"),
    ]
    if origin is not None:
        headers.append(("Origin", origin))
    if subprotocols:
        headers.append(("Sec-WebSocket-Protocol", ", ".join(subprotocols)))
    if extensions is not None:
        headers.append(("Sec-WebSocket-Extensions", extensions))
    return Request("GET", target, tuple(headers))


def answer(
    request: Request, *, origins: Iterable[str] | None = None, subprotocols: Sequence[str] = ()
) -> Response:
    """Answer a client's handshake: 101, or the reason why not. No extension is agreed to.

    Args:
        request: the client's half.
        origins: the origins welcome, such as `https://example.org`; None means the server's
            own. A client that sends no `Origin` is not a browser, and is let in.
        subprotocols: the ones this server speaks.

    Raises:
        HandshakeError: one of the seven rules is broken; `refusal` turns it into a response.

    Source: RFC 6455 §4.2. First used: notebooks/01_handshake.ipynb
    """
    check_http(request)
    check_upgrade(request)
    key = check_key(request)
    check_version(request)
    offered = offered_subprotocols(request)
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
        raise HandshakeError("handshake must have no body, got one announced (RFC 9110 §9.3.1)")


def check_upgrade(request: Request) -> None:
    """Rule 3: the request asks for this protocol, and says so hop by hop."""
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
        size = len(base64.b64decode(key, validate=True))
    except binascii.Error:
        fact = f"Sec-WebSocket-Key must be base64, got {key!r} (RFC 6455 §4.2.1)"
        raise HandshakeError(fact) from None
    if size != 16:
        fact = f"Sec-WebSocket-Key must hold 16 bytes in base64, got {size} (RFC 6455 §4.2.1)"
        raise HandshakeError(fact)
    return key


def check_version(request: Request) -> None:
    """Rule 5: version 13, the only one there is."""
    version = one_header(request, "Sec-WebSocket-Version", "RFC 6455 §4.2.1")
    if version != "13":
        fact = f"Sec-WebSocket-Version must be 13, got {version!r} (RFC 6455 §4.4)"
        raise HandshakeError(fact, 426, (("Upgrade", "websocket"),))


def offered_subprotocols(request: Request) -> list[str]:
    """Rule 6: the subprotocols the client offers, its favourite first."""
    value = request.header("Sec-WebSocket-Protocol")
    offered = [] if value is None else [name.strip(" \t") for name in value.split(",")]
    if not all(TOKEN.fullmatch(name) for name in offered) or len(set(offered)) < len(offered):
        fact = f"Sec-WebSocket-Protocol must list unique names, got {value!r} (RFC 6455 §4.1)"
        raise HandshakeError(fact)
    return offered


def check_origin(request: Request, origins: Iterable[str] | None) -> None:
    """Rule 7: a browser says which page asks; strangers' pages are refused."""
    origin = request.header("Origin")
    if origin is None:
        return
    if origins is None and not same_origin(request):
        host = request.header("Host")
        fact = f"Origin must be the server's own, {host!r}, got {origin!r} (RFC 6455 §10.2)"
        raise HandshakeError(fact, 403)
    if origins is not None and origin.lower() not in {known.lower() for known in origins}:
        raise HandshakeError(f"Origin must be a welcome one, got {origin!r} (RFC 6455 §10.2)", 403)


def same_origin(request: Request) -> bool:
    """Tell whether `Origin` names the host and port of `Host`: the page is the server's own.

    Source: RFC 6454 §4, RFC 6455 §10.2. First used: notebooks/01_handshake.ipynb
    """
    try:
        origin = urlsplit(request.header("Origin") or "")
        host = urlsplit("//" + (request.header("Host") or ""))
        ours, theirs = (address(part, origin.scheme) for part in (host, origin))
    except ValueError:  # a port that is no number, half an IPv6 address
        return False
    return origin.scheme in DEFAULT_PORTS and ours[0] is not None and ours == theirs


def address(parts: SplitResult, scheme: str) -> tuple[str | None, int | None]:
    """Return host and port; a port left out is the scheme's own."""
    return parts.hostname, parts.port or DEFAULT_PORTS.get(scheme)


def choose_subprotocol(offered: Sequence[str], supported: Sequence[str]) -> str | None:
    """Choose the first subprotocol that the client offers and the server speaks.

    Source: RFC 6455 §1.9, §4.2.2. First used: notebooks/01_handshake.ipynb
    """
    return next((name for name in offered if name in supported), None)


def refusal(error: HandshakeError) -> Response:
    """Turn a broken rule into the HTTP response that says so, in plain text.

    Source: RFC 6455 §4.2.2, §4.4. First used: notebooks/01_handshake.ipynb
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
        subprotocols: the ones it offered.
        extensions: the `Sec-WebSocket-Extensions` it offered.

    Raises:
        HandshakeError: one of the four rules is broken; the client must close the connection.

    Source: RFC 6455 §4.1. First used: notebooks/01_handshake.ipynb
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
    chosen = response.header("Sec-WebSocket-Protocol")
    if chosen is not None and chosen not in subprotocols:
        raise HandshakeError(f"subprotocol {chosen!r} was not offered (RFC 6455 §4.1)")
    return chosen


def one_header(request: Request, name: str, source: str) -> str:
    """Return the value of a header that must be there exactly once."""
    values = [value for key, value in request.headers if key.lower() == name.lower()]
    if len(values) != 1:
        raise HandshakeError(f"{name} must be sent exactly once, got {len(values)} ({source})")
    return values[0]


def tokens(value: str) -> list[str]:
    """Split a list of tokens such as `keep-alive, Upgrade`; their case means nothing."""
    return [token.strip(" \t").lower() for token in value.split(",")]


def extension_names(value: str) -> list[str]:
    """Return the names in a list of extensions, without their parameters."""
    return [name for name in (part.split(";")[0].strip() for part in value.split(",")) if name]

"""Heads: the first line and the headers of an HTTP message, which is all a handshake is made of.

    GET /chat HTTP/1.1          the request line: method, target, version
    Host: 127.0.0.1:8765        a header: name, colon, value
    Upgrade: websocket          another header
                                an empty line, which ends the head

Every line ends with CR LF. After the empty line comes a body, or frames.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

HEAD_END = b"\r\n\r\n"
TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
FORBIDDEN = re.compile(
    r"[^\t\x20-\x7e\x80-\xff]"
)  # control characters, and what does not fit in a byte
VERSION = re.compile(r"HTTP/(\d)\.\d", re.ASCII)
STATUS_LINE = re.compile(r"HTTP/1\.(\d) (\d{3})(?: (.*))?", re.ASCII)
STATUSES = range(100, 600)

Headers = tuple[tuple[str, str], ...]


class HandshakeError(ValueError):
    """A handshake that breaks a rule: `str(error)` says which, `status` is HTTP's number for it.

    Args:
        fact: what is wrong, expected and got, with its source.
        status: the HTTP status that refuses it: 400, 403, 404, 405, 421, 426, 431 or 505.
        headers: header fields that the refusal must carry.

    Source: RFC 6455 §4.2.2.
    """

    def __init__(self, fact: str, status: int = 400, headers: Headers = ()) -> None:
        super().__init__(fact)
        self.status = status
        self.headers = headers


def find_header(headers: Headers, name: str) -> str | None:
    """Return a header's value, whatever the case of its name; repeated ones are joined by `, `."""
    values = [value for key, value in headers if key.lower() == name.lower()]
    return ", ".join(values) if values else None


def encode_head(first_line: str, headers: Headers) -> bytes:
    """Return a head: its first line, a line for each header, and an empty line."""
    lines = [first_line, *(f"{name}: {value}" for name, value in headers)]
    for line in lines:
        # A line break inside a value would smuggle in a header that nobody meant to send.
        if FORBIDDEN.search(line):
            fact = f"header line must be Latin-1 without control characters, got {line!r}"
            raise HandshakeError(f"{fact} (RFC 9110 §5.5)")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


@dataclass(frozen=True)
class Request:
    """An HTTP request, such as the client's half of the handshake, which has no body.

    Source: RFC 9112 §3.
    """

    method: str
    target: str
    headers: Headers
    version: str = "HTTP/1.1"
    body: bytes = b""

    @property
    def path(self) -> str:
        """The target without its query: `/ws` of `/ws?room=1`."""
        return urlsplit(self.target).path if "://" in self.target else self.target.split("?")[0]

    def header(self, name: str) -> str | None:
        """Return a header's value, or None; repeated ones are joined by `, `."""
        return find_header(self.headers, name)

    def encode(self) -> bytes:
        """Return the request as it goes over the wire."""
        head = encode_head(f"{self.method} {self.target} {self.version}", self.headers)
        return head + self.body


@dataclass(frozen=True)
class Response:
    """An HTTP response: 101 opens the WebSocket, everything else refuses it.

    Source: RFC 9112 §4.
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
        limit_bytes: a longer head is refused with 431, so that nobody can fill our memory.

    Source: RFC 9112 §2.1.
    """

    def __init__(self, limit_bytes: int = 16_384) -> None:
        self.limit_bytes = limit_bytes
        self._rest = bytearray()
        self._head: bytes | None = None
        self._buffer = bytearray()

    @property
    def rest(self) -> bytes:
        """Whatever arrived after the head, such as the first frames."""
        return bytes(self._rest)

    def feed(self, data: bytes) -> bytes | None:
        """Take the next bytes; return the head with its empty line once it is complete.

        Args:
            data: bytes, sliced as they arrive.

        Raises:
            HandshakeError: the head is longer than the limit (431).
        """
        if self._head is not None:
            self._rest += data
            return self._head
        searched = max(0, len(self._buffer) - len(HEAD_END) + 1)
        self._buffer += data
        end = self._buffer.find(HEAD_END, searched)
        size = len(self._buffer) if end < 0 else end + len(HEAD_END)
        if size > self.limit_bytes:
            fact = f"head must be at most {self.limit_bytes} bytes, got {size} (RFC 6585 §5)"
            raise HandshakeError(fact, 431)
        if end >= 0:
            self._head, self._rest = bytes(self._buffer[:size]), self._buffer[size:]
            self._buffer.clear()
        return self._head


def parse_request(head: bytes) -> Request:
    """Read a request head.

    Args:
        head: first line, headers and empty line, each ended by CR LF.

    Raises:
        HandshakeError: it is malformed (400), or in another major version of HTTP (505).

    Source: RFC 9112 §3.
    """
    first, headers = split_head(head)
    match first.split(" "):
        case [method, target, version] if TOKEN.fullmatch(method) and target:
            pass
        case _:
            fact = f"request line must be 'METHOD target HTTP/1.1', got {first!r} (RFC 9112 §3)"
            raise HandshakeError(fact)
    if not (found := VERSION.fullmatch(version)):
        raise HandshakeError(
            f"HTTP version must be like HTTP/1.1, got {version!r} (RFC 9112 §2.3)"
        )
    if found[1] != "1":
        fact = f"HTTP version must be 1.0 or 1.1, got {version!r} (RFC 9110 §15.6.6)"
        raise HandshakeError(fact, 505)
    check_target(method, target)
    return Request(method, target, headers, version)


def parse_response(head: bytes) -> Response:
    """Read a response head; the body, if any, is left to the caller.

    Args:
        head: first line, headers and empty line, each ended by CR LF.

    Raises:
        HandshakeError: it is malformed.

    Source: RFC 9112 §4.
    """
    first, headers = split_head(head)
    line = STATUS_LINE.fullmatch(first)
    if line is None:
        fact = f"status line must be 'HTTP/1.1 STATUS reason', got {first!r} (RFC 9112 §4)"
        raise HandshakeError(fact)
    status = int(line[2])
    if status not in STATUSES:
        raise HandshakeError(f"status must be 100 to 599, got {line[2]} (RFC 9110 §15)")
    if line[1] == "0" and status < 200:
        fact = f"HTTP/1.0 has no status 1xx, got {first!r} (RFC 9110 §15.2)"
        raise HandshakeError(fact)
    return Response(status, line[3] or "", headers)


def split_head(head: bytes) -> tuple[str, Headers]:
    """Split a head into its first line and its headers."""
    if not head.endswith(HEAD_END):
        raise HandshakeError("head must end with an empty line, got none (RFC 9112 §2.1)")
    # Every byte has a character in Latin-1, so this cannot fail and loses nothing.
    first, *lines = head[: -len(HEAD_END)].decode("latin-1").split("\r\n")
    if FORBIDDEN.search(first):
        fact = f"first line must not hold control characters, got {first!r}"
        raise HandshakeError(f"{fact} (RFC 9112 §2.2)")
    return first, tuple(parse_header(line) for line in lines)


def parse_header(line: str) -> tuple[str, str]:
    """Split one header line into name and value."""
    name, colon, value = line.partition(":")
    if not colon or not TOKEN.fullmatch(name):
        raise HandshakeError(f"header line must be 'Name: value', got {line!r} (RFC 9112 §5)")
    if FORBIDDEN.search(value):
        fact = f"header value must not hold control characters, got {line!r} (RFC 9110 §5.5)"
        raise HandshakeError(fact)
    return name, value.strip(" \t")


def check_target(method: str, target: str) -> None:
    """Refuse a malformed target; a WebSocket address has no #fragment (RFC 6455 §3)."""
    if "#" in target:
        raise HandshakeError(f"target must have no #fragment, got {target!r} (RFC 6455 §3)")
    if not target.isascii():
        fact = f"target must be ASCII, with %XX for other bytes, got {target!r}"
        raise HandshakeError(f"{fact} (RFC 3986 §2)")
    absolute = target.startswith(("http://", "https://"))
    if method == "GET" and not (target.startswith("/") or absolute):
        raise HandshakeError(f"target must start with '/', got {target!r} (RFC 9112 §3.2)")


def one_header(request: Request, name: str, source: str) -> str:
    """Return the value of a header that must be sent exactly once."""
    values = [value for key, value in request.headers if key.lower() == name.lower()]
    if len(values) != 1:
        raise HandshakeError(f"{name} must be sent exactly once, got {len(values)} ({source})")
    return values[0]


def tokens(value: str) -> list[str]:
    """Split a list of tokens such as `keep-alive, Upgrade`, and lower their case."""
    return [token.strip(" \t").lower() for token in value.split(",")]


def extension_names(value: str) -> list[str]:
    """Return the names in a list of extensions, without their parameters."""
    return [name for name in (part.split(";")[0].strip() for part in value.split(",")) if name]


def offered_names(request: Request) -> list[str]:
    """Return the subprotocols that a client offers, the preferred one first.

    Empty elements of the list are ignored (RFC 9110 §5.6.1.2).
    """
    value = request.header("Sec-WebSocket-Protocol")
    if value is None:
        return []
    names = [name for name in (part.strip(" \t") for part in value.split(",")) if name]
    well_formed = bool(names) and all(TOKEN.fullmatch(name) for name in names)
    if not well_formed or len(set(names)) < len(names):
        fact = f"Sec-WebSocket-Protocol must list unique names, got {value!r} (RFC 6455 §4.1)"
        raise HandshakeError(fact)
    return names

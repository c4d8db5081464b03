"""Where one HTTP message ends and the next begins, on a connection that carries several.

The rules, in the order in which they apply (RFC 9112 §6.3):

    1  a response to HEAD, and every 1xx, 204 and 304      no body
    2  Transfer-Encoding: chunked                          chunks, up to the one of size 0
    3  Content-Length: n                                   n bytes
    4  a request with neither                              no body
    5  a response with neither                             everything until the connection closes
"""

from __future__ import annotations

from dataclasses import replace

from helpers.wire.heads import Request, Response, parse_request, parse_response

MAX_HEAD_BYTES = 65_536
UNTIL_CLOSE = -1
CHUNKED = -2


class BodyError(ValueError):
    """The bytes on an HTTP connection do not say where the message ends."""


class HttpStream:
    """Cuts one direction of a connection into HTTP messages: feed it, then take them."""

    def __init__(self, *, requests: bool) -> None:
        self.rest = bytearray()
        self.requests = requests
        self.unit = "request" if requests else "response"
        self._parse = parse_request if requests else parse_response
        self._head: Request | Response | None = None
        self._head_size = 0
        self._searched = 0  # how much has been read of the message
        self._scanned: dict[bytes, int] = {}  # how far each kind of end has been looked for
        self._body = bytearray()  # of chunks read so far
        self._size: tuple[str, int] | None = None  # for one method, what `body_size` says

    def feed(self, data: bytes) -> None:
        """Add bytes that arrived."""
        self.rest += data

    def take(self, method: str = "GET") -> tuple[Request | Response, bytes] | None:
        """Return the next whole message and its bytes, or None until more bytes arrive.

        Args:
            method: the method of the request that a response answers (a response to HEAD has no
                body).

        Raises:
            ValueError: the head cannot be read, or no rule says where the body ends.
        """
        if self._head is None and not self._read_head():
            return None
        assert self._head is not None
        if not self._size or self._size[0] != method:  # once: a head may have 10,000 lines
            self._size = method, body_size(self._head, method)
        size = self._size[1]
        if size == UNTIL_CLOSE:
            return None
        end = self._chunks_end() if size == CHUNKED else self._head_size + size
        if end is None or len(self.rest) < end:
            return None
        return self._finish(end, chunked=size == CHUNKED)

    def close(self) -> tuple[Request | Response, bytes] | None:
        """Return the response whose body ends with the connection, if one was under way."""
        if isinstance(self._head, Response) and body_size(self._head) == UNTIL_CLOSE:
            return self._finish(len(self.rest), chunked=False)
        return None

    def _read_head(self) -> bool:
        end = self.rest.find(b"\r\n\r\n", max(0, self._searched - 3))
        if end < 0:
            self._searched = len(self.rest)
            if self._searched > MAX_HEAD_BYTES:
                raise BodyError(
                    f"no empty line ends the head within {MAX_HEAD_BYTES:,} bytes (RFC 9112 §2.1)"
                )
            return False
        self._head_size = self._searched = end + 4
        self._head = self._parse(bytes(self.rest[: self._head_size]))
        return True

    def _chunks_end(self) -> int | None:
        """Walk over the chunks that have arrived; return where the message ends, once it does."""
        while (line_end := self._find(b"\r\n", self._searched)) >= 0:
            size = _chunk_size(bytes(self.rest[self._searched : line_end]))
            start = line_end + 2
            if size == 0:
                return self._trailer_end(line_end)
            if len(self.rest) < start + size + 2:
                return None
            self._body += self.rest[start : start + size]
            self._searched = start + size + 2
        self._check_line("the size of a chunk", self._searched)
        return None

    def _trailer_end(self, line_end: int) -> int | None:
        end = self._find(b"\r\n\r\n", line_end)
        if end < 0:
            self._check_line("the trailer", line_end)
        return None if end < 0 else end + 4

    def _find(self, end: bytes, start: int) -> int:
        """Find the end of a line or a trailer, looking only through what is new."""
        found = self.rest.find(end, max(start, self._scanned.get(end, 0) - len(end) + 1))
        if found < 0:
            self._scanned[end] = len(self.rest)
        return found

    def _check_line(self, what: str, start: int) -> None:
        """Refuse a line that goes on and on, which would be searched again with each segment."""
        if len(self.rest) - start > MAX_HEAD_BYTES:
            fact = f"{what} must end within {MAX_HEAD_BYTES:,} bytes"
            raise BodyError(f"{fact}, got {len(self.rest) - start:,} (RFC 9112 §7.1)")

    def _finish(self, end: int, *, chunked: bool) -> tuple[Request | Response, bytes]:
        message, raw = self._head, bytes(self.rest[:end])
        assert message is not None
        body = bytes(self._body) if chunked else raw[self._head_size :]
        if body or isinstance(message, Response):
            message = replace(message, body=body)
        del self.rest[:end]
        self._head, self._head_size, self._searched = None, 0, 0
        self._size = None
        self._scanned.clear()
        self._body.clear()
        return message, raw


def body_size(head: Request | Response, method: str = "GET") -> int:
    """Say how the body of an HTTP message ends: its size, `CHUNKED` or `UNTIL_CLOSE`.

    Args:
        head: the message; only its head matters.
        method: the method of the request that a response answers.

    Raises:
        BodyError: Content-Length is not a number.

    Source: RFC 9112 §6.3.
    """
    is_response = isinstance(head, Response)
    if isinstance(head, Response) and (
        method == "HEAD" or head.status < 200 or head.status in (204, 304)
    ):
        return 0
    if (head.header("Transfer-Encoding") or "").lower().endswith("chunked"):
        return CHUNKED
    length = head.header("Content-Length")
    if length is None:
        return UNTIL_CLOSE if is_response else 0
    if not (length.isascii() and length.isdigit() and len(length) <= 15):
        raise BodyError(f"Content-Length must be a number, got {length!r} (RFC 9112 §6.3)")
    return int(length)


def _chunk_size(line: bytes) -> int:
    digits = line.split(b";")[0].strip()
    if not digits or len(digits) > 12 or digits.strip(b"0123456789abcdefABCDEF"):
        raise BodyError(f"a chunk must begin with its size in hex, got {line!r} (RFC 9112 §7.1)")
    return int(digits, 16)

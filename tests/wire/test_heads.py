"""Heads: what is read, what is refused and in which words, and any slicing of the bytes."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.heads import (
    HandshakeError,
    HeadReader,
    Request,
    Response,
    parse_request,
    parse_response,
)

HEAD = b"GET /ws?room=1 HTTP/1.1\r\nHost: a\r\nX: 1\r\nx:2 \r\n\r\n"


def test_a_request_is_read_and_written() -> None:
    request = parse_request(HEAD)
    headers = (("Host", "a"), ("X", "1"), ("x", "2"))
    assert request == Request("GET", "/ws?room=1", headers, "HTTP/1.1")
    assert request.encode() == b"GET /ws?room=1 HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n"
    assert (request.header("hOST"), request.header("X"), request.header("Y")) == (
        "a",
        "1, 2",
        None,
    )


@pytest.mark.parametrize(
    ("target", "path"),
    [("/", "/"), ("/ws?a=1?b", "/ws"), ("/a?next=http://b/c", "/a"), ("http://a:1/ws?b", "/ws")],
)
def test_the_path_is_the_target_without_its_query(target: str, path: str) -> None:
    assert parse_request(f"GET {target} HTTP/1.1\r\n\r\n".encode()).path == path


def test_a_response_is_read_and_written() -> None:
    response = parse_response(b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n")
    assert response == Response(404, "Not Found", (("Content-Length", "2"),))
    assert parse_response(b"HTTP/1.1 200\r\n\r\n").reason == ""
    assert parse_response(b"HTTP/1.1 200 \r\n\r\n").reason == ""
    assert (
        Response(200, "OK", (("A", "b"),), b"hi").encode() == b"HTTP/1.1 200 OK\r\nA: b\r\n\r\nhi"
    )
    assert response.header("content-length") == "2"


@pytest.mark.parametrize(
    ("head", "fact"),
    [
        (b"GET / HTTP/1.1\r\n", "head must end with an empty line, got none (RFC 9112 §2.1)"),
        (
            b"GET /\r\n\r\n",
            "request line must be 'METHOD target HTTP/1.1', got 'GET /' (RFC 9112 §3)",
        ),
        (
            b"G@T / HTTP/1.1\r\n\r\n",
            "request line must be 'METHOD target HTTP/1.1', got 'G@T / HTTP/1.1' (RFC 9112 §3)",
        ),
        (
            b"GET  / HTTP/1.1\r\n\r\n",
            "request line must be 'METHOD target HTTP/1.1', got 'GET  / HTTP/1.1' (RFC 9112 §3)",
        ),
        (
            b"GET / HTTP/11\r\n\r\n",
            "HTTP version must be like HTTP/1.1, got 'HTTP/11' (RFC 9112 §2.3)",
        ),
        (b"GET ws HTTP/1.1\r\n\r\n", "target must start with '/', got 'ws' (RFC 9112 §3.2)"),
        (b"GET /#a HTTP/1.1\r\n\r\n", "target must have no #fragment, got '/#a' (RFC 6455 §3)"),
        (
            b"GET / HTTP/1.1\r\nHost\r\n\r\n",
            "header line must be 'Name: value', got 'Host' (RFC 9112 §5)",
        ),
        (
            b"GET / HTTP/1.1\r\nHost : a\r\n\r\n",
            "header line must be 'Name: value', got 'Host : a' (RFC 9112 §5)",
        ),
        (
            b"GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n",
            "header line must be 'Name: value', got ' c' (RFC 9112 §5)",
        ),
        (
            b"GET / HTTP/1.1\r\nA: b\nc\r\n\r\n",
            "header value must not hold control characters, got 'A: b\\nc' (RFC 9110 §5.5)",
        ),
        (
            b"GET /\x00 HTTP/1.1\r\n\r\n",
            "first line must not hold control characters, got 'GET /\\x00 HTTP/1.1'"
            " (RFC 9112 §2.2)",
        ),
    ],
)
def test_a_request_that_is_none_is_refused(head: bytes, fact: str) -> None:
    with pytest.raises(HandshakeError) as caught:
        parse_request(head)
    assert (str(caught.value), caught.value.status) == (fact, 400)


@pytest.mark.parametrize("line", ["HTTP/1.1 20", "HTTP/2 200 OK", "ICY 200 OK", "HTTP/1.1  200"])
def test_a_response_that_is_none_is_refused(line: str) -> None:
    with pytest.raises(HandshakeError) as caught:
        parse_response(line.encode() + b"\r\n\r\n")
    fact = f"status line must be 'HTTP/1.1 STATUS reason', got {line!r} (RFC 9112 §4)"
    assert str(caught.value) == fact


@pytest.mark.parametrize(
    ("line", "fact"),
    [
        ("HTTP/1.1 007 Bond", "status must be 100 to 599, got 007 (RFC 9110 §15)"),
        ("HTTP/1.1 099", "status must be 100 to 599, got 099 (RFC 9110 §15)"),
        ("HTTP/1.1 600 x", "status must be 100 to 599, got 600 (RFC 9110 §15)"),
        (
            "HTTP/1.0 101 Switching Protocols",
            "HTTP/1.0 has no status 1xx, got 'HTTP/1.0 101 Switching Protocols' (RFC 9110 §15.2)",
        ),
    ],
)
def test_a_status_that_there_cannot_be_is_refused(line: str, fact: str) -> None:
    with pytest.raises(HandshakeError) as caught:
        parse_response(line.encode() + b"\r\n\r\n")
    assert str(caught.value) == fact


def test_an_older_version_may_refuse() -> None:
    assert parse_response(b"HTTP/1.0 404 Not Found\r\n\r\n").status == 404
    assert parse_request(b"GET / HTTP/1.0\r\n\r\n").version == "HTTP/1.0"


@pytest.mark.parametrize("version", ["HTTP/9.9", "HTTP/2.0", "HTTP/0.9"])
def test_another_major_version_is_refused(version: str) -> None:
    with pytest.raises(HandshakeError) as caught:
        parse_request(f"GET / {version}\r\n\r\n".encode())
    fact = f"HTTP version must be 1.0 or 1.1, got {version!r} (RFC 9110 §15.6.6)"
    assert (str(caught.value), caught.value.status) == (fact, 505)


@pytest.mark.parametrize("byte", [0x80, 0xE9, 0xFF])
def test_a_byte_above_127_in_the_target_is_refused(byte: int) -> None:
    with pytest.raises(HandshakeError) as caught:
        parse_request(b"GET /caf" + bytes([byte]) + b" HTTP/1.1\r\n\r\n")
    assert caught.value.status == 400
    assert str(caught.value).startswith("target must be ASCII, with %XX for other bytes, got ")


def test_a_header_cannot_smuggle_another_one() -> None:
    for value in ("a\r\nOrigin: b", "€"):
        with pytest.raises(HandshakeError) as caught:
            Request("GET", "/", (("Host", value),)).encode()
        fact = f"header line must be Latin-1 without control characters, got {'Host: ' + value!r}"
        assert str(caught.value) == f"{fact} (RFC 9110 §5.5)"


@given(st.lists(st.integers(1, 20), max_size=10))
def test_any_slicing_gives_the_same_head(sizes: list[int]) -> None:
    wire, reader, start = HEAD + b"\x81\x80", HeadReader(), 0
    for size in sizes:
        head = reader.feed(wire[start : start + size])
        start += size
        assert head == (HEAD if start >= len(HEAD) else None)
    assert (reader.feed(wire[start:]), reader.rest) == (HEAD, b"\x81\x80")


def test_a_long_head_is_refused_before_it_fills_the_memory() -> None:
    reader = HeadReader(limit_bytes=100)
    assert reader.feed(b"a" * 100) is None
    with pytest.raises(HandshakeError) as caught:
        reader.feed(b"a")
    assert str(caught.value) == "head must be at most 100 bytes, got 101 (RFC 6585 §5)"
    assert caught.value.status == 431


def test_the_limit_is_for_the_head_alone() -> None:
    assert HeadReader(limit_bytes=len(HEAD)).feed(HEAD + bytes(1000)) == HEAD
    with pytest.raises(HandshakeError, match="head must be at most 47 bytes, got 48"):
        HeadReader(limit_bytes=len(HEAD) - 1).feed(HEAD + bytes(1000))


@given(st.binary(max_size=200))
def test_whatever_comes_is_read_or_refused(junk: bytes) -> None:
    for parse in (parse_request, parse_response):
        with contextlib.suppress(HandshakeError):  # and nothing else
            parse(junk + b"\r\n\r\n")

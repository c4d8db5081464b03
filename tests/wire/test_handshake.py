"""The opening handshake: the RFC's example, each refusal and its words, both sides."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.handshake import (
    HandshakeError,
    Request,
    Response,
    accept_key,
    answer,
    build_request,
    check_response,
    choose_subprotocol,
    parse_request,
    parse_response,
    refusal,
    same_origin,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
#: RFC 6455 §1.2 and §1.3.
CLIENT = b"""\
GET /chat HTTP/1.1\r
Host: server.example.com\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
Origin: http://example.com\r
Sec-WebSocket-Protocol: chat, superchat\r
Sec-WebSocket-Version: 13\r
\r
"""
SERVER = b"""\
HTTP/1.1 101 Switching Protocols\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
Sec-WebSocket-Protocol: chat\r
\r
"""


def request(*, method: str = "GET", version: str = "HTTP/1.1", **changed: object) -> Request:
    """Return a good request with some headers changed, doubled (a list), or left out (None)."""
    headers: dict[str, object] = dict(build_request("127.0.0.1:8765", "/ws", key=KEY).headers)
    headers |= changed
    pairs = []
    for name, value in headers.items():
        values = value if isinstance(value, list) else [value]
        pairs += [(name, str(one)) for one in values if one is not None]
    return Request(method, "/ws", tuple(pairs), version)


def refused(asked: Request, **options: object) -> HandshakeError:
    with pytest.raises(HandshakeError) as caught:
        answer(asked, **options)  # type: ignore[arg-type]
    return caught.value


def test_the_example_of_the_rfc() -> None:
    asked = parse_request(CLIENT)
    given_back = answer(asked, origins=["http://example.com"], subprotocols=["superchat", "chat"])
    assert given_back.encode() == SERVER
    assert check_response(parse_response(SERVER), KEY, subprotocols=["chat"]) == "chat"


def test_the_accept_key_of_the_rfc() -> None:
    assert accept_key(KEY) == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="


def test_a_client_builds_its_half() -> None:
    built = build_request(
        "server.example.com",
        "/chat",
        key=KEY,
        origin="http://example.com",
        subprotocols=["chat", "superchat"],
        extensions="permessage-deflate",
    )
    wanted = {*parse_request(CLIENT).headers, ("Sec-WebSocket-Extensions", "permessage-deflate")}
    assert set(built.headers) == wanted
    assert parse_request(built.encode()) == built


#: The request, the status that refuses it, and why.
REFUSALS = [
    ({"method": "POST"}, 405, "method must be GET, got POST (RFC 6455 §4.2.1)"),
    (
        {"version": "HTTP/1.0"},
        400,
        "HTTP version must be 1.1 or higher, got HTTP/1.0 (RFC 6455 §4.2.1)",
    ),
    ({"Host": None}, 400, "Host must be sent exactly once, got 0 (RFC 6455 §4.2.1)"),
    ({"Host": ["a", "b"]}, 400, "Host must be sent exactly once, got 2 (RFC 6455 §4.2.1)"),
    (
        {"Content-Length": "5"},
        400,
        "handshake must have no body, but one is announced (RFC 9110 §9.3.1)",
    ),
    (
        {"Transfer-Encoding": "chunked"},
        400,
        "handshake must have no body, but one is announced (RFC 9110 §9.3.1)",
    ),
    ({"Upgrade": None}, 426, "Upgrade must name 'websocket', got none (RFC 6455 §4.2.1)"),
    ({"Upgrade": "h2c"}, 426, "Upgrade must name 'websocket', got 'h2c' (RFC 6455 §4.2.1)"),
    ({"Connection": None}, 426, "Connection must name 'Upgrade', got none (RFC 6455 §4.2.1)"),
    (
        {"Connection": "close"},
        426,
        "Connection must name 'Upgrade', got 'close' (RFC 6455 §4.2.1)",
    ),
    (
        {"Sec-WebSocket-Key": None},
        400,
        "Sec-WebSocket-Key must be sent exactly once, got 0 (RFC 6455 §4.2.1)",
    ),
    (
        {"Sec-WebSocket-Key": [KEY, KEY]},
        400,
        "Sec-WebSocket-Key must be sent exactly once, got 2 (RFC 6455 §4.2.1)",
    ),
    (
        {"Sec-WebSocket-Key": "dGhlIHNhbXBsZQ=="},
        400,
        "Sec-WebSocket-Key must be 16 bytes in base64, got 10 bytes (RFC 6455 §4.2.1)",
    ),
    (
        {"Sec-WebSocket-Key": "no base64!"},
        400,
        "Sec-WebSocket-Key must be 16 bytes in base64, got 'no base64!' (RFC 6455 §4.2.1)",
    ),
    (
        {"Sec-WebSocket-Key": "clé"},
        400,
        "Sec-WebSocket-Key must be 16 bytes in base64, got 'clé' (RFC 6455 §4.2.1)",
    ),
    (
        {"Sec-WebSocket-Version": None},
        400,
        "Sec-WebSocket-Version must be sent exactly once, got 0 (RFC 6455 §4.2.1)",
    ),
    (
        {"Sec-WebSocket-Version": "8"},
        426,
        "Sec-WebSocket-Version must be 13, got '8' (RFC 6455 §4.4)",
    ),
    (
        {"Sec-WebSocket-Protocol": "chat, chat"},
        400,
        "Sec-WebSocket-Protocol must list unique names, got 'chat, chat' (RFC 6455 §4.1)",
    ),
    (
        {"Sec-WebSocket-Protocol": "chat, a b"},
        400,
        "Sec-WebSocket-Protocol must list unique names, got 'chat, a b' (RFC 6455 §4.1)",
    ),
    (
        {"Sec-WebSocket-Protocol": " , "},
        400,
        "Sec-WebSocket-Protocol must list unique names, got ' , ' (RFC 6455 §4.1)",
    ),
    (
        {"Origin": "http://evil.example"},
        403,
        "Origin must be the server's own, '127.0.0.1:8765', got 'http://evil.example'"
        " (RFC 6455 §10.2)",
    ),
]


@pytest.mark.parametrize(("changed", "status", "fact"), REFUSALS)
def test_a_handshake_that_breaks_a_rule_is_refused(
    changed: dict[str, Any], status: int, fact: str
) -> None:
    error = refused(request(**changed))
    assert (str(error), error.status) == (fact, status)


@pytest.mark.parametrize(
    "changed",
    [
        {"Upgrade": "WebSocket"},
        {"Upgrade": "h2c, websocket"},
        {"Connection": "keep-alive, Upgrade"},
        {"Connection": ["keep-alive", "upgrade"]},
        {"Content-Length": "0"},
        {"Sec-WebSocket-Protocol": ["chat", "superchat"]},
        {"Sec-WebSocket-Protocol": "chat, , superchat"},
        {"Sec-WebSocket-Protocol": ",chat,\t,"},
        {"version": "HTTP/1.2"},
        {"Origin": "http://127.0.0.1:8765"},
        {"Sec-WebSocket-Extensions": "permessage-deflate"},
    ],
)
def test_what_the_rules_allow_is_answered(changed: dict[str, Any]) -> None:
    response = answer(request(**changed))
    assert (response.status, check_response(response, KEY)) == (101, None)


def test_only_welcome_origins_are_let_in() -> None:
    asked = request(Origin="https://example.org")
    assert answer(asked, origins=["https://EXAMPLE.org"]).status == 101
    error = refused(asked, origins=["https://example.com"])
    fact = "Origin must be one that is allowed, got 'https://example.org' (RFC 6455 §10.2)"
    assert (str(error), error.status) == (fact, 403)
    assert answer(request(), origins=[]).status == 101  # not a browser


@pytest.mark.parametrize(
    ("origin", "host", "same"),
    [
        ("http://localhost:80", "localhost", True),
        ("https://example.org", "EXAMPLE.org:443", True),
        ("http://[::1]:8765", "[::1]:8765", True),
        ("http://localhost:8888", "localhost:8765", False),
        ("http://localhost", "localhost:443", False),
        ("http://127.0.0.1:8765", "localhost:8765", False),
        ("null", "null", False),
        ("ftp://a", "a", False),
        ("http://", "", False),
        ("http://a:x", "a:x", False),
        ("http://[::1", "a", False),
        ("http://a.evil.example", "a", False),
    ],
)
def test_same_origin(origin: str, host: str, same: bool) -> None:
    assert same_origin(Request("GET", "/", (("Host", host), ("Origin", origin)))) is same


@pytest.mark.parametrize(
    ("offered", "supported", "chosen"),
    [
        (["chat", "superchat"], ["superchat", "chat"], "chat"),
        (["chat"], ["other"], None),
        ([], ["chat"], None),
        (["chat"], [], None),
    ],
)
def test_the_clients_favourite_is_chosen(
    offered: list[str], supported: list[str], chosen: str | None
) -> None:
    assert choose_subprotocol(offered, supported) == chosen


def test_a_refusal_says_why_and_what_would_do() -> None:
    response = refusal(refused(request(**{"Sec-WebSocket-Version": "8"})))
    assert (response.status, response.reason) == (426, "Upgrade Required")
    assert response.header("Sec-WebSocket-Version") == "13"
    assert response.header("Upgrade") == "websocket"
    assert response.header("Connection") == "close"
    assert response.header("Content-Length") == str(len(response.body))
    assert response.body == "Sec-WebSocket-Version must be 13, got '8' (RFC 6455 §4.4)\n".encode()
    assert refusal(refused(request(method="POST"))).header("Allow") == "GET"
    for status, reason in [(400, "Bad Request"), (403, "Forbidden"), (404, "Not Found")]:
        assert refusal(HandshakeError("no", status)).reason == reason


GOOD = parse_response(SERVER)


def changed_response(name: str, value: str | None) -> Response:
    rest = tuple(pair for pair in GOOD.headers if pair[0] != name)
    return Response(101, "Switching Protocols", rest if value is None else (*rest, (name, value)))


@pytest.mark.parametrize(
    ("response", "fact"),
    [
        (Response(200, "OK", GOOD.headers), "status must be 101, got 200 OK (RFC 6455 §4.1)"),
        (
            changed_response("Upgrade", None),
            "Upgrade must be 'websocket', got None (RFC 6455 §4.1)",
        ),
        (
            changed_response("Upgrade", "h2c"),
            "Upgrade must be 'websocket', got 'h2c' (RFC 6455 §4.1)",
        ),
        (
            changed_response("Connection", "close"),
            "Connection must name 'Upgrade', got 'close' (RFC 6455 §4.1)",
        ),
        (
            changed_response("Sec-WebSocket-Accept", "s3p="),
            "Sec-WebSocket-Accept must be 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=', got 's3p='"
            " (RFC 6455 §4.1)",
        ),
        (
            changed_response("Sec-WebSocket-Extensions", "permessage-deflate; a=1"),
            "extension 'permessage-deflate' was not offered (RFC 6455 §4.1)",
        ),
        (
            changed_response("Sec-WebSocket-Protocol", "other"),
            "subprotocol 'other' was not offered (RFC 6455 §4.1)",
        ),
    ],
)
def test_a_client_refuses_what_it_must(response: Response, fact: str) -> None:
    with pytest.raises(HandshakeError) as caught:
        check_response(response, KEY, subprotocols=["chat"])
    assert str(caught.value) == fact


def test_an_extension_that_was_offered_is_accepted() -> None:
    agreed = "permessage-deflate; client_max_window_bits=12"
    response = changed_response("Sec-WebSocket-Extensions", agreed)
    offer = "permessage-deflate; client_max_window_bits"
    assert check_response(response, KEY, subprotocols=["chat"], extensions=offer) == "chat"


def test_empty_elements_of_a_list_are_ignored() -> None:
    asked = request(**{"Sec-WebSocket-Protocol": "chat, , superchat"})
    chosen = answer(asked, subprotocols=["superchat"]).header("Sec-WebSocket-Protocol")
    assert chosen == "superchat"


DEFLATE = "permessage-deflate"
WINDOW = f"{DEFLATE}; server_max_window_bits"
CLIENT_WINDOW = f"{DEFLATE}; client_max_window_bits"


@pytest.mark.parametrize(
    ("offered", "agreed"),
    [
        (DEFLATE, DEFLATE),
        (DEFLATE, ""),
        (DEFLATE, f"{DEFLATE}; server_no_context_takeover"),
        (DEFLATE, f"{DEFLATE}; client_no_context_takeover"),
        (DEFLATE, f"{WINDOW}=10"),
        (f"{WINDOW}=10", f"{WINDOW}=10"),
        (f"{WINDOW}=10", f'{WINDOW}="9"'),
        (CLIENT_WINDOW, f"{CLIENT_WINDOW}=15"),
        (CLIENT_WINDOW, DEFLATE),
        (f"{CLIENT_WINDOW}=12", f"{CLIENT_WINDOW}=12"),
        (f"{WINDOW}=10, {DEFLATE}", DEFLATE),  # the second of two offers
    ],
)
def test_deflate_that_is_agreed_to_as_it_was_offered_is_accepted(
    offered: str, agreed: str
) -> None:
    response = changed_response("Sec-WebSocket-Extensions", agreed)
    assert check_response(response, KEY, subprotocols=["chat"], extensions=offered) == "chat"


@pytest.mark.parametrize(
    ("offered", "agreed", "fact"),
    [
        (DEFLATE, f"{DEFLATE}, {DEFLATE}", "must be agreed to once, got 2 (RFC 7692 §5.1)"),
        (DEFLATE, f"{DEFLATE}; a=1", "has no parameter 'a=1' in a response"),
        (DEFLATE, f"{WINDOW}=08", "has no parameter 'server_max_window_bits=08'"),
        (DEFLATE, f"{CLIENT_WINDOW}=10", "must be agreed to as it was offered"),
        (f"{WINDOW}=10", f"{WINDOW}=11", "must be agreed to as it was offered"),
        (f"{WINDOW}=10", DEFLATE, "must be agreed to as it was offered"),
        (f"{CLIENT_WINDOW}=10", f"{CLIENT_WINDOW}=11", "must be agreed to as it was offered"),
        (f"{DEFLATE}; server_no_context_takeover", DEFLATE, "must be agreed to as it was"),
    ],
)
def test_deflate_that_was_not_offered_like_this_is_refused(
    offered: str, agreed: str, fact: str
) -> None:
    response = changed_response("Sec-WebSocket-Extensions", agreed)
    with pytest.raises(HandshakeError) as caught:
        check_response(response, KEY, subprotocols=["chat"], extensions=offered)
    assert fact in str(caught.value)


@given(st.integers(0, len(CLIENT) - 5), st.binary(max_size=3), st.integers(0, 3))
def test_a_damaged_handshake_is_answered_or_refused(at: int, new: bytes, gone: int) -> None:
    damaged = CLIENT[:at] + new + CLIENT[at + gone :]
    try:
        response = answer(parse_request(damaged), origins=["http://example.com"])
    except HandshakeError as error:
        response = refusal(error)
    assert parse_response(response.encode()[: -len(response.body) or None]).status >= 101

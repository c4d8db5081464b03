"""Which hosts are a server's own, and how `Host` is found in bytes that only pass by."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.handshake import HandshakeError, Request
from helpers.wire.hosts import HostFinder, OwnNames, check_host, is_own

HERE = ("127.0.0.1", 8765)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8765",
        "127.9.9.9",
        "localhost:8765",
        "LOCALHOST.:8765",
        "app.localhost:1",
        "[::1]:8765",
        "[::ffff:127.0.0.1]:8765",
        "localhost:",
    ],
)
def test_a_loopback_name_is_everybodys_own(host: str) -> None:
    assert is_own(host, HERE, OwnNames())


FOREIGN = [
    "evil.example:8765",
    "evil.example",
    "evil.example:80",
    "localhost.evil.example:8765",
    "127.0.0.1.evil.example:8765",
    "evillocalhost:8765",
    "10.0.0.1:8765",
    "0.0.0.0:8765",
    "[::2]:8765",
    "",
    ":8765",
    "[::1",
    "localhost@evil.example:8765",
    "evil.example@localhost",
    "localhost/../evil",
    "localhost:8765:8765",
    "localhost:x",
    "localhost, evil.example",
    "localhost evil.example",
    "localhost:١",
    "localhost:" + "1" * 10_000,
    "a" * 10_000,
]


@pytest.mark.parametrize("host", FOREIGN, ids=range(len(FOREIGN)))
def test_any_other_name_is_foreign(host: str) -> None:
    assert not is_own(host, HERE, OwnNames())
    with pytest.raises(HandshakeError) as caught:
        check_host(Request("GET", "/", (("host", host),)), HERE, OwnNames())
    assert caught.value.status == 421
    assert len(str(caught.value)) < 300


def test_one_foreign_host_among_several_is_enough() -> None:
    both = (("Host", "127.0.0.1:8765"), ("Host", "evil.example:8765"))
    with pytest.raises(HandshakeError) as caught:
        check_host(Request("GET", "/", both), HERE, OwnNames())
    assert str(caught.value) == (
        "Host must be a name of this server, such as 127.0.0.1:8765, "
        "got 'evil.example:8765' (RFC 9110 §15.5.20)"
    )
    check_host(Request("GET", "/", ()), HERE, OwnNames())  # not a browser


def test_the_address_of_the_connection_is_its_own() -> None:
    assert is_own("192.168.1.5:8765", ("192.168.1.5", 8765), OwnNames())
    assert is_own("192.168.1.5:8765", ("::ffff:192.168.1.5", 8765), OwnNames())
    assert is_own("[fe80::1]:8765", ("fe80::1%eth0", 8765), OwnNames())
    assert not is_own("192.168.1.6:8765", ("192.168.1.5", 8765), OwnNames())


def test_a_name_that_was_given_is_its_own_on_every_port() -> None:
    own = OwnNames(frozenset({"chat.example"}))
    assert is_own("Chat.Example:8765", HERE, own)
    assert is_own("chat.example", HERE, own)
    assert not is_own("x.chat.example", HERE, own)


def test_whoever_listens_everywhere_takes_addresses_but_not_names() -> None:
    own = OwnNames(any_address=True)
    assert is_own("10.1.2.3:8765", HERE, own)
    assert is_own("[2001:db8::1]:8765", HERE, own)
    assert not is_own("evil.example:8765", HERE, own)


def test_behind_a_proxy_only_the_servers_own_port_gives_a_direct_connection_away() -> None:
    own = OwnNames(behind_proxy=True)
    assert is_own("lab.example:8888", HERE, own)
    assert is_own("hub.example", HERE, own)
    assert not is_own("evil.example:8765", HERE, own)
    assert not is_own("evil.example", ("127.0.0.1", 80), own)
    assert not is_own("evil.example", ("127.0.0.1", 443), own)


HEAD = (
    b"GET /a?b HTTP/1.1\r\nAccept: Host: no\r\nhOsT:  evil.example:1\t\r\nX: y\r\n\r\nHost: z\r\n"
)


@pytest.mark.parametrize("slice_bytes", [1, 2, 3, 7, 1000])
def test_host_is_found_however_the_bytes_are_sliced(slice_bytes: int) -> None:
    finder, found = HostFinder(), []
    for start in range(0, len(HEAD), slice_bytes):
        found.append(finder.feed(HEAD[start : start + slice_bytes]))
    assert [host for host in found if host is not None] == ["evil.example:1"]
    assert finder.over


def test_a_long_line_before_it_hides_nothing() -> None:
    finder = HostFinder()
    assert finder.feed(b"GET /" + b"a" * 200_000) is None
    assert finder.feed(b" HTTP/1.1\r\nX: " + b"b" * 200_000 + b"\r\nHost: e\r\n") == "e"


@pytest.mark.parametrize(
    "data", [b"\x16\x03\x01 tls", b"get / http", b"hello world, this is no request", b"\x81\x05"]
)
def test_what_is_not_http_is_not_searched(data: bytes) -> None:
    finder = HostFinder()
    assert finder.feed(data) is None
    assert finder.feed(b"\r\nHost: e\r\n") is None
    assert finder.over


def test_a_head_without_host_ends_the_search() -> None:
    finder = HostFinder()
    assert finder.feed(b"GET / HTTP/1.0\r\n\r\nHost: e\r\n") is None
    assert finder.over


@given(st.text())
def test_nothing_is_raised(host: str) -> None:
    is_own(host, HERE, OwnNames(behind_proxy=True, any_address=True))

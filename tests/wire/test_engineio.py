"""Engine.IO packets, with python-engineio and the official JavaScript parser as judges."""

import json

import engineio.packet
import engineio.payload
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.engineio import (
    EngineIOError,
    Packet,
    PacketType,
    decode,
    decode_body,
    encode_body,
    open_fields,
)
from tests.wire.parsers import javascript

OPEN = json.dumps(
    {"sid": "x", "upgrades": ["websocket"], "pingInterval": 25, "pingTimeout": 20, "maxPayload": 9}
)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\x1e"))
packets = st.one_of(
    st.builds(Packet, st.just(PacketType.MESSAGE), texts | st.binary()),
    st.sampled_from([PacketType.CLOSE, PacketType.UPGRADE, PacketType.NOOP]).map(Packet),
    st.builds(
        Packet, st.sampled_from([PacketType.PING, PacketType.PONG]), st.sampled_from(["", "probe"])
    ),
)


@pytest.mark.parametrize(
    ("message", "packet", "text"),
    [
        ("2", Packet(PacketType.PING), "ping"),
        ("2probe", Packet(PacketType.PING, "probe"), "ping probe"),
        ("3probe", Packet(PacketType.PONG, "probe"), "pong probe"),
        ("4hello", Packet(PacketType.MESSAGE, "hello"), "message hello"),
        ("4", Packet(PacketType.MESSAGE), "message"),
        ("5", Packet(PacketType.UPGRADE), "upgrade"),
        (b"\1\2", Packet(PacketType.MESSAGE, b"\1\2"), "message · 2 bytes"),
    ],
)
def test_the_protocols_examples(message: str | bytes, packet: Packet, text: str) -> None:
    assert decode(message) == packet
    assert packet.encode() == message
    assert str(packet) == text


def test_what_open_says() -> None:
    assert open_fields(decode("0" + OPEN))["maxPayload"] == 9


def test_the_body_of_the_protocol() -> None:
    body = "4hello\x1e2\x1e4world"
    assert [str(p) for p in decode_body(body)] == ["message hello", "ping", "message world"]
    assert encode_body(decode_body(body)) == body
    assert decode_body("bAQIDBA==") == [Packet(PacketType.MESSAGE, b"\1\2\3\4")]


@pytest.mark.parametrize(
    ("message", "error"),
    [
        ("", "a packet begins with its type, got an empty text"),
        ("7", "a packet begins with its type, 0 to 6, got '7'"),
        ("hello", "a packet begins with its type, 0 to 6, got 'h'"),
        ("1x", "close must carry no data, got 'x'"),
        ("6x", "noop must carry no data, got 'x'"),
        ("2x", "a ping has no data but probe, got 'x'"),
        ("0", "open carries JSON, got ''"),
        ("0[]", "open carries a JSON object, got '[]'"),
        ("0{}", "open needs sid (str), got '{}'"),
        ("0" + OPEN.replace("25", '"25"'), "open needs pingInterval (int), got"),
        ("0" + OPEN.replace("25", "9" * 400), "open needs pingInterval up to 2**53 - 1, got"),
        ("0" + "[" * 100_000, "open carries JSON, got"),
    ],
)
def test_errors(message: str, error: str) -> None:
    with pytest.raises(EngineIOError) as caught:
        decode(message)
    assert str(caught.value).startswith(error)
    part = "handshake" if message.startswith("0") else "upgrade" if message == "2x" else "packet"
    assert f" (Engine.IO protocol 4, {part}" in str(caught.value)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("", "a packet begins with its type, got an empty text"),
        ("4a\x1e", "a packet begins with its type, got an empty text"),
        ("b!", "b is followed by base64, got '!'"),
        ("\x1e".join(["2"] * 1001), "a polling body may hold 1,000 packets here, got 1,001"),
    ],
)
def test_errors_of_bodies(body: str, error: str) -> None:
    with pytest.raises(EngineIOError, match=error):
        decode_body(body)


def test_an_empty_body_is_refused() -> None:
    with pytest.raises(
        EngineIOError, match="a polling body must hold at least one packet, got none"
    ):
        encode_body([])


def test_only_a_message_has_bytes() -> None:
    with pytest.raises(EngineIOError, match="only a message may carry bytes, got ping with bytes"):
        Packet(PacketType.PING, b"x")


@given(packets)
def test_python_engineio_reads_what_we_write(packet: Packet) -> None:
    judge = engineio.packet.Packet(encoded_packet=packet.encode())
    assert judge.packet_type == packet.type
    if isinstance(packet.data, bytes):
        assert judge.data == packet.data
    assert decode(packet.encode()) == packet


@given(st.lists(packets, min_size=1, max_size=10))
def test_python_engineio_reads_our_bodies_and_we_its(sent: list[Packet]) -> None:
    body = encode_body(sent)
    judge = engineio.payload.Payload(encoded_payload=body)
    assert [p.packet_type for p in judge.packets] == [p.type for p in sent]
    assert decode_body(body) == sent
    written = engineio.payload.Payload(
        [engineio.packet.Packet(int(p.type), p.data or None) for p in sent]
    )
    assert [p.type for p in decode_body(written.encode())] == [p.type for p in sent]


@given(st.text() | st.binary())
def test_nothing_but_our_error_is_raised(message: str | bytes) -> None:
    try:
        decode(message)
        decode_body(message if isinstance(message, str) else message.decode("latin-1"))
    except EngineIOError:
        pass


def test_the_official_parser_agrees() -> None:
    bodies = ["4hello", "2probe\x1e3probe", "bAQIDBA==\x1e4é🎉", "6\x1e1"]
    for body, found in zip(bodies, javascript("engine.io", bodies), strict=True):
        ours = [
            [p.type.name.lower(), p.data.hex() if isinstance(p.data, bytes) else p.data]
            for p in decode_body(body)
        ]
        assert ours == found["read"]
        assert found["written"] == body

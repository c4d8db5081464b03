"""permessage-deflate: what websockets compresses, we inflate; bombs and nonsense are refused."""

import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.extensions.permessage_deflate import PerMessageDeflate
from websockets.frames import Frame as JudgeFrame
from websockets.frames import Opcode as JudgeOpcode

from helpers.wire.codes import Opcode, ProtocolError
from helpers.wire.deflate import Deflate, Inflater, read_negotiated
from helpers.wire.frames import Frame, FrameReader
from helpers.wire.handshake import HandshakeError, Response
from helpers.wire.messages import Joiner

#: RFC 7692 §7.2.3.1 and §7.2.3.2.
HELLO = bytes.fromhex("f2 48 cd c9 c9 07 00")
HELLO_AGAIN = bytes.fromhex("f2 00 11 00 00")


def test_the_examples_of_the_rfc() -> None:
    inflater = Inflater()
    assert inflater.inflate(HELLO) == b"Hello"
    assert inflater.inflate(HELLO_AGAIN) == b"Hello"
    alone = Inflater(no_context_takeover=True)
    assert alone.inflate(HELLO) == alone.inflate(HELLO) == b"Hello"
    # A block without compression, one that is final, and two blocks (§7.2.3.3 to §7.2.3.5).
    assert Inflater().inflate(bytes.fromhex("00 05 00 fa ff 48 65 6c 6c 6f 00")) == b"Hello"
    final = Inflater()
    assert final.inflate(bytes.fromhex("f3 48 cd c9 c9 07 00 00")) == b"Hello"
    assert final.inflate(HELLO) == b"Hello"
    two = bytes.fromhex("f2 48 05 00 00 00 ff ff ca c9 c9 07 00")
    assert Inflater().inflate(two) == b"Hello"


def test_fragments_are_inflated_as_they_come() -> None:
    inflater = Inflater()
    assert inflater.inflate(HELLO[:3], fin=False) + inflater.inflate(HELLO[3:]) == b"Hello"
    assert inflater.inflate(HELLO_AGAIN) == b"Hello"


def test_what_needs_the_messages_before_is_refused_without_them() -> None:
    with pytest.raises(ProtocolError, match="compressed payload must be deflate data, got Error"):
        Inflater().inflate(HELLO_AGAIN)


def test_nonsense_is_refused() -> None:
    with pytest.raises(ProtocolError) as caught:
        Inflater().inflate(b"\xff\xff")
    assert str(caught.value).endswith("invalid block type (RFC 7692 §7.2.2)")
    assert caught.value.code == 1002


@pytest.mark.parametrize("fin", [True, False])
def test_a_bomb_is_refused_before_it_goes_off(fin: bool) -> None:
    deflater = zlib.compressobj(wbits=-15)
    bomb = deflater.compress(bytes(10**8)) + deflater.flush(zlib.Z_SYNC_FLUSH)
    with pytest.raises(ProtocolError) as caught:
        Inflater(max_size=1000).inflate(bomb[:-4], fin)
    fact = "inflated message must be at most 1000 bytes here, got more (RFC 6455 §10.4)"
    assert (str(caught.value), caught.value.code) == (fact, 1009)


def test_the_limit_is_exact_and_counts_all_fragments() -> None:
    exact = Inflater(max_size=5)
    assert exact.inflate(HELLO) == exact.inflate(HELLO_AGAIN) == b"Hello"
    inflater = Inflater(max_size=4)
    with pytest.raises(ProtocolError, match="at most 4 bytes"):
        inflater.inflate(HELLO[:5], fin=False) + inflater.inflate(HELLO[5:])


def test_the_limit_counts_every_fragment_however_many_there_are() -> None:
    deflater = zlib.compressobj(wbits=-15)
    parts = [deflater.compress(b"ab") + deflater.flush(zlib.Z_SYNC_FLUSH) for _ in range(4)]
    exact, small = Inflater(max_size=8), Inflater(max_size=7)
    assert [exact.inflate(part, fin=False) for part in parts] == [b"ab"] * 4
    assert [small.inflate(part, fin=False) for part in parts[:3]] == [b"ab"] * 3
    with pytest.raises(ProtocolError, match="at most 7 bytes"):
        small.inflate(parts[3], fin=False)


def agreed(value: str) -> Deflate | None:
    return read_negotiated(Response(101, "", (("Sec-WebSocket-Extensions", value),)))


def test_what_was_agreed_is_read_from_the_response() -> None:
    assert read_negotiated(Response(101, "", ())) is None
    assert agreed("x-other") is None
    assert agreed("permessage-deflate") == Deflate()
    everything = (
        "x-other; a=1, permessage-deflate; server_no_context_takeover; client_no_context_takeover;"
        ' server_max_window_bits=12; client_max_window_bits = "9"'
    )
    assert agreed(everything) == Deflate(True, True, 12, 9)


def test_each_direction_has_parameters_of_its_own() -> None:
    deflate = Deflate(
        server_no_context_takeover=True, server_max_window_bits=9, client_max_window_bits=10
    )
    found = [deflate.inflater(from_client=side, max_size=7) for side in (True, False)]
    settings = [(i.no_context_takeover, i.window_bits, i.max_size) for i in found]
    assert settings == [(False, 10, 7), (True, 9, 7)]
    default = Deflate().inflater(from_client=True)
    assert (default.no_context_takeover, default.window_bits) == (False, 15)


@pytest.mark.parametrize(
    ("parameter", "fact"),
    [
        ("a=1", "permessage-deflate has no parameter 'a=1' in a response (RFC 7692 §7.1)"),
        (
            "server_max_window_bits=16",
            "permessage-deflate has no parameter 'server_max_window_bits=16' in a response"
            " (RFC 7692 §7.1)",
        ),
        (
            "client_max_window_bits",
            "permessage-deflate has no parameter 'client_max_window_bits' in a response"
            " (RFC 7692 §7.1)",
        ),
        (
            "server_no_context_takeover; server_no_context_takeover",
            "server_no_context_takeover must be sent once, got it twice (RFC 7692 §7.1)",
        ),
    ],
)
def test_parameters_that_make_no_sense(parameter: str, fact: str) -> None:
    with pytest.raises(HandshakeError) as caught:
        agreed(f"permessage-deflate; {parameter}")
    assert str(caught.value) == fact


@given(
    st.lists(st.text("abc", max_size=200) | st.text(max_size=50), max_size=5),
    st.booleans(),
    st.integers(9, 15),
    st.booleans(),
)
def test_what_websockets_compresses_we_inflate(
    texts: list[str], alone: bool, bits: int, from_client: bool
) -> None:
    judge = PerMessageDeflate(alone, alone, bits, bits)
    deflate = Deflate(alone, alone, bits, bits)
    joiner = Joiner(inflater=deflate.inflater(from_client=from_client))
    got: list[str | bytes | None] = []
    for text in texts:
        sent = JudgeFrame(JudgeOpcode.TEXT, text.encode())
        wire = sent.serialize(mask=True, extensions=[judge])
        reader = FrameReader(masked=True, allow_rsv1=True)
        for frame in reader.feed(wire):
            joiner.look_ahead(reader)
            got.append(joiner.take(frame))
    assert got == texts


def test_compressed_fragments_are_joined_and_plain_messages_stay_plain() -> None:
    joiner = Joiner(inflater=Inflater())
    frames = [
        Frame(Opcode.TEXT, HELLO[:3], fin=False, rsv1=True),
        Frame(Opcode.PING, b""),
        Frame(Opcode.CONTINUATION, HELLO[3:]),
        Frame(Opcode.TEXT, b"plain"),
        Frame(Opcode.BINARY, HELLO_AGAIN, rsv1=True),
    ]
    assert [joiner.take(frame) for frame in frames] == [None, None, "Hello", "plain", b"Hello"]

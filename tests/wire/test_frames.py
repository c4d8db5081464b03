"""Frames: the RFC's own bytes, the text of every error, and any slicing of the bytes."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.codes import CloseCode, Opcode, ProtocolError
from helpers.wire.frames import Frame, FrameReader, apply_mask

KEY = bytes.fromhex("37fa213d")
#: RFC 6455 §5.7, one line each.
GOLDEN = [
    (Frame(Opcode.TEXT, b"Hello"), "81 05 48 65 6c 6c 6f"),
    (Frame(Opcode.TEXT, b"Hello", mask=KEY), "81 85 37 fa 21 3d 7f 9f 4d 51 58"),
    (Frame(Opcode.TEXT, b"Hel", fin=False), "01 03 48 65 6c"),
    (Frame(Opcode.CONTINUATION, b"lo"), "80 02 6c 6f"),
    (Frame(Opcode.PING, b"Hello"), "89 05 48 65 6c 6c 6f"),
    (Frame(Opcode.PONG, b"Hello", mask=KEY), "8a 85 37 fa 21 3d 7f 9f 4d 51 58"),
    (Frame(Opcode.BINARY, bytes(256)), "82 7e 01 00" + " 00" * 256),
    (Frame(Opcode.BINARY, bytes(65536)), "82 7f 00 00 00 00 00 01 00 00" + " 00" * 65536),
]


def read(data: bytes, **options: bool | int | None) -> list[Frame]:
    return list(FrameReader(**{"masked": None, **options}).feed(data))  # type: ignore[arg-type]


def error_of(call: Callable[[], object]) -> tuple[str, int]:
    with pytest.raises(ProtocolError) as caught:
        call()
    return str(caught.value), caught.value.code


@pytest.mark.parametrize(("frame", "wire"), GOLDEN, ids=lambda value: str(value)[:20])
def test_the_examples_of_the_rfc(frame: Frame, wire: str) -> None:
    assert frame.encode() == bytes.fromhex(wire)
    assert read(bytes.fromhex(wire)) == [frame]


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (0, "8200"),
        (125, "827d"),
        (126, "827e007e"),
        (65535, "827effff"),
        (65536, "827f0000000000010000"),
    ],
)
def test_the_length_takes_as_few_bytes_as_possible(size: int, head: str) -> None:
    wire = Frame(Opcode.BINARY, bytes(size)).encode()
    assert wire[: len(wire) - size].hex() == head
    assert read(wire) == [Frame(Opcode.BINARY, bytes(size))]


#: The rule, the bytes that break it, what the reader expects, and what it says.
FAULTS = [
    ("c100", {}, "RSV1 must be 0 without an extension that uses it, got 1 (RFC 6455 §5.2)"),
    ("a100", {}, "RSV2 must be 0 without an extension that uses it, got 1 (RFC 6455 §5.2)"),
    ("9100", {}, "RSV3 must be 0 without an extension that uses it, got 1 (RFC 6455 §5.2)"),
    (
        "8300",
        {},
        "opcode must be 0, 1, 2, 8, 9 or 10, got 3, reserved for data frames (RFC 6455 §5.2)",
    ),
    (
        "8b00",
        {},
        "opcode must be 0, 1, 2, 8, 9 or 10, got 11, reserved for control frames (RFC 6455 §5.2)",
    ),
    ("0900", {}, "ping frame must not be fragmented, got FIN=0 (RFC 6455 §5.5)"),
    ("887e", {}, "close frame must carry at most 125 bytes, got 126 or more (RFC 6455 §5.5)"),
    ("8a7f", {}, "pong frame must carry at most 125 bytes, got 126 or more (RFC 6455 §5.5)"),
    ("8100", {"masked": True}, "client frame must be masked, got MASK=0 (RFC 6455 §5.3)"),
    ("8180", {"masked": False}, "server frame must not be masked, got MASK=1 (RFC 6455 §5.1)"),
    (
        "817e007d",
        {},
        "payload length 125 used 2 bytes when 1 would have sufficed (RFC 6455 §5.2)",
    ),
    (
        "827f000000000000007d",
        {},
        "payload length 125 used 8 bytes when 1 would have sufficed (RFC 6455 §5.2)",
    ),
    (
        "827f000000000000ffff",
        {},
        "payload length 65535 used 8 bytes when 2 would have sufficed (RFC 6455 §5.2)",
    ),
    (
        "827f8000000000000000",
        {},
        "payload length must be below 2⁶³, got 9223372036854775808 (RFC 6455 §5.2)",
    ),
    (
        "c900",
        {"allow_rsv1": True},
        "RSV1 belongs on the first frame of a message, got it on a ping frame (RFC 7692 §6)",
    ),
    (
        "c000",
        {"allow_rsv1": True},
        "RSV1 belongs on the first frame of a message, got it on a continuation frame"
        " (RFC 7692 §6)",
    ),
]


@pytest.mark.parametrize(("wire", "options", "fact"), FAULTS, ids=lambda value: str(value)[:24])
def test_a_broken_rule_is_named(wire: str, options: dict[str, bool], fact: str) -> None:
    assert error_of(lambda: read(bytes.fromhex(wire), **options)) == (fact, 1002)


@pytest.mark.parametrize("opcode", [3, 4, 5, 6, 7, 11, 12, 13, 14, 15])
def test_the_ten_reserved_opcodes(opcode: int) -> None:
    fact, _ = error_of(lambda: read(bytes([0x80 | opcode, 0])))
    assert f"got {opcode}, reserved for {'control' if opcode > 7 else 'data'} frames" in fact


def test_too_big_is_refused_by_its_head() -> None:
    fact = "frame must be at most 10 bytes here, got 11 (RFC 6455 §10.4)"
    assert error_of(lambda: read(b"\x82\x0b", max_size=10)) == (fact, CloseCode.MESSAGE_TOO_BIG)
    assert read(b"\x82\x0a" + bytes(10), max_size=10) == [Frame(Opcode.BINARY, bytes(10))]
    huge = bytes.fromhex("827f7fffffffffffffff")
    assert error_of(lambda: read(huge, max_size=10))[1] == 1009


def test_control_frames_have_their_own_limit() -> None:
    assert len(read(b"\x89\x7d" + bytes(125), max_size=10)) == 1


def test_rsv1_is_kept_when_it_was_agreed() -> None:
    frame = Frame(Opcode.TEXT, b"\x00", rsv1=True)
    assert read(frame.encode(), allow_rsv1=True) == [frame]


@pytest.mark.parametrize(
    ("bit", "first"),
    [("rsv1", 0xC1), ("rsv2", 0xA1), ("rsv3", 0x91)],
    ids=["rsv1", "rsv2", "rsv3"],
)
def test_every_reserved_bit_is_written_in_its_place(bit: str, first: int) -> None:
    frame = Frame(Opcode.TEXT, **{bit: True})  # type: ignore[arg-type]
    assert frame.encode() == bytes([first, 0])


def test_frames_before_a_fault_are_returned_and_nothing_after() -> None:
    reader = FrameReader(masked=False)
    frames = reader.feed(b"\x81\x02hi\x83\x00\x81\x02ho")
    assert next(frames) == Frame(Opcode.TEXT, b"hi")
    first = error_of(lambda: next(frames))
    assert error_of(lambda: list(reader.feed(b"\x81\x02ho"))) == first


def test_bytes_are_taken_even_if_nobody_looks_at_the_frames() -> None:
    reader = FrameReader(masked=False)
    reader.feed(b"\x81\x02h")
    assert list(reader.feed(b"i")) == [Frame(Opcode.TEXT, b"hi")]


def test_what_has_arrived_of_an_unfinished_frame_can_be_seen() -> None:
    reader = FrameReader(masked=True)
    wire = Frame(Opcode.TEXT, b"Hello", mask=KEY).encode()
    assert list(reader.feed(wire[:5])) == []
    assert reader.unfinished is None
    assert list(reader.feed(wire[5:9])) == []
    assert reader.unfinished is not None
    assert (reader.unfinished.frame.opcode, reader.unfinished.size_bytes) == (Opcode.TEXT, 5)
    assert (reader.arrived(), reader.arrived(2)) == (b"Hel", b"l")
    assert list(reader.feed(wire[9:])) == [Frame(Opcode.TEXT, b"Hello", mask=KEY)]
    assert reader.unfinished is None


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (
            Frame(Opcode.TEXT, b"Hello", mask=KEY),
            'text "Hello" · FIN · masked 37 fa 21 3d · 5 bytes',
        ),
        (Frame(Opcode.TEXT, "é".encode(), fin=False), 'text "é" · 2 bytes'),
        (Frame(Opcode.TEXT, b'say "hi"\n'), "text 'say \"hi\"\\n' · FIN · 9 bytes"),
        (Frame(Opcode.TEXT, b"a" * 70), f'text "{"a" * 60}"… · FIN · 70 bytes'),
        (Frame(Opcode.TEXT, b"a\xc3", fin=False), 'text "a�" · 2 bytes'),
        (Frame(Opcode.TEXT), 'text "" · FIN · 0 bytes'),
        (Frame(Opcode.TEXT, b"\x00", rsv1=True), "text 00 · FIN · RSV1 · 1 byte"),
        (Frame(Opcode.CONTINUATION, b"lo"), 'continuation "lo" · FIN · 2 bytes'),
        (Frame(Opcode.CONTINUATION, b"\x00\xff"), "continuation 00 ff · FIN · 2 bytes"),
        (Frame(Opcode.BINARY, b"\x01\x02"), "binary 01 02 · FIN · 2 bytes"),
        (Frame(Opcode.BINARY, bytes(21)), f"binary {' '.join(['00'] * 20)}… · FIN · 21 bytes"),
        (Frame(Opcode.CLOSE, b"\x03\xe8bye"), 'close 1000 "bye" · FIN · 5 bytes'),
        (Frame(Opcode.CLOSE, b"\x03\xe8"), "close 1000 · FIN · 2 bytes"),
        (Frame(Opcode.CLOSE), "close · FIN · 0 bytes"),
        (Frame(Opcode.PING), "ping · FIN · 0 bytes"),
        (Frame(Opcode.PING, b"42"), 'ping "42" · FIN · 2 bytes'),
    ],
)
def test_a_frame_prints_for_people(frame: Frame, text: str) -> None:
    assert str(frame) == text


def test_encode_refuses_control_frames_that_nobody_may_send() -> None:
    long, fragment = Frame(Opcode.PING, bytes(126)), Frame(Opcode.CLOSE, fin=False)
    fact = "ping frame must carry at most 125 bytes, got 126 (RFC 6455 §5.5)"
    assert error_of(long.encode) == (fact, 1002)
    fact = "close frame must not be fragmented, got FIN=0 (RFC 6455 §5.5)"
    assert error_of(fragment.encode) == (fact, 1002)


def test_a_masking_key_is_four_bytes() -> None:
    with pytest.raises(ValueError, match=r"masking key must be 4 bytes, got 3 \(RFC 6455 §5.3\)"):
        Frame(Opcode.TEXT, b"Hello", mask=b"abc").encode()


frames = st.builds(
    Frame,
    opcode=st.sampled_from(list(Opcode)),
    payload=st.binary(max_size=125) | st.sampled_from([126, 65535, 65536]).map(bytes),
    fin=st.booleans(),
    rsv1=st.booleans(),
    mask=st.none() | st.binary(min_size=4, max_size=4),
).filter(
    lambda frame: (
        (
            not frame.opcode.is_control
            or (frame.fin and len(frame.payload) <= 125 and not frame.rsv1)
        )
        and not (frame.rsv1 and frame.opcode is Opcode.CONTINUATION)
    )
)


@given(st.lists(frames, max_size=5), st.lists(st.integers(1, 40), min_size=1, max_size=30))
def test_any_slicing_gives_the_same_frames(sent: list[Frame], sizes: list[int]) -> None:
    wire = b"".join(frame.encode() for frame in sent)
    reader = FrameReader(masked=None, allow_rsv1=True)
    got: list[Frame] = []
    start = 0
    for size in sizes:
        got += reader.feed(wire[start : start + size])
        start += size
    got += reader.feed(wire[start:])
    assert got == sent


@given(st.binary(max_size=300), st.integers(0, 300))
def test_a_fault_is_the_same_however_the_bytes_are_sliced(wire: bytes, cut: int) -> None:
    def outcome(*slices: bytes) -> tuple[list[Frame], str]:
        reader = FrameReader(masked=None)
        got: list[Frame] = []
        try:
            for data in slices:
                for frame in reader.feed(data):
                    got.append(frame)
        except ProtocolError as error:
            return got, str(error)
        return got, ""

    whole = outcome(wire)
    assert outcome(wire[:cut], wire[cut:]) == whole
    assert outcome(*(bytes([byte]) for byte in wire)) == whole


@given(st.binary(max_size=200), st.binary(min_size=4, max_size=4))
def test_masking_twice_changes_nothing(payload: bytes, key: bytes) -> None:
    by_hand = bytes(byte ^ key[place % 4] for place, byte in enumerate(payload))
    assert apply_mask(payload, key) == by_hand
    assert apply_mask(by_hand, key) == payload

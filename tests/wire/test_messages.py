"""Messages: joined, checked as their bytes arrive, bounded; close payloads both ways."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.codes import CloseCode, Opcode, ProtocolError
from helpers.wire.frames import Frame
from helpers.wire.messages import Joiner, MessageReader, build_close, parse_close

KEY = b"\x01\x02\x03\x04"
PING = Frame(Opcode.PING, b"?")


def wire(*frames: Frame) -> bytes:
    return b"".join(frame.encode() for frame in frames)


def text(data: bytes, fin: bool = True) -> Frame:
    return Frame(Opcode.TEXT, data, fin)


def more(data: bytes, fin: bool = True) -> Frame:
    return Frame(Opcode.CONTINUATION, data, fin)


def read(*slices: bytes, max_size: int | None = None) -> list[str | bytes | Frame]:
    reader = MessageReader(masked=None, max_size=max_size)
    return [item for data in slices for item in reader.feed(data)]


def error_of(*slices: bytes, max_size: int | None = None) -> tuple[str, int]:
    with pytest.raises(ProtocolError) as caught:
        read(*slices, max_size=max_size)
    return str(caught.value), caught.value.code


def test_text_is_str_binary_is_bytes_and_control_frames_stay_frames() -> None:
    binary = Frame(Opcode.BINARY, b"\xff")
    assert read(wire(text("é".encode()), binary, PING, text(b""))) == ["é", b"\xff", PING, ""]


def test_fragments_are_joined_with_a_ping_between_them() -> None:
    assert read(wire(text(b"Hel", fin=False), PING, more(b"", fin=False), more(b"lo"))) == [
        PING,
        "Hello",
    ]


def test_a_character_may_be_cut_by_a_fragment() -> None:
    assert read(wire(text(b"\xe2\x82", fin=False), PING, more(b"\xac"))) == [PING, "€"]


NOT_UTF8 = "text message must be UTF-8, got bytes"


@pytest.mark.parametrize(
    ("sent", "fact"),
    [
        (
            wire(more(b"lo")),
            "continuation frame must follow an unfinished message, got none (RFC 6455 §5.4)",
        ),
        (
            wire(text(b"a", fin=False), text(b"b")),
            "unfinished message must be continued, got a text frame (RFC 6455 §5.4)",
        ),
        (
            wire(text(b"a", fin=False), Frame(Opcode.BINARY, b"b")),
            "unfinished message must be continued, got a binary frame (RFC 6455 §5.4)",
        ),
    ],
)
def test_frames_out_of_order(sent: bytes, fact: str) -> None:
    assert error_of(sent) == (fact, 1002)
    assert error_of(sent[:-1]) == (fact, 1002)  # the head is enough


@pytest.mark.parametrize(
    ("sent", "fact"),
    [
        (b"a\xff", f"{NOT_UTF8} ff: invalid start byte (RFC 6455 §8.1)"),
        (b"\xc3", f"{NOT_UTF8} c3: unexpected end of data (RFC 6455 §8.1)"),
        (b"\xc0\xaf", f"{NOT_UTF8} c0: invalid start byte (RFC 6455 §8.1)"),
        (b"\xed\xa0\x80", f"{NOT_UTF8} ed: invalid continuation byte (RFC 6455 §8.1)"),
    ],
)
def test_text_that_is_not_utf8(sent: bytes, fact: str) -> None:
    assert error_of(wire(text(sent))) == (fact, CloseCode.INVALID_FRAME_PAYLOAD_DATA)


#: Every way in which a character can begin: its first byte, or its first two.
BEGINNINGS = {
    chr(code).encode()[:size]
    for code in (*range(0x800), *range(0x800, 0xD800, 0x40), *range(0xE000, 0x110000, 0x40))
    for size in (1, 2)
}


def test_two_bytes_of_text_are_accepted_exactly_if_a_character_begins_with_them() -> None:
    accepted = set()
    for first in range(0x80, 0x100):
        for second in range(0x100):
            data = bytes([first, second])
            with contextlib.suppress(ProtocolError):
                read(b"\x81\x7d" + data)
                accepted.add(data)
    assert accepted == {beginning for beginning in BEGINNINGS if len(beginning) == 2}


@pytest.mark.parametrize(
    ("data", "at"),
    [
        (b"ok\xff", 2),
        (b"\xc3(", 1),
        (b"\xe0\x9f", 1),
        (b"\xed\xa0", 1),  # a surrogate
        (b"\xed\xbf", 1),
        (b"\xed\x9f\xbf\xed\xa0", 4),
        (b"\xf0\x8f", 1),
        (b"\xf4\x90", 1),  # beyond U+10FFFF
        (b"\xf5", 0),
        (b"\xe2\x82(", 2),
        (b"\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xf4\x90", 12),
    ],
)
@pytest.mark.parametrize("fragments", [False, True])
def test_a_fault_in_text_is_seen_with_its_byte(data: bytes, at: int, fragments: bool) -> None:
    """Byte by byte in one frame that is never finished, or one frame a byte."""
    reader = MessageReader(masked=None)
    if fragments:
        slices = [
            (text if i == 0 else more)(data[i : i + 1], False).encode() for i in range(len(data))
        ]
    else:
        slices = [b"\x81\x7d" + data[:1], *(data[i : i + 1] for i in range(1, len(data)))]
    for piece in slices[:at]:
        assert list(reader.feed(piece)) == []
    with pytest.raises(ProtocolError, match="text message must be UTF-8"):
        list(reader.feed(slices[at]))


def test_a_surrogate_is_named() -> None:
    fact = f"{NOT_UTF8} ed a0: an unpaired surrogate (RFC 6455 §8.1)"
    assert error_of(b"\x81\x03\xed\xa0") == (fact, 1007)


def test_a_message_too_big_is_refused_by_its_head() -> None:
    fact = "message must be at most 5 bytes here, got 6 (RFC 6455 §10.4)"
    assert error_of(b"\x82\x06", max_size=5) == (fact, CloseCode.MESSAGE_TOO_BIG)
    assert read(wire(Frame(Opcode.BINARY, bytes(5))), max_size=5) == [bytes(5)]


def test_the_limit_counts_all_fragments_and_no_control_frame() -> None:
    start = wire(text(b"abc", fin=False), Frame(Opcode.PING, bytes(100)))
    fact = "message must be at most 5 bytes here, got 6 (RFC 6455 §10.4)"
    assert error_of(start, b"\x80\x03", max_size=5) == (fact, 1009)
    assert read(start + wire(more(b"de")), wire(text(b"12345")), max_size=5)[1:] == [
        "abcde",
        "12345",
    ]


def test_a_message_cannot_have_fragments_for_ever() -> None:
    joiner = Joiner(max_fragments=3)
    for frame in (text(b"", False), more(b"", False), more(b"", False)):
        assert joiner.take(frame) is None
    fact = r"message must have at most 3 frames here \(RFC 6455 §10.4\)"
    with pytest.raises(ProtocolError, match=fact) as caught:
        joiner.take(more(b""))
    assert caught.value.code == 1009


def test_after_close_nothing_is_read() -> None:
    reader = MessageReader(masked=None)
    close = Frame(Opcode.CLOSE, b"\x03\xe8")
    assert list(reader.feed(wire(close, text(b"a")) + b"\xff")) == [close]
    assert reader.closed
    assert list(reader.feed(b"\xff\xff")) == []


def test_after_a_fault_nothing_is_read() -> None:
    reader = MessageReader(masked=True)
    got = reader.feed(Frame(Opcode.TEXT, b"a", mask=KEY).encode() + b"\x81\x00")
    assert next(got) == "a"
    with pytest.raises(ProtocolError, match="must be masked, got MASK=0"):
        next(got)
    assert (reader.closed, list(reader.feed(b"\x81\x00"))) == (True, [])


@pytest.mark.parametrize(
    ("payload", "parsed"),
    [
        (b"", (None, "")),
        (b"\x03\xe8", (1000, "")),
        (b"\x0b\xb8" + "Tschüs".encode(), (3000, "Tschüs")),
        (b"\x03\xf6", (1014, "")),
        (b"\x13\x87" + b"a" * 123, (4999, "a" * 123)),
    ],
)
def test_a_close_payload_is_read_and_written(
    payload: bytes, parsed: tuple[int | None, str]
) -> None:
    assert parse_close(payload) == parsed
    assert build_close(*parsed) == payload


BAD_CODES = [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535]


@pytest.mark.parametrize("code", BAD_CODES)
def test_a_code_that_may_not_travel(code: int) -> None:
    fact = f"close code must be 1000–1003, 1007–1014 or 3000–4999, got {code} (RFC 6455 §7.4)"
    sent = Frame(Opcode.CLOSE, code.to_bytes(2)).encode()
    assert error_of(sent) == (fact, 1002)
    with pytest.raises(ProtocolError) as caught:
        build_close(code)
    assert str(caught.value) == fact


def test_every_other_code_may() -> None:
    allowed = {1000, 1001, 1002, 1003, *range(1007, 1015), *range(3000, 5000)}
    for code in allowed:
        assert parse_close(build_close(code, "why")) == (code, "why")
    assert not allowed & set(BAD_CODES)


@pytest.mark.parametrize(
    ("payload", "fact", "code"),
    [
        (
            b"\x03",
            "close payload must be empty or start with a 2-byte code, got 1 byte"
            " (RFC 6455 §5.5.1)",
            1002,
        ),
        (
            b"\x03\xe8a\xff",
            "close reason must be UTF-8, got bytes ff: invalid start byte (RFC 6455 §8.1)",
            1007,
        ),
    ],
)
def test_a_close_payload_that_is_none(payload: bytes, fact: str, code: int) -> None:
    assert error_of(wire(Frame(Opcode.CLOSE, payload))) == (fact, code)


def test_a_close_that_does_not_fit_is_not_written() -> None:
    with pytest.raises(ProtocolError) as caught:
        build_close(1000, "é" * 62)
    assert str(caught.value) == "close reason must be at most 123 bytes, got 124 (RFC 6455 §5.5)"
    with pytest.raises(ProtocolError) as caught:
        build_close(None, "bye")
    assert str(caught.value) == "close reason must follow a code, got none (RFC 6455 §5.5.1)"


messages = st.text(max_size=30) | st.binary(max_size=30)


@given(
    st.lists(st.tuples(messages, st.lists(st.integers(0, 30), max_size=3)), max_size=4), st.data()
)
def test_any_fragments_and_any_slicing_give_the_same_messages(
    sent: list[tuple[str | bytes, list[int]]], data: st.DataObject
) -> None:
    stream = b"".join(fragments(message, cuts) for message, cuts in sent)
    reader, got, start = MessageReader(masked=True), [], 0
    for end in sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8))):
        got += list(reader.feed(stream[start:end]))
        start = end
    got += list(reader.feed(stream[start:]))
    assert [item for item in got if not isinstance(item, Frame)] == [
        message for message, _ in sent
    ]


def fragments(message: str | bytes, cuts: list[int]) -> bytes:
    """Encode a message as masked frames, cut at the places given, a ping after each."""
    opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
    payload = message.encode() if isinstance(message, str) else message
    ends = [*sorted(min(cut, len(payload)) for cut in cuts), len(payload)]
    frames, start = b"", 0
    for number, end in enumerate(ends):
        kind = opcode if number == 0 else Opcode.CONTINUATION
        last = number == len(ends) - 1
        frames += Frame(kind, payload[start:end], fin=last, mask=KEY).encode()
        frames += Frame(Opcode.PING, b"", mask=KEY).encode()
        start = end
    return frames

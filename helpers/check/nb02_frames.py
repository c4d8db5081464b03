"""The checks of notebooks/02_frames.ipynb: frames, read and written by hand."""

from __future__ import annotations

from typing import Any

from helpers.check.attempt import NotYet
from helpers.check.exercise import Attempt, exercise
from helpers.wire.frames import Frame, Opcode, apply_mask

KEY = bytes.fromhex("37fa213d")  # the key of the RFC's example (§5.7)
OPCODE = "The opcode is only the last four bits: FIN and three RSV bits stand before it."
BIG_ENDIAN = "The first byte of a length counts most: read and write it big endian."


def _call(attempt: Attempt, *args: Any, nudges: dict[type[Exception], str]) -> Any:
    """Call the learner's function; for an exception that tells the mistake, say the mistake."""
    try:
        return attempt(*args)
    except NotYet as failure:
        for kind, nudge in nudges.items():
            if isinstance(failure.__cause__, kind):
                raise NotYet(failure.title, list(failure.facts), [nudge]) from failure.__cause__
        raise


HEADERS: tuple[tuple[bytes, tuple[bool, int, bool, int]], ...] = (
    (b"\x81\x05Hello", (True, 1, False, 5)),
    (b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58", (True, 1, True, 5)),
    (b"\x01\x03Hel", (False, 1, False, 3)),
    (b"\x89\x00", (True, 9, False, 0)),
    (b"\xc1\x07\xf2\x48\xcd\xc9\xc9\x07\x00", (True, 1, False, 7)),
    (b"\x82\x7d" + b"." * 125, (True, 2, False, 125)),
    (b"\x82\x7e\x01\x2c" + b"." * 300, (True, 2, False, 300)),
    (b"\x82\xfe\x01\x2c" + KEY + b"." * 300, (True, 2, True, 300)),
    (b"\x82\x7f\x00\x00\x00\x00\x00\x01\x11\x70" + b"." * 70_000, (True, 2, False, 70_000)),
)


@exercise(
    hints=(
        "`frame[0]` and `frame[1]` are numbers from 0 to 255. `>> 7` leaves the first bit, "
        "`&` keeps the bits that you want.",
        "The opcode is the last four bits of the first byte, the short length the last seven "
        "bits of the second.",
        'When those seven bits say 126, the length is `int.from_bytes(frame[2:4], "big")`. '
        "When they say 127, it is in eight bytes.",
    )
)
def parse_header(attempt: Attempt) -> None:
    """Return fin, opcode, masked and length."""
    for frame, expected in HEADERS:
        got = attempt(frame)
        if got == expected:
            continue
        attempt.of_type(got, tuple)
        attempt.require(len(got) == 4, "Return four values: fin, opcode, masked, length.")
        fin, opcode, masked, length = expected
        attempt.equal(got[0], fin, _bit_nudge(got[0], frame[0], "first"))
        attempt.equal(got[1], opcode, OPCODE)
        attempt.equal(got[2], masked, _bit_nudge(got[2], frame[1], "second"))
        attempt.equal(got[3], length, _length_nudge(got[3], frame))


def _bit_nudge(got: Any, byte: int, place: str) -> str:
    if got == byte & 0x80:
        return "`&` keeps the bit where it is: `bool(…)` makes True or False of it."
    return f"It is the first bit of the {place} byte, the one that counts 128."


def _length_nudge(got: Any, frame: bytes) -> str:
    short = frame[1] & 0x7F
    size = {126: 2, 127: 8}.get(short, 0)
    if got == frame[1] and got > 0x7F:
        return "MASK is in there too: the length is only the last seven bits of the second byte."
    if got == short and size:
        return f"{short} is no length: it says that the length is in the next {size} bytes."
    if size and got == int.from_bytes(frame[2 : 2 + size], "little"):
        return BIG_ENDIAN
    if short == 127 and got == int.from_bytes(frame[2:4], "big"):
        return "127 announces eight bytes of length, not two."
    if size and got == int.from_bytes(frame[1 : 1 + size], "big"):
        return "The long length begins after the second byte: at `frame[2]`."
    return "Up to 125 the seven bits are the length; 126 announces two bytes, 127 eight."


MASKED = ("Hello", "Hi", "Masks go round and round", "." * 125, "long " * 40, "longer " * 9_500)


@exercise(
    hints=(
        "Where does the length end? After 2, 4 or 10 bytes. The key is the next four bytes, "
        "the payload is the rest.",
        "XOR is `^`, on two numbers. The byte with number `i` of the payload belongs to the "
        "byte `i % 4` of the key.",
        "Put the results together with `bytes(… for i, byte in enumerate(payload))`.",
    )
)
def unmask(attempt: Attempt) -> None:
    """Return the payload of a masked frame, unmasked."""
    beyond = "The key has four bytes. After the fourth it starts again: `key[i % 4]`."
    for text in MASKED:
        frame = Frame(Opcode.TEXT, text.encode(), mask=KEY).encode()
        got = _call(attempt, frame, nudges={IndexError: beyond})
        if got != text.encode():
            attempt.of_type(got, bytes, _list_nudge(got))
            attempt.equal(got, text.encode(), _unmask_nudge(got, frame, text.encode()))


def _list_nudge(got: Any) -> str:
    return "Those are numbers: `bytes(…)` makes bytes of them." if isinstance(got, list) else ""


def _unmask_nudge(got: bytes, frame: bytes, payload: bytes) -> str:
    masked = frame[-len(payload) :]
    if got == masked:
        return "The payload is still masked: `byte ^ key_byte` unmasks one byte."
    if got == payload[:4]:
        return "`zip` ends with the shorter one, and the key has four bytes: `key[i % 4]`."
    if got == bytes(byte ^ KEY[0] for byte in masked):
        return "Only the first byte of the key is used: the next byte takes the next one."
    if got in [apply_mask(masked, KEY[n:] + KEY[:n]) for n in (1, 2, 3)]:
        return (
            "Count from the start of the payload, not of the frame: its first byte takes key[0]."
        )
    if got.endswith(payload) or got == apply_mask(frame[2:], KEY):
        return "That is more than the payload: the key and the length do not belong to it."
    if frame[1] & 0x7F > 125:
        return "The length is longer here, so the key comes later: after 4 bytes, or after 10."
    return "The key is the four bytes after the length; the payload is what follows the key."


FIRST_BYTES = {
    0x01: "FIN is missing: the message ends with this frame, so the first bit is 1.",
    0x80: "The opcode is missing: 1 is text.",
    0x82: "Opcode 2 is binary: a text is opcode 1.",
}
TEXTS = ("Hello", "", "café", "x" * 125, "x" * 126, "é" * 70, "👋" * 100, "y" * 65_536)


@exercise(
    hints=(
        "Begin with `payload = text.encode()`, and use `len(payload)` from there on.",
        "The first byte is always 0x81: FIN and opcode 1. The second is 0x80 for MASK, plus a "
        "length of up to 125, or 126, or 127.",
        '`size.to_bytes(2, "big")` comes after 126, `size.to_bytes(8, "big")` after 127. '
        "Then the key, then the payload, masked.",
    )
)
def encode_text(attempt: Attempt) -> None:
    """Return the masked frame for a text."""
    wide = "How many bytes does the length need? Up to 125 none, up to 65,535 two, else eight."
    for text in TEXTS:
        expected = Frame(Opcode.TEXT, text.encode(), mask=KEY).encode()
        got = _call(attempt, text, KEY, nudges={ValueError: wide, OverflowError: wide})
        if got != expected:
            attempt.of_type(got, bytes, _list_nudge(got))
            attempt.equal(got, expected, _encode_nudge(got, expected, text))


def _encode_nudge(got: bytes, expected: bytes, text: str) -> str:
    if len(got) < 2:
        return "A frame begins with two bytes, whatever comes after them."
    if got[0] != expected[0]:
        return FIRST_BYTES.get(got[0], "The first byte is 0x81: FIN, and opcode 1.")
    if not got[1] & 0x80:
        return "A client says that it masks: MASK is the first bit of the second byte."
    start = {126: 4, 127: 10}.get(expected[1] & 0x7F, 2)
    if got[:start] != expected[:start]:
        return _size_nudge(got, expected[:start], text)
    rest = got[start:]
    if rest[:4] != KEY:
        return "Between the length and the payload stands the key: how else would they unmask?"
    if rest[4:] == text.encode():
        return "The payload is not masked yet: XOR each byte with its byte of the key."
    return "The header is right. Mask the payload: byte `i` with `key[i % 4]`."


def _size_nudge(got: bytes, header: bytes, text: str) -> str:
    size, short, more = len(text.encode()), header[1] & 0x7F, len(header) - 2
    if len(text) != size and len(text) in (got[1] & 0x7F, int.from_bytes(got[2:4], "big")):
        return "The length counts bytes, not characters: an `é` has two. Encode first."
    if got[1] == header[1] and got[2 : 2 + more] == size.to_bytes(more, "little"):
        return BIG_ENDIAN
    if short <= 125:
        return "Up to 125 bytes, the second byte holds the length itself, plus MASK."
    return f"For {size:,} bytes the seven bits say {short}, then comes the length in {more} bytes."


SPLIT = "An `é` can be cut in two between fragments: join the bytes first, then decode."
Frames = list[tuple[bool, int, bytes]]
STREAMS: tuple[tuple[Frames, list[str | bytes]], ...] = (
    ([(True, 1, b"Hello")], ["Hello"]),
    ([(True, 1, b"one"), (True, 1, b"two")], ["one", "two"]),
    ([(False, 1, b"Hel"), (True, 0, b"lo")], ["Hello"]),
    ([(False, 1, b"Hel"), (True, 9, b"ping"), (True, 0, b"lo"), (True, 10, b"pong")], ["Hello"]),
    ([(True, 2, b"\x00\xff")], [b"\x00\xff"]),
    ([(False, 1, b"caf\xc3"), (True, 0, b"\xa9!")], ["café!"]),
    ([(False, 2, b"\x01"), (False, 0, b"\x02"), (True, 0, b"\x03")], [b"\x01\x02\x03"]),
    ([(False, 1, b"a"), (True, 0, b"b"), (True, 2, b"c"), (True, 1, b"")], ["ab", b"c", ""]),
    ([(True, 1, b"bye"), (True, 8, b"\x03\xe8")], ["bye"]),
)


@exercise(
    hints=(
        "Keep a list of payloads. Add to it with every data frame; when FIN comes, join it, "
        "and start a new one.",
        "Opcodes from 8 up are control frames: leave them out. Opcode 0 goes on with the "
        "message that began before.",
        "Only the first frame of a message knows whether it is text. Remember its opcode, and "
        "decode the joined bytes at the end.",
    )
)
def reassemble(attempt: Attempt) -> None:
    """Return the messages that frames carry."""
    for frames, expected in STREAMS:
        got = _call(attempt, frames, nudges={UnicodeDecodeError: _decode_nudge(frames)})
        if got != expected:
            attempt.of_type(got, list)
            attempt.equal(got, expected, _reassemble_nudge(got, frames, expected))


def _decode_nudge(frames: Frames) -> str:
    if any(opcode == 2 for _, opcode, _ in frames):
        return "Opcode 2 is binary: its bytes are no text, so do not decode them."
    if any(opcode == 8 for _, opcode, _ in frames):
        return "Opcode 8 is close, a control frame: it belongs to no message."
    return SPLIT


def _reassemble_nudge(got: list[Any], frames: Frames, expected: list[str | bytes]) -> str:
    control = [payload for _, opcode, payload in frames if opcode >= 8]
    joined = _joined(got)
    if any(payload in joined for payload in control if payload):
        return "Control frames (opcode 8 and up) may stand between fragments: leave them out."
    if "\ufffd" in "".join(m for m in got if isinstance(m, str)):
        return SPLIT
    if len(got) > len(expected):
        return "A message ends only with FIN: a frame without it is a part of one."
    if len(got) == len(expected) and joined == _joined(expected):
        return "Text or binary? The first fragment says it; the others have opcode 0."
    return "After FIN a new message begins: empty what you have collected."


def _joined(messages: list[Any]) -> bytes:
    return b"".join(m if isinstance(m, bytes) else str(m).encode() for m in messages)


CLOSES: tuple[tuple[bytes, tuple[int | None, str, bytes]], ...] = (
    (b"\x03\xe8done", (1000, "done", b"\x03\xe8bye")),
    (b"\x03\xe9", (1001, "", b"\x03\xe9bye")),
    (b"\x0f\xa0caf\xc3\xa9", (4000, "café", b"\x0f\xa0bye")),
    (b"", (None, "", b"")),
)


@exercise(
    hints=(
        "The code is the first two bytes, big endian; the reason is the rest, in UTF-8.",
        'The answer has the same two bytes and then the three bytes `b"bye"`.',
        '`int.from_bytes(b"", "big")` is 0, and 0 is no code: look for the empty payload first.',
    )
)
def answer_close(attempt: Attempt) -> None:
    """Return code, reason and the reply's payload."""
    empty = "This payload is empty, as it may be: then there is no code to read."
    for payload, expected in CLOSES:
        got = _call(attempt, payload, nudges={} if payload else {Exception: empty})
        if got == expected:
            continue
        attempt.of_type(got, tuple)
        attempt.require(len(got) == 3, "Return three values: code, reason, reply.")
        code, reason, reply = expected
        attempt.require(got[0] == code, _code_nudge(got[0], payload))
        attempt.equal(got[1], reason, "The reason is what comes after the two bytes of the code.")
        attempt.equal(got[2], reply, _reply_nudge(got[2], payload))


def _code_nudge(got: Any, payload: bytes) -> str:
    if not payload:
        return "An empty payload has no code: not 0, and not 1005, which is never sent. None."
    if got == int.from_bytes(payload[:2], "little"):
        return BIG_ENDIAN.replace("a length", "the code")
    return "The code is the first two bytes, as one number."


def _reply_nudge(got: Any, payload: bytes) -> str:
    if not payload:
        return "Without a code there can be no reason either: the answer is empty too."
    if got == b"bye":
        return "The code comes first in the answer too: two bytes, then the reason."
    if isinstance(got, bytes) and got[:2] == payload[1::-1]:
        return "The code is big endian in your answer as well."
    if got == str(int.from_bytes(payload[:2], "big")).encode() + b"bye":
        return 'The code travels as two bytes, not as digits: `code.to_bytes(2, "big")`.'
    return "Two bytes with the code that came, then `bye`."

"""Exercises of the lesson frames: frames read and written by hand."""

from __future__ import annotations

from typing import Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.exercise import Attempt, exercise
from helpers.exercises.engine.explain import Meanings, match_cause
from helpers.exercises.engine.values import same
from helpers.lessons.frames.message_mistakes import (
    UNFINISHED,
    Frames,
    explain_code,
    explain_decoding,
    explain_messages,
    explain_reason,
    explain_reply,
)
from helpers.lessons.frames.mistakes import (
    KEY,
    NOT_XOR,
    ONE_BYTE,
    OTHER_KEY,
    UTF_8,
    explain_bit,
    explain_frame,
    explain_length,
    explain_list,
    explain_payload,
)
from helpers.wire.frames import Frame, Opcode

OPCODE = "The opcode is only the last four bits: FIN and the three RSV bits come before it."
MEANINGS: Meanings = (
    (
        ("name 'parse_header'", "name 'unmask'"),
        "Your function is not defined in this kernel: run the cell that defines it again.",
    ),
    (
        "type(s) for ^",
        "`^` works on two numbers: go through the bytes one by one. A `str` has no bytes.",
    ),
)


def _call(attempt: Attempt, *args: Any, meanings: Meanings) -> Any:
    """Call the learner's function; when an exception reveals the mistake, name the mistake."""
    try:
        return attempt(*args)
    except NotYet as failure:
        nudge = match_cause(failure, (*MEANINGS, *meanings))
        if not nudge:
            raise
        raise NotYet(failure.title, list(failure.facts), [nudge]) from failure.__cause__


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
    (b"\x80\x00", (True, 0, False, 0)),
    (b"\x0a\x80" + KEY, (False, 10, True, 0)),
    (b"\x81\xfd" + KEY + b"." * 125, (True, 1, True, 125)),
    (b"\x81\x7e\x00\x7e" + b"." * 126, (True, 1, False, 126)),
    (b"\x81\x7e\x00\x7f" + b"." * 127, (True, 1, False, 127)),
    (b"\x02\xfe\x90\x05" + KEY + b"." * 0x9005, (False, 2, True, 0x9005)),
    (b"\x82\x7e\xff\xff" + b"." * 65_535, (True, 2, False, 65_535)),
    (b"\x82\xff\0\0\0\0\0\x01\0\0" + KEY + b"." * 65_536, (True, 2, True, 65_536)),
    (b"\x82\x7f\0\0\0\x01\0\0\0\x05" + b"." * 20, (True, 2, False, 2**32 + 5)),
    (b"\x82\x7f\x40\x20\0\0\0\0\0\x05", (True, 2, False, 2**62 + 2**53 + 5)),
    (b"\x02\xfe\x01\x2c", (False, 2, True, 300)),
    (b"\xb8\x02\x03\xe8", (True, 8, False, 2)),
    (b"\x01\x03Hel\x80\x02lo", (False, 1, False, 3)),
    (b"\x81\x82" + KEY + b"\x7f\x93\x8a\x00", (True, 1, True, 2)),
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
        if same(got, expected) and isinstance(got[0], bool) and isinstance(got[2], bool):
            continue
        attempt.of_type(got, tuple)
        attempt.require(len(got) == 4, "Return four values: fin, opcode, masked, length.")
        fin, opcode, masked, length = expected
        attempt.equal(got[0], fin, explain_bit(got[0], frame[0], "first"))
        attempt.equal(got[1], opcode, OPCODE)
        attempt.equal(got[2], masked, explain_bit(got[2], frame[1], "second"))
        attempt.equal(got[3], length, explain_length(got[3], frame))
        attempt.fail("`fin` and `masked` are True or False, not 1 or 0: `bool(…)`.")


MASKED = (
    *((text.encode(), KEY) for text in ("Hello", "Hi", "Masks go round and round")),
    *((text.encode(), KEY) for text in ("." * 125, "long " * 40, "longer " * 9_500)),
    (b"another key", OTHER_KEY),
    (b"", OTHER_KEY),
    (b"\xff\xfe no text \x80\0\0", KEY),
    *((b"." * size, OTHER_KEY) for size in (126, 127, 65_535)),
    (bytes(range(256)) * 256, OTHER_KEY),
)


@exercise(
    hints=(
        "Where does the length end? After 2, 4 or 10 bytes. The key is the next four bytes, "
        "the payload is the rest.",
        "XOR is `^`, on two numbers. Byte number `i` of the payload goes with byte `i % 4` of "
        "the key.",
        "Put the results together with `bytes(… for i, byte in enumerate(payload))`.",
    )
)
def unmask(attempt: Attempt) -> None:
    """Return the payload of a masked frame, unmasked."""
    beyond = "The key has four bytes. After the fourth it starts again: `key[i % 4]`."
    for payload, key in MASKED:
        frame = Frame(Opcode.BINARY, payload, mask=key).encode()
        meanings: Meanings = (
            (IndexError, beyond),
            (UnicodeError, "The exercise asks for bytes: no `.decode()` is needed."),
            ("can't concat int to bytes", ONE_BYTE),
            (ValueError, NOT_XOR),
        )
        got = _call(attempt, frame, meanings=meanings)
        attempt.of_type(got, bytes, explain_list(got))
        if not same(got, payload):
            attempt.equal(got, payload, explain_payload(got, frame, payload, key))


TEXTS = (
    *((text, KEY) for text in ("Hello", "", "café", "x" * 125, "x" * 126, "é" * 70)),
    *((text, KEY) for text in ("👋" * 100, "y" * 65_536)),
    ("another key", OTHER_KEY),
    ("z" * 127, OTHER_KEY),
    ("z" * 65_535, OTHER_KEY),
)


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
    for text, key in TEXTS:
        expected = Frame(Opcode.TEXT, text.encode(), mask=key).encode()
        meanings: Meanings = ((UnicodeError, UTF_8), ((ValueError, OverflowError), wide))
        got = _call(attempt, text, key, meanings=meanings)
        attempt.of_type(got, bytes, explain_list(got))
        if not same(got, expected):
            attempt.equal(got, expected, explain_frame(got, expected, text, key))


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
    ([(False, 1, b""), (True, 9, b""), (False, 0, b"a"), (True, 0, b"")], ["a"]),
    ([(False, 2, b""), (True, 0, b""), (True, 1, b"\xc3\xa9"), (True, 2, b"")], [b"", "é", b""]),
    ([(False, 2, b"\xff"), (True, 9, b""), (True, 0, b"\x00")], [b"\xff\x00"]),
    ([(False, 2, b"plain"), (True, 0, b" letters"), (True, 1, b"x")], [b"plain letters", "x"]),
    ([(True, 1, b"a"), (False, 1, b"un")], ["a"]),
    ([], []),
)


@exercise(
    hints=(
        "Keep a list of payloads, and add to it with every data frame. When FIN comes, join "
        "the list, and start a new one.",
        "Opcodes from 8 up are control frames: leave them out. Opcode 0 continues the message "
        "that has begun.",
        "Only the first frame of a message says whether it is text. Remember its opcode, and "
        "decode the joined bytes at the end.",
    )
)
def reassemble(attempt: Attempt) -> None:
    """Return the messages that frames carry."""
    for frames, expected in STREAMS:
        meanings: Meanings = (
            (UnicodeDecodeError, explain_decoding(frames)),
            ("generator raised StopIteration", UNFINISHED),
        )
        got = _call(attempt, frames, meanings=meanings)
        attempt.of_type(got, list)
        if not same(got, expected) or any(isinstance(m, bytearray) for m in got):
            nudge = explain_messages(got, frames, expected)
            attempt.equal(got, expected, nudge)
            attempt.fail(nudge)


CLOSES: tuple[tuple[bytes, tuple[int | None, str, bytes]], ...] = (
    (b"\x03\xe8done", (1000, "done", b"\x03\xe8bye")),
    (b"\x03\xe9", (1001, "", b"\x03\xe9bye")),
    (b"\x0f\xa0caf\xc3\xa9", (4000, "café", b"\x0f\xa0bye")),
    (b"", (None, "", b"")),
    (b"\x0b\xb9bye", (3001, "bye", b"\x0b\xb9bye")),
    (b"\x0f\xa1 back at two ", (4001, " back at two ", b"\x0f\xa1bye")),
)


@exercise(
    hints=(
        "The code is the first two bytes, big endian. The reason is the rest, in UTF-8.",
        'Your payload has the same two bytes, and then the three bytes `b"bye"`.',
        '`int.from_bytes(b"", "big")` is 0, which is not a code: look for `b""` first.',
    )
)
def answer_close(attempt: Attempt) -> None:
    """Return code, reason and the reply's payload."""
    empty = "This payload is empty, as it may be: there is no code to read."
    for payload, expected in CLOSES:
        utf8 = (
            "The reason is UTF-8, which is what `.decode()` reads unless you name something else."
        )
        meanings: Meanings = ((UnicodeError, utf8),) if payload else ((Exception, empty),)
        got = _call(attempt, payload, meanings=meanings)
        if same(got, expected) and isinstance(got[2], bytes):
            continue
        attempt.of_type(got, tuple)
        attempt.require(len(got) == 3, "Return three values: code, reason, reply.")
        code, reason, reply = expected
        attempt.require(got[0] == code, explain_code(got[0], payload))
        attempt.require(
            got[1] is not None, 'If there is no reason, return the empty string: `""`.'
        )
        attempt.equal(got[1], reason, explain_reason(got[1], payload[2:]))
        attempt.require(got[2] is not None, explain_reply(got[2], payload))
        attempt.of_type(got[2], bytes, explain_list(got[2]))
        attempt.equal(got[2], reply, explain_reply(got[2], payload))

"""Exercises of the lesson server_from_bytes: what a server refuses, reads and answers."""

from __future__ import annotations

import itertools
import re
from typing import Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.exercise import Attempt, exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.engine.values import same
from helpers.lessons.server_from_bytes.mistakes import (
    BITS,
    FRAMES,
    RAISE,
    explain_code,
    explain_fine,
    explain_header,
    explain_place,
)
from helpers.lessons.server_from_bytes.script import Frames, NoMore, Script
from helpers.wire.frames import ProtocolError

REASON_BYTES = 123  # what a close frame has room for after its code

#: First those whose mistakes are worth a sentence, in the order in which they are written.
WORTH_A_SENTENCE = """
    8185 c185 0183 8080 82fe 82ff 00ff 81fd 8880 89fd 8a82 a185
    9185 8382 8782 8b82 8f80 8105 8802 0983 0880 0a80 89fe 88ff
"""
HEADERS = (
    *(bytes.fromhex(two) for two in WORTH_A_SENTENCE.split()),
    *(bytes([first, second]) for first in range(256) for second in (0x80, 0x00, 0xFD, 0xFE)),
)

#: Frames that break one rule each.
ONE_RULE = {
    "an RSV bit that is 1": (0xC1, 0x85),
    "a reserved opcode": (0x83, 0x80),
    "a frame without a mask": (0x81, 0x45),
    "a control frame that is too long": (0x89, 0xFE),
}


def _sentence(attempt: Attempt, got: Any) -> None:
    """Require a sentence that fits into a close frame."""
    attempt.require(not isinstance(got, BaseException), "Return a sentence, not an exception.")
    attempt.require(
        not isinstance(got, bool), "Return a sentence that says which rule is broken, or None."
    )
    attempt.of_type(got, str)
    attempt.require(got.strip(), "The sentence is empty: say which rule is broken.")
    size = len(got.encode())
    if size > REASON_BYTES:
        attempt.fail(f"That is {size} bytes, and a close frame has room for {REASON_BYTES}.")


@exercise(
    hints=(
        "Take the bits apart first: `first >> 7` is FIN, `first & 0b1111` the opcode, "
        "`second >> 7` MASK, and `second & 0b111_1111` the short length.",
        "Then one `if` for each rule, each with a `return` of its own. The three RSV bits are "
        "`first & 0b111_0000`: that is 0 if all of them are.",
        "The last rule is only for opcodes from 8 up. The function ends with `return None`.",
    )
)
def header_fault(attempt: Attempt) -> None:
    """Return the rule that is broken, or None."""
    for first, second in HEADERS:
        try:
            got = attempt(first, second)
        except NotYet as failure:
            raise _explained(failure, match_cause(failure, BITS)) from failure.__cause__
        fault, bits = explain_header(first, second), f"The bits: {first:08b} {second:08b}."
        if not fault:
            attempt.require(got is None, f"{explain_fine(first, second)} {bits}")
        elif got is None:
            attempt.fail(f"{fault} {bits}")
        else:
            _sentence(attempt, got)
    said = {rule: _without_bytes(attempt(*two), *two) for rule, two in ONE_RULE.items()}
    for rule, other in itertools.combinations(said, 2):
        if said[rule] == said[other]:
            attempt.fail(
                f"You say the same of {rule} and of {other}: return a sentence that says which "
                f"rule is broken. It is {said[rule]!r}."
            )


def _without_bytes(sentence: str, first: int, second: int) -> str:
    """Take the two bytes out of a sentence: what is left tells which rule is broken."""
    written = "|".join(f"{n:x}|{n:02x}|{n}|{n:08b}" for n in (first, second))
    return re.sub(rf"\b(0[xb])?({written})\b", "…", sentence, flags=re.IGNORECASE)


def _explained(failure: NotYet, nudge: str) -> NotYet:
    """Put the sentence for a mistake in the place of the usual one, if there is one."""
    return NotYet(failure.title, list(failure.facts), [nudge]) if nudge else failure


MAY_BE_SENT = {*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)}
CLOSES: tuple[tuple[bytes, int | None], ...] = (
    (b"\x03\xe8", 1000),
    (b"", None),
    (b"\x03\xe9going", 1001),
    (b"\x03", 1002),
    *((code.to_bytes(2), code) for code in (1003, 1007, 1011, 1014, 3000, 4999)),
    *((code.to_bytes(2), 1002) for code in (0, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65_535)),
    (b"\x03\xe8caf\xc3\xa9", 1000),
    (b"\x03\xe8caf\xc3", 1007),
    (b"\x0f\xa0\xff\xfe", 1007),
    (b"\x03\xee\xff", 1002),
    *((code.to_bytes(2), code if code in MAY_BE_SENT else 1002) for code in range(5_101)),
)


@exercise(
    hints=(
        "Look for the empty payload first. Then the code is "
        '`int.from_bytes(payload[:2], "big")`, and the reason is `payload[2:]`.',
        "Python compares in a row: `1000 <= code <= 1003`. Join three of these with `or`. One "
        "byte alone makes a number below 256, so the same test refuses it.",
        "`payload[2:].decode()` raises UnicodeDecodeError if the reason is not UTF-8: `try` it.",
    )
)
def reply_code(attempt: Attempt) -> None:
    """Return the code that answers a close frame."""
    for payload, expected in CLOSES:
        try:
            got = attempt(payload)
        except NotYet as failure:
            cause = failure.__cause__
            nudge = explain_code(..., payload, expected) if isinstance(cause, Exception) else ""
            if isinstance(cause, UnicodeError) and expected != 1007:
                nudge = explain_code(1007, payload, expected)
            raise _explained(failure, nudge) from cause
        if not (same(got, expected) and isinstance(got, int | None)):
            attempt.require(expected is not None, explain_code(got, payload, expected))
            attempt.equal(got, expected, explain_code(got, payload, expected))


STREAMS: tuple[tuple[Frames, tuple[int, bytes]], ...] = (
    ([(True, 1, b"Hello")], (1, b"Hello")),
    ([(True, 2, b"\x00\xff")], (2, b"\x00\xff")),
    ([(False, 1, b"Hel"), (True, 0, b"lo")], (1, b"Hello")),
    ([(False, 2, b"a"), (False, 0, b""), (False, 0, b"b"), (True, 0, b"c")], (2, b"abc")),
    ([(False, 1, b"caf\xc3"), (True, 0, b"\xa9")], (1, b"caf\xc3\xa9")),
    ([(True, 9, b"now"), (True, 1, b"Hello")], (1, b"Hello")),
    ([(False, 1, b"Hel"), (True, 9, b"now"), (True, 0, b"lo")], (1, b"Hello")),
    ([(True, 10, b"unasked"), (False, 1, b"a"), (True, 10, b""), (True, 0, b"")], (1, b"a")),
    ([(True, 8, b"\x03\xe8")], (8, b"\x03\xe8")),
    ([(False, 1, b"Hel"), (True, 9, b""), (True, 8, b"")], (8, b"")),
    ([(True, 1, b"")], (1, b"")),
    ([(False, 1, b""), (True, 0, b"late")], (1, b"late")),
    ([(False, 2, b""), (True, 9, b"a"), (True, 9, b"b"), (True, 0, b"")], (2, b"")),
)
FAULTS: tuple[tuple[Frames, str], ...] = (
    ([(True, 0, b"lo")], "A continuation came, and no message had begun."),
    ([(False, 0, b"lo")], "A continuation came, and no message had begun."),
    ([(False, 1, b"Hel"), (True, 1, b"x")], "A message began before the one before it had ended."),
    ([(False, 1, b""), (False, 2, b"x")], "A message began before the one before it had ended."),
    ([(True, 9, b""), (True, 0, b"")], "A continuation came, and no message had begun."),
)


@exercise(
    hints=(
        "A loop without an end: `fin, opcode, payload = await next_frame()`, and then one case "
        "after the other. Before the loop, an empty list for the payloads.",
        "Control frames first: close returns, ping sends, and after ping and pong `continue` "
        "goes on with the next frame. What is left is text, binary or a continuation.",
        "Remember the opcode of the frame that began the message, 0 before there is one. Then "
        "two `if`s find the two faults, and with FIN you return that opcode and the joined bytes.",
    )
)
async def read_message(attempt: Attempt) -> None:
    """Return the next message, or the close frame, and answer what comes in between."""
    for frames, expected in STREAMS:
        script = Script(frames)
        got = await _read(attempt, script)
        script.judge(attempt, got, expected)
    for frames, fault in FAULTS:
        try:
            await _read(attempt, Script(frames))
        except NotYet as failure:
            cause = failure.__cause__
            if isinstance(cause, NoMore) or not isinstance(cause, Exception):
                raise
            if not isinstance(cause, ProtocolError):
                raise _explained(failure, f"{fault} {RAISE}") from cause
            attempt.require(cause.code == 1002, f"{fault} The code for that is 1002.")
            attempt.require(str(cause), "Say why: a sentence between the brackets.")
        else:
            attempt.fail(f'{fault} Raise `ProtocolError("…")`: {Script(frames)}.')


async def _read(attempt: Attempt, script: Script) -> Any:
    async def next_frame() -> tuple[bool, int, bytes]:  # a function has a name to be shown
        return script.next_frame()

    def send(opcode: Any, payload: Any) -> None:
        script.send(opcode, payload)

    try:
        return await attempt(next_frame, send)
    except NotYet as failure:
        nudge = script.explain_end(failure.__cause__) or match_cause(failure, FRAMES)
        if isinstance(failure.__cause__, ProtocolError):
            nudge = "These frames break no rule."
        facts = [("the frames", str(script)), *failure.facts]
        lines = [nudge] if nudge else list(failure.lines)
        raise NotYet(failure.title, facts, lines) from failure.__cause__


WELL = ("Hello", "café", "", "κόσμε 🌍", "x" * 70_000, "a \ufffd is text as well")
TEXTS: tuple[tuple[bytes, int | None], ...] = (
    *((text.encode(), None) for text in WELL),
    ("🌍".encode() + b"\xf0\x9f", 4),  # first: start, start + 1, end and characters all differ
    (b"caf\xc3", 3),
    (b"\xff\xfe", 0),
    (b"\xed\xa0\x80", 0),
    (b"\xe2\x82x", 0),
    (b"." * 1_234 + b"\x80.", 1_234),
)


@exercise(
    hints=(
        "`data.decode()` raises UnicodeDecodeError if the bytes are not UTF-8: `try` it.",
        "`except UnicodeDecodeError as error:` has the place of the first bad byte as "
        "`error.start`. An f-string puts it into a sentence.",
    )
)
def text_fault(attempt: Attempt) -> None:
    """Return where the bytes stop being UTF-8, or None."""
    for data, place in TEXTS:
        try:
            got = attempt(data)
        except NotYet as failure:
            nudge = ""
            if isinstance(failure.__cause__, UnicodeError):
                nudge = "That is the error to catch: `try`, and `except UnicodeDecodeError`."
            raise _explained(failure, nudge) from failure.__cause__
        if place is None:
            attempt.require(got is None, "These bytes are UTF-8, so the answer is None.")
            continue
        attempt.require(got is not None, "These bytes are not UTF-8: return a sentence.")
        _sentence(attempt, got)
        found = re.findall(r"\d+", got.replace(",", ""))
        attempt.require(str(place) in found, explain_place(got, data, place))

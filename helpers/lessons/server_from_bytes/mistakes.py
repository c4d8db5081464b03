"""Mistakes in a server made of bytes, and what to say about them."""

from __future__ import annotations

import re

from helpers.exercises.engine.explain import Meanings
from helpers.wire.frames import ProtocolError

CONTROL = "Opcodes from 8 up are control frames: FIN must be 1, and the length at most 125."
FINE = "This frame breaks no rule, so the answer is None."
RAISE = 'Raise `ProtocolError("why")`, so that `serve` can send a code.'
BITS: Meanings = (
    (ProtocolError, "Return the sentence: `read_frame` raises the error with it."),
    (
        "'int' object is not subscriptable",
        "`first` and `second` are numbers: `>>` and `&` get bits.",
    ),
    ("'int' and 'str'", '`first` is a number: `f"{…}"` puts one into a sentence.'),
)
FRAMES: Meanings = (
    (
        "cannot unpack non-iterable coroutine",
        "`next_frame()` has to be awaited: `fin, opcode, payload = await next_frame()`.",
    ),
    (
        "NoneType' object can't be awaited",
        "`send` does not wait for anybody: call it without `await`.",
    ),
    (
        "can't be used in 'await' expression",
        "`send` does not wait for anybody: call it without `await`.",
    ),
    ("sequence item 0: expected str", 'Payloads are bytes: join them with `b"".join(…)`.'),
    ("missing 1 required positional argument: 'reason'", RAISE),
    (UnicodeError, "Leave the bytes as they are: an `é` can be cut in two between fragments."),
)


def explain_header(first: int, second: int) -> str:
    """Say which rule the first two bytes of a frame break; empty if they break none."""
    opcode, size = first & 0b1111, second & 0b111_1111
    if first & 0b111_0000:
        return "One of RSV1, RSV2 and RSV3 is 1: the three bits after FIN, `first & 0b111_0000`."
    if opcode not in (0, 1, 2, 8, 9, 10):
        return f"The opcode is {opcode}, `first & 0b1111`. Which six may it be?"
    if not second >> 7:
        return "MASK is 0: it is the first bit of the second byte, `second >> 7`."
    if opcode >= 8 and not first >> 7:
        return f"{CONTROL} Here FIN is 0."
    if opcode >= 8 and size > 125:
        return f"{CONTROL} Here the seven bits say {size}."
    return ""


def explain_fine(first: int, second: int) -> str:
    """Say why a header breaks no rule that was refused."""
    opcode, size = first & 0b1111, second & 0b111_1111
    if opcode < 8 and size > 125:
        return f"{FINE} 126 and 127 announce a longer length: only control frames must avoid them."
    if opcode < 8 and not first >> 7:
        return f"{FINE} Text and binary frames may be fragments: FIN may be 0."
    if opcode >= 8:
        return (
            f"{FINE} A control frame may carry up to 125 bytes, and this one says {size}: "
            "the bit before these seven is MASK, so the length is `second & 0b111_1111`."
        )
    return FINE


def explain_code(got: object, payload: bytes, expected: int | None) -> str:
    """Say what is wrong with the code of an answer.

    Args:
        got: the learner's.
        payload: of the close frame that came.
        expected: the right one.
    """
    code = int.from_bytes(payload[:2])
    if expected is None:
        return "The payload is empty, so no code came, and none goes back: return None."
    if got == 1007 and expected not in (1002, 1007):
        return "Only the reason is text: `payload[2:]`. The code is two bytes of any kind."
    if isinstance(got, bytes):
        return "Those are bytes, and a number is asked for: `int.from_bytes(…)` makes one."
    if payload[:2] != payload[1::-1] and got == int.from_bytes(payload[:2], "little"):
        return "The first byte counts most: the code is written big endian."
    if len(payload) > 2 and got == int.from_bytes(payload):
        return "Only the first two bytes are the code; the reason follows them."
    if len(payload) == 1:
        return "One byte is not a whole code: that is a fault, 1002."
    if expected == 1007:
        return "The code is fine, but the reason after it is not UTF-8: 1007."
    if expected == 1002 and 1000 <= code < 3000:
        return f"{code} must not be sent: below 3000, only 1000–1003 and 1007–1014 may be."
    if expected == 1002:
        return (
            f"{code} must not be sent: codes begin at 1000, and those of programs are 3000–4999."
        )
    if len(payload) > 2:
        return f"{code} may be sent, and the reason is UTF-8: answer with the same code."
    return f"{code} may be sent: answer with the same code."


def explain_place(got: str, data: bytes, place: int) -> str:
    """Say what is wrong with a sentence that should name a place.

    Args:
        got: the learner's sentence.
        data: the bytes.
        place: where the first broken character begins.
    """
    named = {int(number) for number in re.findall(r"\d+", got.replace(",", ""))}
    if _end(data) in named and _end(data) != place + 1:
        return "`end` is past the wrong bytes: `error.start` is where they begin."
    if len(data[:place].decode()) in named - {place}:
        return "Count bytes, not characters: `error.start` does."
    if place + 1 in named:
        return "Count from 0, as Python does: the error's own `start` is the place."
    return "The error that `.decode()` raises knows the place: `error.start`."


def _end(data: bytes) -> int:
    """Return the `end` of the error that decoding raises."""
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.end
    return -1

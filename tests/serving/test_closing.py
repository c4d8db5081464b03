"""The last bytes of a client: how its answer to a close frame is found among others."""

import random

import pytest

from helpers.serving.closing import LONGEST_CLOSE_BYTES, ends_with_close
from helpers.wire.frames import Frame, Opcode
from helpers.wire.messages import build_close

MASK = b"\x37\xfa\x21\x3d"


def answer(code: int, reason: str = "") -> bytes:
    return Frame(Opcode.CLOSE, build_close(code, reason), mask=MASK).encode()


@pytest.mark.parametrize("reason", ["", "why", "x" * 123])
@pytest.mark.parametrize("before", [b"", b"\x88", b"in the middle of a frame" * 9])
def test_an_answer_is_found_wherever_frames_began(before: bytes, reason: str) -> None:
    assert ends_with_close((before + answer(1008, reason))[-LONGEST_CLOSE_BYTES:], 1008)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        answer(1008)[:-1],
        answer(1008) + b"x",
        answer(1001),
        Frame(Opcode.CLOSE, b"", mask=MASK).encode(),
        Frame(Opcode.CLOSE, build_close(1008)).encode(),
    ],
)
def test_other_bytes_are_none(data: bytes) -> None:
    assert not ends_with_close(data, 1008)


def test_messages_with_any_mask_are_hardly_ever_taken_for_it() -> None:
    """Without the code, four of a hundred floods were (frames of one letter each)."""
    keys = random.Random(1)
    data = b""
    for _ in range(20_000):
        data = data[-LONGEST_CLOSE_BYTES:]
        data += Frame(Opcode.TEXT, b"x", mask=keys.randbytes(4)).encode()
        assert not ends_with_close(data[-LONGEST_CLOSE_BYTES:], 1008)

"""Look at code that is running: whose frames it has, and what would catch an exception there."""

from __future__ import annotations

import dis
from collections.abc import Iterator
from functools import cache
from types import CodeType, FrameType
from typing import Any

CALL_INTRINSIC = dis.opmap.get("CALL_INTRINSIC_1")  # 3.11 has none
STOPITERATION_ERROR = 3  # its number among CPython's intrinsics


def list_frames(frame: FrameType | None) -> Iterator[FrameType]:
    """List the frames from one on outwards, up to those of the engine.

    Args:
        frame: the innermost.
    """
    while frame and not str(frame.f_globals.get("__name__")).startswith("helpers.exercises"):
        yield frame
        frame = frame.f_back


def is_caught(frame: FrameType) -> bool:
    """Say whether a `try` or a `with` of a function is around what it is running.

    Args:
        frame: of the function.
    """
    return any(start <= frame.f_lasti < end for start, end in _protected(frame.f_code))


@cache
def _protected(code: CodeType) -> list[tuple[int, int]]:
    entries: Any = vars(dis.Bytecode(code))["exception_entries"]
    return [(e.start, e.end) for e in entries if not _is_guard(code.co_code, e.target)]


def _is_guard(code: bytes, handler: int) -> bool:
    """Say whether a handler is Python's own: since 3.12 one is around all of a coroutine's code.

    It turns a StopIteration into a RuntimeError, and raises everything else again (PEP 479). This
    looks at two bytes, because `dis` calls deeper than a full stack allows.
    """
    return code[handler] == CALL_INTRINSIC and code[handler + 1] == STOPITERATION_ERROR


def runs(file: str, frame: FrameType | None) -> bool:
    """Say whether code of a file is running in a frame, or has called what is.

    Args:
        file: a file's name, as in a code object.
        frame: where to look.
    """
    while frame is not None:
        if frame.f_code.co_filename == file:
            return True
        frame = frame.f_back
    return False

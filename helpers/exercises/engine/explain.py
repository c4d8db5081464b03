"""What an exception in a learner's function means, in a sentence."""

from __future__ import annotations

import inspect
import linecache
import traceback
from collections.abc import Callable
from typing import Any

from helpers.exercises.engine.deadline import OutOfTime

NUDGES: tuple[tuple[type[BaseException], str], ...] = (
    (SystemExit, "`exit()` ends the whole program: `return` ends the function alone."),
    (RecursionError, "It calls itself without end: where does it stop?"),
    (NameError, 'Is the name spelled as where it was made? Run the cell "Setup" first.'),
    (UnicodeDecodeError, "These bytes are no UTF-8: not all bytes are text."),
    (IndexError, "It reads past the end: how long is the value?"),
    (KeyError, "The dict has no such key: what when it is missing?"),
    (StopIteration, "`next(…)` found nothing. With a second value, `next(…, None)` returns that."),
)


def story(error: BaseException, timeout_s: float) -> tuple[str, str]:
    """Tell what happened in a learner's function.

    Args:
        error: what it raised.
        timeout_s: the deadline that it had, in seconds.

    Returns:
        The fact (type and message), and a nudge that may be empty.
    """
    if isinstance(error, OutOfTime):
        return (
            f"it did not end within {timeout_s:g} s",
            "A loop without end? Look for what should make its condition false.",
        )
    message = " ".join(str(error).split())
    name = type(error).__name__
    what = f"{name}: {message}" if message else name
    nudge = next((text for kind, text in NUDGES if isinstance(error, kind)), "")
    return what, nudge or mixed_types(message)


def mixed_types(message: str) -> str:
    """Find in an exception's message which kinds of value were taken for each other.

    Args:
        message: the exception's text.

    Returns:
        A nudge; empty when it is something else.
    """
    if "NoneType" in message:
        return "A value is None there. Where does it come from, and when is it None?"
    if "HASH'" in message:
        return "That is the hash object: `.digest()` gives its bytes."
    if "must be encoded" in message:
        return "A hash takes bytes: `.encode()` the text first."
    if "bytes-like" in message or ("bytes" in message and "str" in message):
        return "Text and bytes do not mix: `.encode()` or `.decode()` one of them."
    if "coroutine" in message:
        return "A coroutine is not its result yet: is an `await` missing?"
    return ""


def their_line(error: BaseException, function: Callable[..., Any]) -> tuple[str, str] | None:
    """Find the line of the learner's own code that an exception came from.

    Args:
        error: what was raised.
        function: the learner's function: its file (in a kernel: its cell) is theirs.

    Returns:
        `("line 3", "return key + GUID")`, or None where no line is theirs.
    """
    code = getattr(inspect.unwrap(function), "__code__", None)
    if code is None:
        return None
    theirs = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == code.co_filename
    ]
    if not theirs:
        return None
    return f"line {theirs[-1]}", linecache.getline(code.co_filename, theirs[-1]).strip()

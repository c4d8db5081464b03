"""What an error in a learner's function means, in a sentence.

A table of meanings is read from the top, and the first row that fits gives its sentence:

    MEANINGS: Meanings = (
        (RecursionError, "It calls itself endlessly. Where does it stop?"),
        (("no attribute 'add'", "no attribute 'append'"), "`people` is a dict."),
    )

A sign is a type of error, or a part of `TypeError: its message`; an `…` within it stands for
any text. Every lesson has its own table, and `match` is the only place that reads one.
"""

from __future__ import annotations

import asyncio
import linecache
import re
import traceback
from collections.abc import Callable, Sequence
from math import isnan

from helpers.exercises.engine.belongings import NestedCheck
from helpers.exercises.engine.deadline import OutOfTime
from helpers.exercises.engine.values import code_of, cut

MESSAGE = 200  # characters of an exception's message that are shown
LONGEST = 100_000  # characters of one that are looked at

Sign = str | type[BaseException]
Meanings = Sequence[tuple[Sign | tuple[Sign, ...], str]]

MEANINGS: Meanings = (
    (SystemExit, "`exit()` ends the whole program: `return` ends the function alone."),
    (KeyboardInterrupt, "Only a person interrupts: raise another exception, or none."),
    (
        (asyncio.CancelledError, GeneratorExit),
        "That is how a task is ended from outside: a function ends with `return`.",
    ),
    (EOFError, "Nobody is there to be asked: what a check hands over is in the parameters."),
    (
        "a check reaches only this machine",
        "An answer needs no other machine: use the address that it is given.",
    ),
    (NestedCheck, "It calls a check: `check…` belongs in a cell of its own, not in the answer."),
    (RecursionError, "It calls itself endlessly. Where does it stop?"),
    (NameError, 'Is the name spelled as it is where it was defined? Run the cell "Setup" first.'),
    (UnicodeDecodeError, "These bytes are not valid UTF-8: not all bytes are text."),
    (IndexError, "It reads past the end: how long is the value?"),
    (KeyError, "The dict has no such key. What should happen when it is missing?"),
    (StopIteration, "`next(…)` found nothing. With a second value, `next(…, None)` returns that."),
    ("NoneType", "A value is None there. Where does it come from, and when is it None?"),
    ("HASH'", "That is the hash object: `.digest()` gives its bytes."),
    ("must be encoded", "A hash takes bytes: `.encode()` the text first."),
    (
        ("bytes-like", "bytes…str", "str…bytes"),
        "Text and bytes do not mix: `.encode()` or `.decode()` one of them.",
    ),
    ("builtin_function_or_method", "That is a method itself: `…()`, with brackets, calls it."),
    ("'int' object is not iterable", "A number is no sequence: `range(…)` counts up to it."),
    ("invalid literal for int", "`int(…)` reads digits alone: what else is in that text?"),
    (("Extra data", "Expecting "), "That is not JSON alone. Look at what `json.loads` is given."),
    (
        ("values to unpack (expected", "enough values to unpack"),
        "There are not as many values as names: how many are there?",
    ),
    ("coroutine", "A coroutine is not its result yet: is an `await` missing?"),
)


def match(error: BaseException | str | None, table: Meanings) -> str:
    """Find the sentence that a table has for an error.

    Args:
        error: what was raised, or a text that says what happened.
        table: the meanings, the first row that fits counts.

    Returns:
        The sentence; empty when no sign fits.
    """
    said = error if isinstance(error, str) else describe(error) if error else ""
    for signs, sentence in table:
        for sign in signs if isinstance(signs, tuple) else (signs,):
            if _fits(sign, error, said):
                return sentence
    return ""


def match_cause(failure: BaseException | None, table: Meanings) -> str:
    """Find the sentence that a table has for the error behind a refusal.

    Args:
        failure: a refusal (NotYet), raised from what the learner's function raised.
        table: the meanings, the first row that fits counts.

    Returns:
        The sentence; empty when nothing was raised, or no sign fits.
    """
    return match(failure.__cause__, table) if failure else ""


def _fits(sign: Sign, error: BaseException | str | None, said: str) -> bool:
    if isinstance(sign, type):
        return isinstance(error, sign)
    return re.search(".*".join(map(re.escape, sign.split("…"))), said) is not None


def describe(error: BaseException) -> str:
    """Write an error as the last line of a traceback does.

    Args:
        error: what was raised.

    Returns:
        Type and message on one line, a long one cut; the type alone where there is no message.
    """
    name = type(error).__name__
    try:
        message = cut(" ".join(str(error)[:LONGEST].split()), MESSAGE)
    except Exception:
        message = ""
    return f"{name}: {message}" if message else name


def explain(error: BaseException, timeout_s: float) -> tuple[str, str]:
    """Say what happened in a learner's function, and what to do about it.

    Args:
        error: what it raised.
        timeout_s: the deadline that it had, in seconds.

    Returns:
        The fact (type and message), and a nudge that may be empty.
    """
    if isinstance(error, OutOfTime):
        nudge = "Is that an endless loop? Look for what should make its condition false."
        if swallows_a_close(error):
            nudge = "The other side has left, and the loop goes on all the same: after "
            nudge += "`ConnectionClosed`, `return` or `break`."
        return (
            f"it did not end within {timeout_s if isnan(error.limit_s) else error.limit_s:g} s",
            nudge,
        )
    return describe(error), match(error, MEANINGS)


def swallows_a_close(error: BaseException) -> bool:
    """Say whether a closed connection was caught on the way to an error.

    Args:
        error: what was raised while others were handled.
    """
    seen, earlier = 0, error.__context__
    while earlier is not None and seen < LONGEST:
        if type(earlier).__name__.startswith("ConnectionClosed"):
            return True
        seen, earlier = seen + 1, earlier.__context__
    return False


def find_line(error: BaseException, function: Callable[..., object]) -> tuple[str, str] | None:
    """Find the line of the learner's own code that an error came from.

    Args:
        error: what was raised.
        function: the learner's function: its file (in a kernel: its cell) is theirs.

    Returns:
        `("line 3", "return key + GUID")`, or None where no line is theirs.
    """
    code = code_of(function)
    if code is None:
        return None
    theirs = [
        number
        for frame, number in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == code.co_filename
    ]
    if not theirs:
        return None
    line = linecache.getline(code.co_filename, theirs[-1]).strip()
    return f"line {theirs[-1]}", cut(line, MESSAGE)

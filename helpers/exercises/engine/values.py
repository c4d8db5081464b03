"""Values as a learner reads them, and what their types say about a mistake."""

from __future__ import annotations

import copy
import functools
import inspect
import itertools
import opcode
from collections.abc import Callable, Mapping, Sequence
from types import CodeType
from typing import Any, Literal

from helpers.exercises.engine.watch import Interrupted, OutOfTime, deadline

LIMIT = 100  # characters of a value that are shown
LONG = 10_000  # items from which on the middle of a value is not even looked at
REPR_S = 0.5  # how long the repr of a value, or a comparison, may take


def shown(value: object, limit: int = LIMIT) -> str:
    """Write a value on one line, long ones cut in the middle.

    Args:
        value: anything, even an object whose `repr` fails, or does not end.
        limit: how many characters are shown at most.

    Returns:
        Its `repr`, followed by its size if it was cut.
    """
    kind = type(value)
    if inspect.isfunction(value) or inspect.iscoroutine(value):
        return f"{value.__name__}(…)" if inspect.iscoroutine(value) else value.__name__
    if kind.__repr__ is object.__repr__:  # an address differs on every run
        return name_type(kind)
    try:
        with deadline(REPR_S):
            text = " ".join(repr(_short(value)).splitlines())
    except Interrupted:
        raise
    except BaseException as error:
        if isinstance(error, OutOfTime):
            return f"{name_type(kind)} whose repr does not end"
        return f"{name_type(kind)} whose repr raises {type(error).__name__}"
    size = _size(value) if text and (len(text) > limit or _short(value) is not value) else ""
    return cut(text, limit) + size


def cut(text: str, limit: int) -> str:
    """Cut a long text in its middle.

    Args:
        text: the text.
        limit: how many characters are left at most.
    """
    if len(text) <= limit:
        return text
    half = (limit - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def _short(value: Any) -> Any:
    """Leave out the middle of what is so long that its repr would take a while."""
    if type(value) in (str, bytes, bytearray, list, tuple) and len(value) > LONG:
        return value[:LIMIT] + value[-LIMIT:]
    if type(value) in (set, frozenset, dict) and len(value) > LONG:
        some = list(itertools.islice(value, LIMIT))
        return {key: value[key] for key in some} if type(value) is dict else set(some)
    return value


def _size(value: object) -> str:
    if isinstance(value, str):
        return f" ({len(value):,} characters)"
    if isinstance(value, bytes | bytearray):
        return f" ({len(value):,} bytes)"
    return f" ({len(value):,} items)" if isinstance(value, list | tuple | dict | set) else ""


def written_call(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> str:
    """Write a call as the learner would.

    Args:
        name: the function's name.
        args: its positional arguments.
        kwargs: its named arguments.

    Returns:
        Something like `accept_key('dGhl…')`.
    """
    parts = [shown(a) for a in args] + [f"{k}={shown(v)}" for k, v in kwargs.items()]
    return f"{name}({', '.join(parts)})"


def copied(value: Any) -> Any:
    """Copy what a learner's function could change; leave anything else as it is.

    Args:
        value: an argument.

    Returns:
        A deep copy of a list, dict, set or bytearray; other values themselves.
    """
    if isinstance(value, list | dict | set | bytearray):
        try:
            return copy.deepcopy(value)
        except Exception:  # it holds a socket, a task, …, which cannot be copied
            return copy.copy(value)
    return value


def same(got: Any, expected: Any) -> bool:
    """Compare without trusting the learner's `__eq__`.

    Args:
        got: the learner's value.
        expected: the right one.

    Returns:
        Whether they are equal; True equals 1, a value that cannot be compared equals nothing.
    """
    try:
        with deadline(REPR_S):
            return bool(expected == got)
    except Interrupted:
        raise
    except BaseException:
        return False


def unfinished(result: Any) -> Literal["no", "part", "all"]:
    """Say whether a `...` of the stub is still in a result.

    Args:
        result: what the learner's function returned.

    Returns:
        "all" if nothing else is in it, "part" if there are other values, "no" without any.
    """
    if result is ...:
        return "all"
    values: list[Any] = []
    if type(result) in (tuple, list):
        values = list(result)
    elif type(result) is dict:
        values = list(result.values())
    dots = [v is ... for v in values]
    if not any(dots):
        return "no"
    return "all" if all(dots) else "part"


def type_nudge(got: Any, expected: Any) -> str:
    """Say what a wrong type means, where it means the same in every exercise.

    Args:
        got: the learner's value.
        expected: the right one, or any value of its type.

    Returns:
        A sentence; empty when the types say nothing.
    """
    kinds = (type(got), type(expected))
    if got is None and expected is not None:
        return "It returned None: is a `return` missing?"
    if got is not None and expected is None:
        return "The answer here is None: nothing fits."
    if issubclass(kinds[0], str) and issubclass(kinds[1], bytes | bytearray):
        return (
            "That is a string (str), but the exercise asks for bytes: `.encode()` turns a string "
            "into bytes."
        )
    if issubclass(kinds[0], bytes | bytearray) and issubclass(kinds[1], str):
        return (
            "Those are bytes, but the exercise asks for a string (str): `.decode()` turns bytes "
            "into a string."
        )
    if issubclass(kinds[0], str) and issubclass(kinds[1], int):
        return "That is a string (str), but the exercise asks for a number."
    sequences = (list, tuple)
    if kinds[0] in sequences and kinds[1] in sequences and kinds[0] is not kinds[1]:
        return mismatch(*kinds)
    if kinds[1] in sequences and kinds[0] not in sequences:
        return mismatch(*kinds)
    return ""


def mismatch(got: type, expected: type) -> str:
    """Say that a value has the wrong type.

    Args:
        got: the type of the learner's value.
        expected: the right one.

    Returns:
        A sentence that names both.
    """
    those = "Those are" if got is bytes else "That is"
    return f"{those} {name_type(got)}, but the exercise asks for {name_type(expected)}."


def name_type(kind: type) -> str:
    """Name a type with its article, such as `an int`; bytes have none.

    Args:
        kind: the type.
    """
    if kind is bytes:
        return "bytes"
    return f"{'an' if kind.__name__[0] in 'aeiouAEIOU' else 'a'} {kind.__name__}"


def is_stub(function: Callable[..., Any]) -> bool:
    """Say whether a function's body is nothing but `...`, `pass` or a docstring.

    Args:
        function: the learner's function.

    Returns:
        True when its bytecode is that of an empty function, and its only value is None.
    """
    code = code_of(function)
    if code is None or _steps(code) not in EMPTY:
        return False
    return all(constant in (None, function.__doc__) for constant in code.co_consts)


def _steps(code: CodeType) -> bytes:
    """The bytecode without what does nothing: `-OO` leaves that in a docstring's place."""
    units = zip(code.co_code[::2], code.co_code[1::2], strict=True)
    return b"".join(bytes(unit) for unit in units if unit[0] != NOP)


def code_of(function: Any) -> CodeType | None:
    """Find the code of a function, of what it wraps, or of an object's `__call__`.

    Args:
        function: anything that can be called.

    Returns:
        The code; None where it is not written in Python, or cannot be found.
    """
    try:
        if isinstance(function, functools.partial):
            return code_of(function.func)
        for candidate in (inspect.unwrap(function), vars(type(function)).get("__call__")):
            code = getattr(candidate, "__code__", None)
            if isinstance(code, CodeType):
                return code
    except Exception:  # wrappers that wrap each other, attributes that raise
        return None
    return None


def _empty_plain() -> None: ...


def _empty_plain_documented() -> None:
    """Say nothing."""


async def _empty_async() -> None: ...


async def _empty_async_documented() -> None:
    """Say nothing."""


NOP = opcode.opmap["NOP"]
EMPTY = frozenset(
    _steps(f.__code__)
    for f in (_empty_plain, _empty_plain_documented, _empty_async, _empty_async_documented)
)

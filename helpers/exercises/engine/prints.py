"""What an answer prints is shown, up to a length: a million lines would drown the notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

MOST = 4_000  # characters that the calls of one check may print


class Prints:
    """Standard output with a bound.

    Attributes:
        printed: how many characters came.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.printed = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def write(self, text: str) -> int:
        """Write what still fits."""
        room = max(0, MOST - self.printed)
        self.printed += len(text)
        if room:
            self._stream.write(text[:room])
        return len(text)


_now: list[Prints] = []  # those of the check that is running


@contextmanager
def counted() -> Iterator[None]:
    """Count together what all steps in the block print; at the end, say what was left out."""
    prints = Prints(sys.stdout)
    _now.append(prints)
    try:
        yield
    finally:
        _now.remove(prints)
        if prints.printed > MOST:
            print(f"\n… and {prints.printed - MOST:,} more characters that the answer prints")


@contextmanager
def bounded() -> Iterator[None]:
    """Bound what the block prints."""
    stream = sys.stdout
    sys.stdout = _now[-1] if _now else Prints(stream)
    try:
        yield
    finally:
        sys.stdout = stream

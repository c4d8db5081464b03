"""Which Pythons the course runs on: `python helpers/course/pythons.py` says why this one is not.

`make` runs this file with each Python that it finds, so it imports nothing that an old one lacks.
pyproject.toml says the same to pip (`requires-python`); a test compares the two.
"""

from __future__ import annotations

import sys

__all__ = ["BROKEN", "OLDEST", "WHY_BROKEN", "explain"]

OLDEST = (3, 11)
#: A frame may outlive its generator in a traceback. In these releases it then points to memory
#: that was freed, IPython reads it to show the error, and the kernel is gone: at an error that a
#: lesson plans, when `websockets` meets the end of a connection. 3.13.6 has the fix.
BROKEN = [(3, 13, number) for number in range(6)]
WHY_BROKEN = (
    "it may end the kernel while it shows an error (python/cpython#125723, fixed in 3.13.6)"
)


def explain(version: tuple[int, ...] = tuple(sys.version_info[:3])) -> str | None:
    """Return in one line why a Python is not used; None if it is.

    Args:
        version: its three numbers.
    """
    found = ".".join(map(str, version))
    if version < OLDEST:
        return f"Python {'.'.join(map(str, OLDEST))} or newer is needed, got {found}"
    if version in BROKEN:
        return f"Python {found} cannot be used: {WHY_BROKEN}"
    return None


if __name__ == "__main__":
    reason = explain()
    if reason:
        sys.exit(reason)

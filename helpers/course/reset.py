"""Begin again: one exercise, from its cell, or a whole notebook of `my-course/`.

    reset("accept_key")                        in a cell: the cell becomes the exercise's stub
    python -m helpers.course.reset handshake   a notebook, by its topic or its number

The notebook as it was is copied to `my-course/.backup/`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

__all__ = ["reset"]


def reset(name: str | Callable[..., Any]) -> None:
    """Put an exercise's stub into the current cell, in place of what is there.

    Args:
        name: the exercise's name.

    First used: start_here
    """
    from IPython import get_ipython

    from helpers.course.notebook import CourseError
    from helpers.course.restore import find_stub

    text = name if isinstance(name, str) else getattr(name, "__name__", repr(name))
    try:
        stub = find_stub(text)
    except CourseError as error:
        print(error)
        return
    shell = get_ipython()
    if shell is None or not hasattr(shell, "kernel"):  # in a terminal there is no cell
        print(stub)
        return
    shell.set_next_input(stub, replace=True)
    print(f"this cell is the stub of `{text}` again; Ctrl+Z in it brings your text back")


def main() -> None:
    """Reset one notebook; without one, or when it fails, this ends with status 1."""
    from helpers.course.notebook import CourseError
    from helpers.course.restore import reset_notebook

    if len(sys.argv) != 2:
        sys.exit("usage: python -m helpers.course.reset NOTEBOOK (its number or topic)")
    try:
        print(reset_notebook(sys.argv[1]))
    except CourseError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()

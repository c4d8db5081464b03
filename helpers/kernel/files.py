"""Enough open files for the lessons: 200 clients and their server in one kernel are 400 of them.

On macOS a process begins with 256. A kernel may raise that itself, unless the hard limit is as
low; then the cell that imports `helpers` says so, before a lesson fails without a reason.
"""

import sys
from typing import TYPE_CHECKING

from helpers.serving.open_files import file_limit, raise_file_limit

if TYPE_CHECKING:
    from IPython.core.interactiveshell import ExecutionInfo, InteractiveShell

__all__ = ["ENOUGH", "allow_files", "too_few_files"]

WANTED = 4_096
ENOUGH = 1_024


def too_few_files() -> str | None:
    """Raise this process's limit of open files, and say what to do if that is not enough.

    Returns:
        None if there are enough.
    """
    raise_file_limit(WANTED)
    limit = file_limit()
    if limit is None or limit >= ENOUGH:
        return None
    return (
        f"only {limit} files may be open at once, and lessons with many clients need {ENOUGH}: "
        f"start JupyterLab from a terminal where `ulimit -Hn` prints {ENOUGH} or more, and if "
        "there is none, ask whoever runs this machine to raise that limit (nofile)"
    )


def allow_files(shell: "InteractiveShell") -> None:
    """Raise the kernel's limit; if it stays too low, the next cell with `helpers` in it says so.

    Args:
        shell: the kernel's shell.
    """
    problem = too_few_files()
    if problem is None:
        return

    def say(info: "ExecutionInfo") -> None:
        if "helpers" in (info.raw_cell or ""):
            shell.events.unregister("pre_run_cell", say)
            print(problem, file=sys.stderr)

    shell.events.register("pre_run_cell", say)

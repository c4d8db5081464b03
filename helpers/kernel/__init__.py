"""What the course changes in a kernel that imports it: Stop, and how many files may be open."""

import sys
from typing import Any

__all__ = ["prepare"]


def prepare() -> None:
    """Make the kernel that this runs in ready for the lessons; anywhere else, do nothing.

    It may be called any number of times.
    """
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython else None
    if not hasattr(shell, "kernel") or hasattr(shell, "helpers_stop_button"):
        return
    from helpers.kernel.files import allow_files
    from helpers.kernel.stop import StopButton

    shell.helpers_stop_button = StopButton(shell)
    shell.helpers_stop_button.install()
    allow_files(shell)

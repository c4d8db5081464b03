"""What the course changes in a kernel that imports it.

1. Stop ends a cell that awaits.
2. Enough files may be open at once.
3. A cell shows its last expression, as the lessons are written: a person's own IPython may show
   every one (`ast_node_interactivity = "all"`), and then keeps what a lesson wants to be dropped.
   Whoever sets it after the import keeps it.
"""

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
    shell.ast_node_interactivity = "last_expr"

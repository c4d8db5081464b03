"""Programs, and nothing else: each file or folder here is one, `python -m helpers.servers.echo`.

In the first edition `servers()` listed what is running, which is `running()` now. The old name
works for one edition more: this package can be called.
"""

import sys
from types import ModuleType


class _Servers(ModuleType):
    def __call__(self, *, pids: bool = False) -> object:
        """Return `running()`, under its name of the first edition."""
        import helpers

        return helpers.running(pids=pids)


sys.modules[__name__].__class__ = _Servers

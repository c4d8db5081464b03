"""Helpers of the notebooks: servers to talk to, a recorder, a painter and a judge.

These twelve names are the whole public surface. They are imported eagerly, because
`helpers.show`, `helpers.tap` and `helpers.check` are modules as well as functions: the
function must win. What they need beyond the standard library they import when called, so
that a helper server, which imports this package on its way up, does not wait for it.
"""

from helpers.check import check, hint, progress, solution
from helpers.launcher import launch, servers, stop_all
from helpers.show.page import page
from helpers.tap import tap

__all__ = [
    "check",
    "hint",
    "launch",
    "page",
    "progress",
    "servers",
    "solution",
    "stop_all",
    "tap",
]

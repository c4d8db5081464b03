"""Helpers of the notebooks: servers to talk to, a recorder, a painter and a judge.

These twelve names are the whole public surface. They are imported eagerly, because
`helpers.show`, `helpers.tap` and `helpers.check` are modules as well as functions: the
function must win. What they need beyond the standard library they import when called.

A program of this package, such as `python -m helpers.servers.echo`, uses none of them, and
a helper server must be ready almost as soon as a bare Python: it does not import them.
"""

import sys
from importlib import import_module

# `python -m MODULE` imports the package of MODULE first, with this in sys.argv.
if sys.argv[0] != "-m" or "helpers." not in "".join(sys.orig_argv):
    import_module("helpers.servers")  # now, since a later import would hide the function
    from helpers.check import check, hint, progress, solution
    from helpers.doctor import doctor
    from helpers.launcher import launch, servers, stop_all
    from helpers.show import show
    from helpers.show.page import page
    from helpers.show.source import show_source
    from helpers.tap import tap

__all__ = [
    "check",
    "doctor",
    "hint",
    "launch",
    "page",
    "progress",
    "servers",
    "show",
    "show_source",
    "solution",
    "stop_all",
    "tap",
]

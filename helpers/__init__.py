"""Helpers of the lessons: servers to talk to, a recorder, a painter and a judge.

These nineteen names are the whole public surface. Each is loaded when it is first used (PEP 562),
so that a program of this package, such as `python -m helpers.servers.echo`, loads none of them.
In a kernel, importing them also does what `helpers.kernel` says.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.course.reset import reset as reset
    from helpers.diagnosis.doctor import doctor as doctor
    from helpers.exercises.engine.check import check as check
    from helpers.exercises.engine.check import hint as hint
    from helpers.exercises.engine.check import progress as progress
    from helpers.exercises.engine.check import solution as solution
    from helpers.exercises.engine.prediction import predict as predict
    from helpers.exercises.engine.program import save_program as save_program
    from helpers.exercises.engine.yours import yours as yours
    from helpers.judges.attack import attack as attack
    from helpers.judges.protocol import judge as judge
    from helpers.launcher import launch as launch
    from helpers.launcher import running as running
    from helpers.launcher import stop_all as stop_all
    from helpers.pictures.measured import measured as measured
    from helpers.pictures.page import page as page
    from helpers.pictures.show import show as show
    from helpers.pictures.source import show_source as show_source
    from helpers.recorder.tap import tap as tap

_MODULES = {
    "attack": "helpers.judges.attack",
    "check": "helpers.exercises.engine.check",
    "doctor": "helpers.diagnosis.doctor",
    "hint": "helpers.exercises.engine.check",
    "judge": "helpers.judges.protocol",
    "launch": "helpers.launcher",
    "measured": "helpers.pictures.measured",
    "page": "helpers.pictures.page",
    "predict": "helpers.exercises.engine.prediction",
    "progress": "helpers.exercises.engine.check",
    "reset": "helpers.course.reset",
    "running": "helpers.launcher",
    "save_program": "helpers.exercises.engine.program",
    "show": "helpers.pictures.show",
    "show_source": "helpers.pictures.source",
    "solution": "helpers.exercises.engine.check",
    "stop_all": "helpers.launcher",
    "tap": "helpers.recorder.tap",
    "yours": "helpers.exercises.engine.yours",
}

__all__ = [
    "attack",
    "check",
    "doctor",
    "hint",
    "judge",
    "launch",
    "measured",
    "page",
    "predict",
    "progress",
    "reset",
    "running",
    "save_program",
    "show",
    "show_source",
    "solution",
    "stop_all",
    "tap",
    "yours",
]


if "ipykernel" in sys.modules:
    import_module("helpers.kernel").prepare()  # Stop ends a cell that awaits, and more


def __getattr__(name: str) -> object:
    if name not in _MODULES:
        raise AttributeError(f"module 'helpers' has no attribute {name!r}")
    found: object = getattr(import_module(_MODULES[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted(__all__)

"""JSON as JavaScript reads it: no `NaN`, no `Infinity`, and not nested without end.

Source: RFC 8259.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

MAX_DEPTH = 100  # of nested arrays and objects, so that recursion over them stays shallow
BRACKETS = re.compile(r"[\[{\]}]")
# Without a closing quote it takes all that is left: it must not begin anew at each quote in there.
STRINGS = re.compile(r'"(?:[^"\\]|\\.)*+"?', re.DOTALL)


class TooDeep(ValueError):
    """The JSON has more levels of arrays and objects than are read here."""


def load(text: str) -> Any:
    """Read JSON.

    Args:
        text: the whole of it.

    Raises:
        TooDeep: it has more than `MAX_DEPTH` levels.
        ValueError: it is not JSON.
    """
    depth = 0
    for bracket in BRACKETS.findall(STRINGS.sub("", text)):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise TooDeep(f"more than {MAX_DEPTH} levels of arrays and objects")
    return json.loads(text, parse_constant=_refuse)


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")

"""Numbers that differ from machine to machine, written so that a stored output still compares.

`tests/notebooks/sanitize.cfg` replaces every such number, so a lesson may show what it measured,
and nbval compares the sentence around it.
"""

from __future__ import annotations

import math

__all__ = ["Measured", "measured"]

SIGN = "≈"
SCALES: dict[str, tuple[tuple[float, str], ...]] = {
    "s": ((60, "min"), (1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")),
    "B": ((1e9, "GB"), (1e6, "MB"), (1e3, "kB"), (1, "B")),
}


class Measured(str):
    """A measured number with its unit, as a lesson writes it: `≈ 1.2 ms`.

    Attributes:
        value: the number itself, in the unit that was given.
    """

    __slots__ = ("value",)

    value: float

    def __repr__(self) -> str:
        return str(self)


def measured(value: float, unit: str) -> Measured:
    """Write a number that differs from run to run, with at least two significant digits.

    Args:
        value: what was measured; in seconds or bytes it gets the unit that suits its size.
        unit: `"s"` for seconds, `"B"` for bytes, or any other, such as `"messages/s"`.

    Returns:
        A string for an f-string or a picture, such as `≈ 1.2 ms`.

    Raises:
        ValueError: the unit is empty, or has a space.

    First used: frozen_server
    """
    if not unit or " " in unit:
        raise ValueError(f"expected a unit without spaces, such as 's', got {unit!r}")
    text = Measured(f"{SIGN} {_write(float(value), unit)}")
    text.value = float(value)
    return text


def _write(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return f"{value} {unit}"
    for least, name in SCALES.get(unit, ()):
        if abs(value) >= least:
            return f"{_digits(value / least)} {name}"
    return f"{_digits(value)} {unit}"


def _digits(value: float) -> str:
    """Write two significant digits, or all before the point: 0.12, 1.2, 1,234."""
    if value == 0:
        return "0"
    places = max(0, 1 - math.floor(math.log10(abs(value))))
    return f"{value:,.{places}f}"

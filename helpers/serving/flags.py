"""What flags may be: each function reads one from the command line, or says what it expects."""

import argparse
import math
from pathlib import Path

LONGEST_WAIT_S = 366 * 86_400.0  # beyond that, the time at which it ends cannot be written


def port(text: str) -> int:
    """Read a port number from the command line.

    Raises:
        argparse.ArgumentTypeError: when it is not an integer from 0 to 65535.
    """
    if text.isdecimal() and int(text) <= 65_535:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a port from 0 to 65535, got {text!r}")


def size_bytes(text: str) -> int:
    """Read a size in bytes from the command line.

    Raises:
        argparse.ArgumentTypeError: when it is not an integer of at least 1.
    """
    if text.isdecimal() and int(text) >= 1:
        return int(text)
    raise argparse.ArgumentTypeError(f"expected a size in bytes, 1 or more, got {text!r}")


def seconds(text: str) -> float:
    """Read a number of seconds from the command line.

    Raises:
        argparse.ArgumentTypeError: when it is not from 0 to a year.
    """
    number = _number(text)
    if 0 <= number <= LONGEST_WAIT_S:
        return number
    fact = f"expected a number of seconds, 0 or more and at most {LONGEST_WAIT_S:,.0f} (a year)"
    raise argparse.ArgumentTypeError(f"{fact}, got {text!r}")


def seconds_above_zero(text: str) -> float:
    """Read a number of seconds that must not be 0.

    Raises:
        argparse.ArgumentTypeError: when it is not above 0, or more than a year.
    """
    number = seconds(text)
    if number > 0:
        return number
    raise argparse.ArgumentTypeError(f"expected a number of seconds above 0, got {text!r}")


def rate(text: str) -> float:
    """Read how often something may happen in a second from the command line.

    Raises:
        argparse.ArgumentTypeError: when it is not a finite number above 0.
    """
    if 0 < (number := _number(text)) < math.inf:
        return number
    raise argparse.ArgumentTypeError(f"expected a number above 0, got {text!r}")


def count(text: str) -> float:
    """Read how often something may happen at once from the command line.

    Raises:
        argparse.ArgumentTypeError: when it is not a finite number of at least 1.
    """
    if 1 <= (number := _number(text)) < math.inf:
        return number
    raise argparse.ArgumentTypeError(f"expected a number of at least 1, got {text!r}")


def folder(text: str) -> Path:
    """Read the path of a folder from the command line.

    Raises:
        argparse.ArgumentTypeError: when it is empty, which would mean the current folder, or
            cannot be a path.
    """
    if text.strip() and "\0" not in text:
        return Path(text)
    raise argparse.ArgumentTypeError(f"expected the path of a folder, got {text!r}")


def _number(text: str) -> float:
    """Read a number; NaN, which is in no range, for anything else."""
    try:
        return float(text)
    except ValueError:
        return math.nan

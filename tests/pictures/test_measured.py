"""Measured numbers: how they read, and that the sanitiser replaces them and nothing else."""

import configparser
import re
from pathlib import Path

import pytest

from helpers.pictures.measured import measured

CONFIG = Path(__file__).resolve().parents[1] / "notebooks" / "sanitize.cfg"


@pytest.fixture(scope="module")
def rule() -> tuple[re.Pattern[str], str]:
    config = configparser.RawConfigParser()
    config.read(CONFIG, encoding="utf-8")
    return re.compile(config["measured"]["regex"]), config["measured"]["replace"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0, "s", "≈ 0 s"),
        (1.234, "s", "≈ 1.2 s"),
        (0.0123, "s", "≈ 12 ms"),
        (0.00012345, "s", "≈ 123 µs"),
        (4.2e-8, "s", "≈ 42 ns"),
        (754, "s", "≈ 13 min"),
        (-0.5, "s", "≈ -500 ms"),
        (812, "B", "≈ 812 B"),
        (1_536, "B", "≈ 1.5 kB"),
        (3.2e9, "B", "≈ 3.2 GB"),
        (12_345.6, "messages/s", "≈ 12,346 messages/s"),
        (0.034, "messages/s", "≈ 0.034 messages/s"),
        (float("inf"), "s", "≈ inf s"),
        (float("nan"), "B", "≈ nan B"),
    ],
)
def test_a_number_reads_well_and_is_replaced(
    value: float, unit: str, text: str, rule: tuple[re.Pattern[str], str]
) -> None:
    found = measured(value, unit)
    assert (str(found), repr(found)) == (text, text)
    pattern, replacement = rule
    for sentence in (f"It took {found}.", f"{found}, twice", f"<td>{found}</td>", f"({found})"):
        expected = sentence.replace(text, replacement)
        assert pattern.sub(replacement, sentence) == expected


def test_the_number_itself_is_kept() -> None:
    assert measured(0.0123, "s").value == 0.0123


def test_other_numbers_are_compared(rule: tuple[re.Pattern[str], str]) -> None:
    for sentence in ("12 ms", "~ 12 ms", "≈12", "50 messages of 50", "≈ about 3"):
        assert rule[0].sub(rule[1], sentence) == sentence


@pytest.mark.parametrize("unit", ["", "per second"])
def test_a_unit_has_no_space(unit: str) -> None:
    with pytest.raises(ValueError, match="expected a unit without spaces"):
        measured(1, unit)

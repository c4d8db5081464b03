"""Values on one line, and copies of those that a learner's function could change."""

from __future__ import annotations

import threading

import pytest

from helpers.exercises.engine.values import copied, shown


def double(number: int) -> int:
    return 2 * number


async def later() -> None: ...


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (double, "double"),
        (type("Thing", (), {})(), "a Thing"),
        ({"a": "b\n"}, r"{'a': 'b\n'}"),
        ("x" * 99, f"'{'x' * 47} … {'x' * 47}' (99 characters)"),
        ("x" * 98, f"'{'x' * 98}'"),
        ([0] * 40, f"[{'0, ' * 16}…  {'0, ' * 15}0] (40 items)"),
    ],
)
def test_a_value_stands_on_one_line(value: object, text: str) -> None:
    assert shown(value) == text


def test_a_coroutine_is_shown_by_its_name() -> None:
    coroutine = later()
    assert shown(coroutine) == "later(…)"
    coroutine.close()


@pytest.mark.parametrize("value", [[1], {1: [2]}, {1}, bytearray(b"1")], ids=repr)
def test_whatever_can_be_changed_is_copied(value: object) -> None:
    assert copied(value) == value
    assert copied(value) is not value


def test_only_what_can_be_changed_is_copied() -> None:
    inner, connection = [1], threading.Lock()
    copy = copied([inner])
    assert (copy, copy[0] is inner) == ([[1]], False)
    assert copied(connection) is connection
    held = [connection]  # no deep copy of it can be made
    assert (copied(held) == held, copied(held) is held) == (True, False)

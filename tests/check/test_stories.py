"""What an exception means is said in a sentence, and only where it is known."""

import pytest

from helpers.check.stories import mixed_types, story

MIXED = "Text and bytes do not mix: `.encode()` or `.decode()` one of them."


@pytest.mark.parametrize(
    ("message", "nudge"),
    [
        ("a bytes-like object is required, not 'str'", MIXED),
        ("can't concat str to bytes", MIXED),
        ("object of type 'coroutine' has no len()", "is an `await` missing?"),
        ("unsupported operand type(s) for +: 'int' and 'str'", ""),
    ],
)
def test_a_mix_of_types_is_seen_in_the_message(message: str, nudge: str) -> None:
    found = mixed_types(message)
    assert found.endswith(nudge)
    assert bool(found) == bool(nudge)


def test_an_exception_is_told_on_one_line() -> None:
    assert story(ValueError("two\n  lines"), 3.0) == ("ValueError: two lines", "")
    assert story(ValueError(), 3.0) == ("ValueError", "")
    assert story(KeyError("a"), 3.0)[1].startswith("The key is not there")

"""What an exception means is said in a sentence, and only where it is known."""

import pytest

from helpers.exercises.engine.explain import mixed_types, story

MIXED = "Text and bytes do not mix: `.encode()` or `.decode()` one of them."


@pytest.mark.parametrize(
    ("message", "nudge"),
    [
        ("a bytes-like object is required, not 'str'", MIXED),
        ("can't concat str to bytes", MIXED),
        ("object of type 'coroutine' has no len()", "is an `await` missing?"),
        ("'NoneType' object has no attribute 'lower'", "when is it None?"),
        ('can only concatenate str (not "NoneType") to str', "when is it None?"),
        ("a bytes-like object is required, not '_hashlib.HASH'", "`.digest()` gives its bytes."),
        ("Strings must be encoded before hashing", "`.encode()` the text first."),
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
    assert story(KeyError("a"), 3.0)[1].startswith("The dict has no such key")


def test_an_attribute_of_none_is_a_value_that_is_missing() -> None:
    with pytest.raises(AttributeError) as raised:
        {}.get("Upgrade").lower()  # type: ignore[attr-defined]
    what, nudge = story(raised.value, 3.0)
    assert what == "AttributeError: 'NoneType' object has no attribute 'lower'"
    assert nudge == "A value is None there. Where does it come from, and when is it None?"


def test_nothing_next_is_told_with_the_way_out() -> None:
    what, nudge = story(StopIteration(), 3.0)
    assert (what, "`next(…, None)`" in nudge) == ("StopIteration", True)

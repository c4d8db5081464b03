"""What an error means is said in a sentence, and only where it is known."""

import pytest

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.explain import Meanings, explain, match, match_cause

MIXED = "Text and bytes do not mix: `.encode()` or `.decode()` one of them."
TABLE: Meanings = (
    ("KeyError: 'name'", "first"),
    ((KeyError, "changed…iteration", "(no regex)"), "second"),
    ("changed", "third"),
)


@pytest.mark.parametrize(
    ("message", "nudge"),
    [
        ("a bytes-like object is required, not 'str'", MIXED),
        ("can't concat str to bytes", MIXED),
        ('can only concatenate str (not "bytes") to str', MIXED),
        ("object of type 'coroutine' has no len()", "is an `await` missing?"),
        ("'NoneType' object has no attribute 'lower'", "when is it None?"),
        ('can only concatenate str (not "NoneType") to str', "when is it None?"),
        ("a bytes-like object is required, not '_hashlib.HASH'", "`.digest()` gives its bytes."),
        ("Strings must be encoded before hashing", "`.encode()` the text first."),
        ("unsupported operand type(s) for +: 'int' and 'str'", ""),
    ],
)
def test_mixed_types_are_seen_in_the_message(message: str, nudge: str) -> None:
    found = explain(TypeError(message), 3.0)[1]
    assert found.endswith(nudge)
    assert bool(found) == bool(nudge)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (KeyError("name"), "first"),
        (KeyError("other"), "second"),
        (RuntimeError("dictionary changed size during\n iteration"), "second"),
        (RuntimeError("iteration changed"), "third"),
        (ValueError("(no regex)"), "second"),
        ("KeyError: 'name'", "first"),
        (ValueError("else"), ""),
        (None, ""),
    ],
)
def test_the_first_row_that_fits_gives_its_sentence(
    error: BaseException | str | None, sentence: str
) -> None:
    assert match(error, TABLE) == sentence


def test_behind_a_refusal_is_what_was_raised() -> None:
    refusal = NotYet("task()", [], [])
    assert match_cause(None, TABLE) == match_cause(refusal, TABLE) == ""
    refusal.__cause__ = KeyError("name")
    assert match_cause(refusal, TABLE) == "first"


def test_an_exception_is_told_on_one_line() -> None:
    assert explain(ValueError("two\n  lines"), 3.0) == ("ValueError: two lines", "")
    assert explain(ValueError(), 3.0) == ("ValueError", "")
    assert explain(KeyError("a"), 3.0)[1].startswith("The dict has no such key")


def test_an_attribute_of_none_is_a_value_that_is_missing() -> None:
    with pytest.raises(AttributeError) as raised:
        dict[str, str]().get("Upgrade").lower()  # type: ignore[union-attr]
    what, nudge = explain(raised.value, 3.0)
    assert what == "AttributeError: 'NoneType' object has no attribute 'lower'"
    assert nudge == "A value is None there. Where does it come from, and when is it None?"


def test_nothing_next_is_told_with_the_way_out() -> None:
    what, nudge = explain(StopIteration(), 3.0)
    assert (what, "`next(…, None)`" in nudge) == ("StopIteration", True)

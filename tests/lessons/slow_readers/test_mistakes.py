"""What is wrong with what somebody got who catches up."""

from __future__ import annotations

from helpers.lessons.slow_readers.mistakes import explain_catch_up


def test_what_was_missed_comes_once_and_in_order() -> None:
    said = ["one", "two", "three", "four"]
    assert explain_catch_up(["three", "four"], said, 2, None) == ""
    assert "twice" in explain_catch_up(["three", "four", "four"], said, 2, None)
    assert "order" in explain_catch_up(["four", "three"], said, 2, None)
    assert "went on talking" in explain_catch_up(["two", "four"], said, 1, None)

"""Predictions: never required, kept by name, and shown beside what happened."""

import pytest

from helpers.exercises.engine.prediction import predict


def test_without_a_prediction_only_what_happened_is_shown() -> None:
    assert "in place of the dots" in repr(predict("how many", ...))
    assert repr(predict("how many", happened=3)) == "what happened  3"


@pytest.mark.parametrize(
    ("answer", "happened", "verdict"),
    [
        (3, 3, "as you predicted"),
        ("3", 3, "as you predicted"),
        (" Bob  hears it ", "bob hears it", "as you predicted"),
        (2, 3, "not what you predicted"),
        ("nobody", "Bob", "not what you predicted"),
        (None, [], "not what you predicted"),
    ],
)
def test_both_are_shown(answer: object, happened: object, verdict: str) -> None:
    predict("who", answer)
    picture = predict("who", happened=happened)
    assert repr(picture).splitlines()[0].startswith("your prediction")
    assert repr(picture).splitlines()[-1].strip() == verdict
    assert verdict in picture._repr_html_()


def test_the_last_prediction_counts_and_the_dots_take_it_back() -> None:
    predict("again", 1)
    predict("again", 2)
    assert "as you predicted" in repr(predict("again", happened=2))
    predict("again", ...)
    assert repr(predict("again", happened=2)) == "what happened  2"


class Odd:
    def __eq__(self, other: object) -> bool:
        raise RuntimeError("no")

    def __hash__(self) -> int:
        return 0

    def __repr__(self) -> str:
        raise RuntimeError("no")

    def __str__(self) -> str:
        return "<b>odd</b>"


def test_no_answer_makes_it_fail() -> None:
    predict("odd", Odd())
    picture = predict("odd", happened="<script>")
    assert "not what you predicted" in repr(picture)
    assert "<script>" not in picture._repr_html_()

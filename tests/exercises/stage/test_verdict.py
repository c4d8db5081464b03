"""A verdict says what is wrong with what a client got, and keeps what it was raised from."""

from __future__ import annotations

import asyncio

import pytest

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.stage.listening import GONE, NO_ANSWER
from helpers.exercises.stage.verdict import explain_silence, find_wrong_field, reword


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"type": "typing", "on": True}, ""),
        ({"type": "typing"}, 'The message has no "on".'),
        ({"type": "typing", "on": 1}, '"on" should be true or false, not an int.'),
        ({"type": "typing", "on": "true"}, '"on" should be true or false, not a str.'),
        ({"type": "typing", "on": False}, '"on" should be true.'),
        ({"type": "Typing", "on": True}, '"type" should be "typing", spelled exactly like that.'),
        ({"type": "typing", "on": True, "to": 1}, 'The message should not have "to".'),
    ],
)
def test_the_wrong_field_is_found(message: dict[str, object], sentence: str) -> None:
    assert find_wrong_field(message, {"type": "typing", "on": True}) == sentence


def test_a_reworded_refusal_keeps_forgotten_awaits_and_its_cause() -> None:
    awaits = "Nobody awaited `send(…)`: is an `await` missing?"
    failure = NotYet("task()", [("returned", "1")], ["A general sentence.", awaits])
    failure.__cause__ = ValueError("inside")
    reworded = reword(failure, "What the exercise knows.", "a title")
    assert (reworded.title, reworded.facts) == ("a title", failure.facts)
    assert reworded.lines == ("What the exercise knows.", awaits)
    assert reworded.__cause__ is failure.__cause__
    assert reword(failure, "").lines == failure.lines


async def test_silence_is_explained_unless_the_handler_raised() -> None:
    async def handler(websocket: object) -> None:
        await asyncio.sleep(0)

    attempt = Attempt("reverse", handler, awaited=True)
    assert "continues until the client leaves" in explain_silence(attempt, GONE, 2)
    assert "send the answer before that" in explain_silence(attempt, GONE, 1)
    assert "in every branch?" in explain_silence(attempt, NO_ANSWER, 1)
    attempt.failure = NotYet("reverse()", [], [])
    assert explain_silence(attempt, NO_ANSWER, 1) == ""
    attempt.failure.__cause__ = TypeError("data is a dict-like object")
    assert "`json.dumps(…)`" in explain_silence(attempt, NO_ANSWER, 1)

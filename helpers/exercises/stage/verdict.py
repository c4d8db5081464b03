"""Verdicts on what a client got: refuse it, and say what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from helpers.exercises.engine.attempt import Attempt, NotTried, NotYet
from helpers.exercises.engine.explain import Meanings, match_cause
from helpers.exercises.engine.values import name_type, shown
from helpers.exercises.stage.listening import GONE

UNSENT: Meanings = (
    ("dict-like", "`send` takes a string: `json.dumps(…)` makes one from a dict."),
    (
        "'ServerConnection' object is not iterable",
        "Messages arrive at any time, so the loop has to wait for them: `async for`, in an "
        "`async def`.",
    ),
)


def refuse(
    attempt: Attempt, got: object, expected: str, nudge: str, what: str = "the client got"
) -> NoReturn:
    """Refuse what a client got; an error in the learner's own code is reported instead.

    Args:
        attempt: the handler on trial.
        got: what the client got.
        expected: what it should have got, in words.
        nudge: the next step.
        what: the name of what was got.

    Raises:
        NotYet: always.
    """
    if isinstance(attempt.failure, NotTried):
        raise attempt.failure
    if attempt.failure is not None:
        verdict = reword(attempt.failure, nudge)
    else:
        facts = [(what, shown(got)), ("expected", expected)]
        verdict = NotYet(attempt.call_text, facts, [nudge, *list_forgotten_awaits(attempt)])
    attempt.failure = verdict  # the first verdict counts, whatever the handler does at its end
    raise verdict


def list_forgotten_awaits(attempt: Attempt) -> list[str]:
    """List the sentences about forgotten awaits.

    Args:
        attempt: the handler on trial.

    Returns:
        A sentence for each coroutine that nobody awaited.
    """
    try:
        attempt.fail("")
    except NotYet as plain:
        return list(plain.lines)


def reword(failure: NotYet, nudge: str, title: str = "") -> NotYet:
    """Replace the general sentences of a refusal by what an exercise knows.

    Args:
        failure: what went wrong.
        nudge: the next step; without one, the failure's own sentences stay.
        title: a title that says more than the failure's own.

    Returns:
        The refusal with other sentences, and with the same cause.
    """
    kept = [line for line in failure.lines if line.startswith("Nobody awaited")]
    lines = [nudge, *kept] if nudge else list(failure.lines)
    reworded = NotYet(title or failure.title, list(failure.facts), lines)
    reworded.__cause__ = failure.__cause__
    return reworded


def explain_silence(attempt: Attempt, got: object, asked: int) -> str:
    """Say what silence or a closed connection means.

    Args:
        attempt: the handler on trial.
        got: NO_ANSWER or GONE.
        asked: how many messages the client had sent.

    Returns:
        A nudge; empty where the handler's own exception says more.
    """
    raised = match_cause(attempt.failure, UNSENT)
    if raised or attempt.failure is not None:
        return raised
    if got is GONE and asked > 1:
        return "It answers once, then it ends: `async for` continues until the client leaves."
    if got is GONE:
        return "When the handler ends, its connection closes: send the answer before that."
    return "Every message gets one answer: is there an awaited `send` in every branch?"


def find_wrong_field(message: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Say which field of an object is missing, wrong or superfluous.

    Args:
        message: the object that a client got.
        expected: the object that it should have got.

    Returns:
        The next step; empty when they are equal.
    """
    for key, value in expected.items():
        if key not in message:
            return f'The message has no "{key}".'
        if message[key] != value and str(message[key]).casefold() == str(value).casefold():
            if type(message[key]) is not type(value):
                kind = "true or false" if isinstance(value, bool) else name_type(type(value))
                return f'"{key}" should be {kind}, not {name_type(type(message[key]))}.'
            return f'"{key}" should be {json.dumps(value)}, spelled exactly like that.'
        if message[key] != value:
            return f'"{key}" should be {json.dumps(value, ensure_ascii=False)}.'
        if isinstance(value, bool) and message[key] is not value:
            return f'"{key}" should be true or false, not {name_type(type(message[key]))}.'
    extra = sorted(set(message) - set(expected))
    return f'The message should not have "{extra[0]}".' if extra else ""

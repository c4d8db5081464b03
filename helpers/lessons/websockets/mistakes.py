"""Mistakes in handlers and with pings, and what to say about them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from helpers.exercises.engine.attempt import NotTried, NotYet
from helpers.exercises.engine.explain import Meanings, describe, match
from helpers.exercises.stage.listening import Silence

UNSENDABLE: Meanings = (
    ("not JSON serializable", "JSON has no exceptions: `str(error)` turns one into a string."),
)
REVERSED: Meanings = (
    ("no attribute 'reverse'", "Only a list has `reverse`; a string has slices: `text[::-1]`."),
    (
        "name 'message' is not defined",
        "`message` comes from a loop: `async for message in websocket:`.",
    ),
)
SENDS: Meanings = (
    ("data must be str, bytes, iterable", "`send` takes text: what `await inbox.get()` returns."),
)
WRITE_JSON = "An answer is JSON: send `json.dumps(…)` of a dict."


def explain_reverse(got: str | bytes | Silence, text: str, before: Collection[str]) -> str:
    """Find out what was done to a message instead of reversing it.

    Args:
        got: what the client got.
        text: what it had sent.
        before: the right answers to other texts.

    Returns:
        The next step; empty when no answer came.
    """
    if text == "":
        return "An empty message has an answer as well. Do you send a string, or an iterator?"
    if isinstance(got, Silence):
        return ""
    if isinstance(got, bytes):
        return "Those are bytes. Send the text: the library encodes it."
    if got == text:
        return "That is an echo: the letters are still in their old order."
    if got in before:
        return "That is the answer to an earlier message: each message gets one, no more."
    if got == " ".join(reversed(text.split())):
        return "The words are reversed, and the letters should be."
    if got.startswith(("[", "<")):
        return "That is how Python prints an object. A slice of a string is a string."
    return "Compare the two, letter by letter."


def explain_reply(got: str | bytes | Silence, value: float | None, nudge: str) -> str:
    """Say what is wrong with a reply of the calculator.

    Args:
        got: what the client got.
        value: the right result, or None where an error is due.
        nudge: what to say when the reply is well-formed, and wrong.

    Returns:
        The next step; empty when the reply is right.
    """
    if isinstance(got, Silence):
        return nudge
    try:
        reply = json.loads(got, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        return str(error) if "JSON has" in str(error) else WRITE_JSON
    if not isinstance(reply, dict) or reply.get("type") not in ("result", "error"):
        return 'An answer is an object with "type": "result" or "type": "error".'
    if value is not None:
        if reply.get("value") != value:
            return explain_result(reply, nudge)
        return "" if reply["type"] == "result" else 'A result has "type": "result".'
    reason = reply.get("reason")
    if reply["type"] == "result":
        return nudge
    if reason == "":
        return "Your reason is empty."
    return "" if reason and isinstance(reason, str) else 'An error has a "reason", and it is text.'


def _refuse_constant(name: str) -> None:
    raise ValueError(f"JSON has no `{name}`: `json.dumps(…, allow_nan=False)` raises ValueError.")


def explain_result(reply: Mapping[str, Any], nudge: str) -> str:
    """Say what is wrong with a reply that should be a result.

    Args:
        reply: the object that came.
        nudge: what to say when it has a number, and the wrong one.

    Returns:
        The next step.
    """
    if reply["type"] == "error":
        return (
            f"{nudge} An error came instead: is the text read with `json.loads`, does each "
            "request get one answer, and does a pattern match ints as well, `int() | float()`?"
        )
    if "value" not in reply:
        return 'The number belongs under "value".'
    if not isinstance(reply["value"], int | float):
        return 'A "value" is a number: send what you computed, and not as a string.'
    return nudge


def explain_newsroom_failure(failure: NotYet | NotTried | None) -> str:
    """Say what the error means with which a newsroom's handler has ended.

    Args:
        failure: the refusal that was made of it.

    Returns:
        The next step; empty where the error's own sentences say more.
    """
    from websockets.exceptions import ConnectionClosed

    cause = failure.__cause__ if failure else None
    if isinstance(cause, BaseExceptionGroup):
        if cause.split(ConnectionClosed)[1] is None:
            return (
                "A client that leaves is no error. A TaskGroup raises a group, so catch it with "
                "`except* ConnectionClosed`."
            )
        inner = cause.exceptions[0]
        return match(inner, SENDS) or f"In the group: {describe(inner)}."
    if isinstance(cause, ConnectionClosed):
        return (
            "A client that leaves is no error: catch ConnectionClosed around the loop, and clean "
            "up in `finally`."
        )
    return match(cause, SENDS)


def is_of_send(failure: NotYet | NotTried | None) -> bool:
    """Say whether a handler has ended because `send` refused what it was given.

    Args:
        failure: the refusal that was made of the error.
    """
    cause = failure.__cause__ if failure else None
    if isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    return bool(match(cause, SENDS))

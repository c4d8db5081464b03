"""Mistakes in handlers and with pings, and what to say about them."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.explain import Meanings, match_cause
from helpers.exercises.stage.listening import Silence

UNSENDABLE: Meanings = (
    ("not JSON serializable", "JSON has no exceptions: `str(error)` turns one into a string."),
)
NOT_A_LIST: Meanings = (
    ("no attribute 'reverse'", "Only a list has `reverse`; a string has slices: `text[::-1]`."),
)
WRITE_JSON = "An answer is JSON: send `json.dumps(…)` of a dict."
MEANINGS: Meanings = (
    (
        "ConnectionClosed",
        "Dave has left already, and `ping()` to him raises ConnectionClosed: he is dead as well.",
    ),
    (TimeoutError, "The TimeoutError is the answer that you look for: catch it for each peer."),
    ("unhashable type: 'list'", "`gather` takes coroutines, not a list of them: `gather(*…)`."),
    ("no attribute 'ping'", "A loop over a dict gives its keys: `peers.items()` has both."),
)


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
        return "" if reply.get("value") == value else explain_result(reply, nudge)
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
            f"{nudge} An error came instead: is the text read with `json.loads`, and does each "
            "request get one answer?"
        )
    if "value" not in reply:
        return 'The number belongs under "value".'
    if not isinstance(reply["value"], int | float):
        return 'A "value" is a number: send what you computed, and not as a string.'
    return nudge


def explain_failure(failure: NotYet, connections: Mapping[str, Any]) -> str:
    """Tell an endless wait from asking one peer after another, and both from an exception.

    Args:
        failure: how the call ended.
        connections: the peers, with the pings that nobody has answered.

    Returns:
        The next step; empty where the failure's own sentences say it.
    """
    waiting = any("still waiting" in value for _, value in failure.facts)
    if failure.__cause__ is not None or not waiting:
        return match_cause(failure, MEANINGS)
    asked_at = [at for c in connections.values() for _, at in c.pending_pings.values()]
    if asked_at and max(asked_at) - min(asked_at) > 0.2:
        return "One peer after the other adds up: ask all of them at once."
    return "A frozen peer never answers: put a deadline around the wait for its pong, a second."


def explain_found(got: list[Any], connections: Mapping[str, Any]) -> str:
    """Say what a wrong list of dead peers means.

    Args:
        got: the list.
        connections: the peers, with the pings that nobody has answered.

    Returns:
        The next step.
    """
    if None in got:
        return "`None` stands for each of the living: leave them out of the list."
    if any(not isinstance(name, str) for name in got):
        return "Return the names, the keys of the dict."
    if not got:
        return (
            "Nobody was found, not even Dave, who has left. Is every peer sent a ping, and is "
            "everything awaited?"
        )
    asked = any(connection.pending_pings for connection in connections.values())
    if asked and set(connections) <= set(got):
        return (
            "One deadline for all: when one is dead, everybody's answer is lost. Give each peer "
            "its own."
        )
    if "Alice" in got and "Bob" not in got:
        return "Those are alive: return the names of the others."
    if "Alice" in got:
        return "Alice is well; she has nothing to say. Ask with a ping: do not wait for messages."
    if "Bob" not in got:
        return (
            "Bob's connection is open, but nobody is there. `await ws.ping()` only sends: "
            "await what it returns as well, for the pong."
        )
    if "Carol" in got:
        return "Carol is slow, not dead: her pong takes half a second."
    if "Heidi" not in got:
        return "Heidi's line broke: `ping()` raises ConnectionClosedError, a ConnectionClosed."
    if "Dave" not in got:
        return "Dave has left: `ping()` raises ConnectionClosed, so he does not answer either."
    return "Each name once, please."

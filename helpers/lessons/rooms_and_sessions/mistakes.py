"""Mistakes with rooms, and what to say about them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.explain import Meanings, match_cause
from helpers.exercises.stage.socketio import Event
from helpers.exercises.stage.verdict import reword

ROOM = "tea"

MEANINGS: Meanings = (
    (
        "unhashable",
        "A client may send anything as a room, a list, too: `isinstance(room, str)` comes first.",
    ),
    (
        ("KeyError: 'cellar'", "KeyError: 'attic'", "KeyError: 'new'", "KeyError: None"),
        "There is no such room in the dict: `.get(room, …)` does not raise.",
    ),
    (
        ("'coroutine' object is not", "'coroutine' object has no"),
        "`sio.get_session(sid)` is a coroutine: `await` it first.",
    ),
    ("Session not found", "`get_participants` gives pairs: `for sid, _ in …`."),
    (
        "no attribute 'get_participants'",
        "`sio.manager` knows them: `sio.manager.get_participants('/', room)`.",
    ),
    ("missing 1 required positional argument: 'room'", "`get_participants('/', room)`: two."),
    ("'<' not supported", "`before` may be None: then the end of the history is asked for."),
    ("dictionary changed size", "Collect the tabs in a list first, then let them leave."),
    ("KeyError: 'name'", 'A name is under "name" in `await sio.get_session(sid)`.'),
)


async def call(attempt: Attempt, title: str, *arguments: Any) -> Any:
    """Call the learner's function; any outcome begins with the title."""
    try:
        got = await attempt(*arguments)
    except NotYet as failure:
        raise reword(failure, match_cause(failure, MEANINGS), title) from failure.__cause__
    attempt.call_text = title
    return got


def require_acknowledged(
    attempt: Attempt, got: Any, expected: Mapping[str, Any], nudge: str
) -> None:
    """Refuse unless the acknowledgement is the expected one."""
    if got is None:
        attempt.fail("It returned None: what it returns is the acknowledgement, a dict.")
    if isinstance(got, bool):
        attempt.fail('The acknowledgement is a dict, such as {"ok": True}.')
    attempt.of_type(got, dict)
    if got.get("ok") is expected["ok"] and got.get("code") != expected.get("code"):
        nudge = f'The "code" is "{expected["code"]}" here.' if "code" in expected else nudge
    attempt.equal(got, dict(expected), nudge)


def require_heard(attempt: Attempt, heard: Mapping[str, Sequence[Event]]) -> None:
    """Refuse unless everybody heard their event, once."""
    kicked: list[Event] = [("kicked", {"room": ROOM})]
    left: list[Event] = [("left", {"room": ROOM, "name": "Bob"})]
    attempt.result_text = None
    for tab, wanted in {
        "Bob": kicked,
        "Bob 2": kicked,
        "Alice": left,
        "Carol": left,
        "Bob 3": [],
    }.items():
        got = list(heard.get(tab, ()))
        if got == wanted:
            continue
        names = [event for event, _ in got]
        whose = tab.replace("Bob 2", "Bob's second tab").replace("Bob 3", "Bob's tab elsewhere")
        nudge = f"{whose} should hear this, once."
        if not got:
            nudge = f"{whose} heard nothing: `await sio.emit(…)`."
            if wanted is kicked:
                nudge = f"{whose} heard nothing: emit `kicked` with `to=` its sid."
        elif wanted is kicked and "left" in names:
            nudge = "Bob hears of himself that he left: first he leaves, then tell the room."
        elif wanted is left and "kicked" in names:
            nudge = "`kicked` is for Bob's tabs alone: `to=` the sid of each."
        elif names.count("left") > 1:
            nudge = "Bob is one person: tell the room once, after the loop."
        attempt.equal(got, wanted, nudge)


def require_page(attempt: Attempt, got: Any, expected: Mapping[str, Any], nudge: str) -> None:
    """Refuse unless the page is the right one, and say what is wrong with it."""
    attempt.require(got is not None, "It returned None: return the acknowledgement.")
    attempt.of_type(got, dict)
    if got.get("ok") is False and expected["messages"] == []:
        attempt.equal(got, dict(expected), nudge)
    attempt.require(got.get("ok") is True, "Alice is in that room: she may read.")
    messages = got.get("messages")
    attempt.of_type(messages, list, 'Under "messages" there is a list of messages, as they are.')
    if not all(isinstance(message, dict) and "seq" in message for message in messages):
        attempt.fail('A message stays as it is in the history: `{"seq": …, "text": …}`.')
    numbers = [message["seq"] for message in messages]
    wanted = [message["seq"] for message in expected["messages"]]
    if numbers != wanted and sorted(numbers) == wanted:
        attempt.equal(numbers, wanted, "The oldest of them comes first, as in the history.")
    if wanted and numbers == [*wanted[1:], *numbers[-1:]] and numbers[-1] > wanted[-1]:
        nudge = "The message `before` itself is there already: only smaller ones."
    attempt.equal(numbers, wanted, nudge)
    if got.get("older") is not expected["older"]:
        nudge = "Is there more before these three?"
        nudge += "" if expected["older"] else " Not here: none is older than the first of them."
    attempt.equal(got, dict(expected), nudge)

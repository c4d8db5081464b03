"""Mistakes in handlers of events, and what to say about them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.engine.explain import Meanings, match
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.listening import Silence
from helpers.exercises.stage.socketio import Client, Event, Stage
from helpers.exercises.stage.verdict import find_wrong_field, refuse

MEANINGS: Meanings = (
    ("broadcast.", "`call` asks one client, so it has to know which: `to=` and a sid."),
    ("name is a string", "`emit` takes the event's name first, then its data."),
    ("argument 'skip'", "The parameter is called `skip_sid`."),
    ("has no attribute 'broadcast'", "`emit` without `to` reaches everybody."),
    ("has no attribute 'send_json'", "`emit` takes the event's name, then a dict."),
    (
        "dict can't be used in 'await'",
        "A dict is there already: `await` is for `emit` and `call`.",
    ),
    ("of type dict_values", "JSON knows lists: `sorted(…)` makes one of the names."),
    ("of type set", "JSON has no sets: a dict has colons, and `sorted(…)` makes a list."),
    (
        ("'NoneType' object is not", "'NoneType' object has no"),
        "`auth` may be `None`, when a client says nothing about itself. Look before you ask.",
    ),
    (
        "KeyError: 'Bob'",
        "`names` leads from sid to name, and you need the other way: a loop over its items.",
    ),
    ("KeyError: 'name'", "`auth` may have no name in it: refuse with `bad_name`."),
    (
        "'int' object has no",
        "That is a number, and a stranger may send anything: ask `isinstance(…, str)` first.",
    ),
    (
        "'str' object has no attribute 'get'",
        "`auth` may be anything, here it is a text: ask `isinstance(auth, dict)` first.",
    ),
    ("string indices", "`auth` may be anything, here it is a text: ask `isinstance` first."),
    ("'set' object has no attribute 'append'", "`typists` is a set: `typists.add(sid)`."),
    ("'set' object does not support", "`typists` is a set: `add` and `discard`."),
    ("'set' object is not subscriptable", "`typists` is a set: ask `sid in typists`."),
)

SID = "HZIUhWVI6LbTjPDoAAAB"  # what a sid looks like
WATCHER = "A watcher has no name in `names`, and leaves without a word."

REASONS: Meanings = (  # that a client gets when its connection is refused
    (
        "Connection refused by server",
        "Python has a `ConnectionRefusedError` of its own, which tells the client nothing. "
        "Raise that of `socketio.exceptions`.",
    ),
    (
        "Connection rejected by server",
        "`False` refuses, too, but tells nobody why: raise "
        "`socketio.exceptions.ConnectionRefusedError`, with the code in it.",
    ),
)


def explain_failure(failure: BaseException | None) -> str:
    """Say what an exception means in a handler of events.

    Args:
        failure: how the call ended, with the exception as its cause.

    Returns:
        The next step; empty if it is unknown.
    """
    from socketio.exceptions import TimeoutError as NoAcknowledgement

    cause = failure and failure.__cause__
    if isinstance(cause, NoAcknowledgement):
        return (
            "No acknowledgement came in time. Socket.IO has a TimeoutError of its own: catch "
            "`socketio.exceptions.TimeoutError`."
        )
    if isinstance(cause, KeyError) and len(str(cause.args[0])) == len(SID):
        return WATCHER
    return match(cause, MEANINGS)


def deny(
    attempt: Attempt, got: object, expected: object, nudge: str, what: str = "acknowledged"
) -> NoReturn:
    """Refuse what came; if the handler raised, say what that means.

    Args:
        attempt: the handler on trial.
        got: what came.
        expected: what should have come.
        nudge: the next step, if nothing was raised.
        what: the name of what came.

    Raises:
        NotYet: always.
    """
    nudge = nudge if attempt.failure is None else explain_failure(attempt.failure)
    text = expected if isinstance(expected, str) else shown(expected)
    refuse(attempt, got, text, nudge, what=what)


def require_acknowledged(
    attempt: Attempt, got: Any, expected: Mapping[str, Any], nudge: str
) -> None:
    """Refuse an acknowledgement that is not the expected one.

    Args:
        attempt: the handler on trial.
        got: what the client got, or NO_ANSWER.
        expected: what it should have got.
        nudge: the next step, when it is an object, but another one.

    Raises:
        NotYet: it is another one, or the handler raised.
    """
    if attempt.failure is None and got == expected and got["ok"] is expected["ok"]:
        return
    if isinstance(got, Silence):
        nudge = "No acknowledgement came. Does the handler wait for something without end?"
    elif got is None:
        nudge = "What the handler returns is the acknowledgement, and it returned nothing."
    elif isinstance(got, str):
        nudge = "That is a text. Return the dict: the library makes JSON of it."
    elif isinstance(got, list):
        nudge = "Return one dict: several values arrive as several arguments."
    elif isinstance(got, dict) and got.get("ok") == expected["ok"]:
        nudge = find_wrong_field(got, expected)
    deny(attempt, got, expected, nudge)


def explain_heard(stage: Stage, heard: Sequence[Event], name: str, expected: Event | None) -> str:
    """Say what is wrong with what one client heard.

    Args:
        stage: the stage, which knows what was emitted.
        heard: what came to that client.
        name: the client's.
        expected: the event that should have come; None if there should be none.

    Returns:
        The next step; empty when exactly that came.
    """
    if expected is None:
        return f"{name} heard {heard[0][0]!r}, and should not have." if heard else ""
    event, data = expected
    if not heard:
        return explain_unheard(stage, name, event)
    got_event, got = heard[0]
    if got_event != event:
        return f"The event is called {event!r}, and {name} heard {got_event!r}."
    if isinstance(got, str) and got.startswith("{"):
        return "That is a text. Hand over the dict: the library makes JSON of it."
    if not isinstance(got, dict):
        return f"The data of an event should be one dict here, and {name} got {got!r}."
    if len(heard) > 1:
        return f"Once is enough: {name} heard {len(heard)} events."
    return find_wrong_field(got, data)


def explain_unheard(stage: Stage, name: str, event: str) -> str:
    """Say why somebody perhaps heard nothing."""
    if not stage.emitted:
        return f"{name} heard nothing: `await sio.emit({event!r}, …)` sends an event."
    last = stage.emitted[-1]
    sids = {client.sid for client in stage.clients.values()}
    if is_stranger(last.to, sids):
        return f"`to` takes a sid. {last.to!r} is none, so nobody heard it."
    if is_stranger(last.skip_sid, sids):
        return f"`skip_sid` takes a sid, and {last.skip_sid!r} is none."
    if last.to is not None:
        return f"{name} heard nothing: with `to`, one client hears it, and no other."
    return f"{name} heard nothing. Is somebody skipped who should hear it?"


def require_heard_by(
    attempt: Attempt,
    stage: Stage,
    heard: Mapping[str, Sequence[Event]],
    expected: Mapping[str, Event],
    intruder: str,
) -> None:
    """Refuse unless exactly the expected clients heard exactly one event each.

    Args:
        attempt: the handler on trial.
        stage: the stage.
        heard: what everybody heard.
        expected: the event for each who should hear one.
        intruder: the next step, when somebody else heard it.

    Raises:
        NotYet: somebody heard something else, or the handler raised.
    """
    for name in heard:
        due = expected.get(name)
        problem = explain_heard(stage, heard[name], name, due)
        if due is None and problem:
            problem = explain_intruder(stage, heard, name) or intruder.format(name=name) or problem
        if problem or attempt.failure is not None:
            got: object = heard[name][0] if heard[name] else Silence("nothing")
            deny(attempt, got, due or "nothing", problem, what=f"{name} heard")


def is_stranger(given: Any, sids: Collection[str]) -> bool:
    """Whether `to` or `skip_sid` names no client at all; both may also be lists."""
    ask_members = given if isinstance(given, list) else [given]
    return given is not None and not any(sid in ask_members for sid in sids)


def explain_intruder(stage: Stage, heard: Mapping[str, Sequence[Event]], name: str) -> str:
    """Say why somebody perhaps heard an event that was not for them; empty if unknown."""
    last = stage.emitted[-1] if stage.emitted else None
    sids = {client.sid for client in stage.clients.values()}
    if last and is_stranger(last.skip_sid, sids):
        return f"`skip_sid` takes a sid, and {last.skip_sid!r} is none."
    alone = not any(came for other, came in heard.items() if other != name)
    if last and last.to == stage.clients[name].sid and alone and len(heard) > 1:
        return f"With `to`, one client hears it, and that was {name}."
    return ""


def judge_left(
    attempt: Attempt, stage: Stage, heard: Any, client: Client, online: list[str]
) -> None:
    """Judge what the others heard when somebody left."""
    for name, came in heard.items():
        data = came[0][1] if came else None
        if isinstance(data, dict) and client.name in (data.get("online") or ()):
            nudge = f"{client.name} is not online any more: take the name out first."
            deny(attempt, data, f"online: {online}", nudge, what=f"{name} heard")
    event = ("left", {"name": client.name, "online": online})
    require_heard_by(attempt, stage, heard, dict.fromkeys(stage.clients, event), "")

"""Exercises of the lesson chat: welcome, typing and whisper."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.stage.listening import Silence
from helpers.exercises.stage.verdict import explain_silence, refuse, reword
from helpers.exercises.stage.websocket import ask, connect, receive, send, serve_handler
from helpers.exercises.stage.websocket_crowd import (
    LeavingConnection,
    SharedDict,
    StayingAttempt,
    connect_crowd,
)
from helpers.lessons.chat.delivery import call, require_due
from helpers.lessons.chat.mistakes import (
    MEANINGS,
    explain_entry,
    explain_error_reply,
    explain_message,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection


def write_join(name: object) -> str:
    """Write a client's first message."""
    return json.dumps({"type": "join", "name": name})


NOT_JOINING = (
    ("good morning", "Not every message is JSON: `json.loads` raises. Catch that in the loop."),
    ('{"type": "join"}', "There is no name in it: answer with an error."),
    (write_join(7), "That name is not a string: ask for `str(name)` in the `case`."),
    (write_join("   "), "Nothing is left of that name after `strip()`: refuse it."),
    ('["Carol"]', "JSON is not always an object; this is a list. Answer with an error."),
    ('{"type": "say", "name": "Carol"}', 'Nobody asked to join: look at the "type".'),
    (
        "[" * 100_000,
        "That many brackets are nested too deep: `json.loads` raises RecursionError. Catch that.",
    ),
)


@exercise(
    hints=(
        "A loop takes one message after another, until one of them joins: `async for`.",
        '`case {"type": "join", "name": str(name)}` matches the good ones.',
        "Compare names by `name.strip().casefold()`: "
        "`{known.casefold() for known in people}` are the names that are taken.",
        "First `people[name] = websocket`, then `await` the send, then `return name`. In all "
        "other cases: send an error, and the loop goes on.",
    ),
    total_s=20.0,
)
async def welcome(attempt: Attempt) -> None:
    """Two join, a third tries taken names and nonsense, and two race for one name."""
    people, trial = SharedDict(), StayingAttempt(attempt)
    try:
        async with serve_handler(trial, people) as url:
            await judge_joins(trial, url, people)
    except TimeoutError:  # no connection opens while a handler never gives way
        raise trial.failure or NotYet(attempt.name, [], ["It keeps everybody waiting."]) from None


async def judge_joins(trial: StayingAttempt, url: str, people: SharedDict) -> None:
    """Let one client after another join, or fail to join."""
    async with connect(url) as alice:
        await require_admitted(trial, alice, "Alice", people)
        async with connect(url) as bob:
            await require_admitted(trial, bob, "Bob", people)
        async with connect(url) as erin:
            await require_admitted(trial, erin, "Groß", people)
        async with connect(url) as carol:
            await require_refused(trial, carol, write_join("Alice"), "Alice is here already.")
            nudge = "The next try is judged like the first one: take both in the same loop."
            await require_refused(trial, carol, write_join("Alice"), nudge)
            nudge = "Two names that differ in case look like one person: compare `casefold()`."
            await require_refused(trial, carol, write_join("ALICE"), nudge)
            nudge = "`lower()` leaves `ß` as it is, and somebody is `Groß`: compare `casefold()`."
            await require_refused(trial, carol, write_join("GROSS"), nudge)
            nudge = "With spaces around it, it looks like the same name: `strip()` it first."
            await require_refused(trial, carol, write_join(" Bob "), nudge)
            for text, nudge in NOT_JOINING:
                await require_refused(trial, carol, text, nudge)
            await require_admitted(trial, carol, "  Carol", people)
        people.pop("Alice", None)
        trial.slow = True
        async with connect(url) as first, connect(url) as second:
            await judge_race(trial, first, second)


async def require_admitted(
    trial: StayingAttempt, websocket: ClientConnection, typed: str, people: SharedDict
) -> None:
    """Refuse unless a client can join under a free name."""
    name = typed.strip()
    got = await ask(trial, websocket, write_join(typed))
    nudge = match_cause(trial.failure, MEANINGS)
    if not nudge:
        nudge = explain_message(got, {"type": "welcome", "name": name})
        if isinstance(got, Silence):
            nudge = explain_silence(trial, got, 1)
            if not trial.returned.empty() and trial.failure is None:
                nudge = "What it returns reaches no client: send the welcome, then return."
    if nudge or isinstance(got, Silence):
        expected = json.dumps({"type": "welcome", "name": name})
        refuse(trial, got, expected, nudge)
    try:
        async with asyncio.timeout(1.5):
            returned = await trial.returned.get()
    except TimeoutError:
        trial.fail("It goes on after the welcome: `return name` ends it.")
    if isinstance(trial.failure, NotYet):
        raise reword(trial.failure, match_cause(trial.failure, MEANINGS))
    trial.require(returned is not None, "It returned None: whoever calls it needs the name.")
    trial.equal(returned, name, "Return the name that the client now has.")
    nudge = explain_entry(people, name)
    trial.require(not nudge, nudge)


async def require_refused(
    trial: StayingAttempt, websocket: ClientConnection, text: str, nudge: str
) -> None:
    """Refuse unless the answer to a message is an error."""
    got = await ask(trial, websocket, text)
    problem = explain_error_reply(got, nudge)
    if problem:
        known = match_cause(trial.failure, MEANINGS)
        if trial.failure is None and isinstance(got, Silence):
            problem = f"{nudge} The client may try again: answer with an error, and go on."
        refuse(trial, got, '{"type": "error", …}', known or problem)


async def judge_race(
    trial: StayingAttempt, first: ClientConnection, second: ClientConnection
) -> None:
    """Let two clients ask for one name at once, while sending takes some time."""
    await send(first, write_join("Alice"))
    await send(second, write_join("Alice"))
    answers = await receive(first), await receive(second)
    trial.call_text = "two clients send, at once, " + write_join("Alice")
    kinds = [json.loads(a).get("type") if isinstance(a, str) else None for a in answers]
    nudge = "One of them gets the name, since Alice has left, and the other one an error."
    if kinds == ["welcome", "welcome"]:
        nudge = (
            "Both got it: during an `await` others have their turn. So no `await` between the "
            "look into `people` and the entry: first enter, then send."
        )
    elif kinds == ["error", "error"]:
        nudge = "The first Alice has left, and `people` no longer has her. So her name is free."
    if sorted(map(str, kinds)) != ["error", "welcome"]:
        refuse(trial, tuple(answers), "a welcome and an error", nudge, what="they got")


@exercise(
    hints=(
        "Make the message once, before the loop: `json.dumps` of a dict with three entries.",
        "`for who, websocket in people.items():` and leave out the person whose name is `name`.",
        "Inside the loop, a `try` around the `send`, and `except ConnectionClosed: pass`.",
    )
)
async def typing(attempt: Attempt) -> None:
    """Everybody but the typist hears it, even if somebody has left."""
    everybody = ("Alice", "Bob", "Carol", "Dave")
    for names, gone, lost, typist, on in (
        (("Alice", "Bob", "Dave"), (), (), "Alice", True),
        (("Alice", "Bob", "Dave"), (), (), "Bob", False),
        (everybody, ("Carol",), (), "Alice", True),
        (everybody, (), ("Carol",), "Dave", True),
    ):
        async with connect_crowd(names, gone, lost) as crowd:
            gone = (*gone, *lost)
            there = ", ".join(n for n in names if n not in gone)
            title = f"typing({typist!r}, {on}, people): {there} are there"
            title += "; Carol has left" if gone else ""
            title += ", and no close frame came" if lost else ""
            heard = await call(attempt, crowd, title, typist, on)
            message = {"type": "typing", "name": typist, "on": on}
            others = {n: message for n in names if n != typist and n not in gone}
            require_due(attempt, heard, others)
    await judge_leaving(attempt)


async def judge_leaving(attempt: Attempt) -> None:
    """While it is sent, Carol leaves, and her own handler takes her out of `people`."""
    async with connect_crowd(("Alice", "Bob", "Carol", "Dave"), ("Carol",)) as crowd:
        for name in ("Bob", "Dave"):
            crowd.people[name] = LeavingConnection(crowd.everybody[name], crowd.people, "Carol")
        title = "typing('Alice', True, people): Carol leaves, and `people`, while you send"
        heard = await call(attempt, crowd, title, "Alice", True, leaver="Carol")
        message = {"type": "typing", "name": "Alice", "on": True}
        require_due(attempt, heard, {"Bob": message, "Dave": message})


@exercise(
    hints=(
        "Two people get the message: the recipient first, then the sender.",
        "`people.get(to)` is None when nobody has that name.",
        "Somebody may have left: `send` to them raises ConnectionClosed. Then an error is due.",
        "For a note to yourself, the set `{to, sender}` has one name in it, not two.",
    )
)
async def whisper(attempt: Attempt) -> None:
    """A secret, an unknown name, a note to oneself, somebody who has left, odd letters."""
    names = ("Alice", "Bob", "Carol", "Dave")
    error = {"type": "error", "code": "no_such_person"}
    here, left = ((), ()), (("Carol",), ())
    for sender, to, text, (gone, lost) in (
        ("Alice", "Bob", "psst", here),
        ("Alice", "Zoe", "psst", here),
        ("Alice", "Alice", "buy milk", here),
        ("Alice", "Bob", 'he said "no"\n🎉', here),
        ("Alice", "Carol", "psst", left),
        ("Dave", "Carol", "psst", ((), ("Carol",))),
        ("Dave", "Alice", "psst", here),
    ):
        async with connect_crowd(names, gone, lost) as crowd:
            title = f"whisper({sender!r}, {to!r}, {text!r}, people)"
            title += ", and Carol has left" if gone else ""
            title += ", and Carol's line broke" if lost else ""
            heard = await call(attempt, crowd, title, sender, to, text)
            message = {"type": "message", "from": sender, "to": to, "text": text}
            known = to in names and not gone and not lost
            expected = {sender: message, to: message} if known else {sender: error}
            require_due(attempt, heard, expected)

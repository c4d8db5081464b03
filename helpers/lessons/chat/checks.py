"""Exercises of the lesson chat: welcome, typing, whisper and catch_up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.stage.websocket_room import (
    Room,
    SharedDict,
    SharedList,
    SharedSet,
    Staying,
    TalkedOver,
    room,
)
from helpers.exercises.stage.websocket_stage import (
    Silence,
    answer,
    client,
    enriched,
    next_message,
    no_answer,
    refuse,
    served,
    tell,
)
from helpers.lessons.chat.mistakes import (
    Heard,
    means,
    mislisted,
    misregistered,
    misspread,
    misworded,
    unrefused,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection


def joining(name: object) -> str:
    """Write a client's first message."""
    return json.dumps({"type": "join", "name": name})


NOT_JOINING = (
    ("good morning", "Not every text is JSON: `json.loads` raises. Catch that in the loop."),
    ('{"type": "join"}', "There is no name in it: answer with an error."),
    (joining(7), "That name is no text: ask for `str(name)` in the `case`."),
    (joining("   "), "Nothing is left of that name after `strip()`: refuse it."),
    ('["Carol"]', "JSON is not always an object; this is a list. Answer with an error."),
    ('{"type": "say", "name": "Carol"}', 'Nobody asked to join: look at the "type".'),
)


@exercise(
    hints=(
        "A loop takes one message after the other, until one of them joins: `async for`.",
        '`case {"type": "join", "name": str(name)}` fits the good ones (“Both ways”, section 3).',
        "`name.strip().casefold()` is what two names are compared by: "
        "`{known.casefold() for known in people}` are those that are taken.",
        "First `people[name] = websocket`, then `await` the send, then `return name`. In all "
        "other cases: send an error, and the loop goes on.",
    ),
    total_s=20.0,
)
async def welcome(attempt: Attempt) -> None:
    """Two join, the third tries names that are taken and nonsense, two race for one name."""
    people, trial = SharedDict(), Staying(attempt)
    try:
        async with served(trial, people) as url:
            await all_join(trial, url, people)
    except TimeoutError:  # no connection opens beside a handler that never gives way
        raise trial.failure or NotYet(attempt.name, [], ["It keeps everybody waiting."]) from None


async def all_join(trial: Staying, url: str, people: SharedDict) -> None:
    """Let one client after the other join, or fail to."""
    async with client(url) as alice:
        await admitted(trial, alice, "Alice", people)
        async with client(url) as bob:
            await admitted(trial, bob, "Bob", people)
        async with client(url) as carol:
            await refused(trial, carol, joining("Alice"), "Alice is here already.")
            nudge = "The next try is judged like the first one: take both in the same loop."
            await refused(trial, carol, joining("Alice"), nudge)
            nudge = "Two names that differ in case look like one person: compare `casefold()`."
            await refused(trial, carol, joining("ALICE"), nudge)
            nudge = "With spaces around it, it looks like the same name: `strip()` it first."
            await refused(trial, carol, joining(" Bob "), nudge)
            for text, nudge in NOT_JOINING:
                await refused(trial, carol, text, nudge)
            await admitted(trial, carol, "  Carol", people)
        people.pop("Alice", None)
        trial.slow = True
        async with client(url) as first, client(url) as second:
            await race(trial, first, second)


async def admitted(
    trial: Staying, websocket: ClientConnection, typed: str, people: SharedDict
) -> None:
    """Join under a name that is free."""
    name = typed.strip()
    got = await answer(trial, websocket, joining(typed))
    nudge = means(trial.failure)
    if not nudge:
        nudge = misworded(got, {"type": "welcome", "name": name})
        if isinstance(got, Silence):
            nudge = no_answer(trial, got, 1)
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
        raise enriched(trial.failure, means(trial.failure))
    trial.require(returned is not None, "It returned None: whoever calls it needs the name.")
    trial.equal(returned, name, "Return the name that the client now has.")
    nudge = misregistered(people, name)
    trial.require(not nudge, nudge)


async def refused(trial: Staying, websocket: ClientConnection, text: str, nudge: str) -> None:
    """Send what must be answered with an error."""
    got = await answer(trial, websocket, text)
    problem = unrefused(got, nudge)
    if problem:
        known = means(trial.failure)
        if trial.failure is None and isinstance(got, Silence):
            problem = f"{nudge} The client may try again: answer with an error, and go on."
        refuse(trial, got, '{"type": "error", …}', known or problem)


async def race(trial: Staying, first: ClientConnection, second: ClientConnection) -> None:
    """Let two clients ask for one name, while what is sent takes its time."""
    await tell(first, joining("Alice"))
    await tell(second, joining("Alice"))
    answers = await next_message(first), await next_message(second)
    trial.call_text = "two clients send, at once, " + joining("Alice")
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


async def called(attempt: Attempt, here: Room, title: str, *arguments: Any) -> Heard:
    """Call the learner's function with a room's people, and collect what each of them got."""
    before = dict(here.people)
    try:
        returned = await attempt(*arguments, here.people)
    except NotYet as failure:
        cause = failure.__cause__
        nudge = means(failure)
        if type(cause).__name__.startswith("ConnectionClosed"):
            nudge = (
                "Carol has left, and `send` to her raises ConnectionClosed. Catch that, "
                "so that she spoils nothing for the others."
            )
        raise enriched(failure, nudge, title) from cause
    attempt.call_text = title
    heard = await here.heard()
    nudge = "`people` belongs to all handlers: leave it as it was."
    attempt.require(dict(here.people) == before, nudge)
    return Heard(heard, returned)


def due(attempt: Attempt, heard: Heard, expected: Mapping[str, Mapping[str, Any]]) -> None:
    """Refuse unless everybody got what is due to them: one message, or none."""
    for name, got in heard.by_name.items():
        nudge = misspread(heard, name, expected)
        if nudge:
            what = f"{name} got"
            wanted = (
                json.dumps(expected[name], ensure_ascii=False) if name in expected else "nothing"
            )
            value: object = (
                got[0] if len(got) == 1 else Silence(", ".join(map(repr, got)) or "nothing")
            )
            attempt.result_text = None
            refuse(attempt, value, wanted, nudge, what=what)


@exercise(
    hints=(
        "Make the text once, before the loop: `json.dumps` of a dict with three entries.",
        "`for who, websocket in people.items():` and leave out the one who is `name`.",
        "Inside the loop, a `try` around the `send`, and `except ConnectionClosed: pass`.",
    )
)
async def typing(attempt: Attempt) -> None:
    """Everybody but the typist hears, also when somebody has left."""
    for names, gone, typist, on in (
        (("Alice", "Bob", "Dave"), (), "Alice", True),
        (("Alice", "Bob", "Dave"), (), "Bob", False),
        (("Alice", "Bob", "Carol", "Dave"), ("Carol",), "Alice", True),
    ):
        async with room(names, gone) as here:
            there = ", ".join(n for n in names if n not in gone)
            title = f"typing({typist!r}, {on}, people): {there} are there"
            title += "; Carol has left" if gone else ""
            heard = await called(attempt, here, title, typist, on)
            message = {"type": "typing", "name": typist, "on": on}
            others = {n: message for n in names if n != typist and n not in gone}
            due(attempt, heard, others)


@exercise(
    hints=(
        "Two get the message, in this order: the one that it is for, then the sender.",
        "`people.get(to)` is None when nobody has that name.",
        "Somebody may have left: `send` to them raises ConnectionClosed. Then an error is due.",
        "To oneself: the set `{to, sender}` has one name in it, not two.",
    )
)
async def whisper(attempt: Attempt) -> None:
    """A secret, nobody of that name, a note to oneself, one who has left, odd letters."""
    names = ("Alice", "Bob", "Carol", "Dave")
    error = {"type": "error", "code": "no_such_person"}
    for to, text, gone in (
        ("Bob", "psst", ()),
        ("Zoe", "psst", ()),
        ("bob", "psst", ()),
        ("Alice", "buy milk", ()),
        ("Bob", 'he said "no"\n🎉', ()),
        ("Carol", "psst", ("Carol",)),
    ):
        async with room(names, gone) as here:
            title = f"whisper('Alice', {to!r}, {text!r}, people)"
            title += ", and Carol has left" if gone else ""
            heard = await called(attempt, here, title, "Alice", to, text)
            message = {"type": "message", "from": "Alice", "to": to, "text": text}
            known = to in names and not gone
            expected = {"Alice": message, to: message} if known else {"Alice": error}
            due(attempt, heard, expected)


@exercise(
    hints=(
        "`messages[seen]` is the next one that the client has not got. Send it, and count on.",
        "While a `send` is awaited, `messages` grows: look at its length again each time.",
        "`while seen < len(messages):` … When it ends, nothing is missing, and without an "
        "`await` in between, `clients.add(websocket)` comes in time.",
    )
)
async def catch_up(attempt: Attempt) -> None:
    """While what was missed is sent, others talk on; nothing is lost, and nothing comes twice."""
    for said, seen, more in (
        (["one", "two", "three", "four"], 2, ["five", "six"]),
        (["one", "two"], 0, ["three"]),
        (["one", "two"], 2, []),
    ):
        async with room(["Alice", "Bob"]) as here:
            messages, clients = SharedList(said), SharedSet({here.everybody["Bob"]})
            websocket = TalkedOver(here.everybody["Alice"], messages, clients, more)
            title = f"catch_up(websocket, messages, clients, {seen}): messages has {len(said)}"
            title += f", and {len(more)} more are said meanwhile" if more else ""
            try:
                returned = await attempt(websocket, messages, clients, seen)
            except NotYet as failure:
                raise enriched(failure, means(failure), title) from failure.__cause__
            attempt.call_text = title
            await websocket.say("the last one")
            heard = await here.heard()
            everything = [*said, *more, "the last one"]
            nudge = mislisted(heard["Alice"], everything, seen, returned)
            registered = here.everybody["Bob"] in clients
            attempt.require(registered, "Bob is still there: leave him in `clients`.")
            if nudge:
                attempt.result_text = None
                refuse(attempt, heard["Alice"], repr(everything[seen:]), nudge, "Alice got")
            intact = messages == everything
            attempt.require(intact, "`messages` belongs to all: leave it as it was.")

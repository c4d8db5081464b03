"""Rooms with people in them: a real Socket.IO server whose tabs have names, for checks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.stage.socketio_stage import Event, Stage, stage
from helpers.exercises.stage.websocket_stage import enriched

ROOM = "tea"

MEANS = (
    (
        "unhashable",
        "A client may send anything as a room, a list, too: `isinstance(room, str)` comes first.",
    ),
    ("KeyError: 'cellar'", "There is no such room in the dict: `.get(room, …)` does not raise."),
    ("KeyError: 'attic'", "There is no such room in the dict: `.get(room, …)` does not raise."),
    ("KeyError: 'new'", "There is no such room in the dict: `.get(room, …)` does not raise."),
    ("KeyError: None", "There is no such room in the dict: `.get(room, …)` does not raise."),
    ("'coroutine' object is not", "`sio.get_session(sid)` is a coroutine: `await` it first."),
    ("'coroutine' object has no", "`sio.get_session(sid)` is a coroutine: `await` it first."),
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


def means(failure: NotYet) -> str:
    """Say what an exception means here; nothing where nobody knows."""
    cause = failure.__cause__
    said = f"{type(cause).__name__}: {cause}"
    return next((nudge for part, nudge in MEANS if part in said), "")


@asynccontextmanager
async def house(attempt: Attempt, **rooms: Sequence[str]) -> AsyncIterator[Stage]:
    """Serve rooms with people in them.

    Args:
        attempt: the learner's function.
        **rooms: the tabs in each, by name; `Bob` and `Bob 2` are two tabs of Bob.
    """
    async with stage(attempt) as here:
        for tab in dict.fromkeys(tab for tabs in rooms.values() for tab in tabs):
            guest = await here.client(tab)
            await here.sio.save_session(guest.sid, {"name": tab.partition(" ")[0]})
        for room, tabs in rooms.items():
            for tab in tabs:
                await here.sio.enter_room(here.guests[tab].sid, room)
        yield here


async def called(attempt: Attempt, title: str, *arguments: Any) -> Any:
    """Call the learner's function; whatever is told about it begins with the title."""
    try:
        got = await attempt(*arguments)
    except NotYet as failure:
        raise enriched(failure, means(failure), title) from failure.__cause__
    attempt.call_text = title
    return got


def answered(attempt: Attempt, got: Any, expected: Mapping[str, Any], nudge: str) -> None:
    """Refuse unless the acknowledgement is the one that is due."""
    if got is None:
        attempt.fail("It returned None: what it returns is the acknowledgement, a dict.")
    if isinstance(got, bool):
        attempt.fail('The acknowledgement is a dict, such as {"ok": True}.')
    attempt.of_type(got, dict)
    if got.get("ok") is expected["ok"] and got.get("code") != expected.get("code"):
        nudge = f'The "code" is "{expected["code"]}" here.' if "code" in expected else nudge
    attempt.equal(got, dict(expected), nudge)


def inside(here: Stage, tab: str, room: str) -> bool:
    """Say whether a tab is in a room."""
    return room in here.sio.rooms(here.guests[tab].sid)


def told(attempt: Attempt, heard: Mapping[str, Sequence[Event]]) -> None:
    """Refuse unless everybody heard what is for them, once."""
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

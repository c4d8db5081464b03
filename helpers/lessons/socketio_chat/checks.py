"""Exercises of the lesson socketio_chat: pass_on, come_in, go_out, note_typing and tell_one."""

from __future__ import annotations

import asyncio
from typing import Any

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.socketio_stage import NO_ANSWER, Event, Guest, Stage, stage
from helpers.exercises.stage.websocket_room import SharedDict, SharedSet
from helpers.exercises.stage.websocket_stage import Silence
from helpers.lessons.socketio_chat.mistakes import WATCHER, WHY, acknowledged, deny, heard_by

ECHO = "{name} wrote it and has it already: `skip_sid=sid` leaves one out."

TYPIST = "{name} types, and knows it: `skip_sid=sid` leaves one out."


class Names(SharedDict):
    """The dict sid → name, which a learner's function gets as it is."""

    def __repr__(self) -> str:
        return "names"


class Typists(SharedSet):
    """The sids of those who type."""

    def __repr__(self) -> str:
        return "typists"


Names.__name__, Typists.__name__ = "dict", "set"


async def named(here: Stage, names: Names, *people: str) -> list[Guest]:
    """Connect a client for each name, and enter it."""
    guests = [await here.client(name) for name in people]
    names.update({guest.sid: guest.name for guest in guests})
    return guests


def to_others(here: Stage, sender: str, event: Event) -> dict[str, Event]:
    """Expect an event for all but one."""
    return {name: event for name in here.guests if name != sender}


@exercise(
    hints=(
        "`names[sid]` is who says it, and `skip_sid=sid` is who need not hear it.",
        "`isinstance(text, str)` first, `text.strip()` next: a number has no `strip`.",
        "What you `return` is the acknowledgement: a dict for each of the two ends.",
    )
)
async def pass_on(attempt: Attempt) -> None:
    """Two speak, then nonsense comes, and then they go on."""
    names = Names()
    async with stage(attempt) as here:
        here.on("say", names)
        alice, bob, _carol = await named(here, names, "Alice", "Bob", "Carol")
        for guest, text in ((alice, "Hi"), (bob, "naïve 🎉"), *NO_TEXTS, (alice, "Bye")):
            await said(attempt, here, guest or alice, text)


NO_TEXTS: tuple[tuple[None, Any], ...] = ((None, 7), (None, ""), (None, "   "), (None, ["Hi"]))


async def said(attempt: Attempt, here: Stage, guest: Guest, text: Any) -> None:
    """Say something, good or bad, and judge what came of it."""
    good = isinstance(text, str) and bool(text.strip())
    here.emitted.clear()
    ack = await guest.ask("say", text)
    attempt.call_text = f"{guest.name} says {shown(text)}"
    heard = await here.heard()
    message = ("message", {"from": guest.name, "text": text})
    nudge = ECHO if good else "That is no text, or an empty one: send nothing, say `bad_text`."
    heard_by(attempt, here, heard, to_others(here, guest.name, message) if good else {}, nudge)
    if good:
        acknowledged(attempt, ack, {"ok": True}, "It was passed on: `ok` is true.")
    else:
        expected = {"ok": False, "code": "bad_text"}
        acknowledged(attempt, ack, expected, "It was not passed on, and `ok` says that it was.")


REFUSED: tuple[tuple[Any, str, str], ...] = (
    ({"name": "Alice"}, "name_taken", "Alice is here already."),
    ({"name": "ALICE"}, "name_taken", "She is here in other letters: compare `casefold()`."),
    ({"name": " Bob "}, "name_taken", "With spaces around it, it looks the same: `strip` first."),
    (None, "bad_name", "Who says no name cannot come in."),
    ({"name": "   "}, "bad_name", "Nothing is left of that name after `strip()`."),
    ({"name": 7}, "bad_name", "That name is no text."),
    ({"nick": "Carol"}, "bad_name", "There is no name in it."),
    ("Carol", "bad_name", "`auth` should be a dict, and this is a text."),
)


@exercise(
    hints=(
        "Three steps: find the name in `auth`, look whether it is free, enter it and tell.",
        "`isinstance(auth, dict)`, then `auth.get('name')`, then `isinstance(name, str)`.",
        "Two who come at once: between looking and `names[sid] = name` there is no `await`.",
        "`{known.casefold() for known in names.values()}` are those that are taken, and "
        "`sorted(names.values())` are those who are online.",
    ),
    total_s=25.0,
)
async def come_in(attempt: Attempt) -> None:
    """Two come, others are refused, two race for one name."""
    names = Names()
    async with stage(attempt) as here:
        here.on("connect", names)
        await admitted(attempt, here, names, "Alice")
        await admitted(attempt, here, names, "  Bob")
        for auth, code, nudge in REFUSED:
            await turned_away(attempt, here, names, auth, code, nudge)
        await admitted(attempt, here, names, "Carol")
        here.slow_s = 0.1
        both = [here.client(name, {"name": "Dora"}) for name in ("first", "second")]
        inside = [guest.name for guest in await asyncio.gather(*both) if guest.refused is None]
        attempt.call_text = "two come as 'Dora' at the same moment"
        if len(inside) != 1:
            nudge = "While the first one's `emit` waits, the second one comes. Enter the name "
            nudge += "into `names` before any `await`."
            deny(attempt, len(inside), "1", nudge, what="Doras let in")


async def admitted(attempt: Attempt, here: Stage, names: Names, typed: str) -> None:
    """Come under a name that is free."""
    name = typed.strip()
    here.emitted.clear()
    guest = await here.client(name, {"name": typed})
    attempt.call_text = f"a client comes with auth {{'name': {typed!r}}}"
    if guest.refused is not None:
        deny(attempt, guest.refused, "let in", "Nobody else has this name: let her in.", "refused")
    if names.get(guest.sid) != name:
        nudge = "`names` leads from the sid to the name, without the spaces around it: "
        nudge += "`names[sid] = name`."
        deny(attempt, list(names.values()), f"names[sid] == {name!r}", nudge, what="in names")
    event = ("joined", {"name": name, "online": sorted(names.values())})
    nudge = "{name} knows that she came: `skip_sid=sid` tells the others alone."
    heard_by(attempt, here, await here.heard(), to_others(here, name, event), nudge)


async def turned_away(
    attempt: Attempt, here: Stage, names: Names, auth: Any, code: str, nudge: str
) -> None:
    """Come under a name that is not to be had."""
    before = dict(names)
    guest = await here.client("nobody", auth)
    attempt.call_text = f"a client comes with auth {shown(auth)}"
    expected = f"ConnectionRefusedError({code!r})"
    if guest.refused is None or attempt.failure is not None:
        deny(attempt, Silence("let in"), expected, nudge, what="the client was")
    reason = guest.refused.get("message") if isinstance(guest.refused, dict) else guest.refused
    if reason != code:
        deny(attempt, reason, expected, WHY.get(str(reason), nudge), what="connect_error")
    if dict(names) != before:
        nudge = "Who is refused does not belong into `names`: look first, then enter."
        deny(attempt, list(names.values()), str(list(before.values())), nudge, what="in names")
    heard_by(attempt, here, await here.heard(), {}, "")


@exercise(
    hints=(
        "`names.pop(sid, None)` gives the name, takes it out, and does not mind a watcher.",
        "First take the name out, then collect who is online, then `emit`.",
    )
)
async def go_out(attempt: Attempt) -> None:
    """Bob leaves, then a watcher without a name, then Carol."""
    names = Names()
    async with stage(attempt) as here:
        here.on("disconnect", names)
        guests = await named(here, names, "Alice", "Bob", "Carol")
        watcher = await here.client("a watcher")
        for guest in (guests[1], watcher, guests[2]):
            here.emitted.clear()
            await here.leave(guest)
            attempt.call_text = f"{guest.name} leaves"
            heard = await here.heard()
            if guest is watcher:
                heard_by(attempt, here, heard, {}, WATCHER)
                continue
            online = sorted(person.name for person in here.guests.values() if person != watcher)
            judge_left(attempt, here, heard, guest, online)
            if guest.sid in names:
                nudge = f"{guest.name} has left, and the name is still taken: take it out."
                deny(attempt, list(names.values()), str(online), nudge, what="in names")


def judge_left(attempt: Attempt, here: Stage, heard: Any, guest: Guest, online: list[str]) -> None:
    """Judge what those who stayed heard of somebody who left."""
    for name, came in heard.items():
        data = came[0][1] if came else None
        if isinstance(data, dict) and guest.name in (data.get("online") or ()):
            nudge = f"{guest.name} is not online any more: take the name out first."
            deny(attempt, data, f"online: {online}", nudge, what=f"{name} heard")
    event = ("left", {"name": guest.name, "online": online})
    heard_by(attempt, here, heard, dict.fromkeys(here.guests, event), "")


TYPING = (
    ("Alice", True, True, "Alice begins to type."),
    ("Alice", True, False, "They know that Alice types: `sid in typists` says so."),
    ("Bob", True, True, "Bob types as well: each sid by itself."),
    ("Alice", False, True, "Alice types no longer."),
    ("Alice", False, False, "They know that Alice stopped."),
    ("Alice", True, True, "Alice types again: when she stopped, did she leave `typists`?"),
    ("Carol", False, False, "Carol has not typed at all: nothing changes."),
)


@exercise(
    hints=(
        "`sid in typists` is what the others believe. When it equals `on`, nothing changes.",
        "`typists.add(sid)` when she begins, `typists.discard(sid)` when she stops.",
        "Then `emit` with `skip_sid`, as in the first exercise.",
    )
)
async def note_typing(attempt: Attempt) -> None:
    """Three people type, key by key."""
    names, typists = Names(), Typists()
    async with stage(attempt) as here:
        here.on("typing", names, typists)
        await named(here, names, "Alice", "Bob", "Carol")
        for number, (name, on, changes, nudge) in enumerate(TYPING):
            here.emitted.clear()
            await here.guests[name].ask("typing", on)
            attempt.call_text = f"{name} says typing: {on}"
            heard = await here.heard()
            event = ("typing", {"name": name, "on": on})
            if changes and number and not here.emitted:
                deny(attempt, Silence("nothing"), event, nudge, what="the others heard")
            expected = to_others(here, name, event) if changes else {}
            heard_by(attempt, here, heard, expected, TYPIST if changes else nudge)


ONE = (
    ("Bob", {"ok": True}),
    ("Zoe", {"ok": False, "code": "no_such_person"}),
    ("Carol", {"ok": False, "code": "no_answer"}),
    ("Alice", {"ok": True}),
    ("Bob", {"ok": True}),
)


@exercise(
    hints=(
        "`names` leads from sid to name. Here you need the other way: a loop over "
        "`names.items()` finds the sid.",
        "`await sio.call(event, data, to=…, timeout=1)` returns when the client has "
        "acknowledged, whatever it says.",
        "When none comes: `except socketio.exceptions.TimeoutError`. The TimeoutError of Python "
        "is another one.",
    ),
    timeout_s=4.0,
    total_s=20.0,
)
async def tell_one(attempt: Attempt) -> None:
    """A secret for Bob, for nobody, for Carol, who does not answer, and for oneself."""
    names = Names()
    async with stage(attempt) as here:
        here.on("tell", names)
        guests = await named(here, names, "Alice", "Bob", "Carol", "Dave")
        guests[2].answers["message"] = NO_ANSWER
        for to, expected in ONE:
            here.emitted.clear()
            ack = await guests[0].ask("tell", to, "psst", within_s=4)
            attempt.call_text = f"Alice tells {to}: 'psst'"
            await judge_secret(attempt, here, to, ack, expected)


async def judge_secret(
    attempt: Attempt, here: Stage, to: str, ack: Any, expected: dict[str, Any]
) -> None:
    """Judge who heard it, then the acknowledgement."""
    heard = await here.heard()
    event = ("message", {"from": "Alice", "to": to, "text": "psst"})
    if ack is NO_ANSWER and to == "Carol" and attempt.failure is None:
        nudge = "It waits longer than a second for Carol: `call` has a `timeout`."
        deny(attempt, ack, expected, nudge)
    intruder = "It was private, and {name} heard it: `to=` the sid of one person."
    if to != "Alice" and heard["Alice"]:
        intruder = "Alice is the sender: look for the sid whose name is `to`."
    known = {to: event} if to in here.guests else {}
    if known and not heard[to] and heard["Alice"] and attempt.failure is None:
        deny(attempt, Silence("nothing"), event, intruder, what=f"{to} heard")
    if not known:
        intruder = "Nobody is called Zoe: call no one, and say `no_such_person`."
    heard_by(attempt, here, heard, known, intruder)
    nudge = {
        "Carol": "Carol's client has acknowledged nothing. `emit` does not wait for that: "
        "`call` does.",
        "Zoe": "Nobody is called Zoe.",
    }.get(to, f"{to} has acknowledged it.")
    acknowledged(attempt, ack, expected, nudge)

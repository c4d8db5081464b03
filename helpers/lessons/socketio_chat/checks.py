"""Exercises of the lesson socketio_chat: pass_on, come_in, go_out, note_typing and tell_one."""

from __future__ import annotations

import asyncio
from typing import Any

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.listening import NO_ACKNOWLEDGEMENT, Silence
from helpers.exercises.stage.socketio import Client, Event, Stage, serve_handlers
from helpers.exercises.stage.websocket_crowd import SharedDict, SharedSet
from helpers.lessons.socketio_chat.mistakes import (
    REASONS,
    WATCHER,
    deny,
    judge_left,
    require_acknowledged,
    require_heard_by,
)

ECHO = "{name} wrote it and has it already: `skip_sid=sid` leaves one out."
TYPIST = "{name} types, and knows it: `skip_sid=sid` leaves one out."


def make_names() -> SharedDict:
    """Make the dict that leads from sid to name, which a learner's function gets as it is."""
    names = SharedDict()
    names.shown_as = "names"
    return names


async def connect_all(stage: Stage, names: SharedDict, *people: str) -> list[Client]:
    """Connect a client for each name, and enter the names in the dict."""
    clients = [await stage.connect(name) for name in people]
    names.update({client.sid: client.name for client in clients})
    return clients


def expect_others(stage: Stage, sender: str, event: Event) -> dict[str, Event]:
    """Expect an event for everybody but the sender."""
    return {name: event for name in stage.clients if name != sender}


@exercise(
    hints=(
        "`names[sid]` is who says it, and `skip_sid=sid` is who need not hear it.",
        "`isinstance(text, str)` first, `text.strip()` next: a number has no `strip`.",
        "What you `return` is the acknowledgement: a dict for each of the two ends.",
    )
)
async def pass_on(attempt: Attempt) -> None:
    """Two people speak, then nonsense is sent, and then they continue."""
    names = make_names()
    async with serve_handlers(attempt) as stage:
        stage.on("say", names)
        alice, bob, _carol = await connect_all(stage, names, "Alice", "Bob", "Carol")
        for client, text in ((alice, "Hi"), (bob, "naïve 🎉"), *NO_TEXTS, (alice, "Bye")):
            await judge_said(attempt, stage, client or alice, text)


NO_TEXTS: tuple[tuple[None, Any], ...] = ((None, 7), (None, ""), (None, "   "), (None, ["Hi"]))


async def judge_said(attempt: Attempt, stage: Stage, client: Client, text: Any) -> None:
    """Say something, good or bad, and judge the reaction."""
    good = isinstance(text, str) and bool(text.strip())
    stage.emitted.clear()
    ack = await client.ask("say", text)
    attempt.call_text = f"{client.name} says {shown(text)}"
    heard = await stage.hear()
    message = ("message", {"from": client.name, "text": text})
    nudge = ECHO if good else "That is no text, or an empty one: send nothing, say `bad_text`."
    hearers = expect_others(stage, client.name, message) if good else {}
    require_heard_by(attempt, stage, heard, hearers, nudge)
    if good:
        require_acknowledged(attempt, ack, {"ok": True}, "It was passed on: `ok` is true.")
    else:
        expected = {"ok": False, "code": "bad_text"}
        nudge = "It was not passed on, and `ok` says that it was."
        require_acknowledged(attempt, ack, expected, nudge)


REFUSED: tuple[tuple[Any, str, str], ...] = (
    ({"name": "Alice"}, "name_taken", "Alice is here already."),
    ({"name": "ALICE"}, "name_taken", "She is here in other letters: compare `casefold()`."),
    ({"name": " Bob "}, "name_taken", "With spaces around it, it looks the same: `strip` first."),
    (None, "bad_name", "Who says no name cannot come in."),
    ({"name": "   "}, "bad_name", "Nothing is left of that name after `strip()`."),
    ({"name": 7}, "bad_name", "That name is no text."),
    ({"nick": "Carol"}, "bad_name", "There is no name in it."),
    ("Carol", "bad_name", "`auth` should be a dict, and this is a text."),
    (["Carol"], "bad_name", "`auth` should be a dict, and this is a list."),
    ({"name": ["Carol"]}, "bad_name", "That name is a list, and no text."),
    ({"name": "GROSS"}, "name_taken", "`Groß` is here: `casefold()` knows that `ß` is `ss`."),
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
    """Two connect, others are refused, and two race for one name."""
    names = make_names()
    async with serve_handlers(attempt) as stage:
        stage.on("connect", names)
        await require_admitted(attempt, stage, names, "Alice")
        await require_admitted(attempt, stage, names, "  Bob")
        await require_admitted(attempt, stage, names, "Groß")
        for auth, code, nudge in REFUSED:
            await require_turned_away(attempt, stage, names, auth, code, nudge)
        await require_admitted(attempt, stage, names, "Carol")
        await require_admitted(attempt, stage, names, "Aaron")
        stage.slow_s = 0.1
        both = [stage.connect(name, {"name": "Dora"}) for name in ("first", "second")]
        let_in = [client.name for client in await asyncio.gather(*both) if client.refused is None]
        attempt.call_text = "two come as 'Dora' at the same moment"
        if len(let_in) != 1:
            nudge = "While the first one's `emit` waits, the second one comes. Enter the name "
            nudge += "into `names` before any `await`."
            deny(attempt, len(let_in), "1", nudge, what="Doras let in")


async def require_admitted(attempt: Attempt, stage: Stage, names: SharedDict, typed: str) -> None:
    """Refuse unless a client is let in under a free name."""
    name = typed.strip()
    stage.emitted.clear()
    client = await stage.connect(name, {"name": typed})
    attempt.call_text = f"a client comes with auth {{'name': {typed!r}}}"
    if client.refused is not None:
        nudge = "Nobody else has this name: let her in."
        deny(attempt, client.refused, "let in", nudge, what="refused")
    if names.get(client.sid) != name:
        nudge = "`names` leads from the sid to the name, without the spaces around it: "
        nudge += "`names[sid] = name`."
        deny(attempt, list(names.values()), f"names[sid] == {name!r}", nudge, what="in names")
    event = ("joined", {"name": name, "online": sorted(names.values())})
    nudge = "{name} knows that she came: `skip_sid=sid` tells the others alone."
    require_heard_by(attempt, stage, await stage.hear(), expect_others(stage, name, event), nudge)


async def require_turned_away(
    attempt: Attempt, stage: Stage, names: SharedDict, auth: Any, code: str, nudge: str
) -> None:
    """Refuse unless a client is refused, because its name is taken or bad."""
    before = dict(names)
    client = await stage.connect("nobody", auth)
    attempt.call_text = f"a client comes with auth {shown(auth)}"
    expected = f"ConnectionRefusedError({code!r})"
    if client.refused is None or attempt.failure is not None:
        deny(attempt, Silence("let in"), expected, nudge, what="the client was")
    reason = client.refused.get("message") if isinstance(client.refused, dict) else client.refused
    if reason != code:
        deny(attempt, reason, expected, match(str(reason), REASONS) or nudge, what="connect_error")
    if dict(names) != before:
        nudge = "Who is refused does not belong into `names`: look first, then enter."
        deny(attempt, list(names.values()), str(list(before.values())), nudge, what="in names")
    require_heard_by(attempt, stage, await stage.hear(), {}, "")


@exercise(
    hints=(
        "`names.pop(sid, None)` gives the name, takes it out, and does not mind a watcher.",
        "First take the name out, then collect who is online, then `emit`.",
    )
)
async def go_out(attempt: Attempt) -> None:
    """Bob leaves, then a watcher without a name, then Carol."""
    names = make_names()
    async with serve_handlers(attempt) as stage:
        stage.on("disconnect", names)
        clients = await connect_all(stage, names, "Alice", "Bob", "Carol")
        watcher = await stage.connect("a watcher")
        for client in (clients[1], watcher, clients[2]):
            stage.emitted.clear()
            await stage.leave(client)
            attempt.call_text = f"{client.name} leaves"
            heard = await stage.hear()
            if client is watcher:
                require_heard_by(attempt, stage, heard, {}, WATCHER)
                continue
            online = sorted(person.name for person in stage.clients.values() if person != watcher)
            judge_left(attempt, stage, heard, client, online)
            if client.sid in names:
                nudge = f"{client.name} has left, and the name is still taken: take it out."
                deny(attempt, list(names.values()), str(online), nudge, what="in names")


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
    names, typists = make_names(), SharedSet()
    typists.shown_as = "typists"
    async with serve_handlers(attempt) as stage:
        stage.on("typing", names, typists)
        await connect_all(stage, names, "Alice", "Bob", "Carol")
        for number, (name, on, changes, nudge) in enumerate(TYPING):
            stage.emitted.clear()
            await stage.clients[name].ask("typing", on)
            attempt.call_text = f"{name} says typing: {on}"
            heard = await stage.hear()
            event = ("typing", {"name": name, "on": on})
            if changes and number and not stage.emitted:
                deny(attempt, Silence("nothing"), event, nudge, what="the others heard")
            expected = expect_others(stage, name, event) if changes else {}
            require_heard_by(attempt, stage, heard, expected, TYPIST if changes else nudge)
        sids = {stage.clients[name].sid for name in ("Alice", "Bob")}
        if set(typists) != sids:
            nudge = "`typists` has the sids of those who type now, Alice and Bob, and no more."
            deny(attempt, set(typists), sids, nudge, what="in typists")


ONE = (
    ("Bob", {"ok": True}),
    ("Zoe", {"ok": False, "code": "no_such_person"}),
    ("Carol", {"ok": False, "code": "no_answer"}),
    ("Alice", {"ok": True}),
    ("Dave", {"ok": True}),
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
    """A secret for Bob, for an unknown name, for Carol, who does not answer, and for oneself."""
    names = make_names()
    async with serve_handlers(attempt) as stage:
        stage.on("tell", names)
        clients = await connect_all(stage, names, "Alice", "Bob", "Carol", "Dave")
        clients[2].acknowledgements["message"] = NO_ACKNOWLEDGEMENT
        clients[3].takes_s = 0.6
        for to, expected in ONE:
            stage.emitted.clear()
            ack = await clients[0].ask("tell", to, "psst", within_s=2.5)
            attempt.call_text = f"Alice tells {to}: 'psst'"
            await judge_secret(attempt, stage, to, ack, expected)


async def judge_secret(
    attempt: Attempt, stage: Stage, to: str, ack: Any, expected: dict[str, Any]
) -> None:
    """Judge who heard it, then the acknowledgement."""
    heard = await stage.hear()
    event = ("message", {"from": "Alice", "to": to, "text": "psst"})
    if ack is NO_ACKNOWLEDGEMENT and to == "Carol" and attempt.failure is None:
        nudge = "It waits longer than a second for Carol: `call` has a `timeout`."
        deny(attempt, ack, expected, nudge)
    intruder = "It was private, and {name} heard it: `to=` the sid of one person."
    if to != "Alice" and heard["Alice"]:
        intruder = "Alice is the sender: look for the sid whose name is `to`."
    known = {to: event} if to in stage.clients else {}
    if known and not heard[to] and heard["Alice"] and attempt.failure is None:
        deny(attempt, Silence("nothing"), event, intruder, what=f"{to} heard")
    if not known:
        intruder = "Nobody is called Zoe: call no one, and say `no_such_person`."
    require_heard_by(attempt, stage, heard, known, intruder)
    nudge = {
        "Carol": "Carol's client has acknowledged nothing. `emit` does not wait for that: "
        "`call` does.",
        "Zoe": "Nobody is called Zoe.",
        "Dave": "Dave's client took half a second: wait for it, a whole second if need be.",
    }.get(to, f"{to} has acknowledged it.")
    require_acknowledged(attempt, ack, expected, nudge)

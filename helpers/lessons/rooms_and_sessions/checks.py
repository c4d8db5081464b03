"""Exercises of the lesson rooms_and_sessions: authorise_join, members, room_history and kick."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.stage.socketio import Client, Stage
from helpers.lessons.rooms_and_sessions.mistakes import (
    ROOM,
    call,
    require_acknowledged,
    require_heard,
    require_page,
)
from helpers.lessons.rooms_and_sessions.server import is_inside, serve_rooms

NOT_INVITED = {"ok": False, "code": "not_invited"}
INVITED = "invited to tea: Alice and Bob, to attic: nobody, to chess club: Carol"


@exercise(
    hints=(
        '`(await sio.get_session(sid))["name"]` is who asks: the connection knows it.',
        "A client may send anything: `isinstance(room, str)` first.",
        "`invited.get(room, ())` is who may come in; nobody, where there is no such room.",
        "One `if` for all that is refused, and one answer. Only then `await sio.enter_room(sid, "
        "room)`.",
    ),
)
async def authorise_join(attempt: Attempt) -> None:
    """One is invited, one is not; an unknown room; values that are not a name."""
    invited = {"tea": {"Alice", "Bob"}, "attic": set[str](), "chess club": {"Carol"}}
    async with serve_rooms(attempt, lobby=("Alice", "Bob", "Carol", "A")) as stage:
        for tab, room, welcome, nudge in (
            ("Alice", "tea", True, "Alice is invited: let her in."),
            ("Carol", "tea", False, "Carol is not invited to `tea`: it is not enough to ask."),
            ("Carol", "chess club", True, "Carol is invited: let her in."),
            ("Alice", "chess club", False, "Alice is invited to another room, not to this one."),
            ("Bob", "attic", False, "Nobody is invited to `attic`."),
            ("Bob", "cellar", False, "There is no such room: refuse."),
            ("A", "tea", False, "A is nobody's whole name: is it a search in a text?"),
            ("Bob", ["tea"], False, "A list is no room: refuse."),
            ("Bob", None, False, "None is no room: refuse."),
            ("Bob", "", False, "An empty name is no room: refuse."),
        ):
            await ask_to_join(attempt, stage, invited, (tab, room, welcome), nudge)
        await stage.sio.emit("message", "psst", room="tea")
        heard = await stage.hear()
        listeners = [tab for tab, events in heard.items() if ("message", "psst") in events]
        attempt.equal(listeners, ["Alice"], "After all that, `emit` to `tea` reached others.")


async def ask_to_join(
    attempt: Attempt,
    stage: Stage,
    invited: Mapping[str, set[str]],
    case: tuple[str, Any, bool],
    nudge: str,
) -> None:
    """Let one tab ask for one room."""
    tab, room, welcome = case
    client = stage.clients[tab]
    before = set(stage.sio.rooms(client.sid))
    title = f"{tab} asks to join {room!r}; {INVITED}"
    got = await call(attempt, title, stage.sio, dict(invited), client.sid, room)
    entered = [r for r in stage.sio.rooms(client.sid) if r not in before]
    if not welcome and entered:
        if isinstance(got, dict) and got.get("ok") is False:
            nudge = f"{tab} is in the room now, and hears all: first ask, then enter."
        attempt.fail(nudge)
    if not welcome and isinstance(got, dict) and got.get("ok") is False:
        code = got.get("code")
        secret = "One answer for all: another one would tell a stranger which rooms there are."
        if code != NOT_INVITED["code"] and (room not in invited if _is_name(room) else True):
            attempt.equal(got, NOT_INVITED, secret)
    require_acknowledged(attempt, got, {"ok": True} if welcome else NOT_INVITED, nudge)
    if welcome and not entered:
        attempt.fail(f"It says ok, and {tab} is not in the room: `await sio.enter_room(…)`.")
    if welcome:
        attempt.equal(entered, [room], "The wrong room: `enter_room(sid, room)`.")


def _is_name(room: object) -> bool:
    return isinstance(room, str)


@exercise(
    hints=(
        'Each pair of `sio.manager.get_participants("/", room)` is a tab: `for sid, _ in …`.',
        '`(await sio.get_session(sid))["name"]` is whose tab it is.',
        "A set keeps each name once; `sorted` makes a list of it.",
    ),
)
async def members(attempt: Attempt) -> None:
    """Two rooms, two tabs of one person, an empty room; somebody leaves, somebody is gone."""
    tea = ("Carol", "Alice", "Bob", "Alice 2")
    async with serve_rooms(attempt, tea=tea, chess=("Bob 2", "Dave")) as stage:
        everybody = ["Alice", "Bob", "Carol", "Dave"]
        title = "members(sio, 'tea'): Alice is there with two tabs, Bob and Carol with one"
        got = await ask_members(attempt, title, stage, "tea")
        once = "Alice has two tabs, and is one person: a set keeps a name once."
        attempt.require(sorted(got) != ["Alice", "Alice", "Bob", "Carol"], once)
        attempt.require(got != everybody, "Dave is in another room: ask for those in `room`.")
        attempt.require(sorted(got) != [*everybody[:3]] or got == sorted(got), "Sort the names.")
        attempt.equal(got, everybody[:3], "Each of them once, sorted.")
        title = "members(sio, 'chess'): Bob and Dave are there"
        attempt.equal(
            await ask_members(attempt, title, stage, "chess"), ["Bob", "Dave"], "Each once."
        )
        title = "members(sio, 'attic'): nobody is there"
        nudge = "Nobody is there: an empty list."
        attempt.equal(await ask_members(attempt, title, stage, "attic"), [], nudge)
        await stage.sio.leave_room(stage.clients["Alice"].sid, "tea")
        title = "members(sio, 'tea'): Alice has left with one of her two tabs"
        nudge = "Her other tab is still there, and so is she."
        attempt.equal(await ask_members(attempt, title, stage, "tea"), everybody[:3], nudge)
        await stage.leave(stage.clients["Bob"])
        title = "members(sio, 'tea'): Bob has closed his tab there; another one is in 'chess'"
        nudge = "Bob is gone from here: ask the server now, and keep no list."
        attempt.equal(await ask_members(attempt, title, stage, "tea"), ["Alice", "Carol"], nudge)


async def ask_members(attempt: Attempt, title: str, stage: Stage, room: str) -> list[Any]:
    """Ask the learner's function for names; sids instead of names get their own sentence."""
    got = await call(attempt, title, stage.sio, room)
    attempt.require(got is not None, "It returned None: return the names.")
    sids = {client.sid for client in stage.clients.values()}
    if isinstance(got, list | set | tuple) and any(_holds_sid(one, sids) for one in got):
        attempt.result_text = None
        attempt.fail('Those are ids of connections. `(await sio.get_session(sid))["name"]`.')
    attempt.of_type(got, list)
    names: list[Any] = got
    return names


def _holds_sid(one: object, sids: set[str]) -> bool:
    parts = one if isinstance(one, tuple | list) else [one]
    return any(isinstance(part, str) and part in sids for part in parts)


NOT_A_MEMBER = {"ok": False, "code": "not_a_member"}


def make_messages(room: str, *numbers: int) -> list[dict[str, Any]]:
    """Make messages of a room."""
    return [{"seq": seq, "text": f"{room} {seq}"} for seq in numbers]


@exercise(
    hints=(
        "`sio.rooms(sid)` lists the rooms that a connection is in.",
        "First all that is older: "
        '`[m for m in histories[room] if before is None or m["seq"] < before]`.',
        "`older[-3:]` are its last three. There is more if it is longer than three.",
    ),
)
async def room_history(attempt: Attempt) -> None:
    """The end of a history, pages before it, gaps, another room's, one that is not ours."""
    histories = {
        "tea": make_messages("tea", 1, 2, 5, 6, 9, 12, 13, 20),
        "chess": make_messages("chess", 1, 3, 4),
        "secret": make_messages("secret", 7, 8),
        "new": [],
    }
    attempt.copies = False
    tabs: dict[str, Sequence[str]] = {"tea": ("Alice",), "chess": ("Alice",), "new": ("Alice",)}
    async with serve_rooms(attempt, secret=("Bob",), **tabs) as stage:
        for room, before, numbers, more, nudge in (
            ("tea", None, (12, 13, 20), True, "`before` is None: the last three of the room."),
            ("tea", 12, (5, 6, 9), True, 'Those whose "seq" is smaller than `before`.'),
            ("tea", 7, (2, 5, 6), True, "`before` is a number of a message that may be gone."),
            ("tea", 5, (1, 2), False, "Fewer than three are left, and none before them."),
            ("tea", 1, (), False, "Nothing is older than the first one."),
            (
                "tea",
                0,
                (),
                False,
                "0 is a number, too: nothing is older. Ask `before is None`.",
            ),
            ("tea", 99, (12, 13, 20), True, "All are older than that: the last three."),
            ("chess", None, (1, 3, 4), False, "Exactly three: nothing is older."),
            ("new", None, (), False, "Nobody has said a word there: an empty page."),
        ):
            expected = {"ok": True, "messages": make_messages(room, *numbers), "older": more}
            require_page(
                attempt, await ask_page(attempt, stage, room, before, histories), expected, nudge
            )
        nudge = "Alice is not in that room: she may not read what is said there."
        for room in ("secret", "attic"):
            got = await ask_page(attempt, stage, room, None, histories)
            if isinstance(got, dict) and got.get("messages"):
                attempt.fail(nudge)
            require_acknowledged(attempt, got, NOT_A_MEMBER, nudge)


async def ask_page(
    attempt: Attempt, stage: Stage, room: str, before: int | None, histories: Mapping[str, Any]
) -> Any:
    """Ask for a page of a history, as Alice."""
    numbers = [message["seq"] for message in histories.get(room, ())]
    title = (
        f"room_history(sio, sid, {room!r}, {before}, histories): {room} has {numbers or 'none'}"
    )
    client: Client = stage.clients["Alice"]
    given = {name: [dict(message) for message in said] for name, said in histories.items()}
    got = await call(attempt, title, stage.sio, client.sid, room, before, given)
    attempt.unchanged((given, histories))
    return got


NOT_OWNER = {"ok": False, "code": "not_owner"}
TABS = ("Alice", "Bob", "Bob 2", "Carol")


@exercise(
    hints=(
        'The owner asks: compare `owners.get(room)` with the "name" in `sio.get_session(sid)`.',
        "Collect the tabs of `name` that are in the room in a list: for each of "
        '`sio.manager.get_participants("/", room)`, look at its session.',
        "No tab: the code is `no_such_member`. Otherwise, for each: emit `kicked` to it "
        "(`to=tab`), then `leave_room`.",
        "In the end, `left` to the room: whoever was kicked is no longer in it, and does not "
        "hear that.",
    ),
)
async def kick(attempt: Attempt) -> None:
    """The owner kicks two tabs; others may not; an unknown name; an unknown room."""
    for case in ("Carol", "nobody", "no room"):
        await require_kick_refused(attempt, case)
    async with serve_rooms(attempt, tea=TABS, chess=("Bob", "Carol"), own=("Bob 3",)) as stage:
        title = "Alice owns 'tea', and kicks Bob, who is there with two tabs"
        alice = stage.clients["Alice"].sid
        got = await call(attempt, title, stage.sio, alice, ROOM, "Bob", {ROOM: "Alice"})
        heard = await stage.hear()
        for tab in ("Bob", "Bob 2"):
            stay = f"A tab of Bob ({tab}) is still in the room, and hears all."
            both = " He has two: let each of them leave."
            alone = all(is_inside(stage, one, ROOM) for one in ("Bob", "Bob 2"))
            connected = stage.sio.manager.is_connected(stage.clients[tab].sid, "/")
            gone = "Bob is kicked out of one room, not of the server: `leave_room`."
            attempt.require(connected, gone)
            attempt.require(not is_inside(stage, tab, ROOM), stay + ("" if alone else both))
        attempt.require(is_inside(stage, "Bob", "chess"), "Bob may stay in `chess`.")
        for tab in ("Alice", "Carol"):
            attempt.require(is_inside(stage, tab, ROOM), f"{tab} may stay: only Bob is kicked.")
        require_heard(attempt, heard)
        require_acknowledged(attempt, got, {"ok": True}, "Alice owns the room: she may.")


async def require_kick_refused(attempt: Attempt, case: str) -> None:
    """Refuse unless a kick fails that somebody may not do, or whose victim is absent."""
    by, room, name, expected, nudge = {
        "Carol": ("Carol", ROOM, "Bob", NOT_OWNER, "Alice owns `tea`, and Carol does not."),
        "nobody": (
            "Alice",
            ROOM,
            "Dave",
            {"ok": False, "code": "no_such_member"},
            "Dave is in another room: nobody of that name is in `tea`.",
        ),
        "no room": (
            "Alice",
            "attic",
            "Bob",
            NOT_OWNER,
            "Nobody owns `attic`: `owners.get(room)`.",
        ),
    }[case]
    async with serve_rooms(attempt, tea=TABS, attic=("Bob",), chess=("Dave",)) as stage:
        sid = stage.clients[by].sid
        title = f"{by} kicks {name} out of {room!r}; owners = {{'tea': 'Alice'}}"
        got = await call(attempt, title, stage.sio, sid, room, name, {ROOM: "Alice"})
        heard = await stage.hear()
        for tab in TABS:
            attempt.require(is_inside(stage, tab, ROOM), f"{tab} is out. {nudge}")
        for tab, events in heard.items():
            attempt.require(not events, f"{tab} heard {events[:1]}, and nothing happened. {nudge}")
        require_acknowledged(attempt, got, expected, nudge)

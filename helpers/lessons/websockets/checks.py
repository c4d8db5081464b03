"""Exercises of the lesson websockets: reverse, calculator and find_dead."""

from __future__ import annotations

import json

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.stage.listening import GONE, Silence
from helpers.exercises.stage.verdict import explain_silence, refuse, reword
from helpers.exercises.stage.websocket import (
    ask,
    connect,
    open_peers,
    serve_handler,
)
from helpers.lessons.websockets.mistakes import (
    NOT_A_LIST,
    UNSENDABLE,
    explain_failure,
    explain_found,
    explain_reply,
    explain_reverse,
)


@exercise(
    hints=(
        "Section 1 has an echo. What it sends back is the only thing to change.",
        "`text[::-1]` is the text from its last letter to its first.",
        "`async for message in websocket:`, and in it `await websocket.send(…)`.",
    )
)
async def reverse(attempt: Attempt) -> None:
    """Several messages on one connection, another client between them."""
    async with serve_handler(attempt) as url, connect(url) as alice, connect(url) as bob:
        turns = [
            (alice, "good morning"),
            (alice, "Hello, world"),
            (bob, "Bob"),
            (alice, "naïve 🎉"),
        ]
        before = [text[::-1] for _, text in turns]
        odd = [(bob, "  two  spaces\n"), (alice, "")]
        for asked, (websocket, text) in enumerate([*turns, *odd], start=1):
            got = await ask(attempt, websocket, text)
            if got != text[::-1]:
                how = explain_reverse(got, text, before) or explain_silence(attempt, got, asked)
                how = match_cause(attempt.failure, NOT_A_LIST) or how
                refuse(attempt, got, repr(text[::-1]), how)


Request = tuple[str | bytes, float | None, str]  # the value is None where an error is due

REQUESTS: tuple[Request, ...] = (
    ('{"type": "compute", "a": 6, "op": "+", "b": 3}', 9, "Add a and b."),
    ('{"type": "compute", "a": 6, "op": "-", "b": 3}', 3, "Subtract b from a."),
    ('{"type": "compute", "a": 6, "op": "*", "b": 3}', 18, "Multiply a by b."),
    ('{"type": "compute", "a": 6, "op": "/", "b": 4}', 1.5, "Divide a by b, with `/`."),
    (
        '{"type": "compute", "a": 6, "op": "+", "b": 0}',
        6,
        "6 + 0 is 6: only `/` minds a zero, so compute only what `op` asks for.",
    ),
    (
        '{"type": "compute", "a": 0, "op": "*", "b": 5}',
        0,
        "0 is a number as well, and it counts as false: ask for its type, not `if not a`.",
    ),
    ('{"type": "compute", "a": 3, "op": "-", "b": 6}', -3, "3 - 6 is less than 0."),
    ("six times seven", None, "Not every text is JSON: `json.loads` raises. Catch that."),
    (
        '{"type": "compute", "a": 1, "op": "/", "b": 0}',
        None,
        "Nobody can divide by zero: catch ZeroDivisionError, and answer with an error.",
    ),
    (
        '{"type": "compute", "a": 2, "op": "**", "b": 3}',
        None,
        "That is not one of the four operations: answer with an error. "
        "(Never `eval` it: that runs whatever a stranger sends.)",
    ),
    ('{"type": "dance"}', None, "The type is unknown: answer with an error."),
    ('{"type": "compute", "a": 6}', None, "Fields are missing: answer with an error."),
    (
        '{"type": "compute", "a": "6", "op": "+", "b": "3"}',
        None,
        "Those are strings, and Python adds strings as well: check the types.",
    ),
    ("[6, 3]", None, "JSON is not always an object; this is a list. Check before you look in."),
    (
        b"\x80abc",
        None,
        "Bytes that are not UTF-8 raise UnicodeDecodeError. Catch ValueError: it is the parent "
        "of this one and of JSONDecodeError.",
    ),
    (
        '{"type": "dance", "a": 6, "op": "+", "b": 3}',
        None,
        'Nobody asked to compute: look at the "type", and answer with an error.',
    ),
    (
        '{"type": "compute", "a": 0.5, "op": "*", "b": 4}',
        2,
        "0.5 is a number as well: JSON gives an int, or a float where there is a point.",
    ),
    (
        '{"type": "compute", "a": 0.5, "op": "-", "b": 2}',
        -1.5,
        "0.5 has a decimal point: take it as it is, without `int(…)`.",
    ),
    (
        '{"type": "compute", "a": 6, "op": ["+"], "b": 3}',
        None,
        "That `op` is a list, which cannot be a key of a dict: answer with an error.",
    ),
    ('{"type": ["compute"], "a": 6, "op": "+", "b": 3}', None, "That type is a list."),
    ('{"type": "compute", "a": null, "op": "+", "b": 3}', None, "`null` is not a number."),
    (
        "[" * 100_000,
        None,
        "That many brackets are too deep for `json.loads`: it raises RecursionError. Catch that.",
    ),
    (
        f'{{"type": "compute", "a": 1{"0" * 400}, "op": "/", "b": 3}}',
        None,
        "Too large a number for `/`: it raises OverflowError. ArithmeticError is the parent of "
        "this one and of ZeroDivisionError.",
    ),
    (
        f'{{"type": "compute", "a": {"7" * 4_000}, "op": "*", "b": {"7" * 4_000}}}',
        None,
        "The product has so many digits that Python does not write it: `json.dumps` raises "
        "ValueError, so it belongs inside the `try`.",
    ),
    (
        '{"type": "compute", "a": 1e308, "op": "*", "b": 10}',
        None,
        "That is infinity, which JSON does not have: `json.dumps(…, allow_nan=False)` raises.",
    ),
    ('{"type": "compute", "a": 6, "op": "*", "b": 7}', 42, "After nonsense it goes on."),
)


@exercise(
    hints=(
        "`reception` in section 3 has the loop, `json.loads`, `match` and `json.dumps`.",
        'A dict, inside your function, leads from each sign to what it does: `{"+": operator.add, '
        "…}`, after an `import operator`.",
        "One `try` holds everything from `json.loads` to the result, `except (ValueError, …)` "
        "makes the error, and `send` comes after both.",
        '`case {"type": "compute", "a": int() | float() as a, …}` asks for the types as well.',
    ),
    total_s=20.0,
)
async def calculator(attempt: Attempt) -> None:
    """Sums, then every kind of nonsense, on one connection."""
    async with (
        serve_handler(attempt, knows_the_end=True) as url,
        connect(url) as websocket,
    ):
        for asked, (request, value, nudge) in enumerate(REQUESTS, start=1):
            got = await ask(attempt, websocket, request)
            problem = explain_reply(got, value, nudge)
            if problem:
                if isinstance(got, Silence) and value is not None:
                    problem = explain_silence(attempt, got, asked)
                elif got is GONE and attempt.failure is None:
                    problem = "The handler has ended: the `try` belongs inside the loop."
                problem = match_cause(attempt.failure, UNSENDABLE) or problem
                due = {"reason": "…"} if value is None else {"value": value}
                reply = {"type": "error" if value is None else "result", **due}
                refuse(attempt, got, json.dumps(reply, ensure_ascii=False), problem)


PEERS = {
    "Alice": "well",
    "Bob": "frozen",
    "Carol": "slow",
    "Dave": "gone",
    "Erin": "frozen",
    "Frank": "frozen",
    "Grace": "well",
    "Heidi": "lost",
}
DEAD = [name for name, state in PEERS.items() if state in ("frozen", "gone", "lost")]


@exercise(
    hints=(
        "Write it for one peer first: `pong = await ws.ping()` sends, `await pong` waits.",
        "A deadline around the wait: `async with asyncio.timeout(1):` raises TimeoutError.",
        "`ping` on a connection that has closed raises ConnectionClosed: count it as dead.",
        "`await asyncio.gather(*[… for ws in peers.values()])` asks all of them side by side, "
        "and keeps their order.",
    ),
    timeout_s=2.5,
)
async def find_dead(attempt: Attempt) -> None:
    """Three frozen peers, one that has left and one that broke off, among others that are well."""
    title = "find_dead(peers): Bob, Erin and Frank are frozen, Dave has left, Heidi's line broke"
    async with open_peers(PEERS) as connections:
        try:
            got = await attempt(connections)
        except NotYet as failure:
            raise reword(
                failure, explain_failure(failure, connections), title
            ) from failure.__cause__
        attempt.call_text = title
        if isinstance(got, set | frozenset | tuple):
            got = [name for name in connections if name in got]
        attempt.of_type(got, list)
        if sorted(map(str, got)) != sorted(DEAD):
            attempt.equal(got, DEAD, nudge=explain_found(got, connections))

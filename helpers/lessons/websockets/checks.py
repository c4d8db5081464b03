"""Exercises of the lesson websockets: reverse, newsroom and calculator."""

from __future__ import annotations

import json

from helpers.exercises.engine.attempt import Attempt
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.stage.listening import GONE, Silence
from helpers.exercises.stage.verdict import explain_silence, refuse
from helpers.exercises.stage.websocket import ask, connect, serve_handler
from helpers.lessons.websockets.mistakes import (
    REVERSED,
    UNSENDABLE,
    explain_reply,
    explain_reverse,
)
from helpers.lessons.websockets.trial import Newsroom


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
                how = match_cause(attempt.failure, REVERSED) or how
                refuse(attempt, got, repr(text[::-1]), how)


@exercise(
    hints=(
        "`tidy_desk` has the queue, the producer and the loop. It lacks what happens when the "
        "producer fails.",
        "`async with asyncio.TaskGroup() as group:` around the loop, and the producer is "
        "`group.create_task(produce(websocket, inbox))`.",
        "After a goodbye the loop ends without an error, and the group would wait for the "
        "producer: `producer.cancel()`.",
        "Around the group, `except* ConnectionClosed: pass`, and last `finally:`, which takes the "
        "inbox out of `inboxes`.",
    )
)
async def newsroom(attempt: Attempt) -> None:
    """Speaking and listening; then a goodbye, a client that vanishes, and a failing producer."""
    attempt.copies = False
    room = Newsroom(attempt)
    async with room.open():
        alice, _ = await room.join("Alice")
        await room.hears_news("Alice", alice, "news: it rains")
        await room.hears_news("Alice", alice, "news: it pours")
        await room.hears_answer("Alice", alice, "hello")
        await room.hears_answer("Alice", alice, "is it still raining?")
        bob, _ = await room.join("Bob")
        await room.hears_news("Bob", bob, "news: the sun is back")
        await room.hears_answer("Bob", bob, "good morning")
        await alice.close()
        await room.require_end("Alice says goodbye, and Bob stays", others=1)
        await room.hears_news("Bob", bob, "news: Alice has gone")
        await bob.close()
        await room.require_end("Bob says goodbye, and nobody is left")
        carol, _ = await room.join("Carol")
        carol.transport.abort()
        await room.require_end("Carol vanishes without a goodbye")
        dave, inbox = await room.join("Dave")
        await room.bears("Dave", dave, inbox)
        await room.require_end("Dave's producer has failed, and he has left")


HALF = "\\ud800"  # of an emoji: JSON can say it, and UTF-8 cannot
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
    ('{"type": "compute", "a": 8, "op": "/", "b": 2}', 4, "8 / 2 is 4, after an error as well."),
    (
        '{"type": "compute", "op": "+"}',
        None,
        "Fields are missing: answer with an error, and not with what an earlier request had.",
    ),
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
        '{"type": "compute", "a": 1, "op": "/", "b": 3}',
        1 / 3,
        "Send the result as it is, and do not round it.",
    ),
    (
        '{"type": "compute", "a": 9007199254740993, "op": "+", "b": 0}',
        9007199254740993,
        "An int is exact, and a float is not: compute with what `json.loads` gives you.",
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
    (
        f'{{"type": "compute", "a": 6, "op": "{HALF}", "b": 3}}',
        None,
        "That `op` is half of an emoji, which UTF-8 cannot write: leave it out of your reason, or "
        "let `json.dumps` write it as it does by default.",
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
        "`reception` in section 4 has the loop, `json.loads`, `match` and `json.dumps`.",
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
                elif got is GONE and attempt.failure is None and HALF not in str(request):
                    problem = (
                        "The handler has ended: the `try` belongs inside the loop. Or do you "
                    )
                    problem += "`return`, where `continue` goes on with the next message?"
                problem = match_cause(attempt.failure, UNSENDABLE) or problem
                due = {"reason": "…"} if value is None else {"value": value}
                reply = {"type": "error" if value is None else "result", **due}
                refuse(attempt, got, json.dumps(reply, ensure_ascii=False), problem)

"""Exercises of notebook 03: reverse, calculator, find_dead and unfrozen."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from typing import Any

from helpers.check.attempt import Attempt, NotYet
from helpers.check.exercise import exercise
from helpers.check.talk import (
    NO_ANSWER,
    Silence,
    answer,
    client,
    enriched,
    next_message,
    no_answer,
    peers,
    refuse,
    served,
    tell,
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
    async with served(attempt) as url, client(url) as alice, client(url) as bob:
        turns = [(alice, "abc"), (alice, "Hello, world"), (bob, "Bob"), (alice, "naïve 🎉")]
        for asked, (websocket, text) in enumerate([*turns, (alice, "")], start=1):
            got = await answer(attempt, websocket, text)
            if got != text[::-1]:
                how = reversed_how(got, text) or no_answer(attempt, got, asked)
                refuse(attempt, got, repr(text[::-1]), how)


def reversed_how(got: str | bytes | Silence, text: str) -> str:
    """Find out what was done to the text instead; nothing when no answer came."""
    if text == "":
        return "An empty text has an answer too. Is what you send a text? An iterator is none."
    if isinstance(got, Silence):
        return ""
    if isinstance(got, bytes):
        return "Those are bytes. Send the text: the library encodes it."
    if got == text:
        return "That is an echo: the letters are still in their old order."
    if got == " ".join(reversed(text.split())):
        return "The words are reversed, and the letters should be."
    if got.startswith(("[", "<")):
        return "That is how Python prints an object. A slice of a text is a text."
    return "Compare the two, letter by letter."


Request = tuple[str | bytes, float | None, str]  # the value is None where an error is due

REQUESTS: tuple[Request, ...] = (
    ('{"type": "compute", "a": 6, "op": "+", "b": 3}', 9, "Add a and b."),
    ('{"type": "compute", "a": 6, "op": "-", "b": 3}', 3, "Subtract b from a."),
    ('{"type": "compute", "a": 6, "op": "*", "b": 3}', 18, "Multiply a by b."),
    ('{"type": "compute", "a": 6, "op": "/", "b": 4}', 1.5, "Divide a by b, with `/`."),
    ("six times seven", None, "Not every text is JSON: `json.loads` raises. Catch that."),
    (
        '{"type": "compute", "a": 1, "op": "/", "b": 0}',
        None,
        "Nobody can divide by zero: catch ZeroDivisionError, and answer with an error.",
    ),
    (
        '{"type": "compute", "a": 2, "op": "**", "b": 3}',
        None,
        "That is none of the four operations: look it up among them, and answer with an error. "
        "(Never `eval` it: that runs whatever a stranger sends.)",
    ),
    ('{"type": "dance"}', None, "The type is unknown: answer with an error."),
    ('{"type": "compute", "a": 6}', None, "Fields are missing: answer with an error."),
    (
        '{"type": "compute", "a": "6", "op": "+", "b": "3"}',
        None,
        "Those are texts, not numbers, and Python adds texts too: check the types.",
    ),
    ("[6, 3]", None, "JSON is not always an object; this is a list. Check before you look in."),
    (
        b"\x80abc",
        None,
        "Bytes that are no UTF-8 raise UnicodeDecodeError. Catch ValueError: it is the parent "
        "of this one and of JSONDecodeError.",
    ),
    ('{"type": "compute", "a": 6, "op": "*", "b": 7}', 42, "After nonsense it goes on."),
)


@exercise(
    hints=(
        "`reception` in section 3 has the loop, `json.loads`, `match` and `json.dumps`.",
        'A dict leads from each sign to its function: `{"+": operator.add, …}`.',
        "One `try` holds everything from `json.loads` to the result, `except (ValueError, …)` "
        "makes the error, and `send` comes after both.",
        '`case {"type": "compute", "a": int() | float() as a, …}` asks for the types too.',
    ),
    total_s=20.0,
)
async def calculator(attempt: Attempt) -> None:
    """Four sums, then every kind of nonsense, on one connection."""
    async with served(attempt) as url, client(url) as websocket:
        for asked, (request, value, nudge) in enumerate(REQUESTS, start=1):
            got = await answer(attempt, websocket, request)
            problem = misreply(got, value, nudge)
            if problem:
                if isinstance(got, Silence) and value is not None:
                    problem = no_answer(attempt, got, asked)
                due = {"reason": "…"} if value is None else {"value": value}
                reply = {"type": "error" if value is None else "result", **due}
                refuse(attempt, got, json.dumps(reply, ensure_ascii=False), problem)


def misreply(got: str | bytes | Silence, value: float | None, nudge: str) -> str:
    """Say what is wrong with a reply of the calculator; nothing when it is right."""
    if isinstance(got, Silence):
        return nudge
    try:
        reply = json.loads(got)
    except ValueError:
        return "An answer is JSON: send `json.dumps(…)` of a dict."
    if not isinstance(reply, dict) or reply.get("type") not in ("result", "error"):
        return 'An answer is an object with "type": "result" or "type": "error".'
    if value is not None:
        return "" if reply.get("value") == value else nudge
    reason = reply.get("reason")
    if reply["type"] == "result":
        return nudge
    return "" if reason and isinstance(reason, str) else 'An error has a "reason", and it is text.'


PEERS = {
    "Alice": "well",
    "Bob": "frozen",
    "Carol": "slow",
    "Dave": "gone",
    "Erin": "frozen",
    "Frank": "frozen",
    "Grace": "well",
}
DEAD = [name for name, state in PEERS.items() if state in ("frozen", "gone")]


@exercise(
    hints=(
        "Write it for one peer first: `pong = await websocket.ping()` sends, `await pong` waits.",
        "A deadline around the wait: `async with asyncio.timeout(1):` raises TimeoutError.",
        "`ping` on a connection that has closed raises ConnectionClosed: dead, too.",
        "`asyncio.gather` runs that for all peers at once, and keeps their order.",
    ),
    timeout_s=2.5,
)
async def find_dead(attempt: Attempt) -> None:
    """Three frozen peers and one that has left, among others that are well."""
    title = "find_dead(peers): Bob, Erin and Frank are frozen, Dave has left"
    async with peers(PEERS) as connections:
        try:
            got = await attempt(connections)
        except NotYet as failure:
            raise enriched(failure, why(failure, connections), title) from failure.__cause__
        attempt.call_text = title
        if isinstance(got, set | frozenset | tuple):
            got = [name for name in connections if name in got]
        attempt.of_type(got, list)
        attempt.equal(got, DEAD, nudge=wrongly_found(got))


def why(failure: NotYet, connections: Mapping[str, Any]) -> str:
    """Tell who waits for ever from who asks one after the other, and both from who raises."""
    from websockets.exceptions import ConnectionClosed

    if isinstance(failure.__cause__, ConnectionClosed):
        return "Dave has left already, and `ping()` to him raises ConnectionClosed: dead, too."
    if isinstance(failure.__cause__, TimeoutError):
        return "The TimeoutError is the answer that you look for: catch it for each peer."
    if failure.__cause__ is not None:
        return ""
    asked_at = [at for c in connections.values() for _, at in c.pending_pings.values()]
    if asked_at and max(asked_at) - min(asked_at) > 0.2:
        return "One peer after the other adds up: ask all of them at once."
    return "A frozen peer never answers: put a deadline around the wait for its pong."


def wrongly_found(got: list[Any]) -> str:
    """Say what a wrong list of dead peers means."""
    if any(not isinstance(name, str) for name in got):
        return "Return the names, the keys of the dict."
    if "Alice" in got and "Bob" not in got:
        return "Those are the living: the names of the others are asked for."
    if "Alice" in got:
        return "Alice is well; she has nothing to say. Ask with a ping, do not wait for messages."
    if "Bob" not in got:
        return (
            "Bob's connection is open, but nobody is there. `await websocket.ping()` only sends: "
            "what it returns is to be awaited for the pong."
        )
    if "Carol" in got:
        return "Carol is slow, not dead: her pong takes half a second."
    if "Dave" not in got:
        return "Dave has left: `ping()` raises ConnectionClosed, so he does not answer either."
    return "Keep the order of the dict, each name once."


@exercise(
    hints=(
        "It is the echo of section 1; what it sends is `slow(message)`.",
        "`slow` has no `await` inside, so it must run in another thread than the loop.",
        "`await asyncio.to_thread(function, argument)` gives the function's result.",
    )
)
async def unfrozen(attempt: Attempt) -> None:
    """While one client's answer is being made, another client gets its own."""
    free, home = threading.Event(), threading.get_ident()
    calls: list[str] = []  # where each call of `slow` ran, and how it ended

    def slow(text: str) -> str:
        calls.append("another thread")
        if threading.get_ident() == home:
            calls[-1] = "the event loop's thread"
        elif text in ("long", "first") and not free.wait(2):
            calls[-1] = "another thread, while the event loop waited"
        return text.upper()

    try:
        async with served(attempt, slow) as url, client(url) as alice, client(url) as bob:
            got = await answer(attempt, alice, "short")
            called(attempt, got, calls)
            await tell(alice, "long")
            got = await answer(attempt, bob, "short")
            if got != "SHORT":
                refuse(attempt, got, "'SHORT'", "Another client's `slow` kept this one waiting.")
            await in_order(attempt, alice, free)
    finally:
        free.set()


def called(attempt: Attempt, got: str | bytes | Silence, calls: list[str]) -> None:
    """Refuse the first answer if it is wrong, or was made in the loop's own thread."""
    failure = getattr(attempt.failure, "__cause__", None)
    nudge = "Send what `slow(message)` returns."
    if isinstance(failure, TypeError) and "not callable" in str(failure):
        nudge = "`slow(message)` is called here, before the thread: hand over `slow, message`."
    elif isinstance(failure, TypeError) and calls:
        nudge = "`slow` is an ordinary function: it returns a text, which nobody can await."
    elif "the event loop's thread" in calls:
        nudge = (
            "So every client waits for it. A task or an `async def` around it does not help: "
            "another thread does (section 6)."
        )
        refuse(attempt, Silence(calls[-1]), "another thread", nudge, what="slow ran in")
    elif not calls:
        nudge = "`slow` was never called. Is the result of `to_thread` awaited?"
    elif isinstance(got, Silence):
        nudge = no_answer(attempt, got, 1)
    if got != "SHORT":
        refuse(attempt, got, "'SHORT'", nudge)


async def in_order(attempt: Attempt, alice: Any, free: threading.Event) -> None:
    """Ask two things at once: the first takes longer, and is still answered first."""
    free.set()
    attempt.call_text = "a client sends 'long'"
    got = await next_message(alice)
    if got != "LONG":
        refuse(attempt, got, "'LONG'", no_answer(attempt, got, 2))
    free.clear()
    attempt.call_text = "a client sends 'first', then 'second'"
    await tell(alice, "first")
    await tell(alice, "second")
    early = await next_message(alice, within_s=0.3)
    free.set()
    got = await next_message(alice) if early is NO_ANSWER else early
    if got == "SECOND":
        nudge = "Await each answer before you take the next message: tasks overtake each other."
        refuse(attempt, got, "'FIRST', then 'SECOND'", nudge)
    answers = got, await next_message(alice)
    if answers != ("FIRST", "SECOND"):
        refuse(attempt, answers, "('FIRST', 'SECOND')", no_answer(attempt, answers[1], 3))

"""Mistakes on a line that breaks, and what to say about them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.explain import Meanings, match_cause

if TYPE_CHECKING:
    from helpers.lessons.broken_network.line import Beats, Counter

TOO_LARGE: Meanings = (
    (
        OverflowError,
        "`2**5000` is too large for a decimal number: take `min(30, 2**failures)` first.",
    ),
)
CLOSED: Meanings = (("ConnectionClosed", "The connection is closed."),)
LINE: Meanings = (
    ("ConnectionClosed", "The line broke: catch WebSocketException, and start again."),
    (
        "InvalidMessage",
        "The line broke during the handshake: WebSocketException is the parent of this error "
        "and of ConnectionClosed.",
    ),
    (OSError, "Nobody was listening for a moment: catch OSError as well, and start again."),
    ("KeyError: 'ack'", 'Not every message is an acknowledgement: `message.get("ack")`.'),
    (KeyError, "An acknowledgement may come twice: `waiting.pop(id, None)` minds nothing."),
    ("changed size during iteration", "Don't take messages out of a dict that you loop over."),
)


def explain_wait(
    failures: int, ceiling: float, shares: Sequence[float], waits: Sequence[float]
) -> str:
    """Say what is wrong with how long clients wait.

    Args:
        failures: how often they have failed.
        ceiling: the longest that they may wait, in seconds.
        shares: what `chance()` gave.
        waits: what came of each, perhaps of the first ones only.

    Returns:
        The next step.
    """
    pairs = list(zip(shares, waits, strict=False))
    if _all(pairs, lambda share: ceiling):
        return "Everybody waits equally long, and comes back at once: multiply by `chance()`."
    if len(waits) < len(shares):
        return "Call `chance()`: it gives the random number, the same on every run of the lesson."
    if _all(pairs, lambda share: (0.5 + share / 2) * ceiling):
        return "Half of the wait is the same for everybody: take a random part of all of it."
    if _all(pairs, lambda share: share * 2**failures if failures < 99 else -1):
        return "The ceiling never gets above 30 s: `min(30, …)`."
    if _all(pairs, lambda share: min(30, share * 2 ** min(failures, 99))):
        return "Cap the ceiling first, and then take a random part: else all wait 30 s at last."
    if _all(pairs, lambda share: share * min(30, 2 ** min(failures + 1, 99))) or _all(
        pairs, lambda share: share * min(30, 2 ** (min(failures, 99) - 1))
    ):
        return "After 0 failures the ceiling is 1 s, and `2**0` is 1."
    return f"After {failures} failures the ceiling is {ceiling} s: it doubles, up to 30."


def _all(pairs: Sequence[tuple[float, float]], wait: Any) -> bool:
    return all(abs(got - wait(share)) < 1e-9 for share, got in pairs)


def explain_beats(beats: Beats, failure: NotYet | None) -> str:
    """Say what is wrong with a heartbeat.

    Args:
        beats: the peer, and what it got.
        failure: how the call ended, if not well.

    Returns:
        The next step; empty where the failure's own sentences say it.
    """
    cause = failure.__cause__ if failure else None
    if isinstance(cause, TimeoutError):
        return "The TimeoutError is the sign that you wait for: catch it, and return."
    if cause is not None:
        return ""
    if not beats.asked:
        return "The peer got no message. (A control frame by `ws.ping()` is not a message.)"
    if beats.pings < len(beats.asked):
        return 'Each beat is the message `{"type": "ping"}`: `json.dumps` writes it.'
    if len(beats.asked) > 1 and beats.shortest_s <= 0.15:
        return "Between an answer and the next ping it rests for `every` seconds."
    if beats.pings > beats.answers + 1:
        return "`heard` stays set once it is: `heard.clear()` before each ping."
    if failure is not None:
        return "No pong came, and it waits for ever: `asyncio.timeout(patience)` around the wait."
    if beats.pings <= beats.answers:
        return "It returns while the peer still answers: after a pong comes the next round."
    return "After the first ping without an answer it returns."


def explain_feed(heard: Sequence[str | bytes], after: int, messages: Sequence[str]) -> str:
    """Say what is wrong with what a client got that has resumed.

    Args:
        heard: what it got.
        after: the number of the last message that it knows.
        messages: what was said, the oldest first.

    Returns:
        The next step; empty when all is right.
    """
    got = []
    for raw in heard:
        try:
            message = json.loads(raw)
        except ValueError:
            return 'Send JSON: `json.dumps({"number": …, "text": …})`.'
        if not isinstance(message, Mapping) or set(message) != {"number", "text"}:
            return 'Each message has a "number" and a "text", and nothing else.'
        got.append((message["number"], message["text"]))
    due = [(number + 1, messages[number]) for number in range(after, len(messages))]
    if got == due:
        return ""
    if [text for _, text in got] == [text for _, text in due]:
        return "The texts are right, the numbers are not: message 1 is `feed.messages[0]`."
    if len(set(got)) < len(got):
        return "Something came twice: count what you have sent, and send nothing again."
    if got == due[: 3 - after]:
        return "Only what was missed came: go on with `await feed.grown(…)` when that is sent."
    if set(got) < set(due):
        return _explain_missing(got, due, after)
    return f"After number {after} comes number {after + 1}, which is `feed.messages[{after}]`."


def _explain_missing(got: Sequence[object], due: Sequence[tuple[int, str]], after: int) -> str:
    missing = [text for number, text in due if (number, text) not in got]
    if due[0][1] in missing:
        return f"What the client had missed is missing: begin with `feed.messages[{after}]`."
    if "four" in missing:
        return (
            "“four” was said while you sent the older ones, and is lost: wait for more than what "
            "you have *sent*, not for more than there is now."
        )
    return "Two were said at once, and one of them is lost: send all that you have not sent."


def explain_post(server: Counter, waiting: Mapping[str, str], failure: NotYet | None) -> str:
    """Say what is wrong with how messages were sent.

    Args:
        server: what it got.
        waiting: what still waits.
        failure: how the call ended, if not well.

    Returns:
        The next step; empty when all is right, or where the failure's own sentences say it.
    """
    if failure is not None and failure.__cause__ is not None:
        return match_cause(failure, LINE)
    if server.strange:
        return 'A message is `{"type": "say", "id": …, "text": …}`, written by `json.dumps`.'
    if len(set(server.ids)) > 3:
        return "The same message came under a new id, so it was stored twice: keep its id."
    if failure is not None:
        return _explain_endless(server, waiting)
    if waiting:
        return "It returns while something is still waiting: start again, until nothing is."
    if len(server.stored) < 3:
        return (
            "Something is lost: that it was sent does not mean that it has arrived. Only an "
            "acknowledgement takes a message out of `waiting`."
        )
    return ""


def _explain_endless(server: Counter, waiting: Mapping[str, str]) -> str:
    if not waiting:
        return "Nothing is waiting any more, and it still waits for an answer: return."
    if server.visits < 3:
        return "The line broke, and it did not come back: connect again, and send what waits."
    return "Every connection sends what is still waiting, from the first to the last."

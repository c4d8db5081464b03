"""Exercises of the lesson endings: next_step and find_dead."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.stage.verdict import reword
from helpers.exercises.stage.websocket import open_peers
from helpers.lessons.endings.mistakes import (
    HUNG_UP,
    NO_HTTP,
    STEPS,
    explain_failure,
    explain_found,
    explain_step,
)

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

CAUSES = {
    HUNG_UP: EOFError("connection closed while reading HTTP status line"),
    NO_HTTP: ValueError("unsupported protocol; expected HTTP/1.1"),
}
LONG_MESSAGE = "frame exceeds limit of 1048576 bytes"


def closed(received: int | None, sent: int | None, reason: str = "") -> Exception:
    """Make the exception that `recv` raises when a connection has ended like this.

    Args:
        received: the close code that came; 1005 for a close frame without one, None without a
            close frame.
        sent: the close code that this side has sent, or None.
        reason: the reason of what came, or of what was sent if nothing came.
    """
    from websockets.exceptions import ConnectionClosedError, ConnectionClosedOK
    from websockets.frames import OK_CLOSE_CODES, Close

    theirs = None if received is None else Close(received, reason)
    ours = None if sent is None else Close(sent, reason if theirs is None else "")
    codes = {received, sent}
    kind = ConnectionClosedOK if codes <= set(OK_CLOSE_CODES) else ConnectionClosedError
    return kind(theirs, ours, None if None in codes else True)


def refused(status: int, reason: str) -> Exception:
    """Make the exception that `connect` raises when a server refuses the handshake."""
    from websockets.datastructures import Headers
    from websockets.exceptions import InvalidStatus
    from websockets.http11 import Response

    return InvalidStatus(Response(status, reason, Headers()))


def failed_opening(kind: str) -> Exception:
    """Make another exception that `connect` raises."""
    from websockets.exceptions import InvalidMessage, InvalidUpgrade

    if kind == "upgrade":
        return InvalidUpgrade("Upgrade", "h2c")
    if kind not in CAUSES:
        return TimeoutError(kind)
    error = InvalidMessage(kind)
    error.__cause__ = CAUSES[kind]
    return error


@exercise(
    hints=(
        "Begin with `isinstance(error, ConnectionClosed)`: only these have `rcvd`.",
        "`error.rcvd` is None when no close frame came. Ask that before `error.rcvd.code`.",
        "1001 is a normal goodbye, and still a reason to connect again. So the code decides, not "
        "whether it is a ConnectionClosedOK.",
        "`isinstance(error, OSError)` covers ConnectionRefusedError and TimeoutError. For "
        "InvalidStatus, look at `error.response.status_code`.",
    )
)
def next_step(attempt: Attempt) -> None:
    """Each end of the text's list, and each code of it."""
    attempt.copies = False
    ends = (
        (closed(1000, 1000, "see you"), "finish"),
        (closed(None, None), "again"),
        (closed(4001, 4001, "no name given"), "fix"),
        (closed(1005, 1005), "finish"),
        (closed(1001, 1001), "again"),
        (closed(None, 1011, "keepalive ping timeout"), "again"),
        (closed(1009, 1009, LONG_MESSAGE), "fix"),
        (closed(1012, 1012, "new version"), "again"),
        (closed(1013, 1013, "too many people"), "again"),
        (closed(1011, 1011, "keepalive ping timeout"), "again"),
        (closed(None, 1000), "again"),
        (ConnectionRefusedError(111, "nobody listens"), "again"),
        (failed_opening("timed out during opening handshake"), "again"),
        (refused(503, "Service Unavailable"), "again"),
        (refused(403, "Forbidden"), "fix"),
        (refused(500, "Internal Server Error"), "again"),
        (refused(404, "Not Found"), "fix"),
        (failed_opening("upgrade"), "fix"),
        (refused(429, "Too Many Requests"), "again"),
        (refused(408, "Request Timeout"), "again"),
        (refused(507, "Insufficient Storage"), "again"),
        (failed_opening(HUNG_UP), "again"),
        (failed_opening(NO_HTTP), "fix"),
    )
    for error, step in ends:
        try:
            got = attempt(error)
        except NotYet as failure:
            problem = match_cause(failure, STEPS)
            raise reword(failure, problem, describe(error)) from failure.__cause__
        attempt.call_text = describe(error)
        if got != step:
            attempt.equal(got, step, nudge=explain_step(error, got, step))


def describe(error: Exception) -> str:
    """Write a call with an exception, as the learner would see the exception."""
    return f"next_step({type(error).__name__}: {error})"


PEERS = {
    "Alice": "well",
    "Bob": "frozen",
    "Carol": "slow",
    "Dave": "gone",
    "Erin": "frozen",
    "Frank": "frozen",
    "Grace": "well",
    "Heidi": "lost",
    "Judy": "full",
}
DEAD = [name for name, state in PEERS.items() if state not in ("well", "slow")]
MEANWHILE_S = 0.15  # when Ivan joins and Grace leaves, while everybody is being asked


@exercise(
    hints=(
        "Write it for one peer first: `pong = await ws.ping()` sends, `await pong` waits.",
        "A deadline around both, since sending may have to wait as well: `async with "
        "asyncio.timeout(1):` raises TimeoutError.",
        "`ping` on a connection that has closed raises ConnectionClosed: count it as dead.",
        "`await asyncio.gather(*[… for ws in asked.values()])` asks all of them side by side, "
        "and keeps their order; `asked = dict(peers)` is a copy that nobody changes.",
    ),
    timeout_s=2.5,
)
async def find_dead(attempt: Attempt) -> None:
    """Peers that are frozen, full, gone and lost among others; one joins and one leaves."""
    title = "find_dead(peers): Bob, Erin and Frank are frozen, Dave has left, Heidi's line broke, "
    title += "and Judy reads nothing"
    attempt.copies = False
    async with open_peers(PEERS | {"Ivan": "well"}) as connections:
        peers = dict(connections)
        ivan = peers.pop("Ivan")
        joining = asyncio.get_running_loop().call_later(MEANWHILE_S, change, peers, ivan)
        try:
            got = await attempt(peers)
        except NotYet as failure:
            problem = explain_failure(failure, connections)
            raise reword(failure, problem, title) from failure.__cause__
        finally:
            joining.cancel()
        attempt.call_text = title
        if isinstance(got, set | frozenset | tuple):
            got = [name for name in connections if name in got]
        attempt.of_type(got, list)
        if sorted(map(str, got)) != sorted(DEAD):
            attempt.equal(got, DEAD, nudge=explain_found(got, connections))


def change(peers: dict[str, Any], ivan: ClientConnection) -> None:
    """Let Ivan join and Grace leave, as other handlers do while one of them waits."""
    peers["Ivan"] = ivan
    peers.pop("Grace", None)

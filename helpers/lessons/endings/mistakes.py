"""Mistakes with the ends of connections and with pings, and what to say about them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.explain import Meanings, match, match_cause

HUNG_UP = "did not receive a valid HTTP response"
NO_HTTP = "did not receive a valid HTTP response: unsupported protocol"

STEPS: Meanings = (
    (
        "'NoneType' object has no attribute 'code'",
        "No close frame came, so `error.rcvd` is None: ask for that first.",
    ),
    (
        ("no attribute 'rcvd'", "no attribute 'code'"),
        "Only a ConnectionClosed has `rcvd`: use `isinstance` to see what kind of error it is.",
    ),
    ("no attribute 'response'", "Only an InvalidStatus has a `response`."),
    ("no attribute 'status'", "The status is `error.response.status_code`."),
    (
        (
            "no close frame received",
            "received",
            "server rejected",
            "timed out",
            "nobody listens",
            HUNG_UP,
        ),
        "The error is handed to your function; it is not raised there. Ask `isinstance`.",
    ),
)
ENDS: Meanings = (
    (
        "received 1001",
        "1001 comes from a server that stops, perhaps to start anew: a goodbye, but try again.",
    ),
    (
        "received 1011",
        "1011 *came*: the server's own trouble, or your pong was late. Either may pass.",
    ),
    (
        "keepalive ping timeout",
        "Only *your* side sent that 1011. Nothing came, so the other side vanished.",
    ),
    ("no close frame received", "No close frame came: the other side vanished."),
    ("received 1005", "1005 means a close frame without a code, a normal goodbye."),
    (("received 1012", "received 1013"), "1012 and 1013 ask you to try again later."),
    (("received 1000", "received 4001", "received 1009"), ""),
    (
        "rejected WebSocket connection: HTTP 5",
        "A status from 500 on is the server's own trouble, which may pass.",
    ),
    (
        ("rejected WebSocket connection: HTTP 408", "rejected WebSocket connection: HTTP 429"),
        "408 and 429 ask you to try again later.",
    ),
    (
        "rejected WebSocket connection: HTTP",
        "Such a status says that your request is wrong: the next one would be, too.",
    ),
    (TimeoutError, "A TimeoutError is a kind of OSError: nobody answered."),
    (OSError, "Nobody listens yet: a ConnectionRefusedError is a kind of OSError."),
    (NO_HTTP, "What came is no HTTP, and would come again: `__cause__` is no EOFError."),
    (HUNG_UP, "The server hung up without answering: `error.__cause__` is an EOFError."),
    ("Upgrade", "That is another InvalidHandshake: it is no OSError, so it has to be fixed."),
)
MEANINGS: Meanings = (
    (
        "ConnectionClosed",
        "Dave has left already, and `ping()` to him raises ConnectionClosed: he is dead as well.",
    ),
    (TimeoutError, "The TimeoutError is the answer that you look for: catch it for each peer."),
    ("unhashable type: 'list'", "`gather` takes coroutines, not a list of them: `gather(*…)`."),
    ("no attribute 'ping'", "A loop over a dict gives its keys: `peers.items()` has both."),
    (
        "changed during iteration",
        "Ivan joined and Grace left in the middle of your loop. Ask all of them at once, and "
        "work with a copy: `asked = dict(peers)`.",
    ),
    (
        KeyError,
        "Grace left while you waited, and is no longer in `peers`: work with a copy, "
        "`asked = dict(peers)`.",
    ),
)
COPY = (
    "Ivan joined and Grace left while you waited, so names and answers no longer belong together: "
    "make a copy first, `asked = dict(peers)`, and use it for both."
)


def explain_step(error: Exception, got: object, step: str) -> str:
    """Say what a wrong next step means.

    Args:
        error: how the connection ended.
        got: what the learner's function returned.
        step: what it should have returned.

    Returns:
        The next step.
    """
    if got not in ("finish", "again", "fix"):
        return 'The three steps are the strings "finish", "again" and "fix".'
    meaning = match(error, ENDS)
    if meaning:
        return meaning
    return {
        "finish": "They said goodbye: there is nothing more to do.",
        "fix": "They complained, and would complain again.",
    }.get(step, "Compare it with the list in the text.")


def explain_failure(failure: NotYet, connections: Mapping[str, Any]) -> str:
    """Tell an endless wait from asking one peer after another, and both from an exception.

    Args:
        failure: how the call ended.
        connections: the peers, with the pings that nobody has answered.

    Returns:
        The next step; empty where the failure's own sentences say it.
    """
    waiting = any("still waiting" in value for _, value in failure.facts)
    if failure.__cause__ is not None or not waiting:
        return match_cause(failure, MEANINGS)
    pings = [ping for c in connections.values() for ping in c.pending_pings.values()]
    asked_at = [at for _, at in pings]
    if asked_at and max(asked_at) - min(asked_at) > 0.2:
        return "One peer after the other adds up: ask all of them at once."
    return (
        "`await ws.ping()` only sends, and to Judy, who reads nothing, even that waits; a frozen "
        "peer never answers. Put a deadline around both awaits, a second."
    )


def explain_found(got: list[Any], connections: Mapping[str, Any]) -> str:
    """Say what a wrong list of dead peers means.

    Args:
        got: the list.
        connections: the peers, with the pings that nobody has answered.

    Returns:
        The next step.
    """
    if None in got:
        return "`None` stands for each of the living: leave them out of the list."
    if any(not isinstance(name, str) for name in got):
        return "Return the names, the keys of the dict."
    if not got:
        return (
            "Nobody was found, not even Dave, who has left. Is every peer sent a ping, and is "
            "everything awaited?"
        )
    asked = any(connection.pending_pings for connection in connections.values())
    if asked and set(connections) - {"Ivan", "Grace"} <= set(got):
        return (
            "One deadline for all: when one is dead, everybody's answer is lost. Give each peer "
            "its own."
        )
    if "Alice" in got and "Bob" not in got:
        return "Those are alive: return the names of the others."
    if "Alice" in got:
        return "Alice is well; she has nothing to say. Ask with a ping: do not wait for messages."
    if "Bob" not in got:
        return (
            "Bob's connection is open, but nobody is there. `await ws.ping()` only sends: "
            "await what it returns as well, for the pong."
        )
    if "Ivan" in got or "Grace" in got:
        return COPY
    return explain_missing(got)


def explain_missing(got: list[str]) -> str:
    """Say who is missing from the list, or in it although alive, when the copy is not the reason.

    Args:
        got: the list, with Bob in it and without Alice.

    Returns:
        The next step.
    """
    if "Carol" in got:
        return "Carol is slow, not dead: her pong may take half a second."
    if "Heidi" not in got:
        return "Heidi's line broke: `ping()` raises ConnectionClosedError, a ConnectionClosed."
    if "Dave" not in got:
        return "Dave has left: `ping()` raises ConnectionClosed, so he does not answer either."
    if "Judy" not in got:
        return "Judy reads nothing, so her ping cannot even be sent: she does not answer either."
    return "Each name once, please."

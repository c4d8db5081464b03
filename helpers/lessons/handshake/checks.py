"""Exercises of the lesson handshake: from the accept key to faults and subprotocols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from helpers.exercises.engine.attempt import NotYet
from helpers.exercises.engine.exercise import Attempt, exercise
from helpers.exercises.engine.values import same
from helpers.lessons.handshake.mistakes import (
    HANDSHAKES,
    INNOCENT,
    OFFERS,
    OTHER_KEY,
    SAMPLE_ACCEPT,
    SAMPLE_KEY,
    SOUND,
    UNREADABLE,
    list_mistaken_accepts,
)
from helpers.wire import handshake

# --- 1 · accept_key --------------------------------------------------------------------


@exercise(
    hints=(
        "Three steps: append the GUID to the key, take the SHA-1 hash, write it as base64.",
        "`hashlib.sha1(…)` takes bytes, so `.encode()` the text first. `.digest()` gives the "
        "20 bytes.",
        "`base64.b64encode(…)` returns bytes; a header is text, so end with `.decode()`.",
    )
)
def accept_key(attempt: Attempt) -> None:
    """The RFC's key first, then another one, so that a constant does not pass."""
    for key in (SAMPLE_KEY, OTHER_KEY):
        got = attempt(key)
        for mistake, nudge in list_mistaken_accepts(key):
            attempt.require(not same(got, mistake), nudge)
        nudge = (
            "Go through the three steps of section 3. Is the GUID the same, to the last letter?"
        )
        attempt.equal(got, handshake.accept_key(key), nudge)


# --- 2 · switching_protocols -----------------------------------------------------------

ANSWERED = ("upgrade", "connection", "sec-websocket-accept", "sec-websocket-protocol")


@exercise(
    hints=(
        "Five or six lines: the status line, `Upgrade`, `Connection`, `Sec-WebSocket-Accept`, "
        "perhaps `Sec-WebSocket-Protocol`, and an empty one.",
        "Collect the lines in a list, and append the subprotocol's line only if there is one.",
        '`"\\r\\n".join(lines) + "\\r\\n\\r\\n"` ends the last line and adds the empty one. '
        "Then `.encode()`.",
    )
)
def switching_protocols(attempt: Attempt) -> None:
    """Without a subprotocol, with one, and with another accept key."""
    other = handshake.accept_key(OTHER_KEY)
    for accept, subprotocol in ((SAMPLE_ACCEPT, None), (other, "chat.v1"), (other, "soup")):
        args = (accept, subprotocol) if subprotocol else (accept,)
        got = attempt(*args)
        attempt.of_type(got, bytes)
        judge_lines(attempt, got)
        judge_headers(attempt, handshake.parse_response(got), accept, subprotocol)


def judge_lines(attempt: Attempt, got: bytes) -> None:
    """Look at the line ends, the status line and the shape of each header.

    Args:
        attempt: the learner's function.
        got: what it returned.
    """
    bare = got.replace(b"\r\n", b"")
    attempt.require(
        b"\n" not in bare and b"\r" not in bare,
        r"Each line ends with the two bytes `\r\n`, not with one of them.",
    )
    attempt.require(
        rb"\r\n" not in got,
        r"There is a backslash in it: in an `r'…'` string `\r\n` stands for itself.",
    )
    first, *lines = got.decode("latin-1").split("\r\n")
    attempt.require(
        first.startswith("HTTP/1.1 101 "),
        "The first line is the status line, `HTTP/1.1 101 Switching Protocols`, "
        f"and here it is `{first}`."
        if first
        else "The first line is empty: begin with the status line.",
    )
    attempt.require(
        got.endswith(b"\r\n\r\n"),
        "The empty line at the end is missing: the client is still waiting for more headers.",
    )
    attempt.require(
        got.count(b"\r\n\r\n") == 1 and not got.endswith(b"\r\n\r\n\r\n"),
        "There is more after the first empty line, and the client takes it for frames.",
    )
    for line in lines[:-2]:
        attempt.require(
            ":" in line and " " not in line.partition(":")[0],
            "A header line is `Name: value`, with no space before the name or the colon: "
            f"here it is `{line}`.",
        )


def judge_headers(
    attempt: Attempt, response: handshake.Response, accept: str, subprotocol: str | None
) -> None:
    """Look at what each header says, as a client does.

    Args:
        attempt: the learner's function.
        response: what it returned, parsed.
        accept: the accept key that was given.
        subprotocol: the subprotocol that was given, or None.
    """
    names = [name.lower() for name, _ in response.headers]
    for name, _ in response.headers:
        attempt.require(
            name.lower() in ANSWERED,
            f"Leave out `{name}`: nobody asked for it, and to a client it may mean something.",
        )
        attempt.require(
            names.count(name.lower()) == 1, f"`{name}` is in it twice: once is enough."
        )
    for name, value in (("Upgrade", "websocket"), ("Connection", "Upgrade")):
        said = response.header(name)
        attempt.require(said is not None, f"The header `{name}` is missing.")
        attempt.require(
            str(said).lower() == value.lower(), f"`{name}` says `{said}`: `{value}` is expected."
        )
    said = response.header("Sec-WebSocket-Accept")
    attempt.require(said is not None, "The header `Sec-WebSocket-Accept` is missing.")
    attempt.require(
        said == accept,
        f"`Sec-WebSocket-Accept` says `{said}`: the accept key that was given is expected.",
    )
    said = response.header("Sec-WebSocket-Protocol")
    if subprotocol is None:
        attempt.require(
            said is None,
            "No subprotocol was agreed on, so `Sec-WebSocket-Protocol` must not be there: "
            f"a client takes {f'`{said}`' if said else 'the empty string'} for a name.",
        )
    attempt.require(
        said == subprotocol,
        f"`{subprotocol}` was agreed on: the client expects `Sec-WebSocket-Protocol: "
        f"{subprotocol}`, and finds " + ("no such header." if said is None else f"`{said}`."),
    )


# --- 3 · choose_subprotocol ------------------------------------------------------------


@exercise(
    hints=(
        "If `offered` is None there is nothing to choose.",
        '`offered.split(",")` gives the client\'s names in its order; `.strip()` each of them.',
        "Loop over the client's names and return the first that is in `supported`.",
    )
)
def choose_subprotocol(attempt: Attempt) -> None:
    """The client's order decides, whole names count, and None means none."""
    for offered, supported, expected, nudge in OFFERS:
        got = call_choose(attempt, offered, supported, expected)
        attempt.require(
            expected is not None or got not in ("", [], False),
            "Nothing fits, so return None: anything else would end up in a header.",
        )
        attempt.require(
            not isinstance(got, list | set | tuple),
            f"Return one name, not a {type(got).__name__}: the first that fits.",
        )
        attempt.require(
            not (got and same(got, offered) and "," in got),
            "That is everything the client offers. Return one name.",
        )
        attempt.require(same(got, expected), nudge)


def call_choose(
    attempt: Attempt, offered: str | None, supported: list[str], expected: str | None
) -> Any:
    """Call the learner's function; where nothing fits, an IndexError means an empty list.

    Args:
        attempt: the learner's function.
        offered: by the client.
        supported: by the server.
        expected: the right choice.

    Returns:
        What the function returned.
    """
    try:
        return attempt(offered, supported)
    except NotYet as failure:
        if expected is None and isinstance(failure.__cause__, IndexError):
            nudge = "Nothing fits here, so your list is empty, and has no first name: return None."
            raise NotYet(failure.title, list(failure.facts), [nudge]) from failure.__cause__
        raise


# --- 4 · fault -------------------------------------------------------------------------


@exercise(
    hints=(
        "One `if` for each rule, in the order of the list, each with its `return`; "
        "`return None` at the end.",
        '`headers.get("Upgrade", "")` gives an empty string if the header is missing; '
        "`.lower()` turns all letters into small ones.",
        '`value.split(",")` cuts `Connection` into its names; `.strip()` each of them before '
        "you compare it.",
        "`len(base64.b64decode(key, validate=True))` counts the bytes of a key, and raises "
        "ValueError for anything that is not base64: catch that. "
        '`"http://" + headers["Host"]` is the Origin that may connect.',
    )
)
def fault(attempt: Attempt) -> None:
    """Six faults, one a handshake, between valid ones that look odd."""
    for method, changes, expected, nudge in HANDSHAKES:
        changed = SOUND | changes
        headers = {name: value for name, value in changed.items() if value is not None}
        got = call_fault(attempt, method, headers, changes)
        if isinstance(got, str) and isinstance(expected, str):
            attempt.require(
                got == expected or not got or got.lower() not in expected.lower(),
                f"That is the right one, spelled differently: it is `{expected}`.",
            )
        attempt.require(
            got is None or (isinstance(got, str) and got in (*SOUND, "method", "Origin")),
            f'{nudge} Return `"method"`, the name of a header in the list, or None.',
        )
        if expected is None and got in INNOCENT:
            nudge += f" Nothing is wrong with `{got}`: {INNOCENT[got]}."
        attempt.require(same(got, expected), nudge)


def call_fault(
    attempt: Attempt, method: str, headers: dict[str, str], changes: Mapping[str, str | None]
) -> object:
    """Call the learner's function, and speak only of the headers that are not as usual.

    Args:
        attempt: the learner's function.
        method: of the request.
        headers: of the request.
        changes: what differs from a valid handshake; None means that it is missing.

    Returns:
        What the function returned.
    """
    call = written(method, changes)
    try:
        got = attempt(method, headers)
    except NotYet as failure:
        nudges = list(failure.lines)
        if isinstance(failure.__cause__, ValueError):
            nudges = [UNREADABLE[name] for name in changes if name in UNREADABLE] or nudges
        raise NotYet(call, list(failure.facts), nudges) from failure.__cause__
    attempt.call_text = call
    return got


def written(method: str, changes: Mapping[str, str | None]) -> str:
    """Write a call with the headers that differ from a valid handshake.

    Args:
        method: of the request.
        changes: what differs; None means that it is missing.
    """
    told = [
        f"no {name!r}" if value is None else f"{name!r}: {value!r}"
        for name, value in changes.items()
    ]
    return f"fault({method!r}, {{{', '.join([*told, '…'])}}})"

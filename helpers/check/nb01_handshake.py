"""Exercises of notebook 01: the handshake, from its accept key to its faults."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

from helpers.check.exercise import Attempt, exercise
from helpers.check.values import same
from helpers.wire import handshake

SAMPLE_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # RFC 6455 §1.3
SAMPLE_ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
OTHER_KEY = "AQIDBAUGBwgJCgsMDQ4PEA=="  # RFC 6455 §4.1, the bytes 1 to 16

HOST = "127.0.0.1:8000"
SOUND = {
    "Host": HOST,
    "Upgrade": "websocket",
    "Connection": "Upgrade",
    "Sec-WebSocket-Key": SAMPLE_KEY,
    "Sec-WebSocket-Version": "13",
}


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
        for mistake, nudge in mistaken_accepts(key):
            attempt.require(not same(got, mistake), nudge)
        attempt.equal(got, handshake.accept_key(key), "Go through the three steps of section 3.")


def mistaken_accepts(key: str) -> Iterator[tuple[object, str]]:
    """List the results of the usual mistakes, each with the way out.

    Args:
        key: the key that was given.

    Yields:
        A wrong result, and the nudge for whoever got it.
    """
    text = (key + handshake.GUID).encode()
    digest = sha1(text)
    encoded = base64.b64encode(digest)
    yield encoded, "Almost: those are bytes, and a header is text. `.decode()` makes it a `str`."
    yield str(encoded), "`str(…)` of bytes keeps the `b'…'` around them: `.decode()` does not."
    yield digest, "Those are the 20 bytes of the hash. One step is missing: base64."
    hexes = "`hexdigest()` writes the hash as 40 letters and digits: base64 needs the 20 bytes "
    hexes += "themselves, from `digest()`."
    yield digest.hex(), hexes
    yield b64(digest.hex().encode()), hexes
    yield b64(sha1(key.encode())), "The key alone was hashed: append the GUID to it first."
    swapped = (handshake.GUID + key).encode()
    yield b64(sha1(swapped)), "The GUID was put before the key: it comes after it."
    decoded = base64.b64decode(key) + handshake.GUID.encode()
    yield b64(sha1(decoded)), "The key was decoded from base64: it is used as the text it is."
    small = (key + handshake.GUID.lower()).encode()
    yield b64(sha1(small)), "The GUID has capitals: the hash of small letters is another."
    yield b64(text), "base64 of the text itself: the SHA-1 hash between them is missing."
    if key != SAMPLE_KEY:
        yield SAMPLE_ACCEPT, "That is the RFC's sample again. Each key has its own: use `key`."


def sha1(data: bytes) -> bytes:
    """Hash bytes."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def b64(data: bytes) -> str:
    """Write bytes as base64 text."""
    return base64.b64encode(data).decode()


# --- 2 · switching_protocols -----------------------------------------------------------


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
    for accept, subprotocol in ((SAMPLE_ACCEPT, None), (other, "chat.v1")):
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
        "The empty line at the end is missing: the client still waits for more headers.",
    )
    attempt.require(
        got.count(b"\r\n\r\n") == 1 and not got.endswith(b"\r\n\r\n\r\n"),
        "There is more after the first empty line: the client takes that for frames.",
    )
    for line in lines[:-2]:
        attempt.require(
            line == line.lstrip() and ":" in line,
            f"A header line is `Name: value`, without spaces before it: here it is `{line}`.",
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
            f"a client takes `{said}` for a name.",
        )
    attempt.require(
        said == subprotocol,
        f"`{subprotocol}` was agreed on: the client expects `Sec-WebSocket-Protocol: "
        f"{subprotocol}`, and finds " + ("no such header." if said is None else f"`{said}`."),
    )


# --- 3 · fault -------------------------------------------------------------------------

# Method, what differs from a sound handshake, the answer, and what to say to a wrong one.
Case = tuple[str, dict[str, str | None], str | None, str]
KEY, VERSION = "Sec-WebSocket-Key", "Sec-WebSocket-Version"
HANDSHAKES: tuple[Case, ...] = (
    ("GET", {}, None, "This one is sound."),
    ("POST", {}, "method", "The method is POST, and a handshake is a GET."),
    ("GET", {"Upgrade": None}, "Upgrade", "`Upgrade` is missing here, which is its fault."),
    ("GET", {"Upgrade": "h2c"}, "Upgrade", "`Upgrade` names another protocol here, h2c."),
    ("GET", {"Connection": "keep-alive"}, "Connection", "`Connection` is only `keep-alive` here."),
    ("GET", {KEY: "c2hvcnQ="}, KEY, "The key is base64 of 5 bytes here: 16 are expected."),
    ("GET", {KEY: None}, KEY, f"`{KEY}` is missing here, which is its fault."),
    ("GET", {VERSION: "8"}, VERSION, "The version is 8 here, and the standard's is 13."),
    ("GET", {"Origin": "http://else.example"}, "Origin", f"http://else.example is not {HOST}."),
    ("GET", {"Upgrade": "WebSocket"}, None, "This one is sound, with `Upgrade: WebSocket`."),
    ("GET", {"Connection": "upgrade"}, None, "This one is sound, with `Connection: upgrade`."),
    ("GET", {"Connection": "keep-alive, Upgrade"}, None, "This one is sound: so asks Firefox."),
    ("GET", {"Origin": f"http://{HOST}"}, None, f"This one is sound, from http://{HOST}."),
    (
        "GET",
        {"Origin": f"http://{HOST}.else.example"},
        "Origin",
        "The Origin begins like the Host and is another: compare it whole.",
    ),
)

# What to say to a fault that is found where there is none.
INNOCENT = {
    "method": "it is a GET",
    "Upgrade": "`WebSocket` and `websocket` are the same",
    "Connection": "it is a list with commas, such as `keep-alive, Upgrade`, in any case",
    "Sec-WebSocket-Key": "it is 24 characters of base64 for 16 bytes: decode it, then count",
    "Sec-WebSocket-Version": 'header values are text, so it is `"13"`, with quotes',
    "Origin": "it may be missing, or be `http://` and the Host",
}


@exercise(
    hints=(
        "One `if` a rule, in the order of the list, each with its `return`; "
        "`return None` at the end.",
        '`headers.get("Upgrade", "")` gives an empty text where the header is missing; '
        "`.lower()` makes all letters small.",
        '`value.split(",")` cuts `Connection` into its names; `.strip()` each of them before '
        "you compare.",
        '`len(base64.b64decode(key))` counts the bytes of a key; `"http://" + headers["Host"]` '
        "is the Origin that may connect.",
    )
)
def fault(attempt: Attempt) -> None:
    """Six faults, one a handshake, between sound ones that look odd."""
    for method, changes, expected, nudge in HANDSHAKES:
        changed = SOUND | changes
        headers = {name: value for name, value in changed.items() if value is not None}
        got = attempt(method, headers)
        if isinstance(got, str) and isinstance(expected, str):
            attempt.require(
                got == expected or got.lower() != expected.lower(),
                f"The right one, spelled otherwise: `{expected}`.",
            )
        if expected is None and got in INNOCENT:
            nudge += f" Nothing is wrong with `{got}`: {INNOCENT[got]}."
        attempt.require(same(got, expected), nudge)


# --- 4 · choose_subprotocol ------------------------------------------------------------

# The header, what the server supports, the answer, and what to say to a wrong one.
OFFERS: tuple[tuple[str | None, list[str], str | None, str], ...] = (
    ("chat.v1", ["chat.v1"], "chat.v1", "The server supports it. Is a `return` missing?"),
    (
        "chat.v2, chat.v1",
        ["chat.v1"],
        "chat.v1",
        "The client offers two names. Do you take the spaces away when you split them?",
    ),
    (
        "chat.v2, chat.v1",
        ["chat.v1", "chat.v2"],
        "chat.v2",
        "The server supports both: the client's favourite decides, the first in `offered`.",
    ),
    (
        "chat.v10, chat.v2",
        ["chat.v1", "chat.v2"],
        "chat.v2",
        "`chat.v1` is not offered: it is only a part of `chat.v10`. Compare whole names.",
    ),
    ("soup", ["chat.v1"], None, "Nothing fits, so the answer is None: no header is sent."),
    (None, ["chat.v1"], None, "The client offers nothing (None): there is nothing to agree on."),
    ("Chat.V1", ["chat.v1"], None, "Subprotocols keep their case: `Chat.V1` is another name."),
)


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
        got = attempt(offered, supported)
        attempt.require(
            expected is not None or got not in ("", [], False),
            "Nothing fits, and that is None: anything else would end up in a header.",
        )
        attempt.require(
            not isinstance(got, list), "One name is asked for, not a list: the first that fits."
        )
        attempt.require(same(got, expected), nudge)

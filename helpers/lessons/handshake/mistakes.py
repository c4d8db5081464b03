"""Mistakes in handshakes, cases that tell them apart, and what to say about each."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator

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


def list_mistaken_accepts(key: str) -> Iterator[tuple[object, str]]:
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
    quoted, spaced = (key + "GUID").encode(), f"{key} {handshake.GUID}".encode()
    yield (
        b64(sha1(quoted)),
        'The four letters `"GUID"` were appended: without quotes, the name means its value.',
    )
    yield b64(sha1(spaced)), "There is something between the key and the GUID: put nothing there."
    decoded = base64.b64decode(key) + handshake.GUID.encode()
    yield b64(sha1(decoded)), "The key was decoded from base64: use it as it is, as text."
    small = (key + handshake.GUID.lower()).encode()
    yield b64(sha1(small)), "The GUID has capitals. Small letters have a different hash."
    yield b64(text), "base64 of the text itself: the SHA-1 hash between them is missing."
    right = b64(digest)
    yield right + "\n", "Nearly: there is a line break at the end. `b64encode` adds none."
    yield right.rstrip("="), "Nearly: the `=` at the end is part of it."
    yield base64.urlsafe_b64encode(digest).decode(), "`urlsafe_b64encode` writes `-` for `+`."
    yield (
        f"Sec-WebSocket-Accept: {right}",
        "That is the whole header: return only its value.",
    )
    longer = b64(hashlib.sha256(text).digest())
    yield longer, "That is a different hash: the standard asks for SHA-1."
    yield (
        b64(hashlib.md5(text, usedforsecurity=False).digest()),
        "That is MD5, and the standard asks for SHA-1.",
    )
    if key != SAMPLE_KEY:
        yield SAMPLE_ACCEPT, "That is the RFC's sample again. Each key has its own: use `key`."


def sha1(data: bytes) -> bytes:
    """Hash bytes."""
    return hashlib.sha1(data, usedforsecurity=False).digest()


def b64(data: bytes) -> str:
    """Write bytes as base64 text."""
    return base64.b64encode(data).decode()


# Method, what differs from a valid handshake, the answer, and what to say to a wrong one.
Case = tuple[str, dict[str, str | None], str | None, str]
KEY, VERSION = "Sec-WebSocket-Key", "Sec-WebSocket-Version"
HANDSHAKES: tuple[Case, ...] = (
    ("GET", {}, None, "This one is valid."),
    ("POST", {}, "method", "The method is POST, and a handshake is a GET."),
    ("PUT", {}, "method", "The method is PUT, and a handshake is a GET."),
    ("HEAD", {}, "method", "The method is HEAD: any method but GET is at fault."),
    ("get", {}, "method", "The method is `get`, in small letters, and that is not GET."),
    ("G", {}, "method", "The method is `G`, only a part of GET: compare all of it, with `!=`."),
    ("GET", {"Upgrade": None}, "Upgrade", "`Upgrade` is missing here, which is its fault."),
    ("GET", {"Upgrade": "h2c"}, "Upgrade", "`Upgrade` names another protocol here, h2c."),
    (
        "GET",
        {"Upgrade": "websocket2"},
        "Upgrade",
        "`Upgrade` only begins like `websocket` here: compare all of it.",
    ),
    (
        "GET",
        {"Upgrade": "not-websocket"},
        "Upgrade",
        "`Upgrade` only ends like `websocket` here: compare all of it.",
    ),
    ("GET", {"Connection": "keep-alive"}, "Connection", "`Connection` is only `keep-alive` here."),
    ("GET", {KEY: "c2hvcnQ="}, KEY, "The key is base64 of 5 bytes here: 16 are expected."),
    (
        "GET",
        {KEY: "AQIDBAUGBwgJCgsMDQ4PEBES"},
        KEY,
        "The key has 24 characters here, and they stand for 18 bytes: decode it, then count.",
    ),
    ("GET", {KEY: "AQIDBAUGBwgJCgsMDQ4P"}, KEY, "The key stands for 15 bytes here, not for 16."),
    ("GET", {KEY: "AQIDBAUGBwgJCgsMDQ4PEBE="}, KEY, "The key has 17 bytes here, one too many."),
    ("GET", {KEY: None}, KEY, f"`{KEY}` is missing here, which is its fault."),
    ("GET", {VERSION: "8"}, VERSION, "The version is 8 here, and the standard's is 13."),
    ("GET", {VERSION: "14"}, VERSION, "The version is 14 here, and the standard's is 13."),
    ("GET", {"Origin": "http://else.example"}, "Origin", f"http://else.example is not {HOST}."),
    ("GET", {"Upgrade": "WebSocket"}, None, "This one is valid, with `Upgrade: WebSocket`."),
    ("GET", {"Connection": "upgrade"}, None, "This one is valid, with `Connection: upgrade`."),
    (
        "GET",
        {"Connection": "keep-alive, Upgrade"},
        None,
        "This one is valid: Firefox asks like this.",
    ),
    (
        "GET",
        {"Connection": "Upgrade, close"},
        None,
        "This one is valid: `Upgrade` is in the list.",
    ),
    (
        "GET",
        {"Connection": "keep-alive, no-upgrade"},
        "Connection",
        "`no-upgrade` is not the name `upgrade`: compare whole names.",
    ),
    ("GET", {"Origin": f"http://{HOST}"}, None, f"This one is valid, from http://{HOST}."),
    (
        "GET",
        {"Origin": f"http://{HOST}.else.example"},
        "Origin",
        "The Origin only begins like the Host: compare all of it.",
    ),
    (
        "GET",
        {"Origin": f"http://else.{HOST}"},
        "Origin",
        "The Origin only ends like the Host: compare all of it.",
    ),
    (
        "GET",
        {"Origin": f"https://{HOST}"},
        "Origin",
        "The rule says `http://` and the Host, and this Origin has `https://`.",
    ),
    (
        "GET",
        {"Host": "localhost:9", "Origin": "http://localhost:9"},
        None,
        "This one is valid: its Host is a different one, and its Origin agrees with it.",
    ),
    ("GET", {"Connection": "keep-alive,Upgrade"}, None, "This one is valid: no space is needed."),
    ("GET", {"Connection": "close , upgrade"}, None, "This one is valid: spaces do not count."),
    (
        "GET",
        {"Connection": None},
        "Connection",
        "`Connection` is missing here: that is its fault.",
    ),
    ("GET", {VERSION: None}, VERSION, f"`{VERSION}` is missing here, which is its fault."),
    ("GET", {VERSION: "130"}, VERSION, "The version is 130 here, and the standard's is 13."),
    (
        "GET",
        {KEY: "!" * 22 + "=="},
        KEY,
        "The key has 24 characters here, and they are not base64.",
    ),
    (
        "GET",
        {KEY: "AQIDB"},
        KEY,
        "The key is not base64 here, so `b64decode` raises: catch that, it is the key's fault.",
    ),
    ("GET", {KEY: ""}, KEY, "The key is empty here, which is its fault."),
    (
        "GET",
        {KEY: "dGhl!IHNhbXBsZSBub25jZQ==!!"},
        KEY,
        "The key has `!` in it, which base64 does not: `b64decode` passes over it, but for "
        "`validate=True`.",
    ),
    ("GET", {VERSION: "013"}, VERSION, "The version is `013` here: compare text, not numbers."),
    ("GET", {VERSION: "1_3"}, VERSION, "The version is `1_3` here: compare text, not numbers."),
    ("GET", {VERSION: "abc"}, VERSION, "The version is `abc` here, and the standard's is 13."),
    (
        "GET",
        {"Origin": HOST},
        "Origin",
        "The Origin has no `http://` here: compare all of it.",
    ),
    ("GET", {"Origin": ""}, "Origin", "The Origin is empty here, which is not the same as none."),
    ("GET", {"Origin": "null"}, "Origin", "The Origin is the text `null` here, which is a value."),
    ("GET", {"Upgrade": "WEBSOCKET"}, None, "This one is valid, with `Upgrade: WEBSOCKET`."),
    ("GET", {"Connection": "UPGRADE"}, None, "This one is valid, with `Connection: UPGRADE`."),
    ("GET", {"Upgrade": "websocket, h2c"}, "Upgrade", "`Upgrade` names two protocols here."),
)

# What to say when a value cannot be read, and ValueError is raised.
UNREADABLE = {
    KEY: "That key is not base64 at all: that is a fault, not a crash. Catch ValueError.",
    VERSION: "That version is not a number: that is a fault, not a crash. Compare it as text.",
}

# What to say when a fault is found in a valid header.
INNOCENT = {
    "method": "it is a GET",
    "Upgrade": "`WebSocket` and `websocket` are the same",
    "Connection": "it is a list with commas, such as `keep-alive, Upgrade`, in any case",
    "Sec-WebSocket-Key": "it is 24 characters of base64 for 16 bytes: decode it, then count",
    "Sec-WebSocket-Version": 'header values are text, so it is `"13"`, with quotes',
    "Origin": "it may be missing, or be `http://` and the Host",
}

# The header, what the server supports, the answer, and what to say to a wrong one.
OFFERS: tuple[tuple[str | None, list[str], str | None, str], ...] = (
    (
        "chat.v1",
        ["chat.v1"],
        "chat.v1",
        "The server supports `chat.v1`. Is a `return` missing? A `for` over a string takes letter "
        "by letter: `split` it first.",
    ),
    (
        "chat.v2, chat.v1",
        ["chat.v1"],
        "chat.v1",
        "The client offers two names, and the second one fits. Do you look at both? Do you "
        "take the spaces away when you split them?",
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
    (
        "chat, chat.v1",
        ["chat.v1"],
        "chat.v1",
        "The server does not support `chat`: it is only a part of `chat.v1`. Compare whole names.",
    ),
    (
        "chat",
        ["chat.v1", "chat.v2"],
        None,
        "`chat` is only a part of the names that the server supports. Compare whole names.",
    ),
    ("soup", ["chat.v1"], None, "Nothing fits, so the answer is None: no header is sent."),
    (None, ["chat.v1"], None, "The client offers nothing (None): there is nothing to agree on."),
    (
        "Chat.V1, CHAT.V1",
        ["chat.v1"],
        None,
        "`Chat.V1` is not `chat.v1`: subprotocols are compared exactly, capitals included.",
    ),
    (
        "chat.v2 , chat.v1 ",
        ["chat.v1"],
        "chat.v1",
        "There may be spaces on both sides of a comma: take them all away.",
    ),
    (
        "chat.v1,chat.v3,chat.v2",
        ["chat.v2", "chat.v3", "chat.v1"],
        "chat.v1",
        "The client's favourite is the first that it names, here `chat.v1`. "
        "There may also be no space after a comma.",
    ),
    (
        "soup, chat.v2, chat.v3, chat.v1",
        ["chat.v1", "chat.v2", "chat.v3"],
        "chat.v2",
        "Of the names that both know, take the one that is first in `offered`.",
    ),
)

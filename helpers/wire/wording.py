"""One line for people about each thing on the wire; the same line on every run.

Random parts (masking keys, payloads of keepalive pings) and sizes that depend on the compressor
are left out; `Frame.__str__` and the bytes themselves show them.
"""

from __future__ import annotations

import re

from helpers.wire.codes import CloseCode, Opcode
from helpers.wire.frames import Frame, describe
from helpers.wire.heads import Response

REFUSAL_CHARACTERS = 2_000
#: Libraries send pings with four random bytes; people who type a ping use another length.
KEEPALIVE_BYTES = 4

# In Engine.IO's query: the id of a session, and a number that keeps caches from answering.
RANDOM_QUERY = re.compile(r"(?<=[?&])(sid|t)=[^&\s]*")
# The packets that hold an id: open, and connect in any namespace; alone, or in a polling body.
RANDOM_SID = re.compile(r'((?:^|\x1e)(?:0|40(?:/[^,\x1e]*+,)?)\{[^\x1e]*?"sid": *")([^"\x1e]*)')


def stable_target(text: str) -> str:
    """Return an Engine.IO request line with `…` in place of what differs on each run.

    Source: Engine.IO protocol 4, HTTP long-polling.
    """
    return RANDOM_QUERY.sub(r"\1=…", text)


def stable_packets(text: str) -> str:
    """Return Engine.IO packets with `…` in place of ids, which differ on each run.

    Source: Engine.IO protocol 4, handshake.
    """
    return RANDOM_SID.sub(r"\1…", text)


def size_text(size: int) -> str:
    """Return a size in words: `1 byte`, `1,204 bytes`."""
    return "1 byte" if size == 1 else f"{size:,} bytes"


def bytes_text(data: bytes) -> str:
    """Describe bytes that could not be read: how many they are, and how they begin."""
    start = data[:16]
    dots = "…" if len(data) > len(start) else ""
    return f"{size_text(len(data))} · {start.hex(' ')}{dots}"


def response_text(response: Response) -> str:
    """Describe a response: `200 OK · text/html · 1,204 bytes`."""
    parts = [f"{response.status} {response.reason}".rstrip()]
    if response.body:
        content_type = (response.header("Content-Type") or "").split(";")[0].strip()
        parts += [content_type] if content_type else []
        parts.append(size_text(len(response.body)))
    return " · ".join(parts)


def refusal_text(response: Response) -> str | None:
    """Return the plain text that explains a refusal; None for pages and everything else."""
    is_plain = (response.header("Content-Type") or "").startswith("text/plain")
    if response.status < 400 or not is_plain or response.header("Content-Encoding"):
        return None
    return response.body[:REFUSAL_CHARACTERS].decode("utf-8", "replace").rstrip()


def frame_text(frame: Frame, message: str | bytes | None, fragment: int) -> str:
    """Describe a frame: `text "Hello" · 5 bytes · masked`.

    Args:
        frame: the frame.
        message: the message that it completes, inflated; None if it does not complete one.
        fragment: its number among the fragments of a message; 0 if it is not a fragment.
    """
    name, payload = frame.opcode.name.lower(), frame.payload
    if frame.rsv1 and message is not None and not fragment:
        payload = message.encode() if isinstance(message, str) else message
    if frame.opcode.is_control:
        content = control_text(frame)
    elif frame.rsv1 and payload is frame.payload:
        content = ""  # compressed, and unreadable without the other fragments
    else:
        content = describe(frame.opcode, payload)
    parts = [f"{name} {content}".rstrip(), size_text(len(payload))]
    parts += ["compressed"] if frame.rsv1 else []
    parts.append("unmasked" if frame.mask is None else "masked")
    if fragment:
        parts.append(f"fragment {fragment}{', the last' if frame.fin else ''}")
    return " · ".join(parts)


def control_text(frame: Frame) -> str:
    """Describe a control frame: a close code by its name, a ping by its payload."""
    payload = frame.payload
    if frame.opcode is Opcode.CLOSE:
        code = int.from_bytes(payload[:2]) if len(payload) >= 2 else None
        name = "no code" if code is None else f"{code} ({code_name(code)})"
        return f"{name} {describe(Opcode.TEXT, payload[2:])}" if payload[2:] else name
    if len(payload) == KEEPALIVE_BYTES:
        return ""
    return describe(frame.opcode, payload)


def code_name(code: int) -> str:
    """Return the name of a close code: `normal closure` (RFC 6455 §7.4)."""
    try:
        return CloseCode(code).name.lower().replace("_", " ")
    except ValueError:
        pass
    if 3000 <= code <= 3999:
        return "defined by a library"
    return "defined by an application" if 4000 <= code <= 4999 else "not allowed"

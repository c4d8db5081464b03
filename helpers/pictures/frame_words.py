"""The words around the drawing of a frame: its headline above, its notes below."""

from __future__ import annotations

from helpers.pictures.dissect import Anatomy
from helpers.pictures.paint import count, shorten
from helpers.wire.deflate import Inflater
from helpers.wire.frames import Opcode, ProtocolError, describe
from helpers.wire.messages import parse_close
from helpers.wire.quoting import visible
from helpers.wire.wording import code_name

Note = tuple[str, str]  # a CSS class and the words


def frame_line(frame: Anatomy, exact: bool) -> str:
    """Return the headline: the frame in one line if it is whole, otherwise what is wrong."""
    name = f"{frame.opcode_name} frame"
    if frame.fault:
        return f"{name}, broken"
    if frame.missing_bytes:
        return f"{name}, unfinished"
    assert frame.opcode is not None
    facts = [f"{frame.opcode_name} {_content(frame)}".rstrip()]
    bits = {"FIN": 0x80, "RSV1": 0x40}
    facts += [name for name, bit in bits.items() if frame.first & bit]
    if frame.masked:
        facts.append(f"masked {frame.key.hex(' ')}" if exact else "masked")
    return " · ".join([*facts, count(len(frame.payload), "byte")])


def _content(frame: Anatomy) -> str:
    assert frame.opcode is not None
    if frame.compressed:
        return "(compressed)"
    return describe(frame.opcode, frame.payload, width=60 if frame.opcode is Opcode.TEXT else 24)


def frame_notes(frame: Anatomy) -> list[Note]:
    """Return the notes on a whole frame's payload: a close code, compression, a fault."""
    if frame.compressed:
        return [_inflated(frame)]
    if frame.opcode is Opcode.CLOSE:
        return _close_notes(frame.payload)
    if frame.opcode is Opcode.TEXT and frame.first & 0x80:
        return _text_notes(frame.payload)
    return []


def _inflated(frame: Anatomy) -> Note:
    fact = "compressed: RSV1 means permessage-deflate"
    if not frame.first & 0x80:
        return "small", f"{fact}; this is only the first fragment, so it is not inflated here"
    try:
        data = Inflater().inflate(frame.payload)
    except ProtocolError:
        return "small", f"{fact}; it needs the messages before it, or is not deflate data"
    if frame.opcode is Opcode.TEXT:
        said = f'"{shorten(visible(data.decode("utf-8", "replace")))}"'
    else:
        said = shorten(data[:200].hex(" "), 60)
    return "small", f"{fact}; it inflates to {said}, {count(len(data), 'byte')}"


def _close_notes(payload: bytes) -> list[Note]:
    try:
        code, reason = parse_close(payload)
    except ProtocolError as error:
        return [("bad", str(error))]
    if code is None:
        return [("small", "no close code, no reason")]
    said = f', reason "{visible(reason)}"' if reason else ", no reason"
    return [("small", f"close code {code}: {code_name(code)}{said}")]


def _text_notes(payload: bytes) -> list[Note]:
    try:
        payload.decode()
    except UnicodeDecodeError as error:
        bad = payload[error.start : error.end].hex(" ")
        fact = f"text message must be UTF-8, got bytes {bad}: {error.reason} (RFC 6455 §8.1)"
        return [("bad", fact)]
    return []

"""Chooses the picture that fits what is shown.

tap, transcript, entries   "frames" (a table), "bytes", "handshake" or "sequence"
bytes, Frame, frames       their anatomy; "bytes" for a hex dump
Request, Response, a head  the job of each header
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from helpers.pictures.anatomy import draw_frames
from helpers.pictures.bytes_view import draw_bytes, draw_hex_dump
from helpers.pictures.handshake_view import Handshake, draw_handshakes, find_handshakes
from helpers.pictures.paint import Picture, escape, tag, wrap
from helpers.pictures.sequence import draw_sequence
from helpers.pictures.transcript_view import draw_transcript
from helpers.wire.frames import Frame
from helpers.wire.handshake import (
    HandshakeError,
    HeadReader,
    Request,
    Response,
    parse_request,
    parse_response,
)
from helpers.wire.transcript import Chunk, Entry, Mark, Transcript, entries

__all__ = ["Picture", "draw"]

VIEWS = ("frames", "bytes", "handshake", "sequence")
CAN_SHOW = (
    "show() draws a tap or its transcript, recorded entries, bytes, a Frame, a Request "
    "or a Response"
)
_HEAD = re.compile(rb"(?:HTTP/\d\.\d \d|[A-Z]{3,10} \S+ HTTP/)")
_MAX_HEAD_BYTES = 65_536


def draw(
    what: object,
    view: str | None = None,
    *,
    connection: int | None = None,
    times: bool = False,
    exact: bool = False,
) -> Picture:
    """Draw what goes over the wire.

    Args:
        what: a tap, a transcript, a list of entries; or bytes, a frame, a request, a response,
            or a list of those.
        view: of a recording: `"frames"` (the default), `"bytes"`, `"handshake"` or `"sequence"`;
            of bytes and frames: None for their anatomy, or `"bytes"`.
        connection: draw only this connection.
        times: show when things happened, in seconds since the recording began.
        exact: show even what differs from run to run, such as keys, masks and dates. Bytes,
            frames, requests and responses that are given directly are always exact.

    Raises:
        TypeError: `what` cannot be drawn.
        ValueError: there is no such view, or no such connection.
    """
    recorded = _recording(what)
    if recorded is not None:
        return _recorded_picture(_of(connection, recorded), view, times, exact)
    if connection is not None:
        raise ValueError(f"only a recording has connections, got connection={connection}")
    if view is not None and view not in VIEWS:
        raise ValueError(_unknown_view(view))
    return _direct_picture(what, view, exact)


def _recording(what: object) -> Sequence[Entry] | None:
    """Return the entries of a recording; None for anything else."""
    transcript = what if isinstance(what, Transcript) else getattr(what, "transcript", None)
    if isinstance(transcript, Transcript):
        return entries(transcript)
    if not isinstance(what, list | tuple):
        return None
    if all(isinstance(item, Entry) for item in what):
        return what
    if all(isinstance(item, Chunk | Mark) for item in what):
        transcript = Transcript()
        for item in what:
            transcript.add(item)
        return entries(transcript)
    return None


def _of(connection: int | None, recorded: Sequence[Entry]) -> Sequence[Entry]:
    known = sorted({entry.connection for entry in recorded if entry.connection is not None})
    if connection is None:
        return recorded
    if connection not in known:
        there = ", ".join(map(str, known)) or "none"
        raise ValueError(f"the recording has no connection {connection}, only: {there}")
    return [entry for entry in recorded if entry.connection in (None, connection)]


def _recorded_picture(
    recorded: Sequence[Entry], view: str | None, times: bool, exact: bool
) -> Picture:
    draw: dict[str, Callable[[], Picture]] = {
        "frames": lambda: draw_transcript(recorded, times=times, exact=exact),
        "bytes": lambda: draw_bytes(recorded, exact=exact),
        "handshake": lambda: draw_handshakes(find_handshakes(recorded), exact=exact),
        "sequence": lambda: draw_sequence(recorded, times=times, exact=exact),
    }
    try:
        chosen = draw["frames" if view is None else view]
    except KeyError:
        raise ValueError(_unknown_view(str(view))) from None
    return chosen()


def _unknown_view(view: str) -> str:
    return f"view must be one of {', '.join(map(repr, VIEWS))}, got {view!r}"


def _direct_picture(what: object, view: str | None, exact: bool) -> Picture:
    if isinstance(what, Entry) and isinstance(what.value, Frame):
        return draw_frames(what.raw, exact=exact or what.value.mask is None)
    if isinstance(what, Entry) and isinstance(what.value, Request | Response):
        return draw_handshakes(find_handshakes([what]), exact=exact)
    parts = list(what) if isinstance(what, list | tuple) else [what]
    if all(isinstance(part, Request | Response) for part in parts):
        return draw_handshakes(_pair(parts), exact=True)
    data = b"".join(_bytes_of(part, what) for part in parts)
    if view == "bytes":
        return draw_hex_dump(data)
    return _head_picture(data) if _HEAD.match(data) else draw_frames(data)


def _pair(heads: Sequence[object]) -> list[Handshake]:
    found: list[Handshake] = []
    for head in heads:
        if isinstance(head, Request):
            found.append(Handshake(head, None))
        elif isinstance(head, Response) and found and found[-1].response is None:
            found[-1] = Handshake(found[-1].request, head)
        elif isinstance(head, Response):
            found.append(Handshake(None, head))
    return found


def _bytes_of(part: object, what: object) -> bytes:
    if isinstance(part, Frame):
        return part.encode()
    if isinstance(part, bytes | bytearray | memoryview):
        return bytes(part)
    if isinstance(part, str):
        hint = "; text travels as bytes: try .encode()"
    elif hasattr(part, "page_url"):
        hint = "; a server has no recording: tap it with tap(…), and show the tap"
    else:
        hint = ""
    inside = f" in a {type(what).__name__}" if part is not what else ""
    raise TypeError(f"{CAN_SHOW}, got {type(part).__name__}{inside}{hint}")


def _head_picture(data: bytes) -> Picture:
    """Draw an HTTP head given as bytes, and the frames after it; a bad head as bytes."""
    reader = HeadReader(limit_bytes=_MAX_HEAD_BYTES)
    try:
        head = reader.feed(data) or data
        if data.startswith(b"HTTP/"):
            response = parse_response(head)
            upgraded = response.status == 101
            body = b"" if upgraded else reader.rest
            response = Response(response.status, response.reason, response.headers, body)
            shown = draw_handshakes([Handshake(None, response)], exact=True)
        else:
            upgraded, shown = True, draw_handshakes([Handshake(parse_request(head), None)])
    except HandshakeError as error:
        dump = draw_hex_dump(data)
        fault = tag("p", escape(str(error)), "bad")
        return Picture(dump.html + wrap("fault", "", fault), f"{dump.text}\n{error}")
    if not (upgraded and reader.rest):
        return shown
    frames = draw_frames(reader.rest)
    return Picture(shown.html + frames.html, f"{shown.text}\n\n{frames.text}")

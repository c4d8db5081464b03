"""A recording as bytes: a hex dump, 16 bytes a row, of what each side sent in turn.

    client→server · 11 bytes · text
      0000  81 85 37 fa 21 3d 7f 9f  4d 51 58                 ··7·!=··MQX

TCP has no borders between frames, so whatever one side sent without an answer in between is in
one dump. By default nothing is drawn that differs from run to run: only the first row of an HTTP
head, and `··` in place of masking keys and masked bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

from helpers.pictures.paint import (
    HIDDEN_BYTE,
    HIDDEN_NOTE,
    Picture,
    count,
    escape,
    hex_bytes,
    scroll,
    tag,
    wrap,
)
from helpers.wire.frames import Frame, Opcode
from helpers.wire.quoting import visible
from helpers.wire.transcript import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Entry
from helpers.wire.wording import KEEPALIVE_BYTES, RANDOM_SID

ROW = 16
FIRST_ROWS, LAST_ROWS = 8, 2
MAX_GROUPS = 60
KEEPALIVE = (Opcode.PING, Opcode.PONG)
HEAD_NOTE = '… the rest of the head: show(…, "handshake")'
NOTHING = "no bytes recorded yet"

STYLE = """
& .dump{margin:0 0 .8em}
& .dump .head{font-size:.86em;margin:0 0 .2em}
& .way{display:inline-block;padding:0 .55em;border-radius:.3em}
& .up .way{background:rgba(var(--cs),.17)}
& .down .way{background:rgba(var(--sc),.19)}
& .dump .scroll pre{margin:0;padding:0 .8em;border-left:3px solid var(--line);
white-space:pre;overflow:visible;width:max-content;line-height:1.45}
& .dump.up .scroll pre{border-left-color:rgb(var(--cs))}
& .dump.down .scroll pre{border-left-color:rgb(var(--sc))}
& .dump .place{opacity:.65}
& .dump .said{padding:0 .4em;background:var(--quiet)}
& .rule{font-size:.86em;opacity:.8;background:var(--quiet);padding:.1em .7em;
margin:0 0 .8em}
"""


@dataclass(frozen=True, slots=True)
class Dump:
    """What one side sent; `None` is a byte that differs from run to run."""

    caption: str
    direction: str | None
    data: Sequence[int | None]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """A line between two dumps: something happened."""

    words: str


def draw_bytes(entries: Sequence[Entry], *, exact: bool = False) -> Picture:
    """Draw a recording as bytes, by direction, in order.

    Args:
        entries: the recording.
        exact: show everything, including random bytes.
    """
    several = len({entry.connection for entry in entries if entry.raw}) > 1
    pieces = list(_pieces(entries, exact, several))
    if not any(isinstance(piece, Dump) for piece in pieces):
        return Picture(wrap("bytes", "", tag("p", NOTHING, "small")), NOTHING)
    shown, remarks = pieces[:MAX_GROUPS], []
    if len(pieces) > MAX_GROUPS:
        remarks.append(f"… {len(pieces) - MAX_GROUPS} more parts …")
    if any(isinstance(piece, Dump) and None in piece.data for piece in shown):
        remarks.append(HIDDEN_NOTE)
    html = [*map(_piece_html, shown), *(tag("p", words, "small") for words in remarks)]
    text = [*("\n".join(_piece_text(piece)) for piece in shown), *remarks]
    return Picture(wrap("bytes", STYLE, *html), "\n".join(text))


def draw_hex_dump(data: bytes) -> Picture:
    """Draw bytes as a hex dump."""
    dump = Dump(count(len(data), "byte"), None, list(data))
    return Picture(wrap("bytes", STYLE, _piece_html(dump)), "\n".join(_piece_text(dump)))


def _pieces(entries: Sequence[Entry], exact: bool, several: bool) -> Iterator[Dump | Rule]:
    def border(entry: Entry) -> tuple[object, ...]:
        alone = entry.number if entry.kind in ("mark", "request", "response") else 0
        return entry.connection, entry.direction, alone

    for _, group in groupby(entries, border):
        found = list(group)
        where = f"connection {found[0].connection}: " if several and found[0].connection else ""
        if found[0].kind == "mark":
            yield Rule(visible(f"{where}{found[0].text}"))
        elif any(entry.raw for entry in found):
            yield _dump(found, where, exact)


def _dump(found: list[Entry], where: str, exact: bool) -> Dump:
    first = found[0]
    kinds = " + ".join(dict.fromkeys(_kind(entry) for entry in found))
    if first.kind in ("request", "response") and not exact:
        note = HEAD_NOTE if len(first.raw) > ROW else ""
        return Dump(
            f"{where}{first.direction} · {kinds}", first.direction, list(first.raw[:ROW]), note
        )
    data: list[int | None] = []
    for entry in found:
        data += entry.raw if exact else _stable(entry)
    caption = f"{where}{first.direction} · {count(len(data), 'byte')} · {kinds}"
    return Dump(caption, first.direction, data)


def _kind(entry: Entry) -> str:
    return entry.value.opcode.name.lower() if isinstance(entry.value, Frame) else entry.kind


def _stable(entry: Entry) -> list[int | None]:
    """Return the bytes of an entry, with None in place of random ones."""
    raw = entry.raw
    if entry.session is not None and isinstance(entry.value, Frame) and not entry.value.mask:
        return _without_ids(entry.value, raw)
    if not isinstance(entry.value, Frame):
        return list(raw) if entry.direction == SERVER_TO_CLIENT else [None] * len(raw)
    payload_bytes = len(entry.value.payload)
    keepalive = entry.value.opcode in KEEPALIVE and payload_bytes == KEEPALIVE_BYTES
    hidden = payload_bytes if keepalive or entry.value.mask else 0
    hidden += 4 if entry.value.mask else 0
    shown: list[int | None] = list(raw[: len(raw) - hidden])
    return shown + [None] * hidden


def _without_ids(frame: Frame, raw: bytes) -> list[int | None]:
    """Return a server's frame of Engine.IO, None for the id of a session in it."""
    data: list[int | None] = list(raw)
    found = RANDOM_SID.match(frame.payload.decode("latin-1"))
    if found and not frame.rsv1:
        start = len(raw) - len(frame.payload)
        for place in range(start + found.start(2), start + found.end(2)):
            data[place] = None
    return data


def _rows(dump: Dump) -> Iterator[tuple[str, str, str]]:
    """Return position, hex and characters of each row; only words for what is left out."""
    rows = range(0, len(dump.data), ROW)
    skipped = rows[FIRST_ROWS:-LAST_ROWS] if len(rows) > FIRST_ROWS + LAST_ROWS + 1 else range(0)
    digits = max(4, len(f"{len(dump.data):x}"))
    for start in rows:
        if start not in skipped:
            part = dump.data[start : start + ROW]
            yield f"{start:0{digits}x}", _hex(part), "".join(map(_character, part))
        elif start == skipped[0]:
            yield f"… {count(len(skipped) * ROW, 'byte')} more …", "", ""
    if dump.note:
        yield dump.note, "", ""


def _hex(part: Sequence[int | None]) -> str:
    pairs = [HIDDEN_BYTE if byte is None else hex_bytes(bytes([byte]))[0] for byte in part]
    halves = " ".join(pairs[:8]), " ".join(pairs[8:])
    return "  ".join(halves).rstrip().ljust(ROW * 3)


def _character(byte: int | None) -> str:
    return chr(byte) if byte is not None and 0x20 <= byte < 0x7F else "·"


def _piece_text(piece: Dump | Rule) -> list[str]:
    if isinstance(piece, Rule):
        return [f"── {piece.words} ──"]
    return [piece.caption, *("  " + "  ".join(filter(None, row)).rstrip() for row in _rows(piece))]


def _piece_html(piece: Dump | Rule) -> str:
    if isinstance(piece, Rule):
        return tag("p", escape(f"── {piece.words} ──"), "rule")
    way, dot, rest = piece.caption.partition(" · ")
    head = tag("div", tag("span", escape(way), "way") + escape(dot + rest), "head")
    css = {None: "dump", CLIENT_TO_SERVER: "dump up"}.get(piece.direction, "dump down")
    lines = "\n".join(_row_html(*row) for row in _rows(piece))
    return tag("div", head + scroll(piece.caption, tag("pre", lines)), css)


def _row_html(place: str, digits: str, characters: str) -> str:
    if not digits:
        return tag("span", escape(place), "place")
    said = tag("span", escape(characters), "said")
    return f"{tag('span', place, 'place')}  {digits}  {said}"

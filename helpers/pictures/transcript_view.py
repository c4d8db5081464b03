"""A recording as a table: what went over the wire, in order, one entry on each line.

    #  direction      kind      what                   details
    1  ── opened ──
    2  client→server  request   GET /ws HTTP/1.1
    3  server→client  response  101 Switching Protocols
    4  client→server  text      "Hello"                5 bytes · masked

Below a line are the message of several frames that it completes, the packets of Engine.IO and
Socket.IO in it, and the rule that it breaks. Session ids, which differ on each run, become `…`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from helpers.pictures.paint import (
    Picture,
    align,
    count,
    escape,
    has_port,
    scroll,
    shorten,
    tag,
    wrap,
)
from helpers.wire.frames import Frame, Opcode
from helpers.wire.quoting import quoted, visible
from helpers.wire.transcript import CLIENT_TO_SERVER, Entry
from helpers.wire.wording import stable_packets, stable_target

FIRST_ROWS, LAST_ROWS = 80, 20
NOTHING = "nothing recorded yet"
CONTENT_CHARACTERS = 160

# What `wire.wording.frame_text` writes after a frame's content.
_FACTS = re.compile(
    r" · (?P<facts>[\d,]+ bytes?(?: · compressed)? · (?:un)?masked"
    r"(?: · fragment \d+(?:, the last)?)?)$"
)

_SIZE = re.compile(r" · [\d,]+ bytes?$")

STYLE = """
& .lines th{font-size:.8em;opacity:.75;padding:.1em .7em .25em;white-space:nowrap;
border-bottom:1px solid var(--line)}
& .lines td{padding:.22em .7em;border-bottom:1px solid rgba(128,128,128,.18);
vertical-align:baseline}
& .lines .tight{white-space:nowrap;font-size:.93em}
& .lines .tight .way{font-size:1em}
& .lines .number{text-align:right;opacity:.7;font-size:.86em}
& .lines .what{overflow-wrap:anywhere;min-width:13em}
& .lines .details{font-size:.86em;opacity:.8;white-space:nowrap}
& .way{display:inline-block;padding:0 .55em;border-radius:.3em;white-space:nowrap;
font-size:.93em}
& .up{background:rgba(var(--cs),.17);border-left:3px solid rgb(var(--cs))}
& .down{background:rgba(var(--sc),.19);border-right:3px solid rgb(var(--sc))}
& .lines .mark td{opacity:.8;font-size:.86em;background:var(--quiet)}
& .lines .bad{padding:.1em .6em;margin:.2em 0}
&{container-type:inline-size}
@container (max-width:820px){& .lines .details{white-space:normal;min-width:7.5em}}
@container (max-width:540px){
& .lines,& .lines tbody{display:block}
& .lines thead{display:none}
& .lines tr{display:flex;flex-wrap:wrap;align-items:baseline;
border-bottom:1px solid rgba(128,128,128,.18);padding:.25em 0}
& .lines td{border:0;padding:.05em .45em}
& .lines .what{flex-basis:100%;padding-left:2em}
& .lines .details{flex-basis:100%;padding-left:2em}}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in words, as the table shows it."""

    entry: Entry
    kind: str
    what: str
    details: str = ""
    below: tuple[tuple[str, str], ...] = ()  # a CSS class and the words


def draw_transcript(
    entries: Sequence[Entry], *, times: bool = False, exact: bool = False
) -> Picture:
    """Draw a recording as a table.

    Args:
        entries: the recording.
        times: add a column with the seconds since the recording began.
        exact: show bytes that could not be read even if they differ on every run.
    """
    if not entries:
        return Picture(wrap("transcript", "", tag("p", NOTHING, "small")), NOTHING)
    columns = _columns(entries, times)
    shown, left_out = _shorten(entries)
    lines = [describe_entry(entry, exact) if entry else None for entry in shown]
    gap = f"… {count(left_out, 'entry').replace('entrys', 'entries')} more …"
    return Picture(_html(lines, columns, gap), _text(lines, columns, gap))


def describe_entry(entry: Entry, exact: bool = False, limit: int = CONTENT_CHARACTERS) -> Line:
    """Put an entry into words: its kind, its content, details, and the lines below it."""
    below = []
    if entry.kind == "frame" and isinstance(entry.value, Frame):
        kind, what, details = _frame_words(entry, entry.value, limit, exact)
        if "fragment" in details and entry.message is not None:
            below.append(("small", f"completes the message {_quoted(entry.message, limit)}"))
    else:
        kind, what, details = entry.kind, _other_words(entry, exact), ""
        if entry.message:
            said = _stable(entry, entry.message, exact)
            below.append(("small", shorten(visible(said), CONTENT_CHARACTERS)))
    below += [("small", shorten(visible(packet), limit)) for packet in entry.packets]
    if entry.note:
        below.append(("small" if entry.kind == "bytes" else "bad", visible(entry.note)))
    return Line(entry, kind, visible(what), details, tuple(below))


def _stable(entry: Entry, message: str, exact: bool) -> str:
    """Return a message without the session ids of Engine.IO."""
    return message if exact or entry.session is None else stable_packets(message)


def _frame_words(entry: Entry, frame: Frame, limit: int, exact: bool) -> tuple[str, str, str]:
    found = _FACTS.search(entry.text)
    said, facts = (entry.text[: found.start()], found["facts"]) if found else (entry.text, "")
    kind, _, what = said.partition(" ")
    is_whole = frame.fin and frame.opcode is Opcode.TEXT
    if is_whole and entry.message is not None:
        what = _quoted(_stable(entry, entry.message, exact), limit)
    return kind, what, facts


def _quoted(message: str, limit: int) -> str:
    return quoted(shorten(message, limit))


def _other_words(entry: Entry, exact: bool) -> str:
    if exact:
        return entry.text
    if entry.kind == "request" and entry.session is not None:
        return stable_target(entry.text)
    if entry.kind == "bytes":
        return count(len(entry.raw), "byte")
    # The size of a refusal that names a port depends on the port.
    return _SIZE.sub("", entry.text) if has_port(entry.message or "") else entry.text


def _shorten(entries: Sequence[Entry]) -> tuple[list[Entry | None], int]:
    """Return the entries to draw, with None where some are left out, and how many those are."""
    left_out = len(entries) - FIRST_ROWS - LAST_ROWS
    if left_out <= 1:
        return list(entries), 0
    return [*entries[:FIRST_ROWS], None, *entries[-LAST_ROWS:]], left_out


def _columns(entries: Sequence[Entry], times: bool) -> list[str]:
    connections = {entry.connection for entry in entries if entry.connection is not None}
    sessions = {entry.session for entry in entries if entry.session is not None}
    optional = [
        ("time", times),
        ("session", len(sessions) > 1),
        ("connection", len(connections) > 1),
    ]
    names = [name for name, wanted in optional if wanted]
    return ["#", *names, "direction", "kind", "what", "details"]


def _cells(line: Line, columns: Iterable[str]) -> dict[str, str]:
    entry = line.entry
    everything = {
        "#": str(entry.number),
        "time": f"{entry.at_s:.3f} s",
        "session": "" if entry.session is None else str(entry.session),
        "connection": "all" if entry.connection is None else str(entry.connection),
        "direction": entry.direction or "",
        "kind": line.kind,
        "what": line.what,
        "details": line.details,
    }
    return {name: everything[name] for name in columns}


def _text(lines: Sequence[Line | None], columns: list[str], gap: str) -> str:
    rows: list[list[str]] = [columns]
    before = columns.index("direction")
    marks = {}
    for line in lines:
        if line is None:
            rows.append([""] * before + [gap])
            continue
        cells = list(_cells(line, columns).values())
        if line.kind == "mark":
            marks[len(rows)] = f"── {line.what} ──"
            cells = cells[:before]
        rows.append(cells)
        blank = [""] * columns.index("what")
        rows += [[*blank, words] for _, words in line.below]
    return "\n".join(_join(rows, marks, before))


def _join(rows: list[list[str]], marks: dict[int, str], before: int) -> list[str]:
    """Align the rows; marks, and lines below an entry, may be wider than their column."""
    full = len(rows[0])
    wide = {
        index: row[-1]
        for index, row in enumerate(rows)
        if 0 < len(row) < full and index not in marks
    }
    cut = [row[:-1] if index in wide else row for index, row in enumerate(rows)]
    lines = align([row + [""] * (full - len(row)) for row in cut], limit=48)
    starts = _starts(lines[0], rows[0])
    for index, words in wide.items():
        lines[index] = lines[index].ljust(starts[len(cut[index])]) + words
    for index, words in marks.items():
        lines[index] = lines[index].ljust(starts[before]) + words
    return lines


def _starts(header: str, names: list[str]) -> list[int]:
    """Return where each column begins."""
    starts, place = [], 0
    for name in names:
        place = header.index(name, place)
        starts.append(place)
        place += len(name)
    return starts


def _html(lines: Sequence[Line | None], columns: list[str], gap: str) -> str:
    rows = tag("tr", "".join(tag("th", name, scope="col") for name in columns))
    body = "".join(_row(line, columns, gap) for line in lines)
    table = tag("table", tag("thead", rows) + tag("tbody", body), "lines")
    return wrap("transcript", STYLE, scroll("what went over the wire", table))


def _row(line: Line | None, columns: list[str], gap: str) -> str:
    if line is None:
        return tag("tr", tag("td", gap, colspan=len(columns)), "mark")
    cells = _cells(line, columns)
    if line.kind == "mark":
        before = columns.index("direction")
        head = [_cell(name, cells[name], line) for name in columns[:before]]
        rest = tag("td", escape(f"── {line.what} ──"), colspan=len(columns) - before)
        return tag("tr", "".join(head) + rest, "mark")
    return tag("tr", "".join(_cell(name, cells[name], line) for name in columns)) + "\n"


def _cell(name: str, content: str, line: Line) -> str:
    words = escape(content)
    if name == "direction" and content:
        way = "up" if content == CLIENT_TO_SERVER else "down"
        return tag("td", tag("span", words, f"way {way}"), "tight")
    if name == "what":
        below = "".join(tag("div", escape(said), css) for css, said in line.below)
        words = tag("div", words, "bad") if line.kind == "error" else words
        return tag("td", words + below, "what mono")
    css = {"#": "number", "details": "details", "kind": "tight"}.get(name, "tight small")
    return tag("td", words, css)

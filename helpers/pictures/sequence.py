"""A recording as a sequence diagram: two lifelines, and an arrow for everything that was sent.

    client                              server
      │─ GET /ws HTTP/1.1 ────────────────▶│
      │◀────────── 101 Switching Protocols ─│

It is a table with lines and arrowheads drawn over it: without styles, and to a screen reader,
each row still says who sent what to whom. Each connection gets its own diagram, but those of one
Engine.IO session share one, which leaves out when the short-lived polling connections open and
close.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from helpers.pictures.paint import (
    Picture,
    escape,
    pad,
    scroll,
    shorten,
    tag,
    width,
    wrap,
)
from helpers.pictures.transcript_view import NOTHING, Line, describe_entry
from helpers.wire.frames import Frame
from helpers.wire.quoting import visible
from helpers.wire.transcript import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Entry

FIRST_STEPS, LAST_STEPS = 60, 20
LABEL_CHARACTERS = 48
PACKET_CHARACTERS = 80
MIN_COLUMNS = 40

STYLE = """
& .lifelines{min-width:22em;max-width:46em}
& .lifelines table{width:100%;border-collapse:separate;border-spacing:0}
& .lifelines th,& .lifelines td{padding:0}
& .lifelines .left{width:3.2em;border-right:2px solid rgba(var(--cs),.75)}
& .lifelines .right{width:3.2em;border-left:2px solid rgba(var(--sc),.75)}
& .lifelines thead .left,& .lifelines thead .right{border:0}
& .lifelines thead .left{text-align:right}
& .lifelines thead span{display:inline-block;padding:.1em .9em;border-radius:.3em}
& .lifelines .left span{transform:translateX(50%);background:rgba(var(--cs),.2);
border:1px solid rgb(var(--cs))}
& .lifelines .right span{transform:translateX(-50%);background:rgba(var(--sc),.2);
border:1px solid rgb(var(--sc))}
& .lifelines td b{visibility:hidden;font-size:0}
& .lifelines .way{position:absolute;width:1px;height:1px;overflow:hidden;
clip-path:inset(50%);white-space:nowrap}
& .lifelines .sent{position:relative;padding:.55em 1.4em .5em;text-align:center;
overflow-wrap:anywhere;border-bottom:0}
& .lifelines .sent::after{content:"";position:absolute;left:0;right:0;bottom:.3em;
border-bottom:2px solid rgb(var(--a))}
& .lifelines .sent::before{content:"";position:absolute;bottom:calc(.3em - 4px);
border:5px solid transparent}
& .lifelines .up .sent{--a:var(--cs)}& .lifelines .down .sent{--a:var(--sc)}
& .lifelines .up .sent::before{right:0;border-left:9px solid rgb(var(--a));border-right:0}
& .lifelines .down .sent::before{left:0;border-right:9px solid rgb(var(--a));border-left:0}
& .lifelines .mark td{padding:.25em 0;text-align:center}
& .lifelines .mark span{display:block;border-top:1px dashed var(--line);
border-bottom:1px dashed var(--line);background:var(--quiet);font-size:.86em}
& .lifelines .packet{font-size:.86em}
& .lifelines .bad{font-size:.86em;text-align:left;margin:.2em 0}
& .scroll+.title{margin-top:1.4em}
& .lifelines tr .time{font-size:.8em;opacity:.75;white-space:nowrap;width:5em;
text-align:left;vertical-align:bottom;padding-bottom:.3em}
"""


Story = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Step:
    """One row of a diagram: an arrow if it has a direction, otherwise something that happened."""

    direction: str | None
    label: str
    time: str = ""
    note: str = ""
    packets: tuple[str, ...] = ()  # of Engine.IO and Socket.IO


def draw_sequence(
    entries: Sequence[Entry], *, times: bool = False, exact: bool = False
) -> Picture:
    """Draw a recording as a sequence diagram, one for each connection.

    Args:
        entries: the recording.
        times: write the seconds since the recording began beside each arrow.
        exact: show bytes that could not be read even if they differ on every run.
    """
    stories = _stories(entries)
    if not stories:
        return Picture(wrap("sequence", "", tag("p", NOTHING, "small")), NOTHING)
    html, text = [], []
    for title, story in stories:
        steps = _steps(story, times, exact)
        if title:
            html.append(tag("p", tag("strong", title), "title"))
            text.append(title)
        html.append(_html(steps, times))
        text += _text(steps, times)
    return Picture(wrap("sequence", STYLE, *html), "\n".join(text))


def _stories(entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
    """Return the entries of each diagram, with its title: one for each session or connection."""
    homes: dict[int, Story] = {}  # of each connection: where its marks belong
    places: dict[Story, list[int]] = {}
    for entry in entries:
        if entry.connection is not None and entry.direction:
            homes.setdefault(entry.connection, _story(entry))
    for place, entry in enumerate(entries):
        if entry.connection is not None:
            own = _story(entry) if entry.direction else homes.get(entry.connection)
            places.setdefault(own or ("connection", entry.connection), []).append(place)
    several = len(places) > 1
    found = [(entries[own[0] : own[-1] + 1], own[0], set(own)) for own in places.values()]
    stories = [
        [e for at, e in enumerate(time, start) if at in own or e.connection is None]
        for time, start, own in found
    ]
    return [_titled(key, story, several) for key, story in zip(places, stories, strict=True)]


def _story(entry: Entry) -> Story:
    if entry.session is not None:
        return "session", entry.session
    return "connection", entry.connection or 0


def _titled(story: Story, entries: list[Entry], several: bool) -> tuple[str, list[Entry]]:
    connections = list(dict.fromkeys(e.connection for e in entries if e.connection is not None))
    if len(connections) == 1:
        return (f"connection {connections[0]}" if several else ""), entries
    frames = {e.connection for e in entries if e.kind == "frame"} | {None}
    told = [e for e in entries if e.direction or e.connection in frames]
    return f"session {story[1]}: connections {', '.join(map(str, connections))}", told


def _steps(entries: Sequence[Entry], times: bool, exact: bool) -> list[Step]:
    left_out = len(entries) - FIRST_STEPS - LAST_STEPS
    lines = [describe_entry(entry, exact, LABEL_CHARACTERS) for entry in entries]
    steps = [_step(line, times) for line in lines]
    if left_out > 1:
        gap = Step(None, f"… {left_out:,} more …")
        steps = [*steps[:FIRST_STEPS], gap, *steps[-LAST_STEPS:]]
    return steps


def _step(line: Line, times: bool) -> Step:
    entry = line.entry
    time = f"{entry.at_s:.3f} s" if times else ""
    if line.kind == "mark" or entry.direction is None:
        return Step(None, line.what, time)
    if line.kind == "error":
        return Step(entry.direction, "error", time, line.what)
    named = isinstance(entry.value, Frame)
    label = f"{line.kind} {line.what}".rstrip() if named else line.what
    note = next((words for css, words in line.below if css == "bad"), "")
    packets = tuple(shorten(visible(packet), PACKET_CHARACTERS) for packet in entry.packets)
    return Step(entry.direction, label, time, note, packets)


def _text(steps: Sequence[Step], times: bool) -> list[str]:
    words = [words for s in steps for words in (s.label, s.note, *s.packets)]
    inner = max([MIN_COLUMNS] + [width(line) + 6 for line in words])
    margin = max(width(step.time) for step in steps) + 2 if times else 0
    lines = [pad("time" if times else "", margin) + pad("client", inner) + "server"]
    for step in steps:
        lines.append(pad(step.time, margin) + _arrow(step, inner))
        for packet in step.packets:
            lines.append(" " * margin + f"  │{_beside(step, packet, inner)}│")
        if step.note:
            lines.append(" " * margin + f"  │ {pad(step.note, inner - 1)}│")
    return lines


def _beside(step: Step, packet: str, inner: int) -> str:
    """Write a line next to the side where the arrow starts."""
    if step.direction == CLIENT_TO_SERVER:
        return pad(f"  {packet}", inner)
    return " " * (inner - width(packet) - 2) + packet + "  "


def _arrow(step: Step, inner: int) -> str:
    free = inner - width(step.label) - 4
    if step.direction == CLIENT_TO_SERVER:
        return f"  │─ {step.label} {'─' * free}▶│"
    if step.direction == SERVER_TO_CLIENT:
        return f"  │◀{'─' * free} {step.label} ─│"
    before = (inner - width(step.label) - 2) // 2
    after = inner - width(step.label) - 2 - before
    return f"  │{'┄' * before} {step.label} {'┄' * after}│"


def _html(steps: Sequence[Step], times: bool) -> str:
    head = tag("th", "time", "time", scope="col") if times else ""
    head += tag("th", tag("span", "client"), "left", scope="col")
    head += tag("th", "") + tag("th", tag("span", "server"), "right", scope="col")
    body = "".join(_row(step, times) for step in steps)
    table = tag("table", tag("thead", tag("tr", head)) + tag("tbody", body))
    return scroll("who sent what to whom, in order", tag("div", table, "lifelines"))


def _row(step: Step, times: bool) -> str:
    first = tag("td", step.time, "time") if times else ""
    if step.direction is None:
        cells = tag("td", "", "left") + tag("td", tag("span", escape(step.label)))
        return tag("tr", first + cells + tag("td", "", "right"), "mark") + "\n"
    goes_up = step.direction == CLIENT_TO_SERVER
    note = "".join(tag("div", escape(packet), "packet") for packet in step.packets)
    note += tag("div", escape(step.note), "bad") if step.note else ""
    sent = tag("span", f"{step.direction}: ", "way") + tag("code", escape(step.label)) + note
    left, right = ("──", "─▶") if goes_up else ("◀─", "──")
    cells = _end(left, "left") + tag("td", sent, "sent") + _end(right, "right")
    return tag("tr", first + cells, "up" if goes_up else "down") + "\n"


def _end(glyph: str, css: str) -> str:
    return tag("td", tag("b", glyph, aria_hidden="true"), css)

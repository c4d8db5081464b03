"""One frame as a picture: its real bytes, bit by bit where bits have a meaning.

    byte 0, byte 1   each bit below the name of its field, and its meaning below the bit
    extended length  2 or 8 bytes, if there are any
    masking key      4 bytes, if the frame is masked
    payload          on the wire; below that the key, then the result, then its characters

An unfinished frame says how many bytes are missing; a broken one is drawn up to the fault.
"""

from __future__ import annotations

from dataclasses import dataclass

from helpers.pictures.dissect import Anatomy, dissect
from helpers.pictures.frame_words import frame_line, frame_notes
from helpers.pictures.paint import (
    HIDDEN_BYTE,
    HIDDEN_NOTE,
    Picture,
    align,
    count,
    escape,
    hex_bytes,
    pad,
    scroll,
    tag,
    width,
    wrap,
)
from helpers.pictures.payload import Grid, payload_grid
from helpers.wire.quoting import visible

MAX_FRAMES = 8

STYLE = """
& .frame+.frame,& .frame+.small{border-top:1px solid var(--line);
margin-top:1em;padding-top:.8em}
& .cards{display:flex;flex-wrap:wrap;gap:.7em 1.1em;margin:.5em 0 .8em}
& .field th,& .field td{text-align:center;
padding:.1em .4em;border:1px solid var(--line);line-height:1.5;white-space:nowrap}
& .field th{font-size:.8em;border-bottom:0;border-top:3px solid rgb(var(--f))}
& .field td{background:rgba(var(--f),.16);border-top:0;font-size:.86em}
& .field .bits td{border-bottom:0;font-size:1.12em;min-width:.9em}
& .field .bits td+td{border-left:1px dotted var(--line)}
& .fin{--f:100,116,139}& .rsv{--f:148,148,148}& .opcode{--f:139,92,246}
& .mask{--f:219,39,119}& .length{--f:8,145,178}& .data{--f:22,163,74}
& .said{--f:148,148,148}
& .grid th{padding:.15em .9em .15em 0;white-space:nowrap;font-size:.86em}
& .grid td{text-align:center;padding:.15em .4em;min-width:1.35em;
white-space:nowrap;border:1px solid var(--line);background:rgba(var(--f),.16)}
& .grid .mask td.repeat{border-left:3px solid rgb(var(--f))}
& .grid td.gap{background:none;border-width:0;vertical-align:middle;
padding:0 .8em;font-size:.86em}
"""


@dataclass(frozen=True, slots=True)
class Field:
    """Some bits of a byte, their name and their meaning."""

    name: str
    bits: str
    meaning: str
    css: str


def draw_frames(data: bytes, *, exact: bool = True) -> Picture:
    """Draw frames bit by bit, one after another.

    Args:
        data: the bytes of one frame or of several.
        exact: False writes `··` in place of masking keys and masked bytes, which differ on every
            run.

    Source: RFC 6455 §5.2.
    """
    frames, left_bytes = dissect(data, MAX_FRAMES)
    numbered = len(frames) > 1
    html, text = [], []
    for number, frame in enumerate(frames, 1):
        prefix = f"frame {number}: " if numbered else ""
        html.append(_frame_html(frame, prefix, exact))
        text.append(_frame_text(frame, prefix, exact))
    for rest in _remarks(frames, left_bytes, exact):
        html.append(tag("p", rest, "small"))
        text.append(rest)
    return Picture(wrap("anatomy", STYLE, *html), "\n\n".join(text))


def _remarks(frames: list[Anatomy], left_bytes: int, exact: bool) -> list[str]:
    remarks = [] if frames else ["no bytes, no frame"]
    if left_bytes:
        remarks.append(f"… {count(left_bytes, 'byte')} more …")
    if not exact and any(frame.key for frame in frames):
        remarks.append(HIDDEN_NOTE)
    return remarks


def _frame_text(frame: Anatomy, prefix: str, exact: bool) -> str:
    lines = [visible(prefix + frame_line(frame, exact)), *_size_line(frame), ""]
    blocks = [_fields_text(caption, fields) for caption, fields in _bit_bytes(frame)]
    lines += _side_by_side(blocks)
    for caption, data, meaning, css in _byte_rows(frame):
        shown = " ".join(_digits(data, exact or css != "mask"))
        lines += [caption, f"  {shown}  {meaning}".rstrip()]
    if grid := payload_grid(frame, exact):
        lines += [grid.caption, *grid.text_lines()]
    return "\n".join([*lines, *(note for _, note in _notes(frame))])


def _frame_html(frame: Anatomy, prefix: str, exact: bool) -> str:
    title = tag("strong", escape(visible(prefix + frame_line(frame, exact))))
    size = "".join(f"<br>{tag('span', line, 'small')}" for line in _size_line(frame))
    cards = [_fields_html(caption, fields) for caption, fields in _bit_bytes(frame)]
    cards += [_byte_row_html(*row, exact) for row in _byte_rows(frame)]
    parts = [tag("p", title + size, "title"), tag("div", "\n".join(cards), "cards")]
    if grid := payload_grid(frame, exact):
        parts.append(scroll(grid.caption, _grid_html(grid)))
    parts += [tag("p", escape(note), css) for css, note in _notes(frame)]
    return tag("div", "\n".join(parts), "frame")


def _size_line(frame: Anatomy) -> list[str]:
    if frame.fault or frame.missing_bytes:
        return []
    sizes = {
        "header": 2,
        "extended length": len(frame.extended),
        "masking key": len(frame.key),
        "payload": len(frame.on_wire),
    }
    parts = " + ".join(f"{name} {size:,}" for name, size in sizes.items() if size)
    return [f"{count(len(frame.raw), 'byte')} on the wire = {parts}"]


def _bit_bytes(frame: Anatomy) -> list[tuple[str, list[Field]]]:
    """Return the first two bytes, as far as they have arrived, cut into fields."""
    found = [(f"byte 0 = {frame.first:02x}", _first_byte(frame))]
    if frame.second is not None:
        found.append((f"byte 1 = {frame.second:02x}", _second_byte(frame, frame.second)))
    return found


def _first_byte(frame: Anatomy) -> list[Field]:
    bits = f"{frame.first:08b}"
    return [
        Field("FIN", bits[0], "last" if bits[0] == "1" else "not last", "fin"),
        Field("RSV1", bits[1], "compressed" if bits[1] == "1" else "–", "rsv"),
        Field("RSV2", bits[2], "unknown" if bits[2] == "1" else "–", "rsv"),
        Field("RSV3", bits[3], "unknown" if bits[3] == "1" else "–", "rsv"),
        Field("opcode", bits[4:], f"{frame.first & 15} = {frame.opcode_name}", "opcode"),
    ]


def _second_byte(frame: Anatomy, second: int) -> list[Field]:
    bits = f"{second:08b}"
    follows = {126: "126: next 2 bytes", 127: "127: next 8 bytes"}
    length = second & 0x7F
    return [
        Field("MASK", bits[0], "masked" if frame.masked else "unmasked", "mask"),
        Field("length", bits[1:], follows.get(length, count(length, "byte")), "length"),
    ]


def _byte_rows(frame: Anatomy) -> list[tuple[str, bytes, str, str]]:
    """Return extended length and masking key: caption, bytes, meaning, colour."""
    rows = []
    if frame.extended:
        size = "" if frame.size_bytes is None else f"= {count(frame.size_bytes, 'byte')}"
        caption = f"bytes 2–{frame.length_end - 1}: extended length"
        rows.append((caption, frame.extended, size, "length"))
    if frame.key:
        caption = f"bytes {frame.length_end}–{frame.header_end - 1}: masking key"
        rows.append((caption, frame.key, "for the payload", "mask"))
    return rows


def _digits(data: bytes, exact: bool) -> list[str]:
    return hex_bytes(data) if exact else [HIDDEN_BYTE] * len(data)


def _notes(frame: Anatomy) -> list[tuple[str, str]]:
    """Return the notes below a frame: a CSS class and the words of each."""
    if frame.fault:
        notes = [("bad", frame.fault)]
        if frame.rest_bytes:
            rest = f"the bytes after it cannot be read: {count(frame.rest_bytes, 'byte')}"
            notes.append(("small", rest))
        return notes
    if frame.missing_bytes:
        least = "at least " if frame.size_bytes is None else ""
        return [("wait", f"waiting for {least}{count(frame.missing_bytes, 'more byte')}")]
    return frame_notes(frame)


def _fields_text(caption: str, fields: list[Field]) -> list[str]:
    rows = ([field.name, field.bits, field.meaning] for field in fields)
    return [caption, *align(zip(*rows, strict=True))]


def _side_by_side(blocks: list[list[str]]) -> list[str]:
    size = max(width(line) for line in blocks[0]) + 4
    rows = zip(*blocks, strict=True)
    return [(pad(row[0], size) + "".join(row[1:])).rstrip() for row in rows]


def _fields_html(caption: str, fields: list[Field]) -> str:
    names, bits, meanings = "", "", ""
    for field in fields:
        span = len(field.bits) if len(field.bits) > 1 else None
        names += tag(
            "th", field.name, field.css, scope="colgroup" if span else "col", colspan=span
        )
        bits += "".join(tag("td", bit, f"{field.css} mono") for bit in field.bits)
        meanings += tag("td", escape(field.meaning), field.css, colspan=span)
    rows = tag("tr", names) + tag("tr", bits, "bits") + tag("tr", meanings)
    return scroll(caption, tag("table", tag("caption", caption) + rows, "field"))


def _byte_row_html(caption: str, data: bytes, meaning: str, css: str, exact: bool) -> str:
    digits = _digits(data, exact or css != "mask")
    name, title = caption.split(": ")
    rows = tag("tr", tag("th", title, css, colspan=len(digits), scope="colgroup"))
    rows += tag("tr", "".join(tag("td", pair, f"{css} mono") for pair in digits), "bits")
    rows += tag("tr", tag("td", meaning, css, colspan=len(digits)))
    return scroll(caption, tag("table", tag("caption", name) + rows, "field"))


def _grid_html(grid: Grid) -> str:
    html = tag("caption", grid.caption)
    for index, row in enumerate(grid.rows):
        cells = tag("th", row.label, scope="row")
        for cell in row.cells:
            if cell.text is None:
                if index == 0:
                    cells += tag("td", grid.gap, "gap", rowspan=len(grid.rows))
                continue
            span = cell.span if cell.span > 1 else None
            cells += tag("td", escape(cell.text), f"mono {cell.css}".rstrip(), colspan=span)
        html += tag("tr", cells, row.css)
    return tag("table", html, "grid")

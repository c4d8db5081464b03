"""A payload as a grid: a column for each byte, a row for each step from the wire to its text.

    on the wire         7f 9f 4d 51 58
    XOR masking key     37 fa 21 3d 37
    = payload           48 65 6c 6c 6f
    as characters       H  e  l  l  o

A character of several bytes is below all of them. Only the first and the last bytes of a long
payload are drawn.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from helpers.pictures.dissect import Anatomy
from helpers.pictures.paint import HIDDEN_BYTE, align, count, hex_bytes, pad, width
from helpers.wire.frames import Opcode

MAX_COLUMNS = 20
FIRST, LAST = 12, 4
GLYPHS = {" ": "␣", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell below one byte, or several; `text` is None for the gap."""

    text: str | None
    span: int = 1
    css: str = ""


GAP = Cell(None)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a grid."""

    label: str
    cells: list[Cell]
    css: str


@dataclass(frozen=True, slots=True)
class Grid:
    """The rows of one payload; `gap` says what is left out of all of them."""

    caption: str
    rows: list[Row]
    gap: str

    def text_lines(self) -> list[str]:
        """Return the rows as lines with aligned bytes."""
        gap = self.gap
        rows = []
        for row in self.rows:
            cells = [
                pad(gap, width(self.gap))
                if cell.text is None
                else pad(cell.text, cell.span * 3 - 1)
                for cell in row.cells
            ]
            rows.append([row.label, " ".join(cells)])
            gap = "…"
        return align(rows, indent="  ")


def payload_grid(frame: Anatomy, exact: bool) -> Grid | None:
    """Return the grid of a frame's payload, as far as it has arrived; None if it is empty."""
    wire, payload = frame.on_wire, frame.payload
    if not wire:
        return None
    rows = _masked_rows(wire, frame.key, exact) if frame.key else []
    label = "= payload" if rows else "payload"
    rows.append(Row(label, _byte_cells(payload), "data"))
    if not frame.compressed:
        rows.append(Row("as characters", _character_cells(frame.opcode, payload), "said"))
    end = frame.header_end + len(wire) - 1
    where = f"byte {end}" if len(wire) == 1 else f"bytes {frame.header_end}–{end}"
    return Grid(f"{where}: payload", rows, _gap(len(wire)))


def _masked_rows(wire: bytes, key: bytes, exact: bool) -> list[Row]:
    repeated = (key * (len(wire) // 4 + 1))[: len(wire)]
    return [
        Row("on the wire", _byte_cells(wire, exact), "data"),
        Row("XOR masking key", _byte_cells(repeated, exact, every=4), "mask"),
    ]


def _gap(size: int) -> str:
    return f"… {count(size - FIRST - LAST, 'byte')} more …" if size > MAX_COLUMNS else ""


def _byte_cells(data: bytes, exact: bool = True, every: int = 0) -> list[Cell]:
    """Return a cell for each byte; every `every` bytes a repetition is marked."""
    first, last = _ends(data)
    places = [*range(len(first)), *range(len(data) - len(last), len(data))]
    cells = [
        Cell(pair if exact else HIDDEN_BYTE, css="repeat" if every and place % every == 0 else "")
        for place, pair in zip(places, hex_bytes(first + last), strict=True)
    ]
    return _with_gap(cells[: len(first)], cells[len(first) :])


def _character_cells(opcode: Opcode | None, payload: bytes) -> list[Cell]:
    first, last = _ends(payload)
    if opcode is Opcode.CLOSE and len(first) >= 2:
        code = Cell(str(int.from_bytes(first[:2])), 2)
        return _with_gap([code, *_characters(first[2:], "utf-8")], _characters(last, "utf-8"))
    encoding = "ascii" if opcode is Opcode.BINARY else "utf-8"
    return _with_gap(_characters(first, encoding), _characters(last, encoding))


def _ends(data: bytes) -> tuple[bytes, bytes]:
    return (data, b"") if len(data) <= MAX_COLUMNS else (data[:FIRST], data[-LAST:])


def _with_gap(first: list[Cell], last: list[Cell]) -> list[Cell]:
    return [*first, GAP, *last] if last else first


def _characters(data: bytes, encoding: str) -> list[Cell]:
    """Return a cell for each character, and `·` for each byte that is not a character."""
    text = data.decode(encoding, "surrogateescape")
    return [
        Cell(_glyph(character, encoding), len(character.encode("utf-8", "surrogateescape")))
        for character in text
    ]


def _glyph(character: str, encoding: str) -> str:
    if encoding == "utf-8" and character in GLYPHS:
        return GLYPHS[character]
    return "·" if unicodedata.category(character)[0] in "CZ" else character

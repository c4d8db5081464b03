"""The painter's tools: one look for every picture, in HTML and in its text twin.

Colour is always a thin tint over whatever the background is, and never says anything that the
words beside it do not say, so the pictures work in both themes of JupyterLab, in other editors,
and on GitHub, which removes all styles.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape as escape_all

__all__ = [
    "HIDDEN_BYTE",
    "HIDDEN_NOTE",
    "Picture",
    "align",
    "count",
    "escape",
    "has_port",
    "hex_bytes",
    "pad",
    "scroll",
    "shorten",
    "tag",
    "width",
    "wrap",
]

BASE = """
.wirepic{--line:rgba(128,128,128,.4);--quiet:rgba(128,128,128,.1);
--cs:37,99,235;--sc:217,119,6;--bad:220,38,38;--good:22,163,74;
color:var(--jp-content-font-color1,inherit);font-size:var(--jp-content-font-size1,14px);
line-height:1.45;margin:.3em 0 .6em}
.wirepic.wirepic .mono,.wirepic.wirepic.wirepic code,.wirepic.wirepic.wirepic pre{
font-family:var(--jp-code-font-family,ui-monospace,Menlo,Consolas,monospace);
font-size:.93em;background:none;color:inherit;padding:0;border:0}
.wirepic.wirepic table{border-collapse:collapse;table-layout:auto;margin:0;width:auto;border:0;
font-size:inherit;color:inherit}
.wirepic.wirepic caption{caption-side:top;text-align:left;padding:0 0 .25em;color:inherit;
font-size:.86em;opacity:.8;white-space:nowrap}
.wirepic.wirepic tr:nth-child(n),.wirepic.wirepic tr:hover:nth-child(n){background:none}
.wirepic.wirepic tr{padding:0}
.wirepic.wirepic th,.wirepic.wirepic td{border:0;padding:.25em .6em;text-align:left;
vertical-align:top;font-weight:400;color:inherit;max-width:none;white-space:normal;
background:none}
.wirepic .scroll{overflow-x:auto;max-width:100%}
.wirepic .small{font-size:.86em;opacity:.8}
.wirepic .title{margin:0 0 .5em}
.wirepic.wirepic .title strong{font-weight:600}
.wirepic .bad{border-left:4px solid rgb(var(--bad));background:rgba(var(--bad),.1);
padding:.3em .7em;margin:.4em 0}
.wirepic .wait{border-left:4px dashed rgba(128,128,128,.8);padding:.3em .7em;margin:.4em 0}
"""

HIDDEN_BYTE = "··"
HIDDEN_NOTE = "·· is random: a different byte on every run"

_PORT = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):\d+")


@dataclass(frozen=True, slots=True, repr=False)
class Picture:
    """A picture: JupyterLab shows `html`, everything else the text twin."""

    html: str
    text: str

    def _repr_html_(self) -> str:
        return self.html

    def __repr__(self) -> str:
        return self.text

    def __str__(self) -> str:
        return self.text


def wrap(kind: str, style: str, *parts: str) -> str:
    """Wrap the parts of a picture, and add the one style block that it needs.

    Args:
        kind: the kind of picture, its CSS class, so that no style reaches another kind.
        style: its CSS rules, in which `&` means the picture.
        parts: HTML.
    """
    css = "".join((BASE + style.replace("&", f".wirepic.{kind}")).split("\n"))
    return f'<div class="wirepic {kind}"><style>{css}</style>\n' + "\n".join(parts) + "\n</div>"


def scroll(label: str, *parts: str) -> str:
    """Let wide content scroll sideways by itself, with the keyboard as well."""
    attributes = f'class="scroll" role="group" tabindex="0" aria-label="{escape_all(label)}"'
    return f"<div {attributes}>" + "".join(parts) + "</div>"


def tag(name: str, content: str, css: str = "", **attributes: object) -> str:
    """Return one element.

    Args:
        name: the element's name.
        content: its HTML.
        css: its class.
        **attributes: with `_` in place of `-`; values are escaped here, None leaves one out.
    """
    given = {"class": css or None} | attributes
    written = "".join(
        f' {key.replace("_", "-")}="{escape_all(str(value))}"'
        for key, value in given.items()
        if value is not None
    )
    return f"<{name}{written}>{content}</{name}>"


def escape(text: str) -> str:
    """Return text as HTML that shows it: between tags, not in attributes."""
    return escape_all(text, quote=False)


def shorten(text: str, limit: int = 80) -> str:
    """Return the text; if it is long, its start and how much is left out."""
    if len(text) <= limit + 24:
        return text
    return f"{text[:limit]}… {len(text) - limit:,} more characters …"


def has_port(text: str) -> bool:
    """Tell whether a text names a port, so that its size differs from run to run."""
    return _PORT.search(text) is not None


def count(number: int, noun: str) -> str:
    """Return `1 byte`, `5 bytes`, `65,536 bytes`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def hex_bytes(data: bytes) -> list[str]:
    """Return every byte as two hexadecimal digits."""
    return [f"{byte:02x}" for byte in data]


def width(text: str) -> int:
    """Return how many columns a terminal needs; a port always counts as five digits."""
    text = _PORT.sub(r"\1:00000", text)
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def pad(text: str, size: int) -> str:
    """Fill the text with spaces up to `size` columns."""
    return text + " " * max(0, size - width(text))


def align(
    rows: Iterable[Sequence[str]], indent: str = "", gap: str = "  ", limit: int = 60
) -> list[str]:
    """Return the rows as lines with aligned columns.

    A cell wider than `limit` moves only the rest of its own line.
    """
    table = [list(row) for row in rows]
    sizes = [0] * max((len(row) for row in table), default=0)
    for row in table:
        for index, cell in enumerate(row[:-1]):
            size = width(cell)
            sizes[index] = max(sizes[index], size if size <= limit else 0)
    lines = (gap.join(map(pad, row, sizes)) for row in table)
    return [(indent + line).rstrip() for line in lines]

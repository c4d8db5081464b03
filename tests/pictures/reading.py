"""Reads HTML as those do who get no styles: GitHub's pages, screen readers."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = {"br", "hr", "img", "col"}
BLOCKS = {"div", "p", "tr", "td", "th", "caption", "table", "pre", "br"}


class Reader(HTMLParser):
    """Collects the text and complains about tags that do not match."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in BLOCKS:
            self.text += " "

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag
        if tag in BLOCKS:
            self.text += " "

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += data


def read(html: str) -> Reader:
    """Read HTML whose every tag is closed."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    assert not reader.open
    return reader


def rows(html: str) -> list[list[str]]:
    """Return the cells of every table row, as text."""
    found: list[list[str]] = []
    for row in html.split("<tr")[1:]:
        cells = row.split("</tr>")[0].replace("<th", "<td").split("<td")[1:]
        found.append([" ".join(read_loosely("<td" + cell).split()) for cell in cells])
    return found


def read_loosely(html: str) -> str:
    """Return the text of a piece of HTML."""

    class Text(HTMLParser):
        text = ""

        def handle_data(self, data: str) -> None:
            self.text += data

    reader = Text()
    reader.feed(html)
    reader.close()
    return reader.text

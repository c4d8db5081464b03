"""What runs now, as a table in a cell and as plain text."""

import html
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from helpers.launcher.server import Server

__all__ = ["Running"]


class Running:
    """What runs now: servers, and what else asked to be stopped by `stop_all()`.

    First used: notebooks/00_start_here.ipynb
    """

    def __init__(self, handles: list["Server"], others: list[str], pids: bool) -> None:
        self._handles, self._others, self._pids = handles, others, pids

    def __iter__(self) -> Iterator["Server"]:
        return iter(self._handles)

    def __len__(self) -> int:
        return len(self._handles)

    def _rows(self) -> list[tuple[str, ...]]:
        rows = [
            (server.name, *([str(server.pid)] if self._pids else []), server.page_url)
            for server in self._handles
        ]
        return rows + [(label, *([""] if self._pids else []), "") for label in self._others]

    def __repr__(self) -> str:
        rows = self._rows()
        if not rows:
            return "nothing is running"
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        pairs = (zip(row, widths, strict=True) for row in rows)
        return "\n".join("  ".join(f"{t:{w}}" for t, w in pair).rstrip() for pair in pairs)

    def _repr_html_(self) -> str:
        rows = self._rows()
        if not rows:
            return "<p>nothing is running</p>"
        heads = ["server", *(["process"] if self._pids else []), "page"]
        head = "".join(f"<th>{name}</th>" for name in heads)
        body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    text = html.escape(text)
    return f'<td><a href="{text}">{text}</a></td>' if "://" in text else f"<td>{text}</td>"

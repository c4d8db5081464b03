"""What is running, as a table in a cell and as plain text."""

import html
from collections.abc import Iterator
from typing import Protocol

__all__ = ["Handle", "Running"]


class Handle(Protocol):
    """What the registry and its table need of a server."""

    name: str

    @property
    def running(self) -> bool:
        """Whether its process is alive."""

    @property
    def pid(self) -> int | None:
        """The number of its process."""

    @property
    def port(self) -> int:
        """The port on which it listens."""

    @property
    def page_url(self) -> str:
        """The address of its page."""

    def stop(self) -> None:
        """Stop it."""


class Running:
    """What is running: servers, and what else asked to be stopped by `stop_all()`."""

    def __init__(self, handles: list[Handle], others: list[str], pids: bool) -> None:
        self._handles, self._others, self._pids = handles, others, pids

    def __iter__(self) -> Iterator[Handle]:
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

"""What is running, as a table in a cell or as plain text."""

import html
from collections.abc import Iterator
from typing import Protocol

__all__ = ["Handle", "Running"]


class Handle(Protocol):
    """The part of a server that the registry and its table need."""

    name: str

    @property
    def running(self) -> bool:
        """Whether its process is alive."""

    @property
    def pid(self) -> int | None:
        """The id of its process."""

    @property
    def port(self) -> int:
        """The port on which it listens."""

    @property
    def page_url(self) -> str:
        """The address of its page."""

    def stop(self) -> None:
        """Stop it."""


class Running:
    """What is running: servers, and whatever else `stop_all()` would stop."""

    def __init__(self, handles: list[Handle], others: list[str], pids: bool) -> None:
        self._handles, self._others, self._pids = handles, others, pids

    def __iter__(self) -> Iterator[Handle]:
        return iter(self._handles)

    def __len__(self) -> int:
        return len(self._handles)

    def _rows(self) -> list[tuple[str, ...]]:
        rows = [(server.name, str(server.pid), server.page_url) for server in self._handles]
        rows += [(label, "", "") for label in self._others]
        return [self._columns(*row) for row in rows]

    def _columns(self, name: str, pid: str, page: str) -> tuple[str, ...]:
        return (name, pid, page) if self._pids else (name, page)

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
        titles = self._columns("server", "process", "page")
        head = "".join(f"<th>{title}</th>" for title in titles)
        body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _cell(text: str) -> str:
    text = html.escape(text)
    return f'<td><a href="{text}">{text}</a></td>' if "://" in text else f"<td>{text}</td>"

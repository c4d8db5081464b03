"""The table of progress: which exercises are solved, notebook by notebook."""

from __future__ import annotations

import html
from dataclasses import dataclass

from helpers.exercises.engine import registry
from helpers.exercises.engine.progress import solved

HEADINGS = ("notebook", "solved", "still to do")


@dataclass(frozen=True)
class Table:
    """Rows of notebook, `n of m` and the names still to do."""

    rows: tuple[tuple[str, str, str], ...]

    def __repr__(self) -> str:
        rows = [HEADINGS, *self.rows]
        widths = [max(len(row[i]) for row in rows) for i in range(2)]
        return "\n".join(f"{a:<{widths[0]}}  {b:<{widths[1]}}  {c}".rstrip() for a, b, c in rows)

    def _repr_html_(self) -> str:
        head = "".join(f'<th style="text-align: left">{cell}</th>' for cell in HEADINGS)
        rows = "".join(
            "<tr>"
            + "".join(f'<td style="text-align: left">{html.escape(cell)}</td>' for cell in row)
            + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def table() -> Table:
    """Count the solved exercises of every notebook.

    Returns:
        The table, in the notebooks' order.
    """
    done = solved()
    rows = []
    for topic in registry.topics():
        names = [exercise.name for exercise in registry.exercises(topic)]
        if not names:
            continue
        left = [name for name in names if name not in done]
        count = f"{len(names) - len(left)} of {len(names)}"
        title = registry.notebook(topic).replace("_", " ")
        rows.append((title, count, ", ".join(left) or "all done"))
    return Table(tuple(rows))

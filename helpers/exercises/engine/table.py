"""What `progress()` shows: for each notebook a link, a bar, and what is still to do."""

from __future__ import annotations

from dataclasses import dataclass

from helpers.exercises.engine import registry
from helpers.exercises.engine.progress import read
from helpers.pictures.paint import align, escape, scroll, tag, wrap

__all__ = ["Row", "Table", "count"]

HEADINGS = ("notebook", "", "solved", "still to do")
STYLE = """
& .bar{display:block;width:7em;height:.6em;margin-top:.4em;border-radius:.3em;overflow:hidden;
background:rgba(128,128,128,.25)}
& .bar i{display:block;height:100%;background:rgb(var(--good))}
&.wirepic.wirepic td:nth-child(3){white-space:nowrap}
&.wirepic.wirepic th{font-weight:600}
"""


@dataclass(frozen=True)
class Row:
    """One notebook: its file's name without ending, and its exercises, in order.

    Attributes:
        notebook: such as `NN_handshake`; empty for the whole course.
        solved: how many exercises are solved.
        total: how many there are.
        left: the names of those that are not.
    """

    notebook: str
    solved: int
    total: int
    left: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.notebook.replace("_", " ") or "the course"

    @property
    def counted(self) -> str:
        """How many are solved, in words."""
        return f"{self.solved} of {self.total}"

    @property
    def still(self) -> str:
        """What is still to do, in words."""
        if self.solved == self.total:
            return "all done"
        return ", ".join(self.left)


@dataclass(frozen=True)
class Table:
    """The table of progress, with a last row for the whole course."""

    rows: tuple[Row, ...]

    @property
    def course(self) -> Row:
        """All notebooks together."""
        return Row("", sum(r.solved for r in self.rows), sum(r.total for r in self.rows))

    def __repr__(self) -> str:
        rows = [(r.title, _bar(r), r.counted, r.still) for r in (*self.rows, self.course)]
        return "\n".join(line.rstrip() for line in align([HEADINGS, *rows]))

    def _repr_html_(self) -> str:
        head = tag("tr", "".join(tag("th", escape(cell)) for cell in HEADINGS))
        body = "".join(_in_html(row) for row in (*self.rows, self.course))
        return wrap("progress-table", STYLE, scroll("progress", tag("table", head + body)))


def count() -> Table:
    """Count the solved exercises of every notebook.

    Returns:
        The table, in the order of the notebooks.
    """
    done, rows = read(), []
    for topic in registry.topics():
        names = [exercise.name for exercise in registry.exercises(topic)]
        if names:
            left = tuple(name for name in names if name not in done)
            rows.append(Row(registry.notebook(topic), len(names) - len(left), len(names), left))
    return Table(tuple(rows))


def _bar(row: Row, longest: int = 8) -> str:
    """Draw a bar of at most `longest` characters; it is full only when all is solved."""
    length = min(longest, row.total)
    full = row.solved * length // row.total if row.total else 0
    return "█" * full + "░" * (length - full)


def _in_html(row: Row) -> str:
    name = escape(row.title)
    link = tag("a", name, href=f"{row.notebook}.ipynb") if row.notebook else tag("strong", name)
    filled = tag("i", "", style=f"width:{100 * row.solved // (row.total or 1)}%")
    bar = tag("span", filled, "bar", role="img", aria_label=row.counted)
    still = ", ".join(tag("code", escape(n)) for n in row.left) or escape(row.still)
    return tag("tr", "".join(tag("td", cell) for cell in (link, bar, escape(row.counted), still)))

"""What a learner reads after a check, a hint or `progress()`: text with an HTML twin."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal["not tried yet", "not yet", "correct", "hint", "note"]

COLOURS: Mapping[Kind, str] = {
    "not tried yet": "#8a8a8a",
    "not yet": "#c77700",
    "correct": "#2e8b57",
    "hint": "#3b7dd8",
    "note": "#8a8a8a",
}


@dataclass(frozen=True)
class Outcome:
    """One answer to a learner.

    Attributes:
        kind: what it is; a note has no heading.
        title: the rest of the first line.
        facts: rows of name and value, shown as code.
        lines: sentences below.
    """

    kind: Kind
    title: str
    facts: tuple[tuple[str, str], ...] = ()
    lines: tuple[str, ...] = ()

    @property
    def heading(self) -> str:
        """The bold start of the first line; notes have none, and hints have a number instead."""
        return "" if self.kind in ("note", "hint") else self.kind

    def __str__(self) -> str:
        width = max((len(name) for name, _ in self.facts), default=0)
        first = ": ".join(part for part in (self.heading, self.title) if part)
        facts = [f"  {name:<{width}}  {value}" for name, value in self.facts]
        return "\n".join([first, *facts, *(f"  {line}" for line in self.lines)])

    def _repr_html_(self) -> str:
        colour = COLOURS[self.kind]
        heading = f"<b>{self.heading}</b>: " if self.heading else ""
        rows = "".join(
            f'<tr><td style="text-align: left">{html.escape(name)}</td>'
            f'<td style="text-align: left"><code>{html.escape(value)}</code></td></tr>'
            for name, value in self.facts
        )
        table = f"<table>{rows}</table>" if rows else ""
        lines = "".join(f"<br>{in_html(line)}" for line in self.lines)
        if table:
            lines = lines.removeprefix("<br>")
        return (
            f'<div style="border-left: 4px solid {colour}; padding: 2px 0 2px 10px">'
            f"{heading}{in_html(self.title)}{table}{lines}</div>"
        )


def in_html(text: str) -> str:
    """Escape a sentence; text between backticks becomes code.

    Args:
        text: a sentence for people.

    Returns:
        The sentence as HTML.
    """
    parts = html.escape(text, quote=False).split("`")
    if len(parts) % 2 == 0:  # a backtick without a partner stays a backtick
        return "`".join(parts)
    return "".join(f"<code>{p}</code>" if i % 2 else p for i, p in enumerate(parts))


def in_ipython() -> bool:
    """Say whether this is a kernel or an IPython shell, which can display HTML."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None


def say(what: object) -> None:
    """Display `what` with its HTML twin, or print its text outside IPython.

    Args:
        what: an object with a text form, and `_repr_html_` or `_repr_markdown_`.
    """
    if not in_ipython():
        print(what)
        return
    from IPython.display import display

    bundle = {"text/plain": str(what)}
    for kind in ("html", "markdown"):
        method = getattr(what, f"_repr_{kind}_", None)
        if method is not None:
            bundle[f"text/{kind}"] = method()
    display(bundle, raw=True)  # type: ignore[no-untyped-call]

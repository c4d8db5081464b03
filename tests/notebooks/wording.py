"""Rules on the wording of a notebook: words, links and the width of its lines."""

from __future__ import annotations

import re

from tests.notebooks.rules import Notebook, prose, rule

FILLERS = re.compile(r"\b(simply|just|basically|obviously|easy|easily)\b", re.IGNORECASE)


@rule
def no_filler_words(notebook: Notebook) -> list[str]:
    """No word in prose that only says that something is not hard."""
    text = prose(notebook)
    around = [text[max(0, m.start() - 20) : m.end() + 20] for m in FILLERS.finditer(text)]
    return [f"a filler word: …{' '.join(part.split())}…" for part in around]


@rule
def narrow_lines(notebook: Notebook) -> list[str]:
    """No line is wider than 79; a row of a table cannot be wrapped and may be."""
    lines = [line for cell in notebook.cells for line in cell.source.splitlines()]
    return [
        f"{len(line)} wide: {line}"
        for line in lines
        if len(line) > 79 and not line.startswith("|") and " " in line.strip("- ")
    ]


@rule
def safe_links(notebook: Notebook) -> list[str]:
    """A link outside of this machine is https."""
    targets = [
        target
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for target in re.findall(r"\]\(([^)\s]+)|(?:src|href)=[\"']([^\"']+)", cell.source)
    ]
    flat = [first or second for first, second in targets]
    return [f"not https: {target}" for target in flat if re.match(r"(?!https:)\w+:|//", target)]

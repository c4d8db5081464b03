"""The new words of the lessons: read from their summaries, each with its meaning."""

from __future__ import annotations

import re
from dataclasses import dataclass

from tests.notebooks.rules import Notebook, part

BOLD_NEW_WORDS = "**New words**"
MOST_LETTERS = 160  # of a meaning, which is one line of a table
ENTRY = re.compile(r"- \*(?P<word>[^*]+)\*: (?P<meaning>\S.*)")


@dataclass(frozen=True)
class NewWord:
    """A word, and what it means in this course."""

    word: str
    meaning: str


def items(notebook: Notebook) -> list[str]:
    """List what is under **New words**, up to the next bold words or heading, line by line.

    A line that is indented goes on with the one before it.
    """
    text = "\n\n".join(c.source for c in part(notebook, "Summary") if c.cell_type != "code")
    after = text.partition(BOLD_NEW_WORDS)[2].partition("\n")[2]
    listed = re.split(r"^(?=\*\*|#)", after, maxsplit=1, flags=re.MULTILINE)[0]
    return [line for line in re.sub(r"\n +", " ", listed).splitlines() if line.strip()]


def new_words(notebook: Notebook) -> list[NewWord]:
    """List a lesson's new words, with their meanings."""
    found = [ENTRY.fullmatch(line.strip()) for line in items(notebook)]
    return [NewWord(m["word"], m["meaning"].strip()) for m in found if m]


def odd_lines(notebook: Notebook) -> list[str]:
    """List the lines under **New words** that have another form."""
    return [line for line in items(notebook) if not ENTRY.fullmatch(line.strip())]

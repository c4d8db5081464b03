"""The new words of the lessons: read from their summaries, each with its meaning.

A word belongs to the lesson that explains it, and has one meaning. `reference/words.md` has all
of them, sorted (`page`, written by `make tables`).

No lesson uses a word before the one that explains it (`used_early`): not in italics, which say
that a term is meant, and not in prose. In prose, words that everyday English has too (`EVERYDAY`)
do not count, because nothing tells an *event* from an event. Nor do titles of other lessons,
and the teaser after "OK, but", which may name what comes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import nbformat

from tests.notebooks.rules import Notebook, part, prose

BOLD_NEW_WORDS = "**New words**"
MOST_LETTERS = 160  # of a meaning, which is one line of a table
ENTRY = re.compile(r"- \*(?P<word>[^*]+)\*: (?P<meaning>\S.*)")
ITALIC = re.compile(r"(?<![*\w])\*(?!\s)([^*]+)(?<!\s)\*(?!\*)")
HEAD = """\
# Words

Each term of the course, what it means here, and the lesson that explains it.

| word | what it means | explained in |
|---|---|---|"""

#: Terms of the course that are also words of everyday English, in which an earlier lesson may
#: use them. Whoever adds a new word adds it here if that is so.
EVERYDAY = frozenset(
    re.findall(
        r"\w+",
        "acknowledgement attachment body broadcast check client connection consumer echo edit "
        "event exercise extension fragment frame history id judge log mask message method page "
        "peer port probe producer queue room salt server session state status stream tap task "
        "token turn update upgrade version",
    )
)


@dataclass(frozen=True)
class NewWord:
    """A word, and what it means in this course."""

    word: str
    meaning: str

    @property
    def forms(self) -> list[str]:
        """The word, and its abbreviation, if that follows in parentheses; in small letters."""
        return [form.strip().casefold() for form in re.split(r"[()]", self.word) if form.strip()]


@dataclass(frozen=True)
class Glossary:
    """The words that one lesson explains.

    Attributes:
        name: the file of its notebook.
        notebook: the lesson.
    """

    name: str
    notebook: Notebook

    @property
    def title(self) -> str:
        """Its number and title."""
        return str(self.notebook.cells[0].source.splitlines()[0].removeprefix("# "))

    @cached_property
    def words(self) -> list[NewWord]:
        """Its new words."""
        return new_words(self.notebook)


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


def without_italics(notebook: Notebook) -> list[str]:
    """List the new words that are nowhere in italics before the summary."""
    story = prose(notebook).partition("\n## Summary")[0]
    italic = {
        " ".join(term.split()).casefold() for term in ITALIC.findall(story.replace("**", ""))
    }
    forms = {word.word: plural(word.forms[0]) for word in new_words(notebook)}
    return [w for w, form in forms.items() if not any(re.fullmatch(form, i) for i in italic)]


def used(notebook: Notebook) -> tuple[str, set[str]]:
    """Give a lesson's prose, in small letters, and what is in italics there.

    Titles of other lessons, and the teaser at the end, are left out.
    """
    text = re.sub(r"\*\*OK, but.*?(?=\n\s*\n|\Z)", "", prose(notebook), flags=re.DOTALL)
    text = " ".join(re.sub(r"\[\d\d .*? x ", "", text).split()).casefold()
    return text, {match.strip(" .,:") for match in ITALIC.findall(text.replace("**", ""))}


def plural(form: str) -> str:
    """Write a pattern for a word, in the singular and the plural; a hyphen is a space."""
    pattern = re.escape(form).replace(r"\ ", r"[ -]").replace(r"\-", r"[ -]")
    if form.endswith("y"):
        return rf"{pattern[:-1]}(?:y|ies)"
    return pattern + ("(?:es)?" if re.search("(?:[sxz]|[cs]h)$", form) else "s?")


def explained_twice(glossaries: Iterable[Glossary]) -> list[str]:
    """Complain about a word that two lessons explain, or that one explains twice."""
    meanings: dict[str, tuple[str, NewWord]] = {}
    complaints = []
    for glossary in glossaries:
        for word in glossary.words:
            for form in word.forms:
                name, first = meanings.setdefault(form, (glossary.name, word))
                if first is not word:
                    both = f"{first.meaning!r} in {name}, {word.meaning!r} in {glossary.name}"
                    complaints.append(f"{form!r} is {both}")
    return complaints


def used_early(glossaries: Sequence[Glossary]) -> list[str]:
    """Complain about a word that a lesson uses before the one that explains it."""
    complaints = []
    for number, early in enumerate(glossaries):
        text, italic = used(early.notebook)
        own = [form for word in early.words for form in word.forms]
        for later in glossaries[number + 1 :]:
            for form in (form for word in later.words for form in word.forms):
                if any(re.search(rf"\b{re.escape(form)}\b", known) for known in own):
                    continue  # a part of what it explains itself, as *session* of another kind
                meant = any(re.fullmatch(plural(form), term) for term in italic)
                said = form not in EVERYDAY and re.search(rf"\b{plural(form)}\b", text)
                if meant or said:
                    complaints.append(f"{early.name} uses {form!r}, which {later.name} explains")
    return complaints


def page(glossaries: Iterable[Glossary]) -> str:
    """Write `reference/words.md`: each word with its meaning, and a link to its lesson."""
    rows = [
        (word, f"[{glossary.title}](../{glossary.name})")
        for glossary in glossaries
        for word in glossary.words
    ]
    rows.sort(key=lambda row: (row[0].word.casefold(), row[1]))
    lines = [f"| *{word.word}* | {escaped(word.meaning)} | {link} |" for word, link in rows]
    return "\n".join([HEAD, *lines, ""])


def escaped(text: str) -> str:
    """Keep a vertical bar from ending the cell of a table."""
    return text.replace("|", r"\|")


def glossaries(folder: Path) -> list[Glossary]:
    """Read the lessons of a folder, in their order."""
    paths = sorted(folder.glob("[0-9][0-9]_*.ipynb"))
    return [Glossary(path.name, nbformat.read(path, as_version=4)) for path in paths]

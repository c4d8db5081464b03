"""Every relative link leads somewhere, and the generated tables are the present ones."""

import json
import re
from pathlib import Path

import pytest

from tests.repo.tables import ROOT, WORDS, readme_with_table, words_page

MARKDOWN = sorted([*ROOT.glob("*.md"), *ROOT.glob("notebooks/reference/*.md")])
NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))
LINK = re.compile(r"\]\(([^)\s]+)\)")


def text_of(path: Path) -> str:
    """The Markdown of a file: all of it, or that of a notebook's Markdown cells."""
    if path.suffix == ".md":
        return path.read_text("utf-8")
    cells = json.loads(path.read_text("utf-8"))["cells"]
    return "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")


def anchors(text: str) -> set[str]:
    """The anchors of a Markdown text's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    kept = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings)
    return {heading.strip().replace(" ", "-") for heading in kept}


def broken_links(path: Path, text: str) -> list[str]:
    """The relative links of a text that lead nowhere, and those that are not https."""
    broken = []
    for link in LINK.findall(text):
        target, _, anchor = link.partition("#")
        if "://" in target:
            broken += [link] if not target.startswith("https://") else []
            continue
        file = (path.parent / target).resolve() if target else path
        missing = not file.exists() or not file.is_relative_to(ROOT)
        if missing or (anchor and file.suffix == ".md" and anchor not in anchors(text_of(file))):
            broken.append(link)
    return broken


@pytest.mark.parametrize("path", [*MARKDOWN, *NOTEBOOKS], ids=lambda p: p.name)
def test_links_lead_somewhere(path: Path) -> None:
    assert broken_links(path, text_of(path)) == []


def test_broken_links_are_found() -> None:
    text = "[a](nowhere.md) [b](http://example.org) [c](README.md#no-such-heading) [d](/etc)"
    assert len(broken_links(ROOT / "README.md", text)) == 4


def test_the_table_of_readme_is_the_present_one() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    assert readme == readme_with_table(readme), "run `make tables`"


def test_the_words_are_the_present_ones() -> None:
    assert WORDS.read_text("utf-8") == words_page(), "run `make tables`"


def test_the_map_links_every_other_notebook() -> None:
    start = text_of(NOTEBOOKS[0])
    linked = set(LINK.findall(start))
    assert {p.name for p in NOTEBOOKS[1:]} <= linked

"""A word has one meaning in the course, and no lesson uses it before the one that explains it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from nbformat import v4

from helpers.course.learner import hand_out
from tests.notebooks.lessons import NOTEBOOKS
from tests.notebooks.words import (
    Glossary,
    NewWord,
    explained_twice,
    glossaries,
    page,
    plural,
    used_early,
)

ALL = glossaries(NOTEBOOKS)


def lesson(number: int, prose: str, *words: str) -> Glossary:
    """Build a lesson that explains some words, each `word: meaning`."""
    listed = "\n".join("- *{}*: {}".format(*word.split(": ")) for word in words)
    cells = [
        v4.new_markdown_cell(f"# {number} Lesson\n\n{prose}"),
        v4.new_code_cell("tombstone = 'code may use any name'"),
        v4.new_markdown_cell(
            f"## Summary\n\n**New words**\n\n{listed}\n\n**OK, but** what is a close code?"
        ),
    ]
    return Glossary(f"{number}_lesson.ipynb", v4.new_notebook(cells=cells))


LATER = lesson(
    22,
    "Explained here.",
    "close code: a number",
    "event: a name and data",
    "cross-site scripting (XSS): an attack",
    "proxy: a server between",
    "session: what a server knows",
)


def test_each_word_has_one_meaning() -> None:
    assert explained_twice(ALL) == []


def test_each_word_is_explained_before_it_is_used() -> None:
    assert used_early(ALL) == []


def test_the_meanings_are_read() -> None:
    assert LATER.words[0] == NewWord("close code", "a number")
    assert {word.word for glossary in ALL for word in glossary.words} >= {"outbox", "tombstone"}


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["proxy: it passes on"], "'proxy' is 'it passes on' in 11_lesson.ipynb, 'a server betw"),
        (["Proxy: a server between"], "'proxy' is 'a server between' in 11_lesson.ipynb, 'a s"),
        (["XSS: a crossing"], "'xss' is 'a crossing' in 11_lesson.ipynb, 'an attack' in 22_les"),
        (["mask: one", "mask: two"], "'mask' is 'one' in 11_lesson.ipynb, 'two' in 11_lesson.i"),
        (["close: to end"], ""),
    ],
)
def test_a_word_with_two_meanings_is_seen(words: list[str], complaint: str) -> None:
    found = "\n".join(explained_twice([lesson(11, "", *words), LATER]))
    assert complaint in found if complaint else found == ""


@pytest.mark.parametrize(
    ("prose", "word"),
    [
        ("It has a close code.", "close code"),
        ("It has\nclose codes, too.", "close code"),
        ("A close-code it is.", "close code"),
        ("Through proxies.", "proxy"),
        ("That is an *event*.", "event"),
        ("**Those** are *events*.", "event"),
        ("Beware of XSS.", "xss"),
        ("Beware of *Cross-site scripting*.", "cross-site scripting"),
        ("A *session* is long.", "session"),
    ],
)
def test_a_word_that_is_used_early_is_seen(prose: str, word: str) -> None:
    complaint = f"11_lesson.ipynb uses '{word}', which 22_lesson.ipynb explains"
    assert used_early([lesson(11, prose), LATER]) == [complaint]


@pytest.mark.parametrize(
    "prose",
    [
        "In the event that it rains, sessions are long.",
        "Close the code, and approximate.",
        "`close code` and\n\n```text\nproxy\n```",
        "Next: [22 Close codes and proxies](22_lesson.ipynb).",
        "What an *eventful* day.",
        "2 * event * 3 is a product.",
    ],
)
def test_other_words_are_not(prose: str) -> None:
    assert used_early([lesson(11, prose), LATER]) == []


def test_a_part_of_what_a_lesson_explains_itself_is_its_own() -> None:
    early = lesson(11, "A *session* of its own.", "Engine.IO session: what is kept alive")
    assert used_early([early, LATER]) == []


def test_a_lesson_may_use_what_was_explained() -> None:
    assert used_early([LATER, lesson(23, "A close code is an *event*.")]) == []


@pytest.mark.parametrize(
    ("word", "plurals"), [("proxy", "proxies"), ("mask", "masks"), ("hash", "hashes")]
)
def test_plurals(word: str, plurals: str) -> None:
    assert re.fullmatch(plural(word), word)
    assert re.fullmatch(plural(word), plurals)
    assert not re.fullmatch(plural("sid"), "sides")


def test_the_page_is_sorted_and_links_the_lessons() -> None:
    rows = page([LATER, lesson(11, "", "Echo: a | b", "zebra: last")]).splitlines()[-7:]
    assert (
        rows[1] == "| *cross-site scripting (XSS)* | an attack | [22 Lesson](../22_lesson.ipynb) |"
    )
    assert rows[2] == r"| *Echo* | a \| b | [11 Lesson](../11_lesson.ipynb) |"
    assert [row.split("*")[1][0] for row in rows] == ["c", "c", "E", "e", "p", "s", "z"]


def test_the_page_reaches_the_learners_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))  # where notebooks are signed
    shutil.copytree(NOTEBOOKS, tmp_path / "notebooks", ignore=shutil.ignore_patterns(".*"))
    hand_out(tmp_path)
    found = tmp_path / "my-course" / "reference" / "words.md"
    assert found.read_text("utf-8") == page(ALL)
    links = re.findall(r"\]\((\S+)\)", found.read_text("utf-8"))
    assert links
    assert [link for link in links if not (found.parent / link).is_file()] == []

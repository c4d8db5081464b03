"""The rules of the first edition are proved, as long as a lesson is judged by them."""

from __future__ import annotations

import pytest

from tests.notebooks import first_edition
from tests.notebooks.rules import EVERY, FIRST, Rule
from tests.notebooks.samples import (
    STUB,
    WORDS,
    Break,
    cell,
    earlier,
    insert,
    old,
    source,
    text,
    without,
)
from tests.notebooks.test_rules import LONG, described

#: The rule, what breaks it, and a part of the complaint.
BROKEN: list[tuple[Rule, Break, str]] = [
    (first_edition.title_and_promise, source("# 09 A sample", "A sample"), "`# NN Title`"),
    (first_edition.title_and_promise, source("You see", "You see " * 30), "at most 60"),
    (first_edition.title_and_promise, source("5 minutes", "Soon"), "lacks 'minutes'"),
    (first_edition.title_and_promise, source("Before this", "Prior"), "lacks 'Before'"),
    (first_edition.parts, source("## On the wire", "## The bytes"), "no section 'On the wire'"),
    (first_edition.parts, source("## When it breaks", "## Errors"), "no section 'When it breaks'"),
    (first_edition.parts, source("## 2 · A section", "## 1 · A section"), "2 sections between"),
    (first_edition.parts, earlier("## When it breaks"), "out of order"),
    (first_edition.on_the_wire, source('show(b"Hello")', 'b"Hello"'), "nothing is shown"),
    (first_edition.exercises, without("second"), "2 exercises"),
    (first_edition.exercises, insert(3, cell(STUB.format("early"), "exercise")), "is outside"),
    (first_edition.summary, source("It held.", "It held. " * 80), "at most 150"),
    (first_edition.summary, source("**New words**", "Words"), "lacks **New words**"),
    (first_edition.summary, source("**OK, but**", "But"), "lacks **OK, but**"),
    (
        first_edition.summary,
        source("**New words**: rule", "**New words**\n\n- *rule*: it holds\n- sample, without"),
        "not `- *word*: its meaning`: - sample",
    ),
    (first_edition.size, without(WORDS), "cells, 40 to 70 asked for"),
    (first_edition.size, source(WORDS, "word " * 40), "words, 1200 to 2000 asked for"),
    (first_edition.size, source(WORDS, WORDS * 2), "words, 1200 to 2000 asked for"),
    (first_edition.code_cells_are_short, source("print(", "\n\n\n\n\nprint("), "the median"),
    (first_edition.code_cells_are_short, source("print(2)", LONG), "a code cell of 26 lines"),
    (first_edition.predictions, source("**Predict.**", "Think."), "no **Predict.**"),
    (first_edition.predictions, insert(1, text("**Predict.** A?"), text("b")), "no cell answers"),
]


@pytest.mark.parametrize("rule", EVERY + FIRST, ids=described)
def test_a_good_sample_has_no_complaints(rule: Rule) -> None:
    assert rule(old()) == []


@pytest.mark.parametrize(("rule", "breaks", "complaint"), BROKEN)
def test_a_broken_sample_has_a_complaint(rule: Rule, breaks: Break, complaint: str) -> None:
    notebook = old()
    breaks(notebook)
    assert complaint in "\n".join(rule(notebook))


def test_every_rule_is_proved() -> None:
    assert {rule for rule, _, _ in BROKEN} == set(FIRST)


def test_meanings_do_not_make_a_summary_too_long() -> None:
    notebook = old()
    meanings = "\n".join(f"- *word {n}*: {'long ' * 20}" for n in range(10))
    source("**New words**: rule", f"**New words**\n\n{meanings}")(notebook)
    assert first_edition.summary(notebook) == []


def test_the_first_notebook_may_be_short() -> None:
    notebook = old()
    source("# 09 ", "# 00 ")(notebook)
    source(WORDS, "word " * 50)(notebook)
    without("second")(notebook)
    without("third")(notebook)
    rules = (first_edition.size, first_edition.exercises)
    assert [complaint for rule in rules for complaint in rule(notebook)] == []

"""An outcome says the same as text and as HTML."""

import html
import re
from typing import Any

import pytest

from helpers.exercises.engine import outcome
from helpers.exercises.engine.help import Source
from helpers.exercises.engine.outcome import Outcome, in_html, say

OUTCOME = Outcome(
    "not yet", "frame(b'<a>')", (("returned", "b'&'"), ("expected", "b'<'")), ("Use `&amp;`.",)
)


def test_text_and_html_say_the_same() -> None:
    text = re.sub(r"\s+|`", "", str(OUTCOME))
    markup = html.unescape(re.sub(r"<[^>]*>", "", OUTCOME._repr_html_()))
    assert re.sub(r"\s+|`", "", markup) == text


def test_names_and_values_stand_in_columns() -> None:
    assert str(OUTCOME) == (
        "not yet: frame(b'<a>')\n  returned  b'&'\n  expected  b'<'\n  Use `&amp;`."
    )


def test_a_value_of_a_learner_is_never_markup() -> None:
    assert "<a>" not in OUTCOME._repr_html_()
    assert in_html("`<b>` <i>") == "<code>&lt;b&gt;</code> &lt;i&gt;"
    assert in_html("one ` alone") == "one ` alone"


def test_a_hint_and_a_note_have_no_heading() -> None:
    for kind in ("hint", "note"):
        said = Outcome(kind, "read on")
        assert str(said) == "read on"
        assert said._repr_html_().endswith('">read on</div>')


def test_source_is_shown_as_code() -> None:
    assert Source("x = 1")._repr_markdown_() == "```python\nx = 1\n```"


def test_in_a_notebook_both_twins_are_displayed(monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[dict[str, Any]] = []
    monkeypatch.setattr(outcome, "in_ipython", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    say(OUTCOME)
    say(Source("x = 1"))
    assert shown == [
        {"text/plain": str(OUTCOME), "text/html": OUTCOME._repr_html_()},
        {"text/plain": "x = 1", "text/markdown": "```python\nx = 1\n```"},
    ]


def test_outside_of_a_notebook_text_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    say(OUTCOME)
    assert capsys.readouterr().out == f"{OUTCOME}\n"

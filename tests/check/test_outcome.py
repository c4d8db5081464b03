"""An outcome says the same as text and as HTML."""

import html
import re

from helpers.check.answers import Source
from helpers.check.outcome import Outcome, in_html

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


def test_source_is_shown_as_code() -> None:
    assert Source("x = 1")._repr_markdown_() == "```python\nx = 1\n```"

"""The painter's tools: text on one line, columns that stand under each other, safe HTML."""

from __future__ import annotations

import pytest

from helpers.pictures.paint import (
    align,
    count,
    escape,
    shorten,
    tag,
    width,
    wrap,
)
from helpers.wire.quoting import quoted, visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Grüße 👋 →", "Grüße 👋 →"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x1b[31m\x00\x7f", r"\x1b[31m\x00\x7f"),
        ("\u202eevil\u2066", r"\u{202e}evil\u{2066}"),
        ("\ud800", r"\u{d800}"),
        ("👩\u200d💻", "👩\u200d💻"),
    ],
)
def test_what_does_not_print_becomes_an_escape(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_quotes_are_the_ones_that_the_text_does_not_hold() -> None:
    assert quoted("it's") == '"it\'s"'
    assert quoted('{"a": 1}') == "'{\"a\": 1}'"
    assert quoted("a\n") == r'"a\n"'


def test_long_text_says_how_much_more_there_is() -> None:
    assert shorten("a" * 100, 80) == "a" * 100  # a note would not be shorter
    assert shorten("a" * 1_200, 80) == "a" * 80 + "… 1,120 more characters …"


def test_numbers_have_their_plural() -> None:
    assert [count(n, "byte") for n in (0, 1, 65_536)] == ["0 bytes", "1 byte", "65,536 bytes"]


def test_a_port_is_five_columns_wide_and_an_emoji_two() -> None:
    assert width("127.0.0.1:80") == width("127.0.0.1:43121") == 15
    assert width("👋") == 2
    assert width("e\u0301") == 1


def test_columns_stand_under_each_other() -> None:
    assert align([["a", "b", "c"], ["aaa", "", "c"]]) == ["a    b  c", "aaa     c"]


def test_a_wide_cell_moves_only_its_own_line() -> None:
    assert align([["a", "b"], ["a" * 9, "b"]], limit=4) == ["a  b", "aaaaaaaaa  b"]


def test_attributes_and_text_are_escaped() -> None:
    assert tag("td", escape('<a> & "b"'), title='"<') == (
        '<td title="&quot;&lt;">&lt;a&gt; &amp; "b"</td>'
    )


def test_the_style_of_a_kind_of_picture_is_its_own() -> None:
    assert ".wirepic.dump .x{color:inherit}" in wrap("dump", "& .x{color:inherit}", "<p>a</p>")

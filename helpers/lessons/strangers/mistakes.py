"""Mistakes with names, lines of HTML and places, and what to say about them."""

from __future__ import annotations

from html.parser import HTMLParser

from helpers.exercises.engine.explain import Meanings

MEANINGS: Meanings = (
    (
        (
            "no attribute 'strip'",
            "no attribute 'isprintable'",
            "has no len()",
            "normalize() argument 2 must be str",
        ),
        "Not everything is a string: ask with `isinstance(wanted, str)` before anything else.",
    ),
    ("name 'unicodedata' is not defined", "`import unicodedata` inside the function."),
)
PLACE_MEANINGS: Meanings = (
    (
        ("compare_digest", "unsupported operand types(s) or combination of types"),
        "A token may be anything, even None or a number: `==` compares all of them.",
    ),
    ("KeyError", "Nobody may be there under that name: `places.get(…)` is None then."),
    (
        ("unsupported operand", "'NoneType' and 'float'", "'float' and 'NoneType'"),
        '"until" is None as long as somebody is there: ask for that first.',
    ),
    (
        "'NoneType' object is not subscriptable",
        "There is no such place yet: ask whether it is None before you look into it.",
    ),
)


class _Elements(HTMLParser):
    """Notes what a browser would find: elements with their attributes, and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.opened: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.closed: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.opened.append((tag, attrs))

    def handle_endtag(self, tag: str) -> None:
        self.closed.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


def explain_line(got: str, name: str, text: str) -> str:
    """Say what is wrong with a line of HTML.

    Args:
        got: the line.
        name: who has said something.
        text: what they have said.

    Returns:
        The next step; empty when a browser shows exactly name and text.
    """
    found = _Elements()
    found.feed(got)
    found.close()
    names = [tag for tag, _ in found.opened]
    if "li" not in names:
        return 'The line is one element: `<li title="…">…</li>`.'
    intruders = [tag for tag in names if tag != "li"]
    if intruders and f"<{intruders[0]}" in name:
        return f"A browser finds an element <{intruders[0]}> in the name: escape the name as well."
    if intruders:
        return f"A browser finds an element <{intruders[0]}>: escape the text with `html.escape`."
    attributes = dict(found.opened[0][1])
    extra = sorted(set(attributes) - {"title"})
    if extra:
        return f"The name has brought an attribute, {extra[0]}: escape its quotation marks too."
    if attributes.get("title") != name:
        return explain_text(str(attributes.get("title")), name, "the title")
    if names != ["li"] or found.closed != ["li"]:
        return "One `<li …>` and one `</li>`, and nothing else."
    return explain_text(found.text, f"{name}: {text}", "the line")


def explain_text(seen: str, meant: str, where: str) -> str:
    """Say why a reader sees something else than what was said."""
    if seen == meant:
        return ""
    if "&amp;" in seen or "&lt;" in seen or "&quot;" in seen or "&#x27;" in seen:
        return f"A reader sees {seen!r}: that was escaped twice. Once is enough."
    return f"In {where}, a reader should see {meant!r}, and sees {seen!r}."

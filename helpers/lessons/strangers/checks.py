"""Exercises of the lesson strangers: checked_name, line and take_place."""

from __future__ import annotations

from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.exercise import exercise
from helpers.exercises.engine.explain import match_cause
from helpers.exercises.stage.verdict import reword
from helpers.lessons.strangers.mistakes import MEANINGS, PLACE_MEANINGS, explain_line

#: (what a client would like to be called, the name, why)
NAMES: tuple[tuple[object, str | None, str], ...] = (
    ("Alice", "Alice", "A good name: return it."),
    ("  Ann Marie ", "Ann Marie", "Take the spaces at both ends away, and keep the one inside."),
    ("Zoë 🎉", "Zoë 🎉", "Letters of any language are fine, and so are emoji."),
    (["Alice"], None, "A list is not a name: ask for a string first."),
    (7, None, "A number is not a name: ask for a string first."),
    (None, None, "None is not a name: ask for a string first."),
    ("", None, "Nobody can be called by an empty name."),
    ("   ", None, "Only spaces: nothing is left of that name."),
    ("x" * 31, None, "31 characters are one too many."),
    ("x" * 30, "x" * 30, "30 characters are allowed."),
    ("  " + "y" * 30 + "  ", "y" * 30, "Count the characters after the spaces are gone."),
    ("Ａｌｉｃｅ", "Alice", "Those are wide letters: `normalize` makes ordinary ones of them."),
    ("Alice\u200b", None, "There is an invisible character at its end: `isprintable` finds it."),
    ("\u202eecilA", None, "Its first character turns the line around: `isprintable` finds it."),
    ("Ali\nce", None, "A line break in it: `isprintable` finds it."),
    ("\u3000Bob\u3000", "Bob", "Those are wide spaces: `normalize` first, then `strip`."),
    ("ﷺ" * 9, None, "`normalize` makes 18 characters of each of these: count after it."),
    ("z" + " " * 200 + "z", None, "202 characters, before any other work: refuse that at once."),
    (" " * 100 + "z", None, "101 characters, before any other work: refuse that at once."),
)


@exercise(
    hints=(
        "First the two questions that need no work: `isinstance(wanted, str)`, and its length.",
        '`unicodedata.normalize("NFKC", wanted)` makes one form of what looks alike; `strip` '
        "comes after it.",
        "Of what is left then, ask for its length again, and for `name.isprintable()`.",
    )
)
def checked_name(attempt: Attempt) -> None:
    """Good names, things that are no names, and strings that only look like one."""
    for wanted, name, nudge in NAMES:
        try:
            got = attempt(wanted)
        except NotYet as failure:
            raise reword(failure, match_cause(failure, MEANINGS)) from failure.__cause__
        if name is None:
            attempt.require(got is None, f"{nudge} Return None.")
        else:
            attempt.require(got is not None, f"{nudge} It returned None.")
            attempt.equal(got, name, nudge)


LINES = (
    ("Alice", "Hello"),
    ("Bob", "1 < 2 && 3 > 2"),
    ("Mallory", '<img src="?" onerror="alert(1)">'),
    ("Mallory", "<script>alert(1)</script>"),
    ("<b>Eve</b>", "hi"),
    ('Eve" onmouseover="alert(1)', "hi"),
    ("Eve' onmouseover='alert(1)", "hi"),
    ("Frank", "&lt;b&gt; is how you write <b>"),
    ("Zoë", "it's “fine” 🎉"),
)


@exercise(
    hints=(
        "The module `html` has a function for this: `html.escape`.",
        "Name and text both come from strangers, and the name is in the line twice.",
        'In the attribute `title="…"`, a quotation mark would end it: `html.escape` takes care of '
        "quotation marks as well.",
    )
)
def line(attempt: Attempt) -> None:
    """Ordinary lines, markup in the text, and markup and quotation marks in the name."""
    for name, text in LINES:
        got = attempt(name, text)
        attempt.of_type(got, str)
        attempt.require(not (problem := explain_line(got, name, text)), problem)


Places = dict[str, dict[str, Any]]


@exercise(
    hints=(
        "The key of a place is `name.casefold()`, so that `ALICE` leads to Alice's place.",
        "Ask in this order: is it the same token? Then it's the same person. Is the place taken, "
        "or still held? Then it's None. Otherwise it's free.",
        "`secrets.token_urlsafe()` draws a token that nobody can guess. A new place is "
        '`{"token": …, "until": None}`.',
    )
)
def take_place(attempt: Attempt) -> None:
    """Free, taken, in other letters, held, come back to, and free again."""
    attempt.copies = False
    places: Places = {}
    alice = ask(attempt, "Alice", None, places, 10.0, True, "Nobody has it: give the place away.")
    require_place(attempt, places, alice)
    for name, token in (("Alice", None), ("ALICE", None), ("Alice", "guessed"), ("Alice", 7)):
        nudge = "Somebody is there under that name, and the token isn't theirs: return None."
        if name == "ALICE":
            nudge = "`ALICE` is Alice's name as well: the key is `name.casefold()`."
        ask(attempt, name, token, places, 11.0, False, nudge)
    attempt.require(
        places.get("alice", {}).get("token") == alice,
        "A stranger was refused, and the place must stay as it was.",
    )
    nudge = "The same token is the same person, even if she seems to be there still."
    again = ask(attempt, "Alice", alice, places, 12.0, True, nudge)
    attempt.require(again == alice, "She has come back: return the token that she has already.")
    places["alice"]["until"] = 20.0
    nudge = "Her place is held until 20.0: no stranger gets it before."
    ask(attempt, "alice", "guessed", places, 19.9, False, nudge)
    nudge = "Her place is held, and she has the token: she gets it."
    ask(attempt, "alice", alice, places, 19.9, True, nudge)
    require_place(attempt, places, alice)
    places["alice"]["until"] = 20.0
    nudge = "It was held until 20.0, and that time has come: the place is free."
    second = ask(attempt, "Alice", "guessed", places, 20.0, True, nudge)
    attempt.require(second != alice, "Somebody else gets a token of their own.")
    require_place(attempt, places, second)
    nudge = "The place belongs to somebody else by now: an old token opens nothing."
    ask(attempt, "Alice", alice, places, 21.0, False, nudge)
    tokens = {ask(attempt, f"guest {n}", None, places, 22.0, True, "Free.") for n in range(20)}
    attempt.require(len(tokens) == 20, "Two people got the same token: draw a new one each time.")
    attempt.require(
        min(map(len, tokens)) >= 16,
        "A token of fewer than 16 characters can be guessed: `secrets.token_urlsafe()`.",
    )


def require_place(attempt: Attempt, places: Places, token: str) -> None:
    """Refuse unless Alice's place is taken under a token."""
    attempt.require(
        "alice" in places, "The place is missing in `places`; its key is `name.casefold()`."
    )
    attempt.equal(
        places["alice"],
        {"token": token, "until": None},
        'Somebody is there: the place has their "token", and its "until" is None.',
    )


def ask(
    attempt: Attempt,
    name: str,
    token: object,
    places: Places,
    now: float,
    gets: bool,
    nudge: str,
) -> str:
    """Ask for a place, and refuse unless the answer is a token, or None."""
    before = len(places)
    try:
        got = attempt(name, token, places, now)
    except NotYet as failure:
        raise reword(failure, match_cause(failure, PLACE_MEANINGS)) from failure.__cause__
    attempt.require((got is not None) == gets, nudge)
    if gets:
        attempt.of_type(got, str, "A token is a string: return it.")
    elif len(places) != before:
        attempt.fail("Nothing was given away: leave `places` as it was.")
    return str(got)

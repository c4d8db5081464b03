"""The exercise of the lesson start_here: a first function, to learn how exercises work."""

from __future__ import annotations

from helpers.exercises.engine.exercise import Attempt, exercise
from helpers.exercises.engine.values import same

MESSAGES = ("hello", "Anybody there?", "", "Stop!", "  well … ", "straße")


@exercise(
    hints=(
        "Strings have a method that turns every letter into a capital.",
        '`message.upper()` gives the capitals, and `+ "!"` puts the mark after them. '
        "`return` hands the result back.",
    )
)
def shout(attempt: Attempt) -> None:
    """A word, a sentence that ends with a mark of its own, and nothing at all."""
    for message in MESSAGES:
        got = attempt(message)
        attempt.require(
            not callable(got) and "<built-in method" not in str(got),
            "That is the method itself. With parentheses, `upper()`, it runs.",
        )
        attempt.require(
            message or got != "", "The empty message gets an answer as well: `!` alone."
        )
        for mistake, nudge in (
            (
                message.rstrip("!").upper() + "!",
                "Leave the message's own `!` in place, and add one more.",
            ),
            (message.upper(), "Capitals, yes. What is still missing at the end?"),
            (message + "!", "The mark is there. The letters are not capitals yet."),
            (
                message.capitalize() + "!",
                "Only the first letter became a capital. Which method changes all of them?",
            ),
            (message.swapcase() + "!", "`swapcase()` also turns capitals into small letters."),
            (message.upper() + "!!", "You added two marks. Add one."),
            ("MESSAGE!", "`message` is a name. Without quotes it means its value."),
            (
                message.rstrip("?").upper() + "!",
                "Leave the message's own `?` in place, and add `!` after it.",
            ),
            (message.upper() + " !", "Nearly: there is a space before the mark."),
            ("!" + message.upper(), "The mark belongs after the message, not in front of it."),
            (message.strip().upper() + "!", "Leave the spaces around the message in place."),
            ("HELLO!", "That is the answer to `hello`. Use what `message` holds."),
        ):
            wrong = same(got, mistake) and mistake != message.upper() + "!"
            attempt.require(not wrong, nudge)
        attempt.equal(got, message.upper() + "!", "Capitals first, then one exclamation mark.")

"""The exercise of the lesson start_here: a first function, to learn how exercises work."""

from __future__ import annotations

from helpers.exercises.engine.exercise import Attempt, exercise
from helpers.exercises.engine.values import same

MESSAGES = ("hello", "Anybody there?", "", "Stop!", "  well … ", "straße")


@exercise(
    hints=(
        "A string has a method that makes all its letters capital.",
        '`message.upper()` gives the capitals, and `+ "!"` puts the mark behind them. '
        "`return` hands the result back.",
    )
)
def shout(attempt: Attempt) -> None:
    """A word, a sentence that ends with a mark of its own, and nothing at all."""
    for message in MESSAGES:
        got = attempt(message)
        attempt.require(
            not callable(got) and "<built-in method" not in str(got),
            "That is the method itself. With brackets, `upper()`, it runs.",
        )
        attempt.require(message or got != "", "No words at all are a message, too: `!` alone.")
        for mistake, nudge in (
            (message.upper(), "Capitals, yes. What is still missing behind them?"),
            (message + "!", "The mark is there. The letters are not capital yet."),
            (message.capitalize() + "!", "`capitalize()` changes the first letter only."),
            (message.title() + "!", "`title()` changes the first letter of each word only."),
            (message.swapcase() + "!", "`swapcase()` makes capitals small, too."),
            (message.upper() + "!!", "One mark is asked for, and there are two."),
            ("MESSAGE!", "`message` is a name: without quotes it stands for its value."),
            (message.rstrip("?").upper() + "!", "The message keeps its own `?`: then comes `!`."),
            (message.upper() + " !", "Nearly: there is a space before the mark."),
            ("!" + message.upper(), "The mark comes behind the message, not before it."),
            (message.strip().upper() + "!", "The message keeps the spaces around it."),
            (message.rstrip("!").upper() + "!", "The message keeps its own `!`: then one more."),
            ("HELLO!", "That is the answer for `hello`. Use what `message` holds."),
        ):
            wrong = same(got, mistake) and mistake != message.upper() + "!"
            attempt.require(not wrong, nudge)
        attempt.equal(got, message.upper() + "!", "Capitals first, then one exclamation mark.")

"""Verdicts on an answer: what a check refuses, and what the learner reads then."""

from __future__ import annotations

from typing import Any, NoReturn

from helpers.exercises.engine.values import mismatch, same, shown, type_nudge


class NotTried(Exception):
    """The stub is still a stub."""


class NotYet(Exception):
    """The answer is not right yet: the call, facts (names and values), then sentences."""

    def __init__(self, title: str, facts: list[tuple[str, str]], lines: list[str]) -> None:
        super().__init__(title)
        self.title = title
        self.facts = tuple(facts)
        self.lines = tuple(line for line in lines if line)


class Verdicts:
    """What a check says of the last call.

    Attributes:
        call_text: the last call, as the learner would write it.
        result_text: its result, once there is one.
    """

    def __init__(self, title: str) -> None:
        self.call_text = title
        self.result_text: str | None = None
        self._forgotten: list[str] = []  # coroutines that nobody awaited

    def equal(self, got: Any, expected: Any, nudge: str, *, reveal: bool = True) -> None:
        """Refuse a result that does not equal the expected value.

        Args:
            got: the learner's result, or a part of it.
            expected: the right one.
            nudge: the next step for anyone who got it wrong.
            reveal: show the expected value; False where it would give the answer away.

        Raises:
            NotYet: they differ.
        """
        if same(got, expected):
            return
        facts = self._returned()
        if not facts or shown(got) != self.result_text:
            facts.append(("in it", shown(got)) if facts else ("yours", shown(got)))
        if reveal:
            facts.append(("expected", shown(expected)))
        raise self._not_yet(facts, type_nudge(got, expected) or nudge)

    def require(self, condition: object, nudge: str) -> None:
        """Refuse unless the condition holds.

        Args:
            condition: anything with a truth value.
            nudge: the next step for anyone who got it wrong.

        Raises:
            NotYet: it does not hold.
        """
        if not condition:
            self.fail(nudge)

    def of_type(self, got: Any, kind: type, nudge: str = "") -> None:
        """Refuse a value of the wrong type, before a check looks at it more closely.

        Args:
            got: the learner's result, or a part of it.
            kind: the type that the exercise asks for; one that can be made without arguments.
            nudge: the next step; without one, the sentence names both types.

        Raises:
            NotYet: it has another type.
        """
        if not isinstance(got, kind):
            default = mismatch(type(got), kind)
            self.fail(nudge or type_nudge(got, kind()) or default)

    def fail(self, nudge: str) -> NoReturn:
        """Refuse, with the last call, its result and a nudge.

        Args:
            nudge: the next step.

        Raises:
            NotYet: always.
        """
        raise self._not_yet(self._returned(), nudge)

    def unchanged(self, *pairs: tuple[Any, Any]) -> None:
        """Refuse an answer that has changed what it was given: `copies` is off.

        Args:
            *pairs: what it was given, and what that was before.

        Raises:
            NotYet: one of them is something else now.
        """
        if not all(same(given, before) for given, before in pairs):
            self.fail("It changes what it is given, which others use too: work on a copy.")

    def _returned(self) -> list[tuple[str, str]]:
        return [] if self.result_text is None else [("returned", self.result_text)]

    def _not_yet(self, facts: list[tuple[str, str]], nudge: str) -> NotYet:
        names = sorted(set(self._forgotten))
        awaits = [f"Nobody awaited `{name}(…)`: is an `await` missing?" for name in names]
        return NotYet(self.call_text, facts, [nudge, *awaits])

"""Cases: the rules that a judge tries, each with the script that tries it."""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any

from helpers.judges.player import Player

Play = Callable[[Player], Coroutine[Any, Any, None]]


@dataclass(frozen=True)
class Case:
    """One rule, and the script that tries it.

    Attributes:
        section: of RFC 6455, such as `"§5.1"`.
        rule: what the server must do, as the rest of a sentence that begins "the server".
        play: the script; it raises Broken if the server breaks the rule.
    """

    section: str
    rule: str
    play: Play


class Cases(list[Case]):
    """A list of cases that functions are added to: `@cases.add("§5.1", "closes …")`."""

    def add(self, section: str, rule: str) -> Callable[[Play], Play]:
        """Return a decorator that adds a script."""

        def note(play: Play) -> Play:
            self.append(Case(section, rule, play))
            return play

        return note

"""What a judge found: for each rule whether the server keeps it, and if not, what happened."""

from dataclasses import dataclass


class Broken(Exception):
    """A rule is broken: what was `expected`, and what was `received` in its place."""

    def __init__(self, expected: str, received: str) -> None:
        super().__init__(f"expected {expected}, received {received}")
        self.expected, self.received = expected, received


class Untried(Exception):  # no error: it is what it says
    """A case cannot be tried here; the message says why."""


@dataclass(frozen=True)
class Verdict:
    """How one case came out.

    Attributes:
        section: of RFC 6455, or the kind of case.
        rule: what the server must do.
        passed: whether it did.
        sent: what was sent to it, one line each; empty if it passed.
        expected: what should have come back; empty if it passed.
        received: what did; empty if it passed.
        untried: why it could not be tried here; empty if it was.
        explained: whether the server, which had to hang up, said why in a close frame; None if it
            did not have to. No rule is broken without it: it is a SHOULD (RFC 6455 §7.1.7).
    """

    section: str
    rule: str
    passed: bool
    sent: tuple[str, ...] = ()
    expected: str = ""
    received: str = ""
    untried: str = ""
    explained: bool | None = None

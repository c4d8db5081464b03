"""What is wrong with this machine, and what to do about it: `doctor()`.

Every check runs in its own thread, with a deadline: a check that fails or hangs says so in its own
line, and the others still run. The table is the same on every healthy machine.

A wrong Python, a wrong folder or a file that hides a library makes much else fail; so these come
first, and what would only follow from them is not checked.
"""

import textwrap
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from helpers.diagnosis.checks import CHECKS, FIRST
from helpers.diagnosis.problem import Problem
from helpers.pictures.paint import Picture, escape

__all__ = ["Finding", "doctor"]

DEADLINE_S = 40.0  # for all checks together: a server alone may take most of it
WELL = "all is well"
WIDTH = 70  # of the advice, in characters
WRAP: Any = {"break_long_words": False, "break_on_hyphens": False}  # a path stays whole


@dataclass(frozen=True)
class Finding:
    """One line of the table: the check, what to do (None if all is well), and a detail."""

    check: str
    problem: str | None
    detail: str
    was_checked: bool = True

    @property
    def result(self) -> str:
        """What the table says."""
        return self.problem or ("ok" if self.was_checked else "not checked yet: begin above")


def doctor(details: bool = False) -> Picture:
    """Check everything that the lessons need on this machine, in at most 40 seconds.

    It never fails: the table has what is wrong, and what to do about it.

    Args:
        details: also show versions and paths, which differ from machine to machine.

    Returns:
        A table, which a cell shows if this is its last line.

    First used: start_here
    """
    return table(examine_in_turn(FIRST, CHECKS), details)


def examine_in_turn(
    first: dict[str, Callable[[], str]],
    checks: dict[str, Callable[[], str]],
    deadline_s: float = DEADLINE_S,
) -> list[Finding]:
    """Run those checks first on which the others depend, and the others if all of them are well.

    Args:
        first: the checks on which the others depend.
        checks: all checks, those included.
        deadline_s: how long all of them together may take, in seconds.
    """
    began = time.monotonic()
    findings = examine(first, deadline_s)
    others = {name: check for name, check in checks.items() if name not in first}
    if any(finding.problem for finding in findings):
        return findings + [Finding(name, None, "", was_checked=False) for name in others]
    return findings + examine(others, deadline_s - (time.monotonic() - began))


def examine(checks: dict[str, Callable[[], str]], deadline_s: float = DEADLINE_S) -> list[Finding]:
    """Run checks side by side, and return their findings in order.

    Args:
        checks: by name; each returns a detail, or raises a `Problem`.
        deadline_s: how long all of them together may take, in seconds.
    """
    findings: dict[str, Finding] = {}

    def run(name: str, check: Callable[[], str]) -> None:
        try:
            findings[name] = Finding(name, None, check())
        except Problem as problem:
            findings[name] = Finding(name, str(problem), "")
        except BaseException as error:
            findings[name] = Finding(name, f"the check itself failed: {error!r}", "")

    threads = [threading.Thread(target=run, args=item, daemon=True) for item in checks.items()]
    end = time.monotonic() + deadline_s
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = f"no answer within {deadline_s:.3g} s: close other programs and run this cell again"
    return [findings.get(name, Finding(name, late, "")) for name in checks]


def table(findings: list[Finding], details: bool) -> Picture:
    """Draw the findings, as HTML and as text.

    Args:
        findings: what the checks found.
        details: also show the column of details.
    """
    wrong = sum(finding.problem is not None for finding in findings)
    verdict = f"{wrong} of {len(findings)} checks found a problem" if wrong else WELL
    shown = 3 if details else 2  # columns
    rows = [(f.check, f.result, f.detail)[:shown] for f in findings]
    titles = ("check", "what to do" if wrong else "result", "details")[:shown]
    width = max(len(finding.check) for finding in findings)
    text = "\n".join(as_text(finding, width, details) for finding in findings)
    head = "".join(f'<th style="text-align:left">{title}</th>' for title in titles)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    html = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return Picture(f"<p><strong>{verdict}</strong></p>{html}", f"{verdict}\n{text}")


def as_text(finding: Finding, width: int, details: bool) -> str:
    """Return a finding as lines, the advice wrapped, but no command in it.

    Args:
        finding: what a check found.
        width: of the column with the names of the checks.
        details: also show the detail.
    """
    lines = [
        part
        for line in finding.result.splitlines()
        for part in ([line] if line.startswith(" ") else textwrap.wrap(line, WIDTH, **WRAP))
    ]
    if details and finding.detail:
        lines[0] += f"  {finding.detail}"
    first, *rest = lines
    return "\n".join([f"{finding.check:{width}}  {first}", *(" " * (width + 2) + r for r in rest)])


def _cell(text: str) -> str:
    text = f"✓ {text}" if text == "ok" else text
    return f'<td style="text-align:left;white-space:pre-wrap">{escape(text)}</td>'

"""What is wrong with this machine, and what to do about it: `doctor()`.

Every check runs in its own thread, with a deadline: a check that fails or hangs says so in its own
line, and the others still run. The table is the same on every healthy machine.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from helpers.diagnosis.checks import CHECKS, Problem
from helpers.pictures.paint import Picture, escape

__all__ = ["Finding", "doctor"]

DEADLINE_S = 30.0  # for all checks together


@dataclass(frozen=True)
class Finding:
    """One line of the table: the check, what to do (None if all is well), and a detail."""

    check: str
    problem: str | None
    detail: str


def doctor(details: bool = False) -> Picture:
    """Check everything that the lessons need on this machine, in at most 30 seconds.

    It never fails: the table has what is wrong, and what to do about it.

    Args:
        details: also show versions and paths, which differ from machine to machine.

    Returns:
        A table, which a cell shows if this is its last line.

    First used: start_here
    """
    return table(examine(CHECKS), details)


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
    late = f"no answer within {deadline_s:g} s: close other programs and run this cell again"
    return [findings.get(name, Finding(name, late, "")) for name in checks]


def table(findings: list[Finding], details: bool) -> Picture:
    """Draw the findings, as HTML and as text.

    Args:
        findings: what the checks found.
        details: also show the column of details.
    """
    wrong = sum(finding.problem is not None for finding in findings)
    verdict = f"{wrong} of {len(findings)} checks found a problem" if wrong else "all is well"
    shown = 3 if details else 2  # columns
    rows = [(f.check, f.problem or "ok", f.detail)[:shown] for f in findings]
    titles = ("check", "what to do" if wrong else "result", "details")[:shown]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    text = "\n".join(
        "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )
    head = "".join(f'<th style="text-align:left">{title}</th>' for title in titles)
    body = "".join("<tr>" + "".join(map(_cell, row)) + "</tr>" for row in rows)
    html = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return Picture(f"<p><strong>{verdict}</strong></p>{html}", f"{verdict}\n{text}")


def _cell(text: str) -> str:
    text = f"✓ {text}" if text == "ok" else text
    return f'<td style="text-align:left;white-space:pre-wrap">{escape(text)}</td>'

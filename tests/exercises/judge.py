"""`python -m tests.exercises.judge [FILE …]`: run files of answers through the checks.

Without a FILE: all of tests/lessons. Prints every verdict that is not the one in its file (a
false accept, a false reject, a hint that is missing, a hang, a crash, a leak), and the counts.
The exit status is 1 if there is any, and 2 if a file cannot be read.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections import Counter
from pathlib import Path

from tests.exercises.answers import Answer, Misprint, read
from tests.exercises.judged import REPOSITORY
from tests.exercises.judging import DEADLINE_S, Verdict, judge_all


def main(arguments: list[str]) -> int:
    """Judge files of answers, print what is amiss, and return the exit status."""
    options = parse(arguments)
    try:
        answers = [answer for path in options.files for answer in read(path)]
    except (OSError, Misprint) as error:
        print(error, file=sys.stderr)
        return 2
    wanted = [a for a in answers if options.only in a.name]
    if not wanted:
        print(f"no answer among {len(answers)} has {options.only!r} in its name", file=sys.stderr)
        return 2
    started = time.monotonic()
    verdicts = []
    for verdict in judge_all(wanted, at_once=options.jobs, deadline_s=options.deadline):
        verdicts.append(verdict)
        if verdict.trouble or options.verbose:
            print(describe(verdict), flush=True)
    print(summary(verdicts, time.monotonic() - started))
    return int(any(verdict.trouble for verdict in verdicts))


def parse(arguments: list[str]) -> argparse.Namespace:
    """Read the command line; without files, all files of answers are found."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.exercises.judge", description="Run answers through the checks."
    )
    parser.add_argument("files", nargs="*", type=Path, help="files of answers (default: all)")
    parser.add_argument("-k", dest="only", default="", help="only answers with this in their name")
    parser.add_argument("-j", dest="jobs", type=int, default=os.cpu_count() or 1, help="at once")
    parser.add_argument("-v", dest="verbose", action="store_true", help="show every verdict")
    parser.add_argument("--deadline", type=float, default=DEADLINE_S, help="seconds for each")
    options = parser.parse_args(arguments)
    options.files = options.files or sorted(REPOSITORY.glob("tests/lessons/*/answers.md"))
    return options


def describe(verdict: Verdict) -> str:
    """Write a verdict: where the answer is, what is amiss, and what the learner reads."""
    answer: Answer = verdict.answer
    head = f"{answer.place}: {answer.name}\n  {verdict.trouble or 'as it should be'}"
    said = verdict.said.text.splitlines() if verdict.said else []
    return "\n".join([head, *(f"  | {line}" for line in said)])


def summary(verdicts: list[Verdict], seconds: float) -> str:
    """Count the answers, and what is amiss, by kind."""
    right = sum(verdict.answer.right for verdict in verdicts)
    kinds = Counter(v.trouble.partition(":")[0] for v in verdicts if v.trouble)
    amiss = ", ".join(f"{n} × {kind}" for kind, n in sorted(kinds.items())) or "all as they should"
    return f"{right} right and {len(verdicts) - right} wrong answers: {amiss} ({seconds:.0f} s)"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

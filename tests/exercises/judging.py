"""Judge answers in fresh processes, several at once, each with a deadline.

Where processes can be forked, one process imports the lessons, and forks one for each answer:
that takes milliseconds. Elsewhere each starts anew.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

from helpers.exercises.engine.registry import find
from tests.exercises import judged
from tests.exercises.answers import Answer

DEADLINE_S = 40.0  # the check's own deadlines end far earlier, even on a busy machine
FORKS = "forkserver" in multiprocessing.get_all_start_methods()


@dataclass(frozen=True)
class Verdict:
    """An answer, and what came of it.

    Attributes:
        answer: what was judged.
        said: what the check said; None if the process was ended, or ended by itself.
        trouble: what is wrong with the check: empty where the verdict is the one of the file.
    """

    answer: Answer
    said: judged.Said | None
    trouble: str


def judge_all(
    answers: Iterable[Answer],
    *,
    at_once: int = os.cpu_count() or 1,
    deadline_s: float = DEADLINE_S,
) -> Iterator[Verdict]:
    """Judge answers, and compare each verdict with the file's.

    Args:
        answers: what to judge.
        at_once: how many are judged at the same time.
        deadline_s: how long one may take, in seconds.

    Yields:
        The verdicts, in the order of the answers.
    """
    with ThreadPoolExecutor(at_once) as pool:
        yield from pool.map(lambda answer: judge(answer, deadline_s), answers)


def judge(answer: Answer, deadline_s: float = DEADLINE_S) -> Verdict:
    """Judge one answer in a process of its own.

    Args:
        answer: what to judge.
        deadline_s: how long it may take, in seconds.

    Returns:
        The verdict.
    """
    return judge_in_turn([answer], deadline_s)[0]


def judge_in_turn(answers: Sequence[Answer], deadline_s: float) -> list[Verdict]:
    """Judge answers one after another in the same process, as in a learner's kernel.

    Args:
        answers: what to judge.
        deadline_s: how long they may take together, in seconds.

    Returns:
        The verdicts, in the order of the answers.
    """
    context: Any = multiprocessing.get_context("forkserver" if FORKS else "spawn")
    if FORKS:
        mains = ["pytest"] if "pytest" in sys.modules else []  # each process imports its main
        context.set_forkserver_preload([*mains, __name__, judged.__name__])
    here, there = context.Pipe(duplex=False)
    cells = [
        replace(a, before=f"{judged.imports(find(a.exercise).topic)}\n{a.before}") for a in answers
    ]
    process = context.Process(target=judged.run, args=(cells, there), daemon=True)
    process.start()
    there.close()
    end, verdicts = time.monotonic() + deadline_s, list[Verdict]()
    for answer in answers:
        said, trouble = None, f"hang: no verdict within {deadline_s:g} s"
        try:
            if here.poll(max(0, end - time.monotonic())):
                said = here.recv()
                trouble = _trouble(answer, said)
        except EOFError:
            trouble = "crash: the process ended without a verdict"
        verdicts.append(Verdict(answer, said, trouble))
    process.kill()
    process.join()
    process.close()
    here.close()
    return verdicts


def _trouble(answer: Answer, said: judged.Said) -> str:
    correct = said.text.startswith("correct: ")
    if "raised into the cell" in said.text or "The check itself failed" in said.text:
        return "crash: the check raised"
    if correct and not answer.right:
        return "false accept"
    if answer.right and not correct:
        return "false reject"
    if not answer.right and not said.text.startswith("not yet: "):
        return "false word: neither correct nor not yet"
    if answer.hint not in said.text:
        return f"false hint: expected {answer.hint!r}"
    return "leak: " + ", ".join(said.left) if said.left else ""

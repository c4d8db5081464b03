"""A test for each answer in `tests/lessons/TOPIC/answers.md`: is the verdict the right one?

All answers of a file are judged when the first of its tests runs, each in a process of its own
and several at once; the others look up what came of theirs.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.exercises.answers import Answer, read
from tests.exercises.judge import describe
from tests.exercises.judging import Verdict, judge_all


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> AnswersFile | None:
    if file_path.name != "answers.md":
        return None
    return AnswersFile.from_parent(parent, path=file_path)


class AnswersFile(pytest.File):
    """A file of answers, and what came of them."""

    verdicts: dict[str, Verdict] | None = None

    def collect(self) -> Iterator[AnswerTest]:
        for answer in read(self.path):
            yield AnswerTest.from_parent(self, name=answer.name, answer=answer)

    def judge(self, chosen: list[Answer]) -> dict[str, Verdict]:
        if self.verdicts is None:
            self.verdicts = {verdict.answer.name: verdict for verdict in judge_all(chosen)}
        return self.verdicts


class AnswerTest(pytest.Item):
    """One answer."""

    def __init__(self, *, answer: Answer, **options: object) -> None:
        super().__init__(**options)  # type: ignore[arg-type]
        self.answer = answer
        self.add_marker(pytest.mark.timeout(600))  # the first one waits for all of its file

    def runtest(self) -> None:
        file = self.parent
        assert isinstance(file, AnswersFile)
        siblings = [i for i in self.session.items if isinstance(i, AnswerTest)]
        chosen = [item.answer for item in siblings if item.parent is file]
        verdict = file.judge(chosen)[self.answer.name]
        if verdict.trouble:
            raise WrongVerdict(describe(verdict))

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None
    ) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> tuple[Path, int, str]:
        return self.path, int(self.answer.place.rpartition(":")[2]) - 1, self.name


class WrongVerdict(AssertionError):
    """A check says something else of an answer than its file."""

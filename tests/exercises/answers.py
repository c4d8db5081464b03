"""Files of answers: right and wrong ones to exercises, as Markdown that people edit by hand.

    # Answers: frames

    Text between the headings is for readers, and is skipped.

    ## Before each answer

    ```python
    SIGNS = {"+": "plus"}
    ```

    ## unmask

    ### right: zip and cycle

    ```python
    def unmask(frame):
        ...
    ```

    ### wrong: the key starts again after the third byte

    hint: After the fourth it starts again

    ```python
    def unmask(frame):
        ...
    ```

1. A `##` names an exercise; `## Before each answer` holds what the notebook has defined by then,
   beside the imports of its first code cell. A file has at most one, before all exercises.
2. A `###` says `right` or `wrong`, a colon, and what is special about the answer. No two answers
   to one exercise have the same words.
3. One block of Python follows, which defines a function of the exercise's name.
4. `hint:` is a part of what the learner must read, on one line; only a wrong answer has one.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

BEFORE = "Before each answer"


class Misprint(ValueError):
    """A file of answers breaks a rule; the message has its path and line."""


@dataclass(frozen=True)
class Answer:
    """One answer to an exercise.

    Attributes:
        exercise: the exercise's name.
        right: whether its check should find it correct.
        title: what is special about it.
        source: the code, as a learner would write it into the cell.
        hint: a part of what the learner must read; empty where any refusal will do.
        before: code that runs first.
        place: its file and line, such as `answers.md:12`.
    """

    exercise: str
    right: bool
    title: str
    source: str
    hint: str = ""
    before: str = ""
    place: str = ""

    @property
    def name(self) -> str:
        """Its name among all answers of a file, such as `unmask: wrong: no modulo`."""
        return f"{self.exercise}: {'right' if self.right else 'wrong'}: {self.title}"


@dataclass
class _Section:
    """What has been read of one answer, or of the code before all."""

    heading: str
    line: int
    hint: str = ""
    blocks: list[str] = field(default_factory=list)


def read(path: Path) -> list[Answer]:
    """Read a file of answers.

    Args:
        path: the file.

    Returns:
        Its answers, in their order.

    Raises:
        Misprint: it breaks one of the rules above.
    """
    answers: list[Answer] = []
    exercise, before = "", ""
    for section in _sections(path):
        place = f"{path}:{section.line}"
        if section.heading.startswith("## "):
            exercise = section.heading[3:].strip()
            if exercise == BEFORE:
                _require(not answers and len(section.blocks) == 1, place, "one block, at the top")
                exercise, before = "", section.blocks[0]
            else:
                _require(not section.blocks, place, "`### right: …` before the block of an answer")
            continue
        answer = _answer(section, exercise, before, place)
        _require(answer.name not in {a.name for a in answers}, place, f"one {answer.name!r}")
        answers.append(answer)
    return answers


def _answer(section: _Section, exercise: str, before: str, place: str) -> Answer:
    kind, _, title = section.heading[4:].partition(":")
    right, title = kind.strip() == "right", title.strip()
    _require(exercise, place, "`## NAME` of an exercise above an answer")
    _require(
        kind.strip() in ("right", "wrong") and title, place, "`### right: …` or `### wrong: …`"
    )
    _require(len(section.blocks) == 1, place, f"one block of Python, got {len(section.blocks)}")
    _require(not (right and section.hint), place, "`hint:` only for a wrong answer")
    source = section.blocks[0]
    _require(exercise in _defined(source, place), place, f"a definition of {exercise}")
    return Answer(exercise, right, title, source, section.hint, before, place)


def _defined(source: str, place: str) -> set[str]:
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise Misprint(f"{place}: expected Python, got {error}") from None
    names = {getattr(node, "name", "") for node in body}
    return names | {
        name.id
        for node in body
        for name in ast.walk(node)
        if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
    }


def _sections(path: Path) -> Iterator[_Section]:
    section: _Section | None = None
    block: list[str] | None = None
    number = 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if block is not None:
            if line.startswith("```"):
                _require(section, f"{path}:{number}", "a heading before the first block")
                section.blocks.append("\n".join(block) + "\n")  # type: ignore[union-attr]
                block = None
            else:
                block.append(line)
        elif line.startswith("```"):
            block = []
        elif line.startswith(("## ", "### ")):
            if section:
                yield section
            section = _Section(line, number)
        elif line.startswith("hint:") and section:
            _require(not section.hint, f"{path}:{number}", "one `hint:` for an answer")
            section.hint = line.removeprefix("hint:").strip()
    _require(block is None, f"{path}:{number}", "the end of a block, three backticks")
    if section:
        yield section


def _require(condition: object, place: str, expected: str) -> None:
    if not condition:
        raise Misprint(f"{place}: expected {expected}")

"""Files of answers: what they may say, and that whatever is amiss with a check is found."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.exercises.answers import Answer, Misprint, read
from tests.exercises.judge import main
from tests.exercises.judging import judge, judge_all

GOOD = """
# Answers: sample

Words for readers.

## Before each answer

```python
MARK = "!"
```

## shout

### right: a name from before

```python
def shout(message):
    return message.upper() + MARK
```

### wrong: no mark

hint: What is still missing

```python
def shout(message):
    return message.upper()
```
"""

BLOCK = "```python\ndef shout(message):\n    return 1\n```\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "answers.md"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_read(tmp_path: Path) -> None:
    right, wrong = read(write(tmp_path, GOOD))
    assert (right.name, right.right) == ("shout: right: a name from before", True)
    assert right.before == 'MARK = "!"\n'
    assert right.source == "def shout(message):\n    return message.upper() + MARK\n"
    assert (wrong.hint, wrong.place.rpartition(":")[2]) == ("What is still missing", "21")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"## shout\n### wrong\n{BLOCK}", "expected `### right: …` or `### wrong: …`"),
        (f"## shout\n### perhaps: so\n{BLOCK}", "expected `### right: …` or `### wrong: …`"),
        (f"### right: one\n{BLOCK}", "expected `## NAME` of an exercise above an answer"),
        ("## shout\n### right: one\n", "expected one block of Python, got 0"),
        (f"## shout\n### right: one\n{BLOCK}{BLOCK}", "expected one block of Python, got 2"),
        (f"## shout\n### right: one\nhint: no\n{BLOCK}", "expected `hint:` only for a wrong"),
        (f"## reverse\n### right: one\n{BLOCK}", "expected a definition of reverse"),
        ("## shout\n### right: one\n```python\ndef shout(\n```\n", "expected Python, got"),
        (f"## shout\n### right: one\n{BLOCK}### right: one\n{BLOCK}", "expected one 'shout: "),
        ("## shout\n### right: one\n```python\n", "expected the end of a block"),
        (f"## shout\n{BLOCK}", "expected `### right: …` before the block"),
        (f"{BLOCK}", "expected a heading before the first block"),
    ],
)
def test_a_misprint_has_its_place(text: str, told: str, tmp_path: Path) -> None:
    path = write(tmp_path, text)
    with pytest.raises(Misprint) as caught:
        read(path)
    assert told in str(caught.value)
    assert str(caught.value).startswith(f"{path}:")


def sample(source: str, *, right: bool = False, hint: str = "") -> Answer:
    return Answer("shout", right, "one", source, hint, place="answers.md:1")


RIGHT = "def shout(message):\n    return message.upper() + '!'\n"
WRONG = "def shout(message):\n    return message\n"
EXITS = "import os\ndef shout(message):\n    os._exit(3)\n"
HANGS = "def shout(message):\n    return sum(iter(int, 1))\n"
LEAVES = f"""import asyncio
for _ in range(2):
    asyncio.get_running_loop().call_soon(lambda: asyncio.ensure_future(asyncio.sleep(60)))
{RIGHT}"""


def test_what_is_amiss_is_found() -> None:
    found = {
        "": [sample(RIGHT, right=True), sample(WRONG), sample(WRONG, hint="Capitals first")],
        "false accept": [sample(RIGHT)],
        "false reject": [sample(WRONG, right=True)],
        "false hint: expected 'no such word'": [sample(WRONG, hint="no such word")],
        "crash: the process ended without a verdict": [sample(EXITS)],
        "leak: task sleep": [sample(LEAVES, right=True)],
    }
    answers = [answer for some in found.values() for answer in some]
    expected = [trouble for trouble, some in found.items() for _ in some]
    assert [v.trouble for v in judge_all(answers, at_once=2)] == expected


def test_a_hang_is_ended() -> None:
    """A call into C that does not return is the one thing that a check cannot end."""
    verdict = judge(sample(HANGS), deadline_s=5)
    assert (verdict.said, verdict.trouble) == (None, "hang: no verdict within 5 s")


def test_the_command_prints_what_is_amiss(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path, GOOD)
    assert main([str(path)]) == 0
    assert capsys.readouterr().out.startswith("1 right and 1 wrong answers: all as they should")
    path.write_text(GOOD.replace("### wrong", "### right").replace("hint:", ""), encoding="utf-8")
    assert main([str(path), "-j", "1"]) == 1
    out = capsys.readouterr().out
    assert f"{path}:21: shout: right: no mark\n  false reject\n  | not yet: shout(" in out
    assert "2 right and 0 wrong answers: 1 × false reject" in out
    assert main([str(path), "-k", "nothing"]) == 2
    assert main([str(tmp_path / "missing.md")]) == 2

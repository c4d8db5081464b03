"""The map in CONTRIBUTING.md is true: its packages are there, and each `file`: `function` too."""

import re
from pathlib import Path

from tests.repo.tables import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
STEP = re.compile(r"^\d+\. `(?P<file>[^`]+)`: (?P<rest>.+)$", re.MULTILINE)
DEFINED = r"(?:def |class |function )?{name}\(|class {name}\b"


def untrue(text: str, root: Path) -> list[str]:
    """The steps of a path whose file or functions are not there.

    Only the first word in backticks after a step's colon, and one after `and`, is a function.
    """
    found = []
    for step in STEP.finditer(text):
        file, rest = root / step["file"], step["rest"]
        source = file.read_text("utf-8") if file.is_file() else ""
        names = re.findall(r"(?:^|and |; )`(#?\w+)`", rest)
        missing = [n for n in names if not re.search(DEFINED.format(name=re.escape(n)), source)]
        found += [f"{step['file']}: {name}" for name in missing or ([] if names else ["nothing"])]
    return found


def test_the_path_of_a_message_is_the_present_one() -> None:
    assert len(STEP.findall(TEXT)) >= 10
    assert untrue(TEXT, ROOT) == []


def test_a_step_that_leads_nowhere_is_seen(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("def send(x): ...\n")
    steps = "1. `a.py`: `send` writes.\n2. `a.py`: `sent` is gone.\n3. `b.py`: `send` writes.\n"
    assert untrue(steps, tmp_path) == ["a.py: sent", "b.py: send"]


def test_every_package_has_its_sentence() -> None:
    tree = TEXT.split("```")[1]
    folders = [path.name for path in (ROOT / "helpers").iterdir() if path.is_dir()]
    named = [name for name in folders if name != "__pycache__"]
    assert [name for name in named if f"{name}/" not in tree] == []

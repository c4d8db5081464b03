"""Setup says how many exercises are solved, in a kernel and for the notebook that is open."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.exercises.engine import progress, ready, registry
from tests.notebooks.kernel import as_text, kernel

SETUP = "import asyncio\nfrom helpers import check, hint, launch\n"


def ran(source: str, *, success: bool = True) -> Any:
    return SimpleNamespace(success=success, info=SimpleNamespace(raw_cell=source))


def test_it_counts_what_the_checks_count() -> None:
    """The sources are read, not imported; so they must say the same."""
    for topic in registry.topics():
        assert ready.exercise_names(topic) == [e.name for e in registry.exercises(topic)]


def test_the_open_notebook_comes_first(progress_file: Path) -> None:
    total = ready.count_solved(registry.topics())[1]
    topic = registry.topics()[1]
    names = ready.exercise_names(topic)
    for name in (names[0], "an exercise that is gone"):
        progress.record(name)
    session = f"/somewhere/my-course/{registry.notebook(topic)}.ipynb"
    assert ready.sentence(session) == (
        f"ready, 1 of {len(names)} solved in this notebook, 1 of {total} in the course"
    )
    assert ready.sentence("my-course/mine.ipynb") == f"ready, 1 of {total} solved"


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        (ran(SETUP), True),
        (ran(SETUP, success=False), False),
        (ran("from helpers import show"), False),
        (ran("check.shout(shout)"), False),
        (ran("from helpers import checks"), False),
        (object(), False),
    ],
)
def test_only_a_setup_cell_that_ran_says_it(
    cell: Any, says: bool, progress_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ready.on_cell(cell)
    assert capsys.readouterr().out.startswith("ready, 0 of ") == says


def test_a_real_kernel_says_it_in_the_cell_each_time() -> None:
    with kernel() as running:
        said = [as_text(running.run(source)) for source in (SETUP, "1", SETUP)]
    assert said[0] == said[2]
    assert (said[0].startswith("ready, 0 of "), said[1]) == (True, "1\n")

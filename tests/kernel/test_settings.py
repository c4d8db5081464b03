"""Settings of a person's own that kernels may bring: they break no lesson."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from helpers.launcher import list_servers
from tests.notebooks.kernel import NOTEBOOKS, as_text, errors, kernel

ROOT = Path(__file__).resolve().parents[2]
STUB = 'def shout(text):\n    """Return it, louder."""\n    ...\n'


def test_every_expression_is_shown_only_by_who_asks_for_it_after_the_import(
    tmp_path: Path,
) -> None:
    profile = tmp_path / "profile_default"
    profile.mkdir()
    setting = "get_config().InteractiveShell.ast_node_interactivity = 'all'\n"
    (profile / "ipython_config.py").write_text(
        "from traitlets.config import get_config\n" + setting
    )
    (profile / "ipython_kernel_config.py").write_text(
        f"c = get_config()\nc.{setting.split('.', 1)[1]}"
    )
    with kernel(environment={"IPYTHONDIR": str(tmp_path)}) as lesson:
        lesson.run("from helpers import check")
        assert as_text(lesson.run("1\n2")) == "2\n"
        lesson.run("get_ipython().ast_node_interactivity = 'all'")
        lesson.run("import helpers")
        assert as_text(lesson.run("1\n2")) == "1\n2\n"


@pytest.mark.thorough
@pytest.mark.parametrize("topic", ["start_here", "frames", "websockets"])
def test_a_lesson_without_docstrings_and_assertions(topic: str) -> None:
    """With PYTHONOPTIMIZE=2 a stub with a docstring is a stub still."""
    (path,) = NOTEBOOKS.glob(f"*_{topic}.ipynb")
    with kernel(environment={"PYTHONOPTIMIZE": "2"}) as lesson:
        assert lesson.text("import sys; print(sys.flags.optimize)") == "2\n"
        for cell in nbformat.read(path, 4).cells:
            tags = cell.metadata.get("tags", [])
            if cell.cell_type == "code":
                outputs = lesson.run(cell.source)
                assert "raises-exception" in tags or errors(outputs) == [], cell.source
                if "check" in tags:
                    assert as_text(outputs).startswith("not tried yet"), as_text(outputs)


@pytest.mark.parametrize("name", list_servers())
def test_a_server_without_docstrings_says_what_it_is(name: str) -> None:
    def said(*flags: str) -> str:
        command = [sys.executable, *flags, "-m", f"helpers.servers.{name}", "--help"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout

    assert said("-OO") == said()
    assert len(said("-OO").split("options:")[0].splitlines()) > 3


def test_a_server_runs_without_docstrings_and_assertions() -> None:
    code = (
        "from helpers import launch\n"
        "for name in ('echo', 'chat', 'vote', 'document', 'rooms'):\n"
        "    with launch(name) as server: print(server.running)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONOPTIMIZE": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "True\n" * 5

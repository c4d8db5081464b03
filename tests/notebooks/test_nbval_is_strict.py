"""The settings of nbval do what they are there for: an output that changes fails its cell."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

ROOT = Path(__file__).resolve().parents[2]


def stream(text: str) -> nbformat.NotebookNode:
    return v4.new_output("stream", name="stdout", text=text)


def html(text: str, markup: str) -> nbformat.NotebookNode:
    return v4.new_output("display_data", data={"text/plain": text, "text/html": markup})


SHOW = """\
from IPython.display import display
display({"text/plain": "a", "text/html": "<b>a</b>"}, raw=True)"""

#: What a cell does, what is stored for it, its tags, and whether it passes.
CELLS = [
    ("print('as before')", [stream("as before\n")], [], True),
    ("print('changed')", [stream("as before\n")], [], False),
    ("print('new')", [], [], False),
    ("pass", [stream("gone\n")], [], False),
    ("1 + 1", [v4.new_output("execute_result", data={"text/plain": "3"})], [], False),
    (SHOW, [html("a", "<b>a</b>")], [], True),
    (SHOW, [html("a", "<b>another</b>")], [], False),
    (SHOW, [html("a", "<b>another</b>")], ["nbval-ignore-output"], True),
    ("print('ws://127.0.0.1:40001/ws')", [stream("ws://127.0.0.1:40002/ws\n")], [], True),
    ("print('ws://127.0.0.1:40001/ws')", [stream("ws://127.0.0.1:40001/\n")], [], False),
    ("print('127.0.0.1: 40001')", [stream("127.0.0.1: 40002\n")], [], False),
    ("1 / 0", [], [], False),
    (
        "1 / 0",
        [v4.new_output("error", ename="ZeroDivisionError", evalue="division by zero")],
        ["raises-exception"],
        True,
    ),
    (
        "1 / 0",
        [v4.new_output("error", ename="ZeroDivisionError", evalue="another text")],
        ["raises-exception"],
        False,
    ),
]


@pytest.mark.thorough
def test_an_output_that_changes_fails_its_cell(tmp_path: Path) -> None:
    cells = []
    for count, (source, outputs, tags, _) in enumerate(CELLS, start=1):
        metadata = {"tags": tags} if tags else {}
        cell = v4.new_code_cell(source, outputs=outputs, metadata=metadata, execution_count=count)
        cells.append(cell)
    sample = tmp_path / "sample.ipynb"
    nbformat.write(v4.new_notebook(cells=cells), sample)
    settings = ["-c", str(ROOT / "pyproject.toml"), "-p", "no:cacheprovider", "-n0", "-rA"]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *settings, "--color=no", str(sample)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=100,
    )
    verdicts = re.findall(r"^(PASSED|FAILED) .*::Cell (\d+)", done.stdout, re.M)
    passed = {int(number): verdict == "PASSED" for verdict, number in verdicts}
    assert passed == {n: fine for n, (*_, fine) in enumerate(CELLS)}, done.stdout + done.stderr

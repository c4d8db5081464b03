"""`make run` stores what a kernel says, and only where something has changed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbformat import v4

from tests.notebooks.run import METADATA, run, without_places

CELLS = [
    v4.new_markdown_cell("# A sample"),
    v4.new_code_cell("import random\nprint('http://127.0.0.1:%d/' % random.randrange(9999))"),
    v4.new_code_cell("1 / 0", metadata={"tags": ["raises-exception"], "collapsed": True}),
    v4.new_code_cell(
        "from IPython.display import HTML\nHTML(f'<b>{random.random()}</b>')",
        metadata={"tags": ["nbval-ignore-output"]},
    ),
    v4.new_code_cell("import os\nos.path.basename(os.getcwd())"),
]


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("lessons") / "sample.ipynb"
    notebook = v4.new_notebook(cells=CELLS, metadata={"authors": [{"name": "me"}]})
    nbformat.write(notebook, path)
    assert run(path)
    return path, path.read_bytes()


def test_what_is_stored(stored: tuple[Path, bytes]) -> None:
    notebook = json.loads(stored[1])
    cells = notebook["cells"]
    assert notebook["metadata"] == METADATA
    assert [c.get("execution_count") for c in cells] == [None, 1, 2, 3, 4]
    assert [c["id"] for c in cells] == [c["id"] for c in CELLS]
    assert [c["metadata"] for c in cells] == [
        {},
        {},
        {"tags": ["raises-exception"]},
        {"tags": ["nbval-ignore-output"]},
        {},
    ]
    assert cells[2]["outputs"][0]["evalue"] == "division by zero"
    assert said(cells[4]) == "'lessons0'", "a notebook runs in its own folder"
    assert stored[1].endswith(b"}\n")


def said(cell: dict[str, Any]) -> str:
    return "".join(cell["outputs"][0]["data"]["text/plain"])


def test_running_again_changes_nothing(stored: tuple[Path, bytes]) -> None:
    path, before = stored
    assert run(path)
    assert path.read_bytes() == before


PORTS = "print('http://127.0.0.1:%d/' % __import__('random').randrange(9999))"


def test_if_one_cell_is_new_a_port_is_the_same_throughout(tmp_path: Path) -> None:
    """An old output beside a new one would show two ports of one server."""
    path = tmp_path / "ports.ipynb"
    cells = [
        v4.new_code_cell(PORTS.replace("print(", "print(url := ")),
        v4.new_code_cell("print(url)"),
        v4.new_code_cell("'old'"),
    ]
    nbformat.write(v4.new_notebook(cells=cells), path)
    assert run(path)
    notebook = nbformat.read(path, 4)
    notebook.cells[1].source = "print(url, 'again')"
    nbformat.write(notebook, path)
    assert run(path)
    first, second = (cell["outputs"][0]["text"] for cell in nbformat.read(path, 4).cells[:2])
    assert second == first.rstrip() + " again\n"


def test_another_number_of_exercises_is_stored(tmp_path: Path) -> None:
    """Nbval passes over it, because learners have solved some; a stored notebook says it right."""
    path = tmp_path / "setup.ipynb"
    nbformat.write(
        v4.new_notebook(cells=[v4.new_code_cell("print('ready, 0 of 43 solved')")]), path
    )
    assert run(path)
    notebook = nbformat.read(path, 4)
    notebook.cells[0]["outputs"][0]["text"] = "ready, 0 of 38 solved\n"
    nbformat.write(notebook, path)
    assert run(path)
    assert nbformat.read(path, 4).cells[0]["outputs"][0]["text"] == "ready, 0 of 43 solved\n"


def test_fresh_stores_everything_anew(stored: tuple[Path, bytes]) -> None:
    path, before = stored
    assert run(path, fresh=True)
    assert path.read_bytes() != before
    path.write_bytes(before)


def test_an_error_leaves_the_file_as_it_was(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "broken.ipynb"
    nbformat.write(v4.new_notebook(cells=[v4.new_code_cell("x = 1\nnowhere")]), path)
    before = path.read_bytes()
    assert not run(path)
    assert path.read_bytes() == before
    error = capsys.readouterr().err
    assert error.startswith("broken.ipynb: left as it was, because of cell 0:\n\nx = 1\nnowhere")
    assert "NameError: name 'nowhere' is not defined" in error


def test_places_of_this_machine_are_taken_out() -> None:
    text = f"File {json.__file__}:3, in <Thing at 0x7f3a5c0de1f0>"
    assert without_places(text) == "File …/json/__init__.py:3, in <Thing at 0x…>"
    assert without_places(f"File {nbformat.__file__}") == "File …/nbformat/__init__.py"

"""Which cell to run first: for names of the lessons, and for no others."""

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from helpers.diagnosis import cell_order

CELLS = [
    ("code", "import before"),
    ("markdown", "# Title"),
    ("markdown", "## Setup\n"),
    ("code", "import asyncio\nfrom websockets.asyncio.client import connect as dial\n"),
    ("markdown", "## First"),
    ("code", "async with dial(url) as (ws, _):\n    reply = await ws.recv()\nimport json.tool\n"),
    ("code", "def accept_key(key):\n    inner = 1\n    ...\nclass Box: side = 1\n"),
    ("code", "total = [each for each in (n := 1, 2)]; fn = lambda hidden: hidden"),
    ("code", "%matplotlib inline\nmagic = 1"),
]


@pytest.fixture(autouse=True)
def notebooks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cells = [{"cell_type": kind, "source": source.splitlines(True)} for kind, source in CELLS]
    (tmp_path / "01_first.ipynb").write_text(json.dumps({"cells": cells}))
    other = [{"cell_type": "code", "source": "elsewhere = 1"}]
    (tmp_path / "02_second.ipynb").write_text(json.dumps({"cells": other}))
    (tmp_path / "draft.ipynb").write_text("not even JSON")
    monkeypatch.setattr(cell_order, "NOTEBOOKS", tmp_path)
    cell_order.names_of_the_lessons.cache_clear()


@pytest.mark.parametrize("name", ["launch", "show", "stop_all", "asyncio", "dial"])
def test_names_of_setup(name: str) -> None:
    assert cell_order.advice(name) == 'run the cell "Setup" first'


@pytest.mark.parametrize(
    "name", ["ws", "reply", "json", "accept_key", "Box", "total", "fn", "before", "elsewhere"]
)
def test_names_of_other_cells(name: str) -> None:
    assert cell_order.advice(name) == (
        f"{name!r} is defined in a cell above: run the cells above first "
        "(Run ▸ Run All Above Selected Cell)"
    )


@pytest.mark.parametrize("name", ["inner", "side", "each", "hidden", "magic", "url", "typo"])
def test_other_names_get_no_advice(name: str) -> None:
    assert cell_order.advice(name) is None


def test_only_the_cells_of_the_open_notebook_count() -> None:
    assert cell_order.advice("elsewhere", "notebooks/01_first.ipynb") is None
    assert cell_order.advice("elsewhere", "notebooks/02_second.ipynb")
    assert cell_order.advice("elsewhere", "mine.ipynb")


class Shell:
    """As much of IPython's shell as the extension uses."""

    def __init__(self) -> None:
        self.user_ns: dict[str, Any] = {}
        self.shown: list[BaseException] = []
        self.handlers: list[Any] = []
        self.magics_manager = SimpleNamespace(magics={"line": {"page": print, "time": print}})

    def find_line_magic(self, name: str) -> object:
        return self.magics_manager.magics["line"].get(name)

    def set_custom_exc(self, kinds: tuple[type[BaseException], ...], handler: Any) -> None:
        self.handlers.append((kinds, handler))

    def showtraceback(self, found: tuple[Any, BaseException, Any], **options: object) -> None:
        self.shown.append(found[1])

    def fail(self, code: str, namespace: dict[str, Any]) -> list[str]:
        """Run code as a cell does, and return the notes of its error."""
        with pytest.raises(NameError) as found:
            exec(code, namespace)
        error = found.value
        cell_order.on_name_error(self, found.type, error, found.tb)  # type: ignore[arg-type]
        assert self.shown[-1] is error
        return list(getattr(error, "__notes__", []))


def test_a_cell_that_misses_a_name_gets_a_note() -> None:
    shell = Shell()
    assert shell.fail("dial()", shell.user_ns) == ['run the cell "Setup" first']
    assert shell.fail("def f():\n    dial()\nf()", shell.user_ns) == ['run the cell "Setup" first']
    assert shell.fail("typo()", shell.user_ns) == []


def test_an_error_that_is_raised_again_keeps_its_one_note() -> None:
    shell = Shell()
    keep = "try:\n    dial()\nexcept NameError as error:\n    kept = error\n    raise"
    note = 'run the cell "Setup" first'
    assert shell.fail(keep, shell.user_ns) == [note]
    assert shell.fail("raise kept", shell.user_ns) == [note]


def test_setup_comes_first_until_it_has_run() -> None:
    shell = Shell()
    first = "'reply' is defined in a cell above: run the cell \"Setup\" first, then those below it"
    assert shell.fail("reply", shell.user_ns) == [f"{first} (Run ▸ Run All Above Selected Cell)"]
    shell.user_ns["asyncio"] = None
    above = "'reply' is defined in a cell above: run the cells above first"
    assert shell.fail("reply", shell.user_ns) == [f"{above} (Run ▸ Run All Above Selected Cell)"]


def test_our_names_are_no_commands_of_ipython() -> None:
    kernel = Shell()
    kernel.kernel = SimpleNamespace()  # type: ignore[attr-defined]
    cell_order.load_ipython_extension(kernel)  # type: ignore[arg-type]
    assert list(kernel.magics_manager.magics["line"]) == ["time"]


def test_a_library_that_misses_a_name_gets_none() -> None:
    assert Shell().fail("dial()", {}) == []


def test_a_local_name_gets_none() -> None:
    shell = Shell()
    assert shell.fail("def f():\n    dial\n    dial = 1\nf()", shell.user_ns) == []


def test_a_fault_in_here_leaves_the_error_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "01_first.ipynb").write_text("{broken")
    shell = Shell()
    assert shell.fail("dial()", shell.user_ns) == []


def test_it_is_for_kernels_and_not_for_terminals() -> None:
    kernel, terminal = Shell(), Shell()
    kernel.kernel = SimpleNamespace()  # type: ignore[attr-defined]
    cell_order.load_ipython_extension(kernel)  # type: ignore[arg-type]
    cell_order.load_ipython_extension(terminal)  # type: ignore[arg-type]
    assert kernel.handlers == [((NameError,), cell_order.on_name_error)]
    assert terminal.handlers == []

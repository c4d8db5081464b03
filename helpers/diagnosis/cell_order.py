"""An IPython extension: if cells are run out of order, a NameError says which cell to run first.

It also removes IPython's commands that share a name with a helper: before Setup, `page(server)`
would otherwise run `%page`.

`python -m helpers.course.install` makes every kernel of the environment load this extension. It
adds one line to the error, but only if a cell of the lessons defines the name, and only if the
name was missing in a cell. If anything goes wrong here, the learner sees the error as it was.
"""

import ast
import contextlib
import json
import os
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

__all__ = ["advice", "load_ipython_extension"]

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
RUN_SETUP = 'run the cell "Setup" first'
RUN_ABOVE = "run the cells above first (Run ▸ Run All Above Selected Cell)"
RUN_ALL = f"{RUN_SETUP}, then those below it (Run ▸ Run All Above Selected Cell)"


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Add the line to every NameError of this kernel.

    Args:
        shell: the kernel's shell, which IPython passes.
    """
    if hasattr(shell, "kernel"):  # not in a terminal, where there are no cells
        shell.set_custom_exc((NameError,), on_name_error)  # type: ignore[no-untyped-call]
        import helpers

        for name in helpers.__all__:  # or `page(server)` would show something as %page does
            # Finding a command loads it; one that was not loaded yet would be back later.
            if shell.find_line_magic(name):  # type: ignore[no-untyped-call]
                shell.magics_manager.magics["line"].pop(name, None)


def on_name_error(
    shell: "InteractiveShell",
    kind: type[BaseException],
    error: BaseException,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    """Show the error as IPython does, with the advice as a note (PEP 678)."""
    with contextlib.suppress(Exception):
        name = getattr(error, "name", None)
        if kind is NameError and name and raised_by_a_cell(trace, shell.user_ns):
            note = advice(name, os.environ.get("JPY_SESSION_NAME", ""), shell.user_ns)
            if note and note not in getattr(error, "__notes__", []):
                error.add_note(note)
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset, running_compiled_code=True)


def raised_by_a_cell(trace: TracebackType | None, user_ns: dict[str, Any]) -> bool:
    """Tell whether the name was missing in the notebook's code, not in a library's."""
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_globals is user_ns


def advice(name: str, session: str = "", has: Iterable[str] | None = None) -> str | None:
    """Return what to do about an undefined name; None if no cell of the lessons defines it.

    Args:
        name: the undefined name.
        session: the path of the open notebook, as JupyterLab tells its kernels; if it is one of
            the lessons, only its own cells count.
        has: the names that are defined; if none of them is from a Setup cell, Setup comes first.
    """
    setup, made = names_of_the_lessons(Path(session).name)
    if name in setup:
        return RUN_SETUP
    if name not in made:
        return None
    is_set_up = has is None or not setup.isdisjoint(has)
    return f"{name!r} is defined in a cell above: {RUN_ABOVE if is_set_up else RUN_ALL}"


@cache
def names_of_the_lessons(only: str = "") -> tuple[set[str], set[str]]:
    """Return the names that Setup cells define, and those that all other cells define.

    Args:
        only: the file name of one notebook; any other name means all notebooks.
    """
    import helpers

    setup: set[str] = set(getattr(helpers, "__all__", ()))
    made: set[str] = set()
    files = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
    for file in [file for file in files if file.name == only] or files:
        in_setup = False
        for cell in json.loads(file.read_text("utf-8"))["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "markdown":
                in_setup = source.lstrip("# \n").startswith("Setup")
            elif cell["cell_type"] == "code":
                (setup if in_setup else made).update(names_made(source))
    return setup, made


def names_made(source: str) -> Iterator[str]:
    """Yield the names that a cell defines; nothing if the cell is not Python."""
    with contextlib.suppress(SyntaxError, ValueError):
        waiting: list[ast.AST] = [ast.parse(source)]
        while waiting:
            node = waiting.pop()
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                yield node.name
            elif isinstance(node, ast.alias):
                yield (node.asname or node.name).partition(".")[0]
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                yield node.id
            else:
                inner = (ast.Lambda, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
                waiting += [] if isinstance(node, inner) else ast.iter_child_nodes(node)

"""Run notebooks from their first cell and store the outputs: `make run`.

    python -m tests.notebooks.run notebooks/NN_handshake.ipynb …   (--fresh: keep no old output)

A notebook that runs as before stays as it is, byte for byte: outputs that differ only
in what `sanitize.cfg` replaces (a port), and a picture tagged `nbval-ignore-output` of an
unchanged cell, keep their old form. If anything else is new, all outputs but such pictures
are stored anew, so that one server has one port throughout. How many exercises there are is
compared here, though nbval passes over it: otherwise the number of an older course would stay.
A notebook with an error in a cell that is not tagged `raises-exception` is left untouched,
and the error is shown.
"""

from __future__ import annotations

import argparse
import os
import re
import sys
import sysconfig
import time
from pathlib import Path
from typing import Any

import nbformat
from nbval.plugin import get_sanitize_patterns

from tests.notebooks.kernel import Kernel, Output, as_text, errors, kernel

ROOT = Path(__file__).resolve().parents[2]
PATTERNS = get_sanitize_patterns(
    (Path(__file__).parent / "sanitize.cfg").read_text(encoding="utf-8")
)
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
CELL_TIMEOUT_S = 60

Notebook = nbformat.NotebookNode


class CellFailed(Exception):
    """A cell raised that should not."""


def executed(notebook: Notebook, running: Kernel, old: Notebook) -> Notebook:
    """Run every cell in order.

    Args:
        notebook: changed in place: outputs, counts, metadata.
        running: a fresh kernel.
        old: what is stored, whose outputs stay where nothing has changed.

    Returns:
        The notebook.

    Raises:
        CellFailed: an error where none is planned.
    """
    before = {cell.id: cell for cell in old.cells if cell.cell_type == "code"}
    notebook.metadata = nbformat.from_dict(METADATA)
    count = 0
    for number, cell in enumerate(notebook.cells):
        tags = cell.metadata.get("tags", [])
        cell.metadata = nbformat.from_dict({"tags": tags} if tags else {})
        if cell.cell_type != "code":
            continue
        outputs = running.run(cell.source, timeout_s=CELL_TIMEOUT_S)
        if errors(outputs) and "raises-exception" not in tags:
            raise CellFailed(failure(number, cell.source, outputs))
        count += 1
        cell.execution_count = count
        cell.outputs = [tidy(output, count) for output in outputs]
    keep(notebook, before)
    return notebook


def tidy(output: Output, count: int) -> Notebook:
    """Take out what belongs to this run or this machine: folders, addresses, counts."""
    tidied: Notebook = nbformat.from_dict(output)
    if tidied.output_type == "execute_result":
        tidied.execution_count = count
    if tidied.output_type == "error":
        tidied.traceback = [without_places(line) for line in tidied.traceback]
    return tidied


def without_places(text: str) -> str:
    """Shorten the folders of this machine in a traceback, and take out memory addresses."""
    paths = sysconfig.get_paths()
    for folder, short in ((paths["purelib"], "…"), (paths["stdlib"], "…"), (str(ROOT), "…")):
        for form in (folder, folder.replace(str(Path.home()), "~", 1)):
            text = text.replace(form + os.sep, short + "/")
    return re.sub(r"0x[0-9a-f]{6,}", "0x…", text)


def keep(notebook: Notebook, before: dict[str, Notebook]) -> None:
    """Put old outputs in place of new ones that say the same.

    Args:
        notebook: with its new outputs.
        before: the code cells that are stored, by their ids.
    """
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    alike = [cell for cell in cells if says_the_same(cell, before.get(cell.id))]
    for cell in alike:
        if len(alike) == len(cells) or is_picture(cell):
            cell.outputs = before[cell.id].outputs


def says_the_same(new: Notebook, old: Notebook | None) -> bool:
    """Say whether a test could not tell the outputs of two cells apart."""
    if old is None or old.source != new.source:
        return False
    compare = kinds if is_picture(new) else sanitized
    return bool(
        compare(new.outputs) == compare(old.outputs) and totals(new.outputs) == totals(old.outputs)
    )


def is_picture(cell: Notebook) -> bool:
    """Say whether a cell's output differs whenever it is run, and is not compared."""
    return "nbval-ignore-output" in cell.metadata.get("tags", [])


def totals(outputs: list[Notebook]) -> list[str]:
    """List how many exercises there are, where a Setup cell says so."""
    return re.findall(r"ready, \d+ of (\d+) solved", as_text([dict(output) for output in outputs]))


def kinds(outputs: list[Notebook]) -> list[Any]:
    """Say what kinds of output there are, whatever they show."""
    return [(o.output_type, sorted(o.get("data", {}))) for o in outputs]


def sanitized(value: Any) -> Any:
    """Replace what differs on every run, everywhere in outputs, as nbval does."""
    if isinstance(value, dict):
        return {k: sanitized(v) for k, v in value.items() if k != "execution_count"}
    if isinstance(value, list):
        return [sanitized(item) for item in value]
    if isinstance(value, str):
        for pattern, replacement in PATTERNS:
            value = re.sub(pattern, replacement, value)
    return value


def failure(number: int, source: str, outputs: list[Output]) -> str:
    """Show a cell that failed, with its traceback in plain text."""
    lines = [line for o in outputs for line in o.get("traceback", [])]
    traceback = re.sub(r"\x1b\[[0-9;]*m", "", "\n".join(lines)) or as_text(outputs)
    return f"cell {number}:\n\n{source}\n\n{traceback}"


def run(path: Path, *, fresh: bool = False) -> bool:
    """Run one notebook and store it if it changed.

    Args:
        path: the notebook.
        fresh: store the new outputs even where they say the same as the old.

    Returns:
        Whether every cell did what it should.
    """
    before = path.read_text(encoding="utf-8")
    notebook = nbformat.reads(before, as_version=4)
    old = nbformat.v4.new_notebook() if fresh else nbformat.reads(before, as_version=4)
    started = time.monotonic()
    try:
        with kernel(path.resolve().parent) as running:
            executed(notebook, running, old)
    except CellFailed as error:
        print(f"{path.name}: left as it was, because of {error}", file=sys.stderr)
        return False
    except TimeoutError:
        reason = f"a cell ran longer than {CELL_TIMEOUT_S} s"
        print(f"{path.name}: left as it was, because {reason}", file=sys.stderr)
        return False
    took = time.monotonic() - started
    nbformat.validate(notebook)
    after = nbformat.writes(notebook) + "\n"
    if after != before:
        new = path.with_name(path.name + ".new")
        new.write_text(after, encoding="utf-8", newline="\n")
        os.replace(new, path)
    what = "unchanged" if after == before else "stored"
    print(f"{path.name}: {what}, {len(notebook.cells)} cells in {took:.1f} s", flush=True)
    return True


def main() -> int:
    """Run the notebooks that are named; end with 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.notebooks.run")
    parser.add_argument("notebooks", nargs="*", type=Path)
    parser.add_argument("--fresh", action="store_true", help="store every output anew")
    options = parser.parse_args()
    done = [run(path, fresh=options.fresh) for path in options.notebooks]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())

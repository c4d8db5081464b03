"""Rules on what is stored with the cells: outputs, counts, ids, metadata."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter

from tests.notebooks.rules import Notebook, code, rule, tagged, tree
from tests.notebooks.run import METADATA

PLACES = re.compile(
    r"/(?:home|Users|root|tmp|work|mnt|opt|usr|var)/[\w.]|\b[A-Z]:\\\w|site-packages"
)


@rule
def metadata(notebook: Notebook) -> list[str]:
    """Kernelspec and language of the notebook, tags of a cell, and no more."""
    complaints = [] if notebook.metadata == METADATA else [f"notebook: {dict(notebook.metadata)}"]
    odd = [cell for cell in notebook.cells if set(cell.metadata) - {"tags"}]
    return complaints + [f"cell {cell.id}: {dict(cell.metadata)}" for cell in odd]


@rule
def unique_ids(notebook: Notebook) -> list[str]:
    """Every cell has an id of its own."""
    ids = Counter(cell.get("id") for cell in notebook.cells)
    return [f"{n} cells have the id {i}" for i, n in ids.items() if n > 1 or i is None]


@rule
def counts(notebook: Notebook) -> list[str]:
    """The cells were run once, in order: 1…n."""
    found = [cell.execution_count for cell in code(notebook)]
    return [] if found == list(range(1, len(found) + 1)) else [f"counts are {found}"]


@rule
def outputs_are_stored(notebook: Notebook) -> list[str]:
    """A cell that ends with a call of print, show or page, or with a name, has an output."""
    complaints = []
    for cell in code(notebook):
        last = tree(cell).body[-1]
        value = last.value if isinstance(last, ast.Expr) else None
        called = getattr(value.func, "id", "") if isinstance(value, ast.Call) else ""
        speaks = isinstance(value, ast.Name) or called in ("print", "show", "page", "stop_all")
        if speaks and not cell.outputs:
            complaints.append(f"no output is stored: {cell.source.splitlines()[-1]}")
    return complaints


@rule
def planned_errors(notebook: Notebook) -> list[str]:
    """An error is stored exactly where `raises-exception` announces it."""
    complaints = []
    for cell in code(notebook):
        raised = any(output.output_type == "error" for output in cell.outputs)
        if raised != tagged(cell, "raises-exception"):
            what = "an error without" if raised else "no error, but"
            complaints.append(f"{what} the tag raises-exception: {cell.source.splitlines()[0]}")
    return complaints


@rule
def no_stderr(notebook: Notebook) -> list[str]:
    """No warning and no log is stored."""
    said = [o.text for c in code(notebook) for o in c.outputs if o.get("name") == "stderr"]
    return [f"on stderr: {text[:60]!r}" for text in said]


@rule
def ignored_outputs_are_pictures(notebook: Notebook) -> list[str]:
    """`nbval-ignore-output` is for pictures alone, and no comment changes what nbval does."""
    complaints = []
    for cell in code(notebook):
        pictures = all("data" in output for output in cell.outputs)
        if tagged(cell, "nbval-ignore-output") and not pictures:
            complaints.append(f"ignored text: {cell.source.splitlines()[0]}")
        if re.search(r"#\s*(NBVAL|PYTEST_VALIDATE)_", cell.source):
            complaints.append(f"a comment for nbval: {cell.source.splitlines()[0]}")
    return complaints


@rule
def no_places_of_one_machine(notebook: Notebook) -> list[str]:
    """Neither a cell nor an output names a folder of the machine that it was run on."""
    complaints = []
    for cell in notebook.cells:
        said = json.dumps(cell.get("outputs", []), ensure_ascii=False)
        text = cell.source + said.replace("\\\\", "\\")
        complaints += [f"a place: …{text[m.start() :][:40]}" for m in PLACES.finditer(text)]
    return complaints


ASKED_FOR = re.compile(r"""<(?:iframe|link|object|embed)\b|\bsrc(?:set)?=["'](?!data:)|url\(""")
SCRIPT = re.compile(r"<script>.*?</script>", re.DOTALL)


@rule
def nothing_is_asked_for(notebook: Notebook) -> list[str]:
    """A browser that shows a stored output asks no machine for anything by itself."""
    complaints = []
    for cell in code(notebook):
        for output in cell.outputs:
            html = SCRIPT.sub("", output.get("data", {}).get("text/html", ""))
            found = [match[0] for match in ASKED_FOR.finditer(html)]
            complaints += [f"cell {cell.id}: {each} in an output" for each in found]
    return complaints

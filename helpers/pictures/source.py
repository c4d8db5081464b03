"""Source code as a picture: of a helper server, a module, a function or a class.

The colours are those of JupyterLab's own editor, so they follow its theme.
"""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import textwrap
import tokenize
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from types import ModuleType

from helpers.launcher import list_servers
from helpers.pictures.display import display
from helpers.pictures.paint import Picture, escape, scroll, tag, wrap

ROOT = Path(__file__).resolve().parents[2]

STYLE = """
& .scroll{max-height:38em;overflow:auto;border:1px solid var(--line);
padding:.5em .8em;background:var(--quiet)}
& .scroll pre{margin:0;line-height:1.45;width:max-content;overflow:visible;
white-space:pre}
& .n{opacity:.55;user-select:none}
& .k{color:var(--jp-mirror-editor-keyword-color,#8250df);font-weight:600}
& .s{color:var(--jp-mirror-editor-string-color,#b35900)}
& .c{color:var(--jp-mirror-editor-comment-color,#57808a);font-style:italic}
& .m{color:var(--jp-mirror-editor-number-color,#1a7f37)}
& .d{color:var(--jp-mirror-editor-def-color,#2f81f7)}
& .b{color:var(--jp-mirror-editor-builtin-color,#1a7f37)}
& .a{color:var(--jp-mirror-editor-def-color,#2f81f7);font-style:italic}
"""

# What pygments calls a token, and our class for it; the first that fits wins.
CLASSES = (
    ("Token.Comment", "c"),
    ("Token.Keyword", "k"),
    ("Token.Operator.Word", "k"),
    ("Token.Literal.String", "s"),
    ("Token.Literal.Number", "m"),
    ("Token.Name.Function", "d"),
    ("Token.Name.Class", "d"),
    ("Token.Name.Decorator", "a"),
    ("Token.Name.Builtin", "b"),
)


def show_source(what: object, *, numbers: bool = False) -> None:
    """Display the source of a helper server, a module, a function or a class.

    Args:
        what: the name of a server (`"echo"`), of a module (`"helpers.wire.frames"`) or of a part
            of it (`"helpers.wire.frames.apply_mask"`), a launched server, or the object itself.
        numbers: show the numbers that the lines have in the file.

    Raises:
        ValueError: nothing has that name.
        TypeError: `what` has no Python source.

    First used: start_here
    """
    display(source_picture(what, numbers=numbers))


def source_picture(what: object, *, numbers: bool = False) -> Picture:
    """Return the picture that `show_source` displays; its text twin is the plain source."""
    path, source, first_line = _find(what)
    return _picture(path, source, first_line if numbers else None)


def text_picture(source: str, path: str) -> Picture:
    """Return a picture of some Python source, whatever file it is in.

    Args:
        source: the source.
        path: what its title says.
    """
    return _picture(path, source)


def _picture(path: str, source: str, first_line: int | None = None) -> Picture:
    lines = source.rstrip("\n").split("\n")
    title = f"# {path}" if path else ""
    html_lines, text_lines = list(_highlight("\n".join(lines))), lines
    if first_line is not None:
        size = len(str(first_line + len(lines)))
        counted = [f"{n:>{size}}  " for n in range(first_line, first_line + len(lines))]
        html_lines = [
            tag("span", n, "n") + line for n, line in zip(counted, html_lines, strict=True)
        ]
        text_lines = [n + line for n, line in zip(counted, lines, strict=True)]
    head = [title] if title else []
    html = "\n".join([*(tag("span", escape(line), "c") for line in head), *html_lines])
    label = f"source of {path}" if path else "source"
    text = "\n".join([*head, *text_lines])
    return Picture(wrap("source", STYLE, scroll(label, tag("pre", html))), text)


def _find(what: object) -> tuple[str, str, int]:
    """Return the file's name from the project's root, the source, and its first line."""
    name = what if isinstance(what, str) else None
    if name is None and hasattr(what, "page_url"):
        name = str(getattr(what, "name", ""))
    if name is not None:
        found = _by_name(name)
        if isinstance(found, Path):
            return _relative(found), _read(found), 1
        what = found
    if isinstance(what, ModuleType) and what.__file__:
        path = Path(what.__file__)
        return _relative(path), _read(path), 1
    return _of_object(what)


def _of_object(what: object) -> tuple[str, str, int]:
    if callable(what):
        what = inspect.unwrap(what)
    try:
        lines, first_line = inspect.getsourcelines(what)  # type: ignore[arg-type]
        path = Path(inspect.getsourcefile(what) or "")  # type: ignore[arg-type]
    except (TypeError, OSError):
        fact = f"show_source() needs a name, a module, a function or a class, got {what!r}"
        raise TypeError(f"{fact}, which has no Python source") from None
    return _relative(path), textwrap.dedent("".join(lines)), first_line


def _relative(path: Path) -> str:
    """Return the path from the project's root; an empty string for other files."""
    path = path.resolve()
    if path.is_relative_to(ROOT) and path.suffix == ".py" and path.is_file():
        return path.relative_to(ROOT).as_posix()
    return ""


def _read(path: Path) -> str:
    with tokenize.open(path) as file:
        return file.read()


def _by_name(name: str) -> object:
    """Return the file of a server or module, or the part of a module that is named."""
    for module in (f"helpers.servers.{name}", name):
        if path := _module_file(module):
            return path
    module, _, part = name.rpartition(".")
    if module and _module_file(module):
        found: object = getattr(importlib.import_module(module), part, None)
        if found is not None:
            return found
    names = ", ".join(list_servers())
    raise ValueError(f"unknown server or module {name!r}; servers: {names}")


def _module_file(name: str) -> Path | None:
    if not all(part.isidentifier() for part in name.split(".")):
        return None
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    if not (spec and spec.origin and spec.has_location):
        return None
    path = Path(spec.origin)
    program = path.with_name("server.py")  # of a server that is a folder
    return program if path.name == "__init__.py" and program.is_file() else path


def _highlight(source: str) -> Iterator[str]:
    """Return the source as HTML, line by line."""
    from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]

    line = ""
    tokens = PythonLexer(stripnl=False, ensurenl=False).get_tokens(source)
    for css, group in groupby(tokens, lambda token: _class(str(token[0]))):
        for index, piece in enumerate("".join(text for _, text in group).split("\n")):
            if index:
                yield line
                line = ""
            line += tag("span", escape(piece), css) if css and piece.strip() else escape(piece)
    yield line


def _class(kind: str) -> str:
    return next((ours for theirs, ours in CLASSES if kind.startswith(theirs)), "")

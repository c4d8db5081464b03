"""`make test` tests the repository, and never the learner's copy, whatever is in it."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).resolve().parents[2]
#: What a test looks at, and no more: neither packages nor what tests have made.
TREE = ("helpers", "notebooks", "tests", ".github", ".ci", ".binder", ".devcontainer")


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository, as from an archive, with a learner's copy full of work."""
    root = tmp_path_factory.mktemp("learned")
    ignore = shutil.ignore_patterns("node_modules", "__pycache__", ".progress*")
    for name in TREE:
        shutil.copytree(ROOT / name, root / name, ignore=ignore)
    for path in [*ROOT.glob("*.*"), ROOT / ".gitignore", ROOT / "Makefile"]:
        if path.is_file() and not path.name.startswith(".coverage"):
            shutil.copy2(path, root / path.name)
    mine = root / "my-course" / "mine"
    mine.mkdir(parents=True)
    (mine / "test_planted.py").write_text("import os,sys\ndef test_planted(): assert False\n")
    (mine / "conftest.py").write_text("raise RuntimeError('planted')\n")
    (mine.parent / "planted.md").write_text("[nowhere](planted-link.md)\n")
    (mine.parent / "77_planted.ipynb").write_text("{ broken")
    solved = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("planted = 1/0")])
    nbformat.write(solved, mine.parent / "21_planted.ipynb")
    return root


def run(learned: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(learned)}
    for name in ("PYTEST_XDIST_WORKER", "PYTEST_ADDOPTS"):
        environment.pop(name, None)
    return subprocess.run(
        [sys.executable, "-m", *command],
        cwd=learned,
        env=environment,
        capture_output=True,
        text=True,
    )


@pytest.mark.thorough
def test_no_test_is_collected_from_it(learned: Path) -> None:
    collect = ("pytest", "--collect-only", "-q", "-n", "0", "-p", "no:cacheprovider")
    done = run(learned, *collect)
    assert done.returncode == 0, done.stdout[-2000:]
    assert "tests/repo/test_my_course.py::" in done.stdout
    assert "planted" not in done.stdout
    asked = run(learned, *collect, "my-course")
    assert "planted" in asked.stdout, "it would have been seen"


@pytest.mark.parametrize("command", [("ruff", "check", "."), ("ruff", "format", "--check", ".")])
def test_no_linter_looks_into_it(learned: Path, command: tuple[str, ...]) -> None:
    done = run(learned, *command)
    assert "planted" not in done.stdout
    seen = run(learned, *command[:-1], "--isolated", "--no-respect-gitignore", "my-course")
    assert "planted" in seen.stdout, "it would have been seen"


def test_git_never_sees_it() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert "my-course/" in ignored

"""CI runs what people run, and a missing browser is loud or fails, as it was asked for."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import tests.conftest
from tests import pages_lint
from tests.browser import chromium, conftest

ROOT = Path(__file__).resolve().parents[2]
TARGETS = re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
WORKFLOW = (ROOT / ".github/workflows/ci.yml").read_text("utf-8")


def commands(workflow: str) -> list[str]:
    """What the jobs of a workflow run, command by command."""
    blocks = re.findall(r"run: (\|\n(?:          .*\n)+|.+\n)", workflow)
    lines = [line.strip() for block in blocks for line in block.removeprefix("|\n").splitlines()]
    return [command for line in lines for command in line.split(" && ")]


def strange(workflow: str) -> list[str]:
    """The commands of a workflow that neither make nor README knows."""
    readme = (ROOT / "README.md").read_text("utf-8")
    made = re.compile(rf"make ({'|'.join(TARGETS)})\b")
    return [c for c in commands(workflow) if not made.match(c) and c not in readme]


def test_every_job_runs_a_target_of_make_or_the_lines_of_readme() -> None:
    assert "make test PYTHON=python" in commands(WORKFLOW)
    assert strange(WORKFLOW.replace("python -m venv", "py -m venv")) == []


def test_a_command_of_its_own_is_seen() -> None:
    workflow = "      - run: make tets\n      - run: |\n          make test\n          tox\n"
    assert strange(workflow) == ["make tets", "tox"]


def test_the_check_of_a_bare_machine_runs_both_tiers_and_wants_a_browser() -> None:
    ends = "\nREQUIRE_BROWSER=1 make test test-all\n"
    assert (ROOT / ".ci/run").read_text("utf-8").endswith(ends)


@pytest.mark.parametrize("required", [False, True])
def test_without_a_browser_its_tests_are_skipped_unless_it_is_required(
    required: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    marks: list[Any] = []
    folders = (ROOT / "tests/browser", ROOT / "tests/show")
    items: list[Any] = [SimpleNamespace(path=f / "t.py", add_marker=marks.append) for f in folders]
    monkeypatch.setenv("SKIP_BROWSER", "1")
    monkeypatch.setattr(conftest, "REQUIRED", required)
    conftest.pytest_collection_modifyitems(items)
    assert [getattr(mark, "name", mark) for mark in marks] == ["browser", "skip"][: 2 - required]
    with pytest.raises(FileNotFoundError, match="no Chromium or Chrome was found"):
        chromium.start(None)  # type: ignore[arg-type]  # as a test that was not skipped does


def test_files_with_a_browser_are_spread_among_the_others_and_jupyterlab_is_first() -> None:
    browser, others = ROOT / "tests/browser", ROOT / "tests/show"
    paths = [browser / f"test_{name}.py" for name in ("chat", "jupyterlab", "vote")]
    paths += [others / f"test_{number}.py" for number in range(6)]
    items: list[Any] = [SimpleNamespace(path=path, number=n) for path in paths for n in range(2)]
    tests.conftest.spread(items)
    assert [item.number for item in items] == [0, 1] * 9  # a file's tests stay together, in order
    order = [item.path.stem[5:] for item in items[::2]]
    assert order == ["jupyterlab", "0", "1", "chat", "2", "3", "vote", "4", "5"]


def test_what_could_not_run_is_loud_in_the_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    reporter: Any = SimpleNamespace(
        section=lambda title, **_: said.append(title),
        write_line=lambda line, **_: said.append(line),
    )
    monkeypatch.setenv("CHROMIUM", "/somewhere/chromium")
    monkeypatch.delenv("SKIP_BROWSER", raising=False)
    monkeypatch.setattr(pages_lint, "is_installed", lambda: True)
    tests.conftest.pytest_terminal_summary(reporter)
    assert said == []
    monkeypatch.setenv("SKIP_BROWSER", "1")
    tests.conftest.pytest_terminal_summary(reporter)
    assert said == ["NO BROWSER", chromium.missing_browser()]
    said.clear()
    monkeypatch.delenv("SKIP_BROWSER")
    monkeypatch.setattr(pages_lint, "is_installed", lambda: False)
    tests.conftest.pytest_terminal_summary(reporter)
    assert said == ["NO LINTERS FOR PAGES", pages_lint.missing()]


def test_make_test_installs_the_linters_of_pages_if_it_can() -> None:
    (recipe,) = re.findall(
        r"^test:.*\n((?:\t.*\n)+)", (ROOT / "Makefile").read_text("utf-8"), re.M
    )
    lines = recipe.splitlines()
    assert lines[0] == "\t-@$(BIN)/python -m tests.pages_lint install"
    assert lines[1].startswith("\t$(BIN)/python -m pytest")

"""Which tier a test is in, and that the first tier tries every page."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests import tiers

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(path.parent.name for path in (ROOT / "helpers/pages").glob("*/index.html"))
SMOKE = re.compile(r"mark\.smoke")
THOROUGH = re.compile(r"mark\.thorough")


def item(path: str, *marks: str) -> Any:
    return SimpleNamespace(
        path=ROOT / path, get_closest_marker=lambda name: name if name in marks else None
    )


def files_with(pattern: re.Pattern[str]) -> set[str]:
    paths = (ROOT / "tests").rglob("*.py")
    found = {p for p in paths if pattern.search(p.read_text("utf-8"))}
    return {p.relative_to(ROOT).as_posix() for p in found} - {"tests/repo/test_tiers.py"}


@pytest.mark.parametrize(
    ("path", "marks", "thorough"),
    [
        ("tests/wire/test_frames.py", (), False),
        ("tests/wire/test_frames.py", ("thorough",), True),
        ("tests/browser/test_chat.py", ("browser",), True),
        ("tests/browser/test_chat.py", ("browser", "smoke"), False),
        ("tests/lessons/frames/test_claims.py", (), True),
        ("tests/lessons/frames/answers.md", (), True),
        ("tests/lessons/frames/test_claims.py", ("smoke",), False),
        ("notebooks/chat.ipynb", (), False),
    ],
)
def test_a_test_is_in_one_tier(path: str, marks: tuple[str, ...], thorough: bool) -> None:
    assert tiers.is_thorough(item(path, *marks)) is thorough


def test_both_tiers_together_are_all_tests() -> None:
    items = [item("tests/a.py"), item("tests/a.py", "thorough"), item("tests/browser/b.py")]
    kept = {}
    for tier in tiers.TIERS:
        left: list[Any] = items[:]
        gone: list[Any] = []
        hook = SimpleNamespace(pytest_deselected=lambda items, gone=gone: gone.extend(items))
        config: Any = SimpleNamespace(option=SimpleNamespace(tier=tier), hook=hook)
        tiers.select(config, left)
        assert len(left) + len(gone) == 3
        kept[tier] = left
    assert kept["all"] == items
    assert kept["1"] + kept["2"] == items


@pytest.mark.parametrize(
    ("source", "asked", "tier"),
    [
        ("TESTPATHS", None, "1"),
        ("ARGS", None, "all"),
        ("ARGS", "2", "2"),  # as a worker of xdist is told
        ("TESTPATHS", "all", "all"),
    ],
)
def test_whoever_names_a_test_wants_it_run(source: str, asked: str | None, tier: str) -> None:
    config: Any = SimpleNamespace(
        option=SimpleNamespace(tier=asked), args_source=pytest.Config.ArgsSource[source]
    )
    tiers.decide(config)
    assert config.option.tier == tier


def test_every_page_is_tried_in_the_first_tier() -> None:
    tried = files_with(SMOKE)
    echo = {"echo": "pages"}  # its tests are those of pages in general
    missing = [p for p in PAGES if f"tests/browser/test_{echo.get(p, p)}.py" not in tried]
    assert missing == []
    assert "tests/browser/test_jupyterlab.py" in tried


def test_contributing_lists_what_is_thorough() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    assert [path for path in sorted(files_with(THOROUGH)) if f"`{path}`" not in text] == []

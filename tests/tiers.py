"""Two tiers of tests: `make test` runs the first, `make test-all` both.

The first tells within minutes whether a change broke something: every lesson under nbval, every
stub and every solution, the units, and each page once in a browser. What is marked `thorough` is
the second: it takes long, and finds what few changes break. In `tests/browser` and `tests/lessons`
(answers, claims, learners' programs) every test is thorough that is not marked `smoke`.

    pytest              the first tier
    pytest --tier=2     the second
    pytest --tier=all   both
    pytest PATH …       both, of these paths: whoever names a test wants it run

`pytest --tier=2 --collect-only -q` lists what is in a tier; CONTRIBUTING says it in words.
"""

from pathlib import Path

import pytest

TIERS = ("1", "2", "all")
THOROUGH = [Path(__file__).parent / name for name in ("browser", "lessons")]


def add_option(parser: pytest.Parser) -> None:
    """Add `--tier` to pytest's command line."""
    words = "which tests: the first tier, the second, or all (of given paths, all)"
    parser.addoption("--tier", choices=TIERS, default=None, help=words)


def decide(config: pytest.Config) -> None:
    """Decide once which tier was meant: a worker of xdist is told paths that nobody gave."""
    if config.option.tier is None:
        named = config.args_source is pytest.Config.ArgsSource.ARGS
        config.option.tier = "all" if named else "1"


def is_thorough(item: pytest.Item) -> bool:
    """Tell whether a test is of the second tier."""
    if any(folder in item.path.parents for folder in THOROUGH):
        return item.get_closest_marker("smoke") is None
    return item.get_closest_marker("thorough") is not None


def select(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tests of the tier that was asked for, and report the others as deselected."""
    if config.option.tier == "all":
        return
    wanted = config.option.tier == "2"
    others = [item for item in items if is_thorough(item) != wanted]
    if others:
        items[:] = [item for item in items if is_thorough(item) == wanted]
        config.hook.pytest_deselected(items=others)

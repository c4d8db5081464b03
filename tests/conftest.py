"""What holds for every test, and for the kernels that nbval starts."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from tests import pages_lint, tiers
from tests.browser.chromium import find_chromium, missing_browser

BROWSER = Path(__file__).parent / "browser"


def pytest_addoption(parser: pytest.Parser) -> None:
    tiers.add_option(parser)


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests progress and programs of their own: a learner's must stay as they are."""
    tiers.decide(config)
    folder = Path(tempfile.mkdtemp(prefix="websocket-notebooks-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["HELPERS_PROGRESS"] = str(folder / "progress.json")
    os.environ["HELPERS_MINE"] = str(folder / "mine")
    # What a shell runs in the background inherits an ignored SIGINT, and so would each program
    # that a test starts and then interrupts.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """The loop on which an `async def test_…` runs, by anyio's plugin."""
    return "asyncio"


@pytest.hookimpl(optionalhook=True)  # without xdist there is nobody to ask
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than cores: browsers and kernels are waited for much of the time."""
    return (os.cpu_count() or 1) + 1


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave the tier that was asked for, in the order that takes least time."""
    tiers.select(config, items)
    spread(items)


def spread(items: list[pytest.Item]) -> None:
    """Begin with JupyterLab, which takes longest, and spread the other files with a browser.

    One browser keeps a core busy, other tests wait for much of their time: side by side they
    take less time than one kind after the other, and each has more of the machine.
    """
    by_file: dict[Path, list[pytest.Item]] = {}
    for item in items:
        by_file.setdefault(item.path, []).append(item)
    first = [path for path in by_file if path.parent == BROWSER]
    first.sort(key=lambda path: path.name != "test_jupyterlab.py")
    rest = [path for path in by_file if path.parent != BROWSER]
    places = [(number / len(first), path) for number, path in enumerate(first)]
    places += [(number / len(rest), path) for number, path in enumerate(rest)]
    places.sort(key=lambda place: place[0])  # what stands at the same place stays in order
    items[:] = [item for _, path in places for item in by_file[path]]


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly when the browser tests could not run, or the pages were not linted."""
    absent = []
    if find_chromium() is None:
        absent.append(("NO BROWSER", missing_browser()))
    if not pages_lint.is_installed():
        absent.append(("NO LINTERS FOR PAGES", pages_lint.missing()))
    for title, words in absent:
        terminalreporter.section(title, sep="!", red=True, bold=True)
        terminalreporter.write_line(words, red=True, bold=True)

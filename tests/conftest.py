"""What holds for every test, and for the kernels that nbval starts."""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from tests.browser.chromium import find_chromium, missing_browser


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests a progress file of their own: a learner's must stay as it is."""
    folder = Path(tempfile.mkdtemp(prefix="websocket-notebooks-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["HELPERS_PROGRESS"] = str(folder / "progress.json")


@pytest.hookimpl(optionalhook=True)  # without xdist there is nobody to ask
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than cores: browsers and kernels are waited for much of the time."""
    return (os.cpu_count() or 1) + 1


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say it loudly when the browser tests could not run."""
    if find_chromium() is None:
        terminalreporter.section("NO BROWSER", sep="!", red=True, bold=True)
        terminalreporter.write_line(missing_browser(), red=True, bold=True)

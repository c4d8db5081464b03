"""Every notebook in a real JupyterLab: opened, Run All, looked at as a person would."""

from pathlib import Path

import pytest
from playwright.sync_api import Frame, Page, expect

from tests.browser.chromium import REMOTE_NAME
from tests.browser.jupyterlab import ROOT, JupyterLab, code_cells

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb"))


def helper_frames(page: Page) -> list[Frame]:
    """The frames of helper pages: all but JupyterLab's own."""
    return [frame for frame in page.frames if frame is not page.main_frame]


@pytest.mark.parametrize("host", ["127.0.0.1", REMOTE_NAME], ids=["direct", "proxy"])
@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda p: p.stem)
def test_run_all(lab: JupyterLab, tab: Page, notebook: Path, host: str) -> None:
    alive: list[str] = []
    tab.on(
        "response",
        lambda r: alive.append(r.url) if r.frame is not tab.main_frame and r.ok else None,
    )
    lab.open(tab, notebook.name, host)
    try:
        outcomes = lab.run_all(tab)
        assert len(outcomes) == code_cells(notebook)
        for cell in outcomes:
            assert cell["count"], f"did not run: {cell['source']}"
            assert not cell["stderr"], cell
            if "raises-exception" not in cell["tags"]:
                assert not cell["errors"], cell
        assert tab.locator(".jp-Dialog").count() == 0
    finally:
        lab.close_notebook(tab)

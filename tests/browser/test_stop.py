"""JupyterLab's stop button, pressed while a cell awaits, and while one blocks."""

import time

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook
from playwright.sync_api import Page, expect

from helpers.kernel.stop import WORDS
from tests.browser.jupyterlab import JupyterLab

LONG_S = 60
AT_ONCE_S = 10  # a busy browser takes its time; by itself the cell takes six times that
SOON = "import asyncio; asyncio.get_running_loop().call_later(0.1, print, 'go')"
CELLS = {
    "awaits": (f"from helpers import launch\n{SOON}\nawait asyncio.sleep({LONG_S})", WORDS),
    "blocks": (f"import time\nprint('go')\ntime.sleep({LONG_S})", "KeyboardInterrupt"),
}


@pytest.mark.parametrize(("source", "error"), CELLS.values(), ids=CELLS)
def test_the_stop_button_ends_a_cell(lab: JupyterLab, tab: Page, source: str, error: str) -> None:
    notebook = new_notebook(cells=[new_code_cell(source), new_code_cell("print('go', 'on')")])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3"}
    nbformat.write(notebook, lab.folder / "notebooks" / "stop.ipynb")
    lab.open(tab, "stop.ipynb")
    first, second = (tab.locator(".jp-CodeCell").nth(number) for number in range(2))
    first.locator(".cm-content").click()
    tab.keyboard.press("Control+Enter")
    expect(first.locator(".jp-OutputArea-output")).to_have_text("go\n")
    expect(first.locator(".jp-InputPrompt")).to_have_text("[*]:")
    began = time.monotonic()
    tab.locator('[data-command="notebook:interrupt-kernel"]').click()
    expect(first.locator(".jp-OutputArea")).to_contain_text(error)
    expect(first.locator(".jp-InputPrompt")).to_have_text("[1]:")
    assert time.monotonic() - began < AT_ONCE_S
    second.locator(".cm-content").click()
    tab.keyboard.press("Control+Enter")
    expect(second.locator(".jp-OutputArea-output")).to_have_text("go on\n")
    lab.close_notebook(tab)

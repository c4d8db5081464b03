"""A real JupyterLab on a copy of the notebooks, and what a test does with it.

The copy matters: JupyterLab saves what it shows, and a test must not write into the lessons.
"""

import contextlib
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from playwright.sync_api import Page, TimeoutError

from tests.browser.chromium import REMOTE_NAME

ROOT = Path(__file__).resolve().parents[2]
READY_TIMEOUT_S = 60
STARTS = 3
RUN_TIMEOUT_MS = 60_000

CURRENT = "window.jupyterapp.shell.currentWidget"
#: Waits until the notebook is there, its kernel is idle, and every cell has been drawn.
IS_READY = f"""path => {{
  const panel = window.jupyterapp && {CURRENT};
  return panel?.context?.path === path && panel.context.isReady && panel.sessionContext?.isReady
    && panel.sessionContext.session?.kernel?.status === 'idle';
}}"""
OPEN = "path => window.jupyterapp.commands.execute('docmanager:open', { path }).then(() => null)"
CLOSE = f"""async () => {{
  const panel = {CURRENT};
  await panel.sessionContext.shutdown();
  panel.context.model.dirty = false;
  panel.dispose();
}}"""
CONTENT = f"{CURRENT}.content"
LAST = f"{CONTENT}.model.sharedModel.cells.findLastIndex(c => c.cell_type === 'code')"
CELLS = f"{CONTENT}.model.sharedModel.cells.filter(cell => cell.cell_type === 'code')"
#: The outcome of every code cell, as the notebook's own model has it.
OUTCOMES = f"""() => {CELLS}.map(cell => ({{
     source: cell.getSource(),
     tags: cell.metadata?.tags ?? [],
     count: cell.execution_count,
     errors: cell.getOutputs().filter(o => o.output_type === 'error').map(o => o.evalue),
     stderr: cell.getOutputs().filter(o => o.name === 'stderr').map(o => String(o.text)),
  }}))"""

#: How far it is: the kernel, and every code cell with its first line and what it raised.
STATES = f"""() => [
  `kernel: ${{{CURRENT}.sessionContext.session?.kernel?.status}}`,
  ...{CELLS}.map(cell => `[${{cell.execution_count ?? ' '}}] ${{cell.executionState}}: `
    + cell.getSource().split('\\n')[0]
    + cell.getOutputs().filter(o => o.output_type === 'error').map(o => ` raised ${{o.evalue}}`)),
]"""


class JupyterLab:
    """JupyterLab as a child process, ended when the block ends."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        shutil.copytree(
            ROOT / "notebooks",
            folder / "notebooks",
            ignore=shutil.ignore_patterns(".*"),
        )
        for notebook in (folder / "notebooks").glob("*.ipynb"):
            clear_outputs(notebook)
        self._set("notification", fetchNews="false")
        self.port = 0

    def __enter__(self) -> Self:
        environment = {
            **os.environ,
            "HELPERS_PROGRESS": str(self.folder / "progress.json"),
            "HELPERS_MINE": str(self.folder / "mine"),
            "JUPYTER_RUNTIME_DIR": str(self.folder / "runtime"),
            "JUPYTER_CONFIG_DIR": str(self.folder / "config"),
            "JUPYTERLAB_SETTINGS_DIR": str(self.folder / "settings"),
            "JUPYTERLAB_WORKSPACES_DIR": str(self.folder / "workspaces"),
        }
        command = [
            sys.executable,
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",
            "--port=0",
            f"--ServerApp.root_dir={self.folder}",
            "--IdentityProvider.token=",
            "--LabApp.expose_app_in_browser=True",
            f"--ServerApp.local_hostnames={REMOTE_NAME}",
            "--ServerApp.local_hostnames=localhost",
        ]
        for _ in range(STARTS):  # another program may take the port that it has chosen
            self._start(command, environment)
            if self._is_up():
                return self
            self.__exit__(None, None, None)
        raise RuntimeError("JupyterLab did not start:\n" + "".join(self._log[-30:]))

    def _start(self, command: list[str], environment: dict[str, str]) -> None:
        """Start the process, and a thread that reads its log."""
        self.port = 0
        self.process = subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._ready = threading.Event()
        self._log: list[str] = []
        self._reader = threading.Thread(target=self._read_log, daemon=True)
        self._reader.start()

    def _is_up(self) -> bool:
        """Wait until it has named its port, and then until it listens there: that comes later."""
        end = time.monotonic() + READY_TIMEOUT_S
        self._ready.wait(READY_TIMEOUT_S)
        while self.port and self.process.poll() is None and time.monotonic() < end:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return self.process.poll() is None  # or who has taken its port answers
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.05)
        return False

    def set_theme(self, name: str) -> None:
        """Choose the theme of what is opened from now on: diagrams take it when they are drawn.

        Args:
            name: `JupyterLab Light` or `JupyterLab Dark`.
        """
        self._set("themes", theme=name)

    def _set(self, plugin: str, **settings: str) -> None:
        """Write settings as a person's choice in JupyterLab would."""
        folder = self.folder / "settings/@jupyterlab/apputils-extension"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{plugin}.jupyterlab-settings"
        path.write_text(json.dumps(settings), "utf-8")

    def _read_log(self) -> None:
        """Keep the log, and find the port in the first address that it names."""
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self._log.append(line)
            if not self.port and "http://" in line and "/lab" in line:
                self.port = int(line.split("http://")[1].split("/")[0].rpartition(":")[2])
                self._ready.set()
        self._ready.set()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(5)
        if self.process.stderr:
            self.process.stderr.close()

    def open(self, page: Page, notebook: str, host: str = "127.0.0.1") -> None:
        """Open a notebook and wait for its kernel.

        Args:
            page: the browser tab: a new one, or one that has shown a notebook of this host.
            notebook: its file name, such as `NN_handshake.ipynb`.
            host: `127.0.0.1` or `localhost`, or `REMOTE_NAME` to be a visitor from elsewhere.
        """
        if page.url.startswith(f"http://{host}:{self.port}/"):
            page.evaluate(OPEN, f"notebooks/{notebook}")
        else:
            page.goto(f"http://{host}:{self.port}/lab/tree/notebooks/{notebook}?reset")
        page.wait_for_function(
            IS_READY, arg=f"notebooks/{notebook}", timeout=READY_TIMEOUT_S * 1000
        )
        assert page.locator(".jp-Dialog").count() == 0, "JupyterLab asks something"

    def run_all_above_the_last(self, page: Page) -> list[dict[str, Any]]:
        """Run every cell but the one that stops everything, so that the pages stay alive.

        Args:
            page: the browser tab, with a notebook open.

        Returns:
            Every code cell's outcome: source, tags, count, errors, stderr.
        """
        page.evaluate(f"() => {{ {CELLS}.at(-1) && ({CONTENT}.activeCellIndex = {LAST}); }}")
        self._choose(page, "Run", "Run All Above Selected Cell")
        return self._wait_until_ran(page, -2)

    def run_the_last(self, page: Page) -> list[dict[str, Any]]:
        """Run the cell that stops everything.

        Args:
            page: the browser tab, with a notebook open.

        Returns:
            Every code cell's outcome, as from `run_all_above_the_last`.
        """
        page.evaluate(f"() => {{ {CONTENT}.activeCellIndex = {LAST}; }}")
        self._choose(page, "Run", "Run Selected Cell and Do not Advance")
        return self._wait_until_ran(page, -1)

    def _choose(self, page: Page, menu: str, item: str) -> None:
        """Choose from JupyterLab's menu bar, as a person does."""
        page.get_by_role("menuitem", name=menu, exact=True).click()
        page.get_by_role("menuitem", name=re.compile(f"^{item}")).first.click()

    def _wait_until_ran(self, page: Page, index: int) -> list[dict[str, Any]]:
        """Wait until a code cell (counted as in a Python list) has run and the kernel is idle."""
        try:
            page.wait_for_function(
                f"() => {CURRENT}.sessionContext.session.kernel.status === 'idle'"
                f" && {CELLS}.at({index}).executionState === 'idle'"
                f" && {CELLS}.at({index}).execution_count",
                timeout=RUN_TIMEOUT_MS,
            )
        except TimeoutError as error:
            states = "\n".join(page.evaluate(STATES))
            raise AssertionError(f"it did not run to its end:\n{states}") from error
        outcomes: list[dict[str, Any]] = page.evaluate(OUTCOMES)
        return outcomes

    def close_notebook(self, page: Page) -> None:
        """End the kernel of the notebook that is open, and close it unsaved."""
        page.evaluate(CLOSE)


def clear_outputs(notebook: Path) -> None:
    """Take outputs and counts out of a notebook file, so that what is seen later has just run."""
    content = json.loads(notebook.read_text("utf-8"))
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    notebook.write_text(json.dumps(content), "utf-8")


def code_cells(notebook: Path) -> int:
    """How many code cells a notebook file has."""
    cells = json.loads(notebook.read_text("utf-8"))["cells"]
    return sum(cell["cell_type"] == "code" for cell in cells)

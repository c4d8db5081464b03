"""Open JupyterLab on the course: `python -m helpers.course.lab`, which `make lab` calls.

The root is the course, so that `helpers/` is within reach; the first notebook of `my-course/` is
open, and the file browser is closed. Settings and workspaces are the course's own, in
`my-course/.jupyter/`, beside those of other projects: what the learner changes there stays.

Further arguments are JupyterLab's, such as `--no-browser` or `--port=9999`.
"""

from __future__ import annotations

import json
import logging
import os
import re
import sys
from pathlib import Path
from typing import Any

from helpers.course.install import MOVED, is_set_up_here
from helpers.course.learner import COPY, ROOT
from helpers.course.notebook import CourseError
from helpers.course.renew import renew
from helpers.course.swap import said_plainly, write_whole

__all__ = ["lab_options", "open_course", "write_defaults"]

SETTINGS = "settings/@jupyterlab/apputils-extension/notification.jupyterlab-settings"
#: JupyterLab names the file after the workspace and a digest of its name.
WORKSPACE = "workspaces/default-37a8.jupyterlab-workspace"
#: What a person would have chosen who asks for no news and closes the file browser.
NO_NEWS = {"fetchNews": "false"}
CLOSED = {
    "data": {
        "layout-restorer:data": {
            "main": None,
            "down": {"size": 0, "collapsed": True, "widgets": []},
            "left": {"collapsed": True, "visible": True, "widgets": ["filebrowser"]},
            "right": {"collapsed": True, "visible": True, "widgets": []},
            "relativeSizes": [0, 1, 0],
            "top": {"simpleVisibility": True},  # without it, JupyterLab takes none of this
        }
    },
    "metadata": {"id": "default"},
}
PROXIED = re.compile(r"/proxy/(?:absolute/)?[\w.:-]*\d+(?:/|\b)")
WELCOME = "To access the server"


def lab_options(root: Path = ROOT) -> list[str]:
    """Return JupyterLab's options for the course.

    Args:
        root: the folder of the course.
    """
    own = root / COPY / ".jupyter"
    first = next((path.name for path in sorted((root / COPY).glob("[0-9][0-9]_*.ipynb"))), "")
    options = [
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/{COPY}/{first}",
        f"--LabApp.user_settings_dir={own / 'settings'}",
        f"--LabApp.workspaces_dir={own / 'workspaces'}",
        # The server's own is longer than its interval between pings, and tornado complains.
        "--ServerApp.tornado_settings={'ws_ping_timeout': 30000}",
        "--ServerApp.ip=127.0.0.1",  # the name under which pages are framed
        # A browser in a sandbox (snap, flatpak, WSL) cannot read the file that would redirect it.
        "--ServerApp.use_redirect_file=False",
        "--KernelManager.transport_encryption=auto",
        "--ServerApp.log_level=WARN",
        "--LabApp.log_level=WARN",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--allow-root")  # the only user, as in a container
    return options


def write_defaults(root: Path = ROOT) -> None:
    """Write the settings with which the course begins, where the learner has none.

    Args:
        root: the folder of the course.

    Raises:
        CourseError: they cannot be written.
    """
    own = root / COPY / ".jupyter"
    with said_plainly(root / COPY):
        for name, content in ((SETTINGS, NO_NEWS), (WORKSPACE, CLOSED)):
            if not (own / name).exists():
                write_whole(own / name, json.dumps(content).encode())


class Quiet(logging.Filter):
    """Leaves out what is no fault: a page whose server has stopped, and what we say ourselves.

    Above the line of a failed request, of whatever kind, the server logs its headers: these too.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Say whether a line is for the terminal."""
        said = record.getMessage()
        is_headers = record.funcName == "log_request" and said.startswith("{")
        return not (PROXIED.search(said) or WELCOME in said or is_headers)


def greeting(root: Path, address: str) -> str:
    """Say what is running, where, and how to stop it."""
    return (
        f"JupyterLab is running in {root}; your notebooks are in {COPY}/.\n"
        f"Open it at {address}\n"
        "Stop it with Ctrl+C here, twice."
    )


def launch(arguments: list[str], root: Path = ROOT) -> None:
    """Run JupyterLab until it is stopped.

    Args:
        arguments: its options.
        root: the folder of the course.
    """
    from jupyter_server.serverapp import ServerApp
    from jupyterlab.labapp import LabApp

    class CourseServer(ServerApp):
        """A Jupyter server that says in three lines what there is to know."""

        def start_app(self) -> None:
            """Say it as soon as somebody can open it."""
            for handler in self.log.handlers:
                handler.addFilter(Quiet())
            start = (
                f"{self.connection_url.rstrip('/')}{self.default_url[len(self.base_url) - 1 :]}"
            )
            token = self.identity_provider.token
            words = greeting(root, f"{start}?token={token}" if token else start)
            self.io_loop.add_callback(print, words, flush=True)  # the loop first makes it listen
            super().start_app()

    lab: Any = LabApp
    lab.serverapp_class = CourseServer  # a subclass would be an extension of another name
    lab.launch_instance(arguments)


def open_course(root: Path, arguments: list[str]) -> None:
    """Bring `my-course/` up to date, and run JupyterLab on it until it is stopped.

    Whoever ran `git pull` has new helpers, for which older notebooks were not made. A copy that
    cannot be brought up to date is opened as it is.

    Args:
        root: the folder of the course.
        arguments: further options of JupyterLab.

    Raises:
        CourseError: there is no copy, and it cannot be made; or the settings cannot be written.
    """
    try:
        lines = renew(root)
    except CourseError as error:
        if not list((root / COPY).glob("[0-9][0-9]_*.ipynb")):
            raise
        lines = [f"warning: {COPY}/ stays as it is, because {error}"]
    if lines:
        print("\n".join(lines), flush=True)
    write_defaults(root)
    launch([*lab_options(root), *arguments], root)


def main() -> None:
    """Open the course; what is in the way ends this with status 1, and says what to do."""
    if not is_set_up_here():
        sys.exit(f"error: {MOVED}")
    try:
        open_course(ROOT, sys.argv[1:])
    except CourseError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()

"""Find the installed Chromium and start it: one place for tests and screenshots.

Playwright drives the browser that the machine has; its own browser download is not needed.
"""

import os

from playwright.sync_api import Browser, Playwright

from helpers.judges.browser import find_browser

#: Stands for a JupyterLab on another machine: not a loopback name, yet it leads here.
REMOTE_NAME = "lab.test"
#: A site of somebody else, which has pointed its name at this machine.
REBOUND_NAME = "bad.example"
FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {REMOTE_NAME} 127.0.0.1, MAP {REBOUND_NAME} 127.0.0.1",
)


def find_chromium() -> str | None:
    """The browser's path: `CHROMIUM` if set, else the first that is installed, else None."""
    return find_browser()


def missing_browser() -> str:
    """What to tell a person whose machine has no browser that can be driven."""
    return (
        "no Chromium or Chrome was found: the browser tests did not run. Install one "
        "(Debian, Ubuntu: apt install chromium) or set CHROMIUM=/path/to/it"
    )


def start(playwright: Playwright) -> Browser:
    """Start the installed Chromium without a window.

    Raises:
        FileNotFoundError: there is none; the message says what to do.
    """
    path = find_chromium()
    if path is None:
        raise FileNotFoundError(missing_browser())
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    flags = [*FLAGS, "--no-sandbox"] if as_root else [*FLAGS]
    return playwright.chromium.launch(executable_path=path, args=flags)

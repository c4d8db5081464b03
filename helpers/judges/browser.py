"""A real browser, if the machine has one: what a page looks like to it once its scripts have run.

It is asked by its own protocol, which is JSON over a WebSocket on this machine.

Source: chromedevtools.github.io/devtools-protocol, `Runtime.evaluate`.
"""

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from helpers.judges.player import Line, Player
from helpers.judges.target import find_target
from helpers.judges.verdict import Broken
from helpers.wire.frames import Frame, Opcode

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:/Program Files/Google/Chrome/Application/chrome.exe",
)
START_S, ANSWER_S = 20.0, 10.0
EACH_S = 0.1  # between two looks at the page
FLAGS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--remote-debugging-port=0",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)
LOOK = {"method": "Runtime.evaluate", "params": {"expression": "document.body.innerHTML"}}


class NoBrowser(Exception):  # it is what it says
    """There is no browser, or it does not run; the message says what to do."""


def find_browser() -> str | None:
    """Return the browser's path: `CHROMIUM` if set, else the first that is installed."""
    if os.environ.get("SKIP_BROWSER"):
        return None
    if named := os.environ.get("CHROMIUM"):
        return named
    found = (shutil.which(name) for name in NAMES)
    return next((path for path in (*found, *PLACES) if path and Path(path).exists()), None)


async def read_page(url: str, until: str, within_s: float) -> str:
    """Open a page and return the HTML of its body, as scripts have made it.

    Args:
        url: the page's; the browser reaches no machine but this one.
        until: it is read again and again until it holds this.
        within_s: or until so many seconds have passed.

    Raises:
        NoBrowser: there is none, or it fails.
    """
    browser = find_browser()
    if browser is None:
        raise NoBrowser("no Chromium or Chrome was found")
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile,
        running(browser, profile, url) as process,
    ):
        address = await asyncio.to_thread(find_debugger, process, Path(profile))
        player = Player(find_target(address), ANSWER_S)
        try:
            return await look(await player.open(), until, within_s)
        except Broken as error:
            raise NoBrowser(f"{browser} does not answer: {error}") from None
        finally:
            player.close()
            await asyncio.sleep(0)  # its sockets close in the next iteration of the loop


@contextlib.contextmanager
def running(browser: str, profile: str, url: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the browser on a page, and end it."""
    as_root = hasattr(os, "geteuid") and os.geteuid() == 0
    command = [browser, *FLAGS, *(["--no-sandbox"] if as_root else [])]
    try:
        process = subprocess.Popen(
            [*command, f"--user-data-dir={profile}", url],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
    except OSError as error:
        raise NoBrowser(f"{browser} does not run: {error}") from None
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(ANSWER_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def find_debugger(process: subprocess.Popen[bytes], profile: Path) -> str:
    """Wait until the browser has written its port, and return the address of its first page."""
    ends = time.monotonic() + START_S
    while time.monotonic() < ends and process.poll() is None:
        with contextlib.suppress(OSError, ValueError, IndexError, StopIteration):
            port = int((profile / "DevToolsActivePort").read_text().splitlines()[0])
            from urllib.request import urlopen  # heavy, and seldom needed

            with urlopen(f"http://127.0.0.1:{port}/json/list", timeout=2) as answer:
                pages = [each for each in json.load(answer) if each["type"] == "page"]
            return str(next(iter(pages))["webSocketDebuggerUrl"])
        time.sleep(EACH_S)
    raise NoBrowser("the browser did not start")


async def look(line: Line, until: str, within_s: float) -> str:
    """Read the page until it holds something, for a while; return what it held last."""
    ends = time.monotonic() + within_s
    for number in range(1, 10_000):
        question = json.dumps(LOOK | {"id": number}).encode()
        await line.send(Frame(Opcode.TEXT, question))
        answer: object = None
        while not isinstance(answer, str) or json.loads(answer).get("id") != number:
            answer = await line.get("an answer of the browser")
            if answer is None:
                raise Broken("an answer of the browser", "its end")
        html = str(json.loads(answer).get("result", {}).get("result", {}).get("value", ""))
        if until in html or time.monotonic() > ends:
            return html
        await asyncio.sleep(EACH_S)
    return html

"""What a stranger in the lesson strangers does: send anything at all, and see what comes of it."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import TYPE_CHECKING

from helpers.exercises.stage.chat_client import hear
from helpers.judges.attack import attack
from helpers.judges.report import Report

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

QUICK = ("nonsense", "names", "pages", "floods")  # the groups that take a moment only
ATTACK = """<img src="?" onerror="
    send({type: 'say', text: 'I owe Mallory 100 euros'})">"""


async def answer(ws: ClientConnection, raw: str | bytes) -> str:
    """Send anything, and wait for the answer.

    Args:
        ws: the client's connection.
        raw: what to send, JSON or not.

    Returns:
        `"welcome"`, the code of an error, or `"thrown out"`.
    """
    from websockets.exceptions import ConnectionClosed

    await ws.send(raw)
    try:
        message = await hear(ws, "welcome", "error")
    except ConnectionClosed:
        return "thrown out"
    return str(message.get("code", message["type"]))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(f"<{' '.join([tag, *(name for name, _ in attrs)])}>")

    def handle_data(self, data: str) -> None:
        if data.strip():
            self.found.append(" ".join(data.split()))


def parse(html: str) -> list[str]:
    """Read HTML as a browser does.

    Args:
        html: a page, or a part of one.

    Returns:
        Its elements, each with the names of its attributes, and the text between them.
    """
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return reader.found


async def attack_quickly(server: object, page: str = "") -> Report:
    """Play the nine attacks that take a moment only, in four groups.

    Args:
        server: as for `attack`.
        page: as for `attack`.

    Returns:
        One report on all of them.
    """
    reports = [await attack(server, page, only=group) for group in QUICK]
    verdicts = [verdict for report in reports for verdict in report.verdicts]
    return Report(verdicts, "attacks", "held")

"""`attack`: what does a chat withstand? `python -m helpers.judges.attack URL` asks as well.

A dozen cases are played against a chat, one after the other: nonsense, false names, floods, slow
readers, foreign pages, scripts in messages, and a crash. `helpers.judges.chat_cases` says what a
chat must speak to be attacked. The cases have sections, such as `names`, which can be played
alone. In each case Alice and Bob only want to talk, and must be able to.
"""

import argparse
import asyncio
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from helpers.judges.cases import Case
from helpers.judges.chat_cases import CASES, recall, remember
from helpers.judges.guest import plain
from helpers.judges.play import play, play_in_child, write
from helpers.judges.player import ANSWER_S, Player
from helpers.judges.report import Report
from helpers.judges.target import Target, TargetError, find_target, is_loopback
from helpers.judges.verdict import Verdict

MODULE = "helpers.judges.attack"
CASE_S = 30.0  # that a case may take
CRASH = ("crashes", "what was acknowledged survives a crash")
SECTIONS = (*dict.fromkeys(case.section for case in CASES), CRASH[0])


async def attack(server: object, page: str = "", *, only: str = "") -> Report:
    """Attack a chat, and report line by line what it withstood.

    The attackers run in a process of their own. The server must be on this machine. With a handle
    from `launch` it is also killed and started again; its messages stay what they are.

    Args:
        server: a handle from `launch`, or an address such as `"ws://127.0.0.1:8765/"`.
        page: the address of a page that joins by itself and shows what was said, with `{name}`
            for the name; that of a handle is known.
        only: a section, such as `"names"`: all others are left out.

    Returns:
        The report; as the last line of a cell, it is shown as a table.

    Raises:
        TargetError: the server or the page is not on this machine, or speaks something else.
        ValueError: there is no such section.

    First used: chat
    """
    target = find_target(server)
    page = check_page(page or page_of(server))
    if only and only not in SECTIONS:
        raise ValueError(f"no attack is called {only!r}; there are {', '.join(SECTIONS)}")
    verdicts: list[Verdict] = []
    if only != CRASH[0]:
        flags = f"--page={page}", f"--only={only}"
        verdicts += await asyncio.to_thread(play_in_child, MODULE, target.url, *flags)
    if only in ("", CRASH[0]):
        verdicts.append(await asyncio.to_thread(crash, server, target))
    return Report(verdicts, "attacks", "held")


def page_of(server: object) -> str:
    """Return the address of a handle's page, with a place for the name; empty if it has none."""
    url = getattr(server, "page_url", "")
    return f"{url}?name={{name}}" if url else ""


def check_page(page: str) -> str:
    """Return the address of a page, if a browser may open it.

    Raises:
        TargetError: it is on another machine.
    """
    if page and not is_loopback(urlsplit(page).hostname or ""):
        raise TargetError(f"only a page on this machine is opened, got {page!r}")
    return page


def crash(server: Any, target: Target) -> Verdict:
    """Kill a server after an acknowledged message, start it again, and look for the message."""
    restart: Callable[[], object] | None = getattr(server, "restart", None)
    if restart is None:
        return Verdict(*CRASH, False, untried="it was not started with `launch`")

    async def script(player: Player) -> None:
        text = await remember(player)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(restart)
        await recall(player, text)

    return tidy(asyncio.run(play(Case(*CRASH, script), Player(target), CASE_S)))


async def play_all(
    target: Target, answer_s: float = ANSWER_S, page: str = "", only: str = ""
) -> list[Verdict]:
    """Play every case but the crash, one after the other.

    Args:
        target: the chat.
        answer_s: how many seconds it has for each answer.
        page: as for `attack`.
        only: as for `attack`.
    """
    cases = [case for case in CASES if only in ("", case.section)]
    return [tidy(await play(case, Player(target, answer_s, page), CASE_S)) for case in cases]


def tidy(verdict: Verdict) -> Verdict:
    """Show names and ids without what makes them different in each attack."""
    return replace(
        verdict,
        sent=tuple(map(plain, verdict.sent)),
        expected=plain(verdict.expected),
        received=plain(verdict.received),
    )


def main(arguments: list[str] | None = None) -> int:
    """Attack a chat from the command line; the exit status is 1 if something did not hold."""
    flags = argparse.ArgumentParser(description="attack a WebSocket chat on this machine")
    flags.add_argument("url", help="such as ws://127.0.0.1:8765/")
    flags.add_argument("--page", default="", help="a page that joins as {name}")
    flags.add_argument(
        "--only", default="", choices=["", *SECTIONS], metavar="SECTION", help="such as names"
    )
    flags.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    flags.add_argument(
        "--answer-s", type=float, default=ANSWER_S, help="seconds that the chat has to answer"
    )
    options = flags.parse_args(arguments)
    try:
        target, page = find_target(options.url), check_page(options.page)
    except TargetError as error:
        flags.error(str(error))
    verdicts = asyncio.run(play_all(target, options.answer_s, page, options.only))
    if options.json:
        print(write(verdicts))
        return 0
    if options.only in ("", CRASH[0]):
        verdicts.append(Verdict(*CRASH, False, untried="it was not started with `launch`"))
    report = Report(verdicts, "attacks", "held")
    print(report)
    return 0 if not report.failed else 1


if __name__ == "__main__":
    sys.exit(main())

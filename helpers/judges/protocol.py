"""`judge`: does an echo server keep RFC 6455?

In a terminal `python -m helpers.judges.protocol URL` asks the same. About seventy cases, each a
MUST of §4 to §8 on a connection of its own, are played against a server that sends every message
back to whoever sent it.
"""

import argparse
import asyncio
import sys

from helpers.judges import closing_cases, frame_cases, handshake_cases
from helpers.judges.cases import Case
from helpers.judges.play import play, play_in_child, write
from helpers.judges.player import ANSWER_S, END, Player
from helpers.judges.report import Report
from helpers.judges.target import Target, TargetError, find_target
from helpers.judges.verdict import Verdict

CASES = [*handshake_cases.CASES, *frame_cases.CASES, *closing_cases.CASES]
AT_ONCE = 8  # cases that are played side by side
MODULE = "helpers.judges.protocol"


async def judge(server: object) -> Report:
    """Play about seventy cases against an echo server, and report which rules it keeps.

    The cases run in a process of their own. The server must be on this machine, and must send
    every message back to whoever sent it.

    Args:
        server: a handle from `launch`, or an address such as `"ws://127.0.0.1:8765/"`.

    Returns:
        The report; as the last line of a cell, it is shown as a table.

    Raises:
        TargetError: the server is not on this machine, or is not a WebSocket server.

    First used: server_from_bytes
    """
    target = find_target(server)
    verdicts = await asyncio.to_thread(play_in_child, MODULE, target.url)
    return Report(verdicts)


async def play_all(target: Target, answer_s: float = ANSWER_S) -> list[Verdict]:
    """Play every case, and those that were cut short once more, alone.

    On a server that lets one client's fault end the others, a case may fail for what another one
    did; that it then passes alone tells these from its own faults.

    Args:
        target: the server.
        answer_s: how many seconds it has for each answer.
    """
    places = asyncio.Semaphore(AT_ONCE)

    async def one(case: Case) -> Verdict:
        async with places:
            return await play(case, Player(target, answer_s))

    verdicts = list(await asyncio.gather(*map(one, CASES)))
    for number, case in enumerate(CASES):
        if verdicts[number].received == END:
            verdicts[number] = await one(case)
    return verdicts


def main(arguments: list[str] | None = None) -> int:
    """Judge a server from the command line; the exit status is 1 if it breaks a rule."""
    flags = argparse.ArgumentParser(description="judge a WebSocket echo server on this machine")
    flags.add_argument("url", help="such as ws://127.0.0.1:8765/")
    flags.add_argument("--json", action="store_true", help="print the verdicts as JSON")
    flags.add_argument(
        "--answer-s", type=float, default=ANSWER_S, help="seconds that the server has to answer"
    )
    options = flags.parse_args(arguments)
    try:
        target = find_target(options.url)
    except TargetError as error:
        flags.error(str(error))
    verdicts = asyncio.run(play_all(target, options.answer_s))
    if options.json:
        print(write(verdicts))
        return 0
    report = Report(verdicts)
    print(report)
    return 0 if not report.failed else 1


if __name__ == "__main__":
    sys.exit(main())

"""`judge`: does an echo server keep RFC 6455?

In a terminal `python -m helpers.judges.protocol URL` asks the same. About seventy cases, each a
MUST of §4 to §8, are played against a server that sends every message back to whoever sent it.
Whether it says why when it has to hang up is a SHOULD (§7.1.7): the report has it on a line of
its own, and it breaks no rule.
"""

import argparse
import asyncio
import sys

from helpers.judges import closing_cases, frame_cases, handshake_cases
from helpers.judges.cases import Case
from helpers.judges.play import play, play_in_child, write
from helpers.judges.player import A_CONNECTION, ANSWER_S, END, Player
from helpers.judges.report import Report
from helpers.judges.target import Target, TargetError, find_target
from helpers.judges.verdict import Broken, Verdict

CASES = [*handshake_cases.CASES, *frame_cases.CASES, *closing_cases.CASES]
TOPICS = {
    "§4.2.1": "reading a handshake",
    "§4.2.2": "answering a handshake",
    "§5.1": "masked or not",
    "§5.2": "headers",
    "§5.3": "masking keys",
    "§5.4": "fragments",
    "§5.5": "control frames",
    "§5.5.1": "close",
    "§5.5.3": "ping and pong",
    "§5.6": "text and binary",
    "§7.1.7": "failing a connection",
    "§7.4": "close codes",
    "§7.4.1": "codes that are never sent",
    "§8.1": "text that is not UTF-8",
}
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
        TargetError: the server is not on this machine, nobody listens at its address, or nothing
            is at its path.

    First used: server_from_bytes
    """
    target = find_target(server)
    await find_somebody(target)
    verdicts = await asyncio.to_thread(play_in_child, MODULE, target.url)
    return Report(verdicts, topics=TOPICS)


async def find_somebody(target: Target, answer_s: float = ANSWER_S) -> None:
    """Ask once whether there is a server to judge: without one, every rule would be broken.

    Args:
        target: the server.
        answer_s: how many seconds it has for an answer.

    Raises:
        TargetError: nobody listens there, or nothing is at that path (404).
    """
    player = Player(target, answer_s)
    try:
        answer = await player.ask(player.request(), "a handshake")
    except Broken as broken:
        if broken.expected == A_CONNECTION:
            raise TargetError(
                f"nobody listens at {target.url}: run the cell that starts your server"
            ) from None
        return  # what is wrong with its answer, the cases say
    finally:
        player.close()
    if answer.status == 404:
        raise TargetError(
            f"nothing is at the path {target.path!r} of that server (it answered 404): "
            "look at the path in the address"
        )


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
    report = Report(verdicts, topics=TOPICS)
    print(report.text(every=True))
    return 0 if not report.failed else 1


if __name__ == "__main__":
    sys.exit(main())

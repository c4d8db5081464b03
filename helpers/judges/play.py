"""How a judge plays its cases: each to its deadline, all of them in a process of their own."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from helpers.judges.cases import Case
from helpers.judges.player import Player
from helpers.judges.target import TargetError
from helpers.judges.verdict import Broken, Untried, Verdict

CASE_S = 15.0  # that a case may take, whatever the server does
ALL_S = 180.0  # that all may take; their process is killed then
MOST_SENT = 6  # lines of a report that say what was sent


async def play(case: Case, player: Player, case_s: float = CASE_S) -> Verdict:
    """Play one case to its end, or to its deadline.

    Args:
        case: the case.
        player: who plays it; its connections are dropped afterwards.
        case_s: how many seconds the case may take.
    """
    try:
        async with asyncio.timeout(case_s):
            await case.play(player)
    except Broken as broken:
        sent = shorten(player.sent)
        return Verdict(case.section, case.rule, False, sent, broken.expected, broken.received)
    except Untried as reason:
        return Verdict(case.section, case.rule, False, untried=str(reason))
    except TimeoutError:
        fact = f"no end within {case_s:g} s"
        return Verdict(case.section, case.rule, False, shorten(player.sent), "an answer", fact)
    finally:
        player.close()
        await asyncio.sleep(0)  # its sockets close in the next iteration of the loop
    return Verdict(case.section, case.rule, True, explained=player.explained)


def shorten(sent: Sequence[str]) -> tuple[str, ...]:
    """Leave the first lines of what was sent, and say how many more there are."""
    if len(sent) <= MOST_SENT:
        return tuple(sent)
    return (*sent[: MOST_SENT - 1], f"and {len(sent) - MOST_SENT + 1:,} more")


def play_in_child(module: str, *arguments: str) -> list[Verdict]:
    """Run a judge's module in a process of its own and read the verdicts that it prints.

    Args:
        module: such as `"helpers.judges.protocol"`; it prints JSON if told `--json`.
        *arguments: its command line.

    Raises:
        TargetError: it fails, or does not finish in time.
    """
    command = [sys.executable, "-m", module, *arguments, "--json"]
    done = None
    try:
        done = subprocess.run(
            command, capture_output=True, stdin=subprocess.DEVNULL, timeout=ALL_S, text=True
        )
        return read(done.stdout)
    except subprocess.TimeoutExpired:
        raise TargetError(f"the judge did not finish within {ALL_S:g} s") from None
    except ValueError:
        said = done.stderr.strip()[-300:] if done else ""
        raise TargetError(f"the judge failed: {said or 'no report'}") from None


def write(verdicts: Sequence[Verdict]) -> str:
    """Write verdicts for another process."""
    return json.dumps([asdict(verdict) for verdict in verdicts])


def read(text: str) -> list[Verdict]:
    """Read verdicts that another process wrote.

    Raises:
        ValueError: it is something else.
    """
    found: list[dict[str, Any]] = json.loads(text)
    return [Verdict(**{**fields, "sent": tuple(fields["sent"])}) for fields in found]

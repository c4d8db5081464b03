"""`python -m tests.soak [SERVER …] --minutes 3`: is every server a match for its attackers?

For each server, twice, on a fresh one: honest clients talk while attackers do all they know for
the time asked for. The second run, which is the same as the first, shows what memory is worth: a
peak that differs by more than a tenth is chance, and a chance is not a bound.

A line of the table for each server, then what it did not withstand. The exit status is 1 if that
is anything.
"""

import argparse
import asyncio
import sys
from pathlib import Path

from tests.soak.attackers import ATTACKS
from tests.soak.line import allow_files
from tests.soak.run import HONEST, Outcome, Plan, soak

SERVERS = [name for name in ATTACKS if name != "socketio_echo"]  # the library as it comes
PEAK_MORE = 1.10  # the second run's, of the first one's
HEADS = (
    "server",
    "cpu",
    "said",
    "heard",
    "worst",
    "late",
    "lost",
    "join",
    "late",
    "MB",
    "peak 1",
    "peak 2",
    "files",
    "after",
    "log kB",
    "verdict",
)
WIDTHS = (14, 5, 5, 6, 7, 5, 5, 6, 5, 5, 7, 7, 6, 6, 8, 7)


def row(cells: tuple[object, ...]) -> str:
    """Return one line of the table."""
    padded = [f"{cell!s:>{width}}" for cell, width in zip(cells, WIDTHS, strict=True)]
    return " ".join([f"{cells[0]!s:<{WIDTHS[0]}}", *padded[1:]])


def line_of(first: Outcome, second: Outcome | None, fine: bool) -> str:
    """Return a server's line: the worse of both runs, and both peaks."""
    runs = [first, *([second] if second else [])]
    ledgers = [outcome.crowd.ledger for outcome in runs]
    return row(
        (
            first.server,
            f"{max(o.cpu_share for o in runs):.0%}",
            sum(ledger.said for ledger in ledgers),
            sum(ledger.heard for ledger in ledgers),
            f"{max(ledger.worst_s for ledger in ledgers):.2f}s",
            sum(ledger.late for ledger in ledgers),
            sum(ledger.lost for ledger in ledgers),
            f"{max(max(o.crowd.joins, default=0) for o in runs):.1f}s",
            sum(o.crowd.late_joins for o in runs),
            f"{first.start_bytes / 1e6:.0f}",
            f"{first.peak_bytes / 1e6:.0f}",
            f"{second.peak_bytes / 1e6:.0f}" if second else "-",
            max(o.start_files for o in runs),
            max(o.end_files for o in runs),
            f"{max(o.log_bytes for o in runs) / 1e3:.0f}",
            "fine" if fine else "FAILS",
        )
    )


def complaints(first: Outcome, second: Outcome | None) -> list[str]:
    """List what a server did not withstand in its runs."""
    found = [f"run 1: {words}" for words in first.complaints()]
    if second is None:
        return found
    found += [f"run 2: {words}" for words in second.complaints()]
    if second.peak_bytes > PEAK_MORE * first.peak_bytes:
        more = second.peak_bytes / first.peak_bytes - 1
        found.append(f"run 2: the peak of memory was {more:.0%} above that of run 1")
    return found


def soak_server(name: str, plan: Plan, once: bool, logs: Path | None) -> tuple[str, list[str]]:
    """Run a server once or twice; return its line, and what it did not withstand."""
    first = asyncio.run(soak(name, plan))
    second = None if once else asyncio.run(soak(name, plan))
    for number, outcome in enumerate([first, *([second] if second else [])], 1):
        if logs:
            logs.mkdir(parents=True, exist_ok=True)
            (logs / f"{name}-{number}.log").write_text(outcome.log)
            (logs / f"{name}-{number}.attacks").write_text(repr(outcome.attacks))
    wrong = complaints(first, second)
    return line_of(first, second, not wrong), wrong


def parser() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    flags = argparse.ArgumentParser(description="Attack our servers while honest clients talk.")
    flags.add_argument("servers", nargs="*", metavar="SERVER", default=SERVERS)
    flags.add_argument("--minutes", type=float, default=3, help="of each run")
    flags.add_argument("--seconds", type=float, help="the same, for short runs")
    flags.add_argument("--honest", type=int, default=HONEST, help="clients that talk")
    flags.add_argument("--once", action="store_true", help="without the second run")
    flags.add_argument("--only", nargs="+", default=[], metavar="ATTACK")
    flags.add_argument("--without", nargs="+", default=[], metavar="ATTACK")
    flags.add_argument("--logs", type=Path, help="a folder to keep the servers' logs in")
    return flags


def main(arguments: list[str]) -> int:
    """Do what the command line says; return the exit status."""
    asked = parser().parse_args(arguments)
    if unknown := sorted(set(asked.servers) - set(ATTACKS)):
        sys.exit(f"there is no server {unknown[0]!r}; expected some of {', '.join(ATTACKS)}")
    allow_files(4 * asked.honest + 400)
    seconds = asked.seconds if asked.seconds is not None else asked.minutes * 60
    plan = Plan(seconds, asked.honest, asked.only, asked.without)
    wrong: dict[str, list[str]] = {}
    print(row(HEADS), flush=True)
    for name in asked.servers:
        line, found = soak_server(name, plan, asked.once, asked.logs)
        wrong |= {name: found} if found else {}
        print(line, flush=True)
    for name, found in wrong.items():
        print("", f"{name}:", *(f"  {words}" for words in found), sep="\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

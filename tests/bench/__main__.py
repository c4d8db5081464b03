"""Measure everything, in turns, and write BENCHMARKS.md: `make bench`."""

import argparse
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.bench import fanout, overhead, report, storm
from tests.bench.load import allow_many_files, cores, pin
from tests.bench.servers import LOAD_CORE, OTHERS, PLAIN, SOCKETIO, install_peers

SIZES = (10, 100, 1_000, 5_000)
VOTERS = (100, 1_000)
MANY_VOTERS = 5_000  # ours alone: a broadcast a vote would be 25 million deliveries
OTHERS_FROM = 1_000  # clients


def options() -> argparse.Namespace:
    """Read the command line."""
    flags = argparse.ArgumentParser(description=__doc__)
    flags.add_argument("--rounds", type=int, default=5, help="of each measurement (default: 5)")
    flags.add_argument("--slow-rounds", type=int, default=5, help="of those with 5,000 clients")
    flags.add_argument("--sizes", type=int, nargs="*", default=SIZES, help="numbers of clients")
    flags.add_argument("--only", choices=["fanout", "storm", "overhead"], help="one part alone")
    return flags.parse_args()


def attempt(results: report.Results, what: str, measure: Callable[[], Any]) -> Any:
    """Measure once; what goes wrong is noted, and the others go on."""
    try:
        found = measure()
    except Exception as error:
        results.failed.append(f"{what}: {type(error).__name__}: {error}")
        print(f"{what}: failed: {error}", file=sys.stderr)
        return None
    print(f"{what}: {found}", file=sys.stderr)
    return found


def fan_out(results: report.Results, count: int, rounds: int) -> None:
    """Let the servers take turns: A B C, A B C …"""
    groups = [SOCKETIO, PLAIN, OTHERS] if count >= OTHERS_FROM else [SOCKETIO, PLAIN]
    for number in range(rounds):
        for group in groups:
            for contender in group:
                what = f"{contender.name}, {count} clients, round {number + 1}"
                one = attempt(results, what, partial(fanout.measure, contender, count))
                if one:
                    results.fan.setdefault((contender.name, count), []).append(one)


def storms(results: report.Results, rounds: int) -> None:
    """Let voters storm one server after the other."""
    for number in range(rounds):
        for count in (*VOTERS, MANY_VOTERS):
            for contender in storm.CONTENDERS[: 1 if count == MANY_VOTERS else None]:
                what = f"{contender.name}, {count} voters, round {number + 1}"
                one = attempt(results, what, partial(storm.measure, contender, count))
                if one:
                    results.storm.setdefault((contender.name, count), []).append(one)


def overheads(results: report.Results, rounds: int) -> None:
    """Measure what the helpers cost."""
    results.launch = attempt(results, "launch", lambda: overhead.launch_ratio(rounds)) or []
    cost = attempt(results, "tap", lambda: overhead.tap_cost(rounds))
    results.tap_us, results.tap_ratio = cost or ([], [])
    results.notebooks = attempt(results, "nbval", overhead.notebook_times) or {}


def main() -> None:
    """Run what was asked for."""
    asked = options()
    if sys.platform != "linux" or len(cores()) < 2:
        sys.exit("make bench needs Linux (it reads with epoll) and two cores")
    allow_many_files()
    install_peers()
    results = report.Results()
    if asked.only in (None, "overhead"):
        overheads(results, asked.rounds)
    pin({LOAD_CORE})
    if asked.only in (None, "storm"):
        storms(results, asked.rounds)
    if asked.only in (None, "fanout"):
        for count in asked.sizes:
            fan_out(results, count, asked.slow_rounds if count >= fanout.MANY else asked.rounds)
            if asked.only is None:
                report.write(results, asked.rounds)  # whoever interrupts it has what was measured
    parts = (report.ratio_table, report.storm_tables, report.overhead_table)
    print(*(part(results) for part in parts), sep="\n\n")


main()

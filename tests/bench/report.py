"""What was measured, as text for the terminal and as BENCHMARKS.md with its plots."""

import os
import platform
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tests.bench.fanout import Round
from tests.bench.load import PEOPLE
from tests.bench.servers import node
from tests.bench.storm import Storm

ROOT = Path(__file__).resolve().parents[2]
PLOTS = ROOT / "tests" / "bench" / "plots"
COLOURS = ["#1a50c4", "#98490a", "#216e3a", "#875300", "#586173", "#ad1f2d", "#6b3fa0"]
COLOURS += ["#00737d", "#b0308c"]
PAIRS = [
    ("socketio_chat", "Node socket.io"),
    ("socketio_chat", "stock python-socketio"),
    ("chat", "Node ws"),
    ("chat", "Node websocket"),
    ("chat", "bare asyncio (floor)"),
]
WHAT: list[tuple[str, str, Callable[[Round], float]]] = [
    ("connections/s", "more is better", lambda one: one.connections_s),
    ("deliveries/s", "more is better", lambda one: one.deliveries_s),
    ("median of a fan-out, ms", "less is better", lambda one: one.p50_ms),
    ("p99 of a fan-out, ms", "less is better", lambda one: one.p99_ms),
    ("memory a connection, KiB", "less is better", lambda one: one.memory_kib),
    ("idle CPU, % of a core", "less is better", lambda one: one.idle_percent),
    ("how busy the load was, %", "100: the load was measured", lambda one: one.load_percent),
]


@dataclass
class Results:
    """All that one run has measured."""

    fan: dict[tuple[str, int], list[Round]] = field(default_factory=dict)
    storm: dict[tuple[str, int], list[Storm]] = field(default_factory=dict)
    launch: list[float] = field(default_factory=list)
    tap_us: list[float] = field(default_factory=list)
    tap_ratio: list[float] = field(default_factory=list)
    notebooks: dict[str, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def spread(values: Iterable[float]) -> str:
    """The median of some numbers, and their range."""
    found = sorted(values)
    if not found:
        return "–"
    ends = f" ({number(found[0])}–{number(found[-1])})" if len(found) > 1 else ""
    return number(statistics.median(found)) + ends


def number(value: float) -> str:
    """A number with about three digits."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table in Markdown, aligned so that it reads in a terminal too."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    padded = [
        "| "
        + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        + " |"
        for line in lines
    ]
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([padded[0], rule, *padded[1:]])


def ratios(
    results: Results, ours: str, theirs: str, count: int, of: Callable[[Round], float]
) -> list[float]:
    """Ours ÷ theirs, round by round of the same run."""
    pairs = zip(
        results.fan.get((ours, count), []), results.fan.get((theirs, count), []), strict=False
    )
    return [of(one) / of(other) for one, other in pairs if of(other)]


def ratio_table(results: Results) -> str:
    """Ours beside what one would use instead."""
    rows = []
    for ours, theirs in PAIRS:
        for count in sizes(results):
            cells = [spread(ratios(results, ours, theirs, count, of)) for _, _, of in WHAT[:2]] + [
                spread(ratios(results, ours, theirs, count, of)) for _, _, of in WHAT[2:5]
            ]
            if any(cell != "–" for cell in cells):
                rows.append([f"{ours} ÷ {theirs}", f"{count:,}", *cells])
    return table(["ratio", "clients", *(name.partition(",")[0] for name, _, _ in WHAT[:5])], rows)


def sizes(results: Results) -> list[int]:
    """The numbers of clients that were measured."""
    return sorted({count for _, count in results.fan})


def absolute_tables(results: Results) -> str:
    """Every number that the ratios are made of."""
    parts = []
    for count in sizes(results):
        rows = [
            [name, str(len(rounds)), *(spread(map(of, rounds)) for _, _, of in WHAT)]
            for (name, size), rounds in results.fan.items()
            if size == count
        ]
        head = ["server", "rounds", *(name for name, _, _ in WHAT)]
        parts.append(f"### {count:,} clients\n\n{table(head, rows)}")
    return "\n\n".join(parts)


def storm_tables(results: Results) -> str:
    """What it takes until every voter has the exact totals."""
    rows = [
        [
            name,
            f"{count:,}",
            spread(one.exact_s for one in storms),
            spread(one.after_last_s for one in storms),
            spread(one.bytes_a_voter for one in storms),
        ]
        for (name, count), storms in results.storm.items()
    ]
    head = ["server", "voters", "exact totals everywhere after, s"]
    head += ["… after the last vote, s", "bytes a voter"]
    return table(head, rows) + "\n\n" + "\n".join(f"- {line}" for line in _storm_facts(results))


def _storm_facts(results: Results) -> Iterable[str]:
    names = list(dict.fromkeys(name for name, _ in results.storm))
    counts = sorted({count for _, count in results.storm})
    for count in counts:
        both = zip(*(results.storm.get((name, count), []) for name in names), strict=False)
        found = [theirs.exact_s / ours.exact_s for ours, theirs in both] if names[1:] else []
        if found:
            yield f"{count:,} voters, Node ÷ ours: {spread(found)} times as long"
    for count in counts[1:]:
        least, more = (results.storm.get((names[0], n), []) for n in (counts[0], count))
        growth = [b.bytes_a_voter / a.bytes_a_voter for a, b in zip(least, more, strict=False)]
        yield f"bytes a voter with {count:,} ÷ with {counts[0]:,}, ours: {spread(growth)}"


def overhead_table(results: Results) -> str:
    """What the helpers cost."""
    rows = [
        ['`launch("echo")` until ready ÷ bare Python with its imports', spread(results.launch)],
        ["what a tap adds to a round trip of 100 bytes, µs", spread(results.tap_us)],
        ["throughput through a tap ÷ direct", spread(results.tap_ratio)],
    ]
    rows += [
        [f"nbval of {name} ÷ the start of a kernel", number(times)]
        for name, times in results.notebooks.items()
    ]
    return table(["what", "median (range)"], rows)


def machine() -> str:
    """What this was measured on."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = names[0].partition(": ")[2] if names else cpu
    told = subprocess.run([node(), "--version"], capture_output=True, text=True, check=True)
    packages = ", ".join(f"{name} {version(name)}" for name in ("python-socketio", "aiohttp"))
    return (
        f"{os.cpu_count()} cores ({cpu}), {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, Node {told.stdout.strip()}, {packages}; "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    )


def text(results: Results, rounds: int) -> str:
    """BENCHMARKS.md."""
    failures = "".join(f"- {line}\n" for line in results.failed)
    return f"""# Benchmarks

Written by `make bench`, which measures this on your machine too: every number below comes from
one run, in which the servers took turns. Compare the ratios, not the numbers, which depend on
the machine.

{machine()}. Up to {rounds} rounds; median (range).

A server runs on one core, and all its clients on another. Clients are plain sockets, read with
epoll in one process. One client says 100 bytes, all others hear it, and a round counts to the
byte that everybody has heard everything. *Deliveries/s* is measured with as many messages under
way as make 40,000 deliveries (at most 500); *a fan-out* is one message alone, until the last
client has it. Our servers also write each message to the disk before they pass it on; the peers
keep nothing. *Bare asyncio* writes a frame that was made before to each client, and no more:
what it reaches is the ceiling of the clients here, too, when *the load* beside it is near 100 %.
From 2,000 clients on, the peers do not tell who joins; our servers always do. *document* gets a
replacement of its whole text, of about 100 bytes, and *rooms* has {PEOPLE} people with many tabs:
they have no peer here, and show that they serve so many.

## Ours ÷ what one would use instead

{ratio_table(results)}

For the first two columns more is better, for the others less.

![Deliveries a second, by the number of clients](tests/bench/plots/deliveries.svg)

## A vote: everybody within half a second

{storm_tables(results)}

![Seconds until everybody has the exact totals](tests/bench/plots/storm.svg)

## What the helpers cost

{overhead_table(results)}

## All numbers

{absolute_tables(results)}
{f"{chr(10)}## What did not work{chr(10)}{chr(10)}{failures}" if failures else ""}"""


def plot(results: Results) -> None:
    """Draw what grows."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "bench", "svg.fonttype": "none"})
    from matplotlib import pyplot

    PLOTS.mkdir(exist_ok=True)
    figure, axes = pyplot.subplots(figsize=(8, 4.5), layout="constrained")
    for colour, name in zip(COLOURS, dict.fromkeys(name for name, _ in results.fan), strict=False):
        points = [(n, results.fan[name, n]) for n in sizes(results) if (name, n) in results.fan]
        medians = [statistics.median(one.deliveries_s for one in rounds) for _, rounds in points]
        axes.plot([n for n, _ in points], medians, "o-", color=colour, label=name)
    axes.set(xscale="log", xlabel="clients", ylabel="deliveries a second")
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
    figure.savefig(PLOTS / "deliveries.svg", metadata={"Date": None})
    figure, axes = pyplot.subplots(figsize=(8, 3), layout="constrained")
    rows = [
        (f"{name}, {count:,} voters", statistics.median(one.exact_s for one in storms))
        for (name, count), storms in results.storm.items()
    ][::-1]
    bars = axes.barh([name for name, _ in rows], [value for _, value in rows], color=COLOURS[0])
    axes.bar_label(bars, fmt="%.1f", padding=3)
    axes.set(xlabel="seconds until everybody has the exact totals")
    figure.savefig(PLOTS / "storm.svg", metadata={"Date": None})
    pyplot.close("all")


def write(results: Results, rounds: int) -> None:
    """Write BENCHMARKS.md and its plots."""
    plot(results)
    (ROOT / "BENCHMARKS.md").write_text(text(results, rounds), "utf-8")
    print("BENCHMARKS.md: written", file=sys.stderr)

"""What our helpers cost: a launch, a tap, and the validation of a notebook."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from websockets.sync.client import connect

from helpers import tap
from helpers.launcher import Server

ROOT = Path(__file__).resolve().parents[2]
IMPORTS = "import asyncio, json, logging, websockets.asyncio.server"
NBVAL = [
    "-p",
    "no:xdist",
    "-q",
    "-o",
    "addopts=",
    "--nbval",
    "--nbval-current-env",
    "--nbval-cell-timeout=60",
    "--nbval-sanitize-with=tests/notebooks/sanitize.cfg",
]
ROUND_TRIPS = 300
BLOCK = b"x" * 2**18
BLOCKS = 100


def launch_ratio(rounds: int) -> list[float]:
    """`launch("echo")` until it is ready ÷ bare Python with the same imports, in turns."""
    found = []
    for _ in range(rounds):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-c", IMPORTS], check=True)
        bare = time.perf_counter() - began
        with Server("echo") as server:
            began = time.perf_counter()
            server.start()
            found.append((time.perf_counter() - began) / bare)
    return found


def round_trip_us(url: str) -> float:
    """The median round trip of 100 bytes, in microseconds."""
    times = []
    with connect(url, compression=None, proxy=None) as ws:
        for _ in range(ROUND_TRIPS):
            began = time.perf_counter()
            ws.send("x" * 100)
            ws.recv()
            times.append(time.perf_counter() - began)
    return statistics.median(times) * 1e6


def throughput_mib_s(url: str) -> float:
    """How many MiB a second come back, in messages of 256 KiB."""
    with connect(url, compression=None, proxy=None, max_size=None) as ws:
        began = time.perf_counter()
        for _ in range(BLOCKS):
            ws.send(BLOCK)
            ws.recv()
        return len(BLOCK) * BLOCKS / 2**20 / (time.perf_counter() - began)


def tap_cost(rounds: int) -> tuple[list[float], list[float]]:
    """Microseconds that a tap adds to a round trip, and its throughput ÷ the direct one."""
    added, ratios = [], []
    with Server("echo") as server:
        server.start()
        with tap(server) as wire:
            for _ in range(rounds):
                direct = round_trip_us(server.url)
                added.append(round_trip_us(wire.url) - direct)
                direct = throughput_mib_s(server.url)
                ratios.append(throughput_mib_s(wire.url) / direct)
                wire.clear()
    return added, ratios


def kernel_start_s() -> float:
    """Seconds until a kernel answers."""
    from jupyter_client.manager import start_new_kernel

    began = time.perf_counter()
    manager, client = start_new_kernel(kernel_name="python3")
    took = time.perf_counter() - began
    client.stop_channels()
    manager.shutdown_kernel(now=True)
    return took


def notebook_times() -> dict[str, float]:
    """Seconds that nbval takes for each notebook ÷ the start of a kernel, just before it."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        nothing_solved = Path(folder) / "progress.json"
        for notebook in sorted((ROOT / "notebooks").glob("[0-9][0-9]_*.ipynb")):
            kernel = kernel_start_s()
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "pytest", *NBVAL, str(notebook)],
                cwd=ROOT,
                check=True,
                stdout=subprocess.DEVNULL,
                env=os.environ | {"HELPERS_PROGRESS": str(nothing_solved)},
            )
            found[notebook.stem] = (time.perf_counter() - began) / kernel
    return found

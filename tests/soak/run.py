"""One run: a fresh server, honest clients who talk, attackers for a while, and what it took."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from tests.soak.crowd import Crowd
from tests.soak.server import ROOT, Server, running

HONEST = 50
SAMPLE_S = 0.1
LEAVE_S = 35.0  # until the attackers' files are closed: a ping after 20 s, and 10 s to answer
FILES_MORE = 5  # than at the start: a database may have opened some
GROWN_BYTES = 150_000_000  # which no attacker may make a server take
LOG_BYTES = 1_000_000
SEED = 7


@dataclass
class Plan:
    """What was asked for on the command line."""

    seconds: float
    honest: int = HONEST
    only: list[str] = field(default_factory=list)
    without: list[str] = field(default_factory=list)


@dataclass
class Outcome:
    """What one run has shown."""

    server: str
    crowd: Crowd
    alive: bool = False
    status: int | None = None
    start_bytes: int = 0
    peak_bytes: int = 0
    start_files: int = 0
    end_files: int = 0
    open_files: str = ""
    cpu_share: float = 0.0
    log: str = ""
    log_bytes: int = 0
    attacks: dict[str, dict[str, int | str]] = field(default_factory=dict)

    def complaints(self) -> list[str]:
        """List what the server did not withstand."""
        crowd, ledger = self.crowd, self.crowd.ledger
        faults, seen = self.attacks.get("faults", {}), self.attacks.get("seen", {})
        found = {
            f"the server ended with status {self.status}": not self.alive,
            f"{ledger.lost} arrivals never were": ledger.lost,
            f"{ledger.late} arrivals were late, the worst by {ledger.worst_s:.1f} s": ledger.late,
            f"{crowd.late_joins} of {len(crowd.joins)} newcomers were late": crowd.late_joins,
            f"honest clients: {_counted(ledger.troubles)}": ledger.troubles,
            f"the log has {self.log_bytes:,} bytes": self.log_bytes > LOG_BYTES,
            f"{self.log.count('Traceback')} tracebacks in the log": "Traceback" in self.log,
            f"{self.end_files} files are open, {self.start_files} at the start; "
            f"now {self.open_files}": self.end_files > self.start_files + FILES_MORE,
            f"memory grew by {_mb(self.peak_bytes - self.start_bytes)} MB": self.peak_bytes
            > self.start_bytes + GROWN_BYTES,
            f"attackers: {_counted(seen)}": seen,
            f"faults of the attacks themselves: {faults}": faults,
            "no attack was made": not self.attacks.get("rounds"),
        }
        return [words for words, wrong in found.items() if wrong]


def _counted(troubles: Mapping[str, object]) -> str:
    return ", ".join(f"{count} × {what}" for what, count in troubles.items())


def _mb(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.0f}"


async def soak(name: str, plan: Plan) -> Outcome:
    """Attack a fresh server for a while.

    Args:
        name: of a server in helpers/servers.
        plan: for how long, and with what.

    Returns:
        What came of it.
    """
    with running(name) as server:
        crowd = Crowd(name, server.url, plan.honest)
        outcome = Outcome(name, crowd)
        watching = asyncio.create_task(_watch(server))
        try:
            await crowd.enter()
            outcome.start_bytes, outcome.start_files = server.read_memory(), server.count_files()
            await _attacked(server, crowd, plan, outcome)
            outcome.alive = await asyncio.to_thread(server.answers)
            outcome.status = server.status
        finally:
            watching.cancel()
            await crowd.leave()
        outcome.peak_bytes = server.peak_bytes
        await asyncio.to_thread(server.stop)
        outcome.log_bytes = server.log.stat().st_size
        with server.log.open(errors="replace") as log:
            outcome.log = log.read(20_000_000)
    return outcome


async def _watch(server: Server) -> None:
    while True:
        server.read_memory()
        await asyncio.sleep(SAMPLE_S)


async def _attacked(server: Server, crowd: Crowd, plan: Plan, outcome: Outcome) -> None:
    began, cpu_s = time.monotonic(), server.cpu_s()
    attackers = await _attackers(server, plan)
    over = plan.seconds + 1.0  # the honest ones talk a little longer
    talking = asyncio.gather(crowd.talk(over, SEED), crowd.welcome_newcomers(over))
    try:
        printed, _ = await asyncio.wait_for(attackers.communicate(), plan.seconds + 15)
        outcome.attacks = json.loads(printed)
    except (TimeoutError, ValueError) as error:
        outcome.attacks = {"faults": {"attackers": repr(error)}}
    finally:
        if attackers.returncode is None:
            attackers.kill()
    await talking
    outcome.cpu_share = (server.cpu_s() - cpu_s) / (time.monotonic() - began)
    await crowd.settle()
    outcome.end_files = await _files_after(server, outcome.start_files)
    outcome.open_files = server.list_files()


async def _attackers(server: Server, plan: Plan) -> asyncio.subprocess.Process:
    target = server.target
    command = [sys.executable, "-m", "tests.soak.attackers", server.name, target.host]
    command += [str(target.port), f"--seconds={plan.seconds}", f"--seed={SEED}"]
    command += ["--only", *plan.only, "--without", *plan.without]
    return await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE, cwd=ROOT)


async def _files_after(server: Server, start: int) -> int:
    """Wait until the attackers' files are closed, for a while; return how many are open."""
    for _ in range(round(LEAVE_S / SAMPLE_S)):
        if server.count_files() <= start + FILES_MORE:
            break
        await asyncio.sleep(SAMPLE_S)
    return server.count_files()

"""One says something, all others hear it: how many deliveries a second, and how late the last."""

import itertools
import statistics
import time
from collections import Counter
from dataclasses import dataclass

import psutil

from tests.bench.load import PATIENCE_S, Client, Crowd, Flavour, gather
from tests.bench.servers import Contender, started

WORDS = "x" * 100
MEASURE_S = 1.5
MANY = 2_000  # from so many on, the peers do not tell who joins; our servers always do
MOST_AT_ONCE = 500  # messages under way: a server may drop whoever has a MiB to read


@dataclass(frozen=True)
class Round:
    """What one round has measured, of one server and one number of clients."""

    connections_s: float
    deliveries_s: float
    p50_ms: float
    p99_ms: float
    memory_kib: float  # a connection
    idle_percent: float
    load_percent: float  # how busy the load was: below 100, or it is what was measured


class Fan:
    """A sender, and those who hear."""

    def __init__(self, crowd: Crowd, flavour: Flavour, count: int) -> None:
        self.crowd, self.flavour = crowd, flavour
        self._ids = itertools.count(1)
        began = time.perf_counter()
        self.hearers = gather(crowd, flavour, (f"hearer {n}" for n in range(count)))
        (self.sender,) = gather(crowd, flavour, ["sender"])
        self.settle()
        self.connected_s = self.settled - began

    def say(self) -> bytes:
        """Say something, and return what it is known by."""
        id = f"{next(self._ids):012d}"
        self.sender.send(self.flavour.say(id, WORDS))
        return id.encode()

    def settle(self) -> None:
        """Wait until all that has to do with coming in is over; from then on bytes count."""
        for client in self.hearers:
            client.kept = b""
        mark = self.say()
        waiting = set(self.hearers)

        def all_heard() -> bool:
            waiting.difference_update([c for c in waiting if mark in (c.kept or b"")])
            return not waiting

        self.crowd.until(all_heard)
        self.settled = time.perf_counter()
        self.crowd.quiet()
        for client in self.hearers:
            client.kept, client.count = None, 0

    def check(self) -> None:
        """Raise unless everybody has got the same, to the byte."""
        self.crowd.quiet()
        counts = Counter(client.count for client in self.hearers)
        assert len(counts) == 1, f"bytes, and how many clients got so many: {counts}"

    def fan_out(self, messages: int) -> float:
        """Say so many things at once; return the seconds until the last has reached everybody."""
        reference = self.hearers[0]
        reference.kept = b""
        began = time.perf_counter()
        for _ in range(messages):
            last = self.say()
        self.crowd.until(lambda: self._whole(reference, last, messages))
        wanted = reference.count
        late = {client.fd for client in self.hearers if client.count < wanted}
        deadline = time.monotonic() + PATIENCE_S
        while late:
            late.difference_update(c.fd for c in self.crowd.turn() if c.count >= wanted)
            assert time.monotonic() < deadline, f"{len(late)} clients did not hear everything"
        took = time.perf_counter() - began
        reference.kept = None
        return took

    def _whole(self, reference: Client, last: bytes, messages: int) -> bool:
        """Whether the client that is read in full has everything, in order."""
        kept = reference.kept or b""
        if last not in kept:
            return False
        ids = self.flavour.ids(reference)
        if not ids or ids[-1].encode() != last:
            return False
        assert len(ids) == messages, f"{messages} were said, {len(ids)} heard"
        assert ids == sorted(ids), "out of order"
        return True


def measure(contender: Contender, count: int) -> Round:
    """Run one round against a fresh server."""
    flags = ["quiet"] if count >= MANY else []
    with started(contender, *flags) as server:
        contender.flavour.prepare(server.url)
        process = psutil.Process(server.pid)
        before = process.memory_info().rss
        crowd = Crowd(server.url, contender.flavour.path)
        try:
            fan = Fan(crowd, contender.flavour, count)
            memory = (process.memory_info().rss - before) / count / 1024
            idle = _idle(crowd, process)
            fan.fan_out(3)  # warm
            late = [fan.fan_out(1) * 1000 for _ in range(20 if count >= MANY else 60)]
            rate, load = _throughput(fan, count)
            fan.check()
        finally:
            crowd.close()
    late.sort()
    p99 = late[min(len(late) - 1, int(len(late) * 0.99))]
    return Round(count / fan.connected_s, rate, statistics.median(late), p99, memory, idle, load)


def _throughput(fan: Fan, count: int) -> tuple[float, float]:
    batch = max(2, min(MOST_AT_ONCE, 40_000 // count))
    deliveries, began, busy = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - began < MEASURE_S or not deliveries:
        fan.fan_out(batch)
        deliveries += batch * count
    took = time.perf_counter() - began
    return deliveries / took, 100 * (time.process_time() - busy) / took


def _idle(crowd: Crowd, process: psutil.Process) -> float:
    """How busy the server is while nothing happens, in percent of a core."""
    began, before = time.perf_counter(), sum(process.cpu_times()[:2])
    while time.perf_counter() - began < 1:
        crowd.turn(0.1)
    return 100 * (sum(process.cpu_times()[:2]) - before) / (time.perf_counter() - began)

"""The flush: what is sent in one iteration is one write, and no write is put off for good."""

import asyncio
import time

from helpers.serving import flush


class Wire:
    """A transport that is slow, as with thousands of clients, and lists what was written."""

    def __init__(self, took_s: float = 0.0) -> None:
        self.took_s = took_s
        self.written: list[bytes] = []
        self.wrote = asyncio.Event()

    def write(self, data: bytes) -> None:
        _block(self.took_s)
        self.written.append(data)
        self.wrote.set()

    def is_closing(self) -> bool:
        return False

    def get_write_buffer_size(self) -> int:
        return 0


def _block(for_s: float) -> None:
    """Keep the loop busy."""
    end = time.perf_counter() + for_s
    while time.perf_counter() < end:
        pass


async def iterations(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_what_is_sent_in_one_iteration_is_one_write() -> None:
    wire = Wire()
    writer = flush.Writer(flush.FlushScheduler(), wire)
    for frame in (b"a", b"b", b"c"):
        writer.send(frame)
    assert wire.written == []
    await iterations(1)
    assert wire.written == [b"abc"]
    writer.send(b"d")  # alone, after a short flush: nobody waits
    await wire.wrote.wait()
    assert wire.written[0] == b"abc"


async def test_what_is_long_is_written_at_once() -> None:
    wire = Wire()
    writer = flush.Writer(flush.FlushScheduler(), wire)
    half = b"x" * (flush.AT_ONCE_BYTES // 2)
    for _ in range(3):
        writer.send(half)
    assert wire.written == [half * 2]
    await iterations(1)
    assert wire.written == [half * 2, half]


async def test_a_busy_loop_lets_more_gather_after_a_long_flush() -> None:
    """Each message keeps the loop busy for longer than the pause, as with thousands of clients."""

    wire = Wire(took_s=100 * flush.LONGEST_PAUSE_S)
    writer = flush.Writer(flush.FlushScheduler(), wire)
    writer.send(b"0")
    await wire.wrote.wait()
    for number in range(1, 6):
        writer.send(str(number).encode())
        _block(4 * flush.LONGEST_PAUSE_S)
        await iterations(2)  # as many as the next message takes
    wire.wrote.clear()
    await wire.wrote.wait()
    assert wire.written == [b"0", b"12345"]


async def test_messages_that_never_stop_are_written_all_the_same() -> None:
    wire = Wire(took_s=10 * flush.LONGEST_PAUSE_S)
    writer = flush.Writer(flush.FlushScheduler(), wire)
    writer.send(b"0")
    await wire.wrote.wait()
    sent = 0
    while len(wire.written) == 1 and sent < 200:
        sent += 1
        writer.send(b".")
        _block(4 * flush.LONGEST_PAUSE_S)
        await iterations(2)
    assert wire.written[0] == b"0"
    assert 1 < sent < 30

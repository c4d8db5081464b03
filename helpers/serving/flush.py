"""One write per loop iteration: several messages for a client are written together.

The system calls, one for each message and client, are the largest cost of a fan-out. A writer that
has something to write says so once, and is called when the iteration is over. After a long flush
the next one waits a moment, in which more may gather, and a second moment if the loop was too busy
to let anything in. A message that arrives alone is not kept waiting.
"""

import asyncio
from collections.abc import Callable
from typing import Any

AT_ONCE_BYTES = 65_536  # for one client: more is written before the iteration is over
MAX_WAITING_BYTES = 2**20  # for one client, besides what the system's own buffers hold
LONGEST_PAUSE_S = 0.003  # between two flushes: about as long as a message takes to be stored


class FlushScheduler:
    """The writers that have something to write in this iteration of one server's loop."""

    def __init__(self) -> None:
        self._waiting: list[Callable[[], None]] = []
        self._not_before = 0.0
        self._latest = 0.0  # a further pause does not begin

    def schedule(self, write: Callable[[], None]) -> None:
        """Call a function when this iteration is over.

        Args:
            write: called once, without waiting for anybody.
        """
        if not self._waiting:
            loop = asyncio.get_running_loop()
            if loop.time() < self._not_before:
                loop.call_at(self._not_before, self._end)
            else:
                loop.call_soon(self._end)
        self._waiting.append(write)

    def _end(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self._not_before + LONGEST_PAUSE_S < began < self._latest:
            self._not_before = began + LONGEST_PAUSE_S  # until now the loop was busy
            loop.call_at(self._not_before, self._end)
            return
        waiting, self._waiting = self._waiting, []
        for write in waiting:
            write()
        now = loop.time()
        self._not_before = now + min(LONGEST_PAUSE_S, (now - began) / 2)
        self._latest = now + 2 * (now - began)


class Writer:
    """The frames for one client: gathered in an iteration, and written at its end.

    Args:
        flushes: when to write.
        transport: of the client's connection; None while it has no WebSocket.
    """

    def __init__(self, flushes: FlushScheduler, transport: Any) -> None:
        self.transport = transport
        self._flushes = flushes
        self._frames: list[bytes] = []  # sent in this iteration
        self._size = 0  # of them, in bytes

    @property
    def gone(self) -> bool:
        """Whether nothing more can be sent."""
        return bool(self.transport.is_closing())

    def too_slow(self) -> None:
        """Drop the client, because it has not read what was written before."""
        raise NotImplementedError

    def send(self, frame: bytes) -> None:
        """Send a whole frame, or drop the client if it has not read what was sent before.

        Args:
            frame: as it goes over the wire.
        """
        if not self._frames:
            if self.gone:
                return
            self._flushes.schedule(self._write)
        self._frames.append(frame)
        self._size += len(frame)
        if self._size >= AT_ONCE_BYTES:
            self._write()

    def _write(self) -> None:
        frames, self._frames, self._size = self._frames, [], 0
        if not frames or self.transport.is_closing():
            return
        if self.transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            self.too_slow()
        else:
            self.transport.write(frames[0] if len(frames) == 1 else b"".join(frames))

"""One connection through the relay: two directions, each read, recorded, held and passed on.

Four rules hold for each direction:

1. Bytes are recorded before they are passed on: whatever the other side receives is recorded.
2. The end of one direction is passed on as an end (the other may continue), a reset as a reset.
3. At most `HELD_BYTES` wait to be passed on; beyond that nothing is read, and TCP slows the
   sender down.
4. Bytes stay in order, whatever the faults are.

A client whose first request is for another host is refused with 421 by the relay itself, and what
holds that `Host` is not passed on: see `helpers.wire.hosts`.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
import time
from collections import deque
from collections.abc import Callable

from helpers.recorder.faults import Faults
from helpers.wire.handshake import refusal
from helpers.wire.heads import HandshakeError, Request
from helpers.wire.hosts import HostFinder, OwnNames, check_host
from helpers.wire.transcript import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Chunk, Mark, Transcript

HELD_BYTES = 2**20
READ_BYTES = 2**16
RESET_S = 1.0  # how long a reset waits for the bytes before it
REFUSE_S = 1.0  # how long a client that is refused has for reading why
OWN_NAMES = OwnNames(behind_proxy=True)  # and the server behind the relay may have any name


class Target:
    """Where a server listens: looked up only once, because every connection needs it.

    Args:
        host: a name or an address.
        port: its port.

    Raises:
        OSError: the host is unknown.
    """

    def __init__(self, host: str, port: int) -> None:
        self.name = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        self.addresses = [(family, address) for family, _, _, _, address in found]

    def __str__(self) -> str:
        return self.name


class Recorder:
    """Writes the transcript, with the time since the recording began.

    Args:
        transcript: the recording.
        changed: called after every item, on the relay's loop.
    """

    def __init__(self, transcript: Transcript, changed: Callable[[], None]) -> None:
        self.transcript = transcript
        self.changed = changed
        self.recorded = asyncio.Event()
        self._began = time.monotonic()

    def chunk(self, connection: int, direction: str, data: bytes) -> None:
        """Record bytes, or the end of a direction if `data` is empty."""
        self._add(Chunk(connection, direction, data, self._now()))

    def mark(self, connection: int | None, what: str) -> None:
        """Record what happened to a connection, or to all of them."""
        self._add(Mark(connection, what, self._now()))

    def _add(self, item: Chunk | Mark) -> None:
        self.transcript.add(item)
        self.recorded.set()
        self.changed()

    def _now(self) -> float:
        return time.monotonic() - self._began


class Direction:
    """One direction of a connection: one task reads and records, another passes on."""

    def __init__(
        self,
        source: socket.socket,
        faults: Faults,
        record: Callable[[bytes | None], None],
        check: Callable[[bytes], None],
    ) -> None:
        self.source = source
        self.reading = True  # whether a task is waiting for bytes from the socket
        self._faults = faults
        self._record = record
        self._check = check  # what raises if the bytes must not be passed on
        self._held: deque[tuple[float, bytes]] = deque()
        self._held_bytes = 0
        self._moved = asyncio.Event()

    async def read(self) -> None:
        """Read until this side ends.

        Raises:
            ConnectionResetError: it was reset, and the other side may be reset now.
            HandshakeError: what was read must not be passed on.
        """
        loop, data = asyncio.get_running_loop(), b"?"
        while data:
            try:
                data = await loop.sock_recv(self.source, READ_BYTES)
            except OSError as error:
                await self._reset()
                raise ConnectionResetError from error
            self._record(data)
            self._check(data)
            self._held.append((time.monotonic(), data))
            self._held_bytes += len(data)
            self._moved.set()
            self.reading = False
            while self._held_bytes > HELD_BYTES:
                await self._wait()
            self.reading = bool(data)

    async def write(self, target: socket.socket) -> None:
        """Pass on what was read as soon as the faults allow it, and finally the end."""
        loop, data = asyncio.get_running_loop(), b"?"
        while data:
            while not self._held:
                await self._wait()
            arrived, data = self._held[0]
            await self._faults.pass_on(arrived)
            if data:
                await loop.sock_sendall(target, data)
            else:
                with contextlib.suppress(OSError):  # it has closed already
                    target.shutdown(socket.SHUT_WR)
            self._held.popleft()
            self._held_bytes -= len(data)
            self._moved.set()

    async def _reset(self) -> None:
        """Pass on what came before the reset, unless the other side does not take it."""
        self.reading = False
        self._record(None)
        await self._faults.pass_on(time.monotonic())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(RESET_S):
                while self._held:
                    await self._wait()

    async def _wait(self) -> None:
        self._moved.clear()
        await self._moved.wait()


class Connection:
    """One client's connection, and the connection to the server that is opened for it.

    Args:
        number: in order of arrival, from 1.
        client: the accepted socket.
        target: the server.
    """

    def __init__(
        self,
        number: int,
        client: socket.socket,
        target: Target,
        faults: Faults,
        recorder: Recorder,
    ) -> None:
        self.directions: list[Direction] = []
        self._number = number
        self._target = target
        self._faults = faults
        self._recorder = recorder
        self._sockets = [client]
        self._own_address = client.getsockname()
        self._finder = HostFinder()
        # The directions that have not ended.
        self._open = {CLIENT_TO_SERVER, SERVER_TO_CLIENT}
        self._mark("opened")
        self.task = asyncio.create_task(self._run(client))

    def end(self, *, reset: bool) -> None:
        """End both sides at once, by a reset or by a regular close."""
        if reset:
            self._reset_on_close()
        self.task.cancel()
        self.task.add_done_callback(lambda _: self._close())  # the task may not have started

    async def _run(self, client: socket.socket) -> None:
        try:
            async with asyncio.TaskGroup() as tasks:
                to_server = self._direction(client, CLIENT_TO_SERVER, self._check)
                tasks.create_task(to_server.read())
                await self._faults.pass_on(time.monotonic())
                server = await self._connect()
                to_client = self._direction(server, SERVER_TO_CLIENT)
                tasks.create_task(to_client.read())
                tasks.create_task(self._write(to_server, server, SERVER_TO_CLIENT))
                tasks.create_task(self._write(to_client, client, CLIENT_TO_SERVER))
        except* OSError:  # one side was reset, so the other one must be
            self._reset_on_close()
        except* HandshakeError as errors:
            await self._refuse(client, errors.exceptions[0])
        finally:
            self._close()

    def _check(self, data: bytes) -> None:
        """Raise HandshakeError if the first request is for another host."""
        if not self._finder.over and (host := self._finder.feed(data)) is not None:
            asked = Request("GET", "/", (("Host", host),))
            check_host(asked, self._own_address[:2], OWN_NAMES)

    async def _refuse(self, client: socket.socket, error: BaseException) -> None:
        assert isinstance(error, HandshakeError)
        self._mark(f"refused: {error}")
        with contextlib.suppress(OSError, TimeoutError):
            async with asyncio.timeout(REFUSE_S):
                answer = refusal(error).encode()
                await asyncio.get_running_loop().sock_sendall(client, answer)
            client.shutdown(socket.SHUT_WR)

    def _close(self) -> None:
        for name in sorted(self._open):
            self._end(name)
        self.directions.clear()
        for sock in self._sockets:
            sock.close()

    async def _write(self, direction: Direction, target: socket.socket, back: str) -> None:
        try:
            await direction.write(target)
        except OSError:
            self._record(back, None)
            raise

    async def _connect(self) -> socket.socket:
        """Open the connection to the server."""
        loop = asyncio.get_running_loop()
        for family, address in self._target.addresses:
            sock = prepare(socket.socket(family, socket.SOCK_STREAM))
            self._sockets.append(sock)
            with contextlib.suppress(OSError):
                await loop.sock_connect(sock, address)
                return sock
        fact = f"refused: nothing listens on {self._target}"
        self._mark(fact)
        raise ConnectionRefusedError(fact)

    def _direction(
        self, source: socket.socket, name: str, check: Callable[[bytes], None] = lambda data: None
    ) -> Direction:
        def record(data: bytes | None) -> None:
            self._record(name, data)

        direction = Direction(source, self._faults, record, check)
        self.directions.append(direction)
        return direction

    def _record(self, name: str, data: bytes | None) -> None:
        """Record a direction's bytes, its end (empty bytes) or its reset (None)."""
        if not data and name in self._open:
            side = name.partition("→")[0]
            self._end(name)
            if len(self._open) == 1:  # the side that ended first
                self._mark(f"closed by {side}" if data == b"" else f"reset by {side}")
        elif data:
            self._recorder.chunk(self._number, name, data)

    def _end(self, name: str) -> None:
        self._open.discard(name)
        self._recorder.chunk(self._number, name, b"")

    def _mark(self, what: str) -> None:
        self._recorder.mark(self._number, what)

    def _reset_on_close(self) -> None:
        for sock in self._sockets:
            with contextlib.suppress(OSError):
                linger = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def prepare(sock: socket.socket) -> socket.socket:
    """Return the socket, ready for the loop, and without Nagle's delay of small messages."""
    sock.setblocking(False)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock

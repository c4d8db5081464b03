"""A TCP relay that passes bytes through unchanged, records them, and can break the network.

    client ── connection n ──▶ relay ──▶ server        client→server
           ◀────────────────         ◀──               server→client

`pipes` has the rules for each connection. Here are those for all of them: they are numbered in
the order in which they arrive, and a fault affects them all.

    cut      every connection is reset, and new ones are refused
    freeze   nothing is passed on in either direction; connections stay open
    delay    everything is passed on later by a fixed time, in each direction
    heal     all faults end, and whatever waited is passed on

Everything here runs on one event loop; `tap` owns the thread that it runs in.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import functools
import os
import selectors
import socket
import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar
from urllib.parse import urlsplit

from helpers.recorder.faults import Faults, State
from helpers.recorder.pipes import Connection, Recorder, Target, prepare
from helpers.wire.transcript import Transcript

BACKLOG = 128
CALL_S = 10.0  # how long a call into the thread may take
QUIET_S = 0.002  # after a silence this long, whatever was sent before has arrived
SETTLE_S = 1.0  # how long `settle` may take, on a wire that is never quiet
HOST = "127.0.0.1"

T = TypeVar("T")


class Background:
    """An event loop in a daemon thread of its own, and calls into it.

    Args:
        name: the thread's name.
    """

    def __init__(self, name: str) -> None:
        # Not the platform's default loop, which on Windows cannot tell what is unread.
        self._loop = asyncio.SelectorEventLoop()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Start a coroutine in the thread."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the thread, and return its result."""
        return self.submit(work).result(CALL_S)

    def stop(self) -> None:
        """End the thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(CALL_S)

    def _run(self) -> None:
        try:
            self._loop.run_forever()
        finally:
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()


class Relay:
    """Listens on a port of its own, and passes everything on to `target`.

    Args:
        target: the server.
        transcript: the recording.
        changed: called after every change, on the relay's loop.
    """

    def __init__(
        self, target: Target, transcript: Transcript, changed: Callable[[], None]
    ) -> None:
        self.faults = Faults()
        self.port = 0
        self.connections: set[Connection] = set()
        self.count = 0
        self._target = target
        self._recorder = Recorder(transcript, changed)
        self._changing = asyncio.Lock()
        self._stopped = False
        self._listener: socket.socket | None = None
        self._accepting: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Listen on a free port and accept connections."""
        self._listener = bind(0)
        self.port = self._listener.getsockname()[1]
        self._accept()

    async def stop(self) -> None:
        """Close everything regularly; the recording stays."""
        async with self._changing:
            self._stopped = True
            await self._refuse()
            await self._end_all(reset=False)
            if self._listener:
                self._listener.close()
            self._recorder.mark(None, "stopped")

    async def cut(self) -> None:
        """Reset every connection, and refuse new ones."""
        async with self._changing:
            if self._stopped:
                return
            self._set("cut", self.faults.state._replace(cut=True))
            if self._accepting:
                await self._refuse()
            await self._end_all(reset=True)

    async def freeze(self) -> None:
        """Pass nothing on."""
        self._set("frozen", self.faults.state._replace(frozen=True))

    async def delay(self, ms: float) -> None:
        """Pass everything on later by `ms` milliseconds."""
        self._set(f"delayed {ms:g} ms", self.faults.state._replace(delay_ms=ms))

    async def heal(self) -> None:
        """End all faults."""
        async with self._changing:
            if self._stopped:
                return
            if not self._accepting:
                self._listener = self._listener or bind(self.port)
                self._accept()
            self._set("healed", State())

    async def fault(self, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Change a fault, once what was sent before has passed.

        Args:
            change: `cut`, `freeze`, `heal`, or a `delay`.
        """
        await self.settle()
        if not self._stopped:
            await change()

    async def clear(self) -> None:
        """Forget what was recorded."""
        self._recorder.transcript.clear()
        self._recorder.changed()

    async def settle(self) -> None:
        """Wait until what was sent before this call is recorded."""
        deadline = time.monotonic() + SETTLE_S
        while time.monotonic() < deadline:
            self._recorder.recorded.clear()
            try:
                await asyncio.wait_for(self._recorder.recorded.wait(), QUIET_S)
            except TimeoutError:
                if not self._unread():
                    return

    def _set(self, what: str, state: State) -> None:
        """Change the state of the wire before the mark, whose readers look at the state."""
        self.faults.set(state)
        self._recorder.mark(None, what)

    def _unread(self) -> bool:
        """Tell whether a socket that a task reads from has something to read."""
        waiting = [d.source for c in self.connections for d in c.directions if d.reading]
        waiting += [self._listener] if self._accepting and self._listener else []
        with selectors.DefaultSelector() as selector:
            for sock in waiting:
                selector.register(sock, selectors.EVENT_READ)
            return bool(waiting and selector.select(0))

    def _accept(self) -> None:
        assert self._listener
        self._listener.listen(BACKLOG)
        self._accepting = asyncio.create_task(self._accept_all(self._listener))

    async def _accept_all(self, listener: socket.socket) -> None:
        while True:
            try:
                client, _ = await asyncio.get_running_loop().sock_accept(listener)
            except OSError:  # too many open files: clients can wait a little longer
                await asyncio.sleep(0.05)
                continue
            self.count += 1
            connection = Connection(
                self.count, prepare(client), self._target, self.faults, self._recorder
            )
            self.connections.add(connection)
            connection.task.add_done_callback(functools.partial(self._forget, connection))

    def _forget(self, connection: Connection, task: asyncio.Task[None]) -> None:
        self.connections.discard(connection)
        self._recorder.changed()

    async def _refuse(self) -> None:
        """Stop listening, but keep the port, so that nobody else takes it before `heal`."""
        accepting, self._accepting = self._accepting, None
        if accepting:
            accepting.cancel()
            await asyncio.gather(accepting, return_exceptions=True)
        if self._listener:
            self._listener.close()
            self._listener = None
        with contextlib.suppress(OSError):
            self._listener = bind(self.port)

    async def _end_all(self, *, reset: bool) -> None:
        ended = tuple(self.connections)
        for connection in ended:
            connection.end(reset=reset)
        await asyncio.gather(*(c.task for c in ended), return_exceptions=True)


def bind(port: int) -> socket.socket:
    """Return a socket that holds a port and does not listen yet."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows this would let two programs share the port
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((HOST, port))
        sock.setblocking(False)
    except BaseException:
        sock.close()
        raise
    return sock


def read_target(url: str) -> Target:
    """Return where an address leads.

    Raises:
        ValueError: a tap cannot record this address.
    """
    parts = urlsplit(url)
    if parts.scheme in ("wss", "https"):
        raise ValueError(f"address must be ws:// or http://: a tap cannot read TLS, got {url!r}")
    if parts.scheme not in ("ws", "http") or not parts.hostname:
        raise ValueError(f"address must be like 'ws://127.0.0.1:8765/', got {url!r}")
    try:
        return Target(parts.hostname, parts.port or 80)
    except OSError as error:
        raise ValueError(f"unknown host {parts.hostname!r}: {error.strerror}") from None

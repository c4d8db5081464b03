"""The wire, recorded: `tap(server)` puts a relay in front of a server and records what passes.

    your client ──▶ tap's port ──▶ server's port        everything unchanged, both ways

Use `wire.url` or `wire.page_url` instead of the server's. The relay runs in a thread of its
own, so it works while a cell is running, even one that blocks.
"""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from helpers import launcher
from helpers.recorder.faults import check_delay
from helpers.recorder.pipes import Target
from helpers.recorder.relay import HOST, Background, Relay, read_target
from helpers.wire.transcript import Entry, Follower, Transcript, entries

if TYPE_CHECKING:
    from helpers.recorder.live import Live

__all__ = ["Tap", "tap"]

SEEN_LINES = 10  # how many entries a timeout shows

T = TypeVar("T")

_lock = threading.Lock()
_taps: dict[str, Tap] = {}


def tap(server: launcher.Server | str) -> Tap:
    """Record everything that clients and a server say to each other.

    Running the cell again gives a fresh tap of the same server: the old one is stopped first.

    Args:
        server: what `launch` returned, or an address such as `"ws://127.0.0.1:8765/ws"` of a
            server that runs anywhere, even in the kernel itself.

    Returns:
        The tap: connect clients to its `url`, open its `page_url` in a browser, `show` it.

    Raises:
        LaunchError: the server is stopped.
        TypeError: `server` is neither a server nor an address.
        ValueError: the address cannot be tapped.

    First used: start_here
    """
    if isinstance(server, str):
        target = read_target(server)
        name, url = target.name, server
    elif hasattr(server, "check_running"):
        server.check_running()
        name, url = server.name, server.url
        target = read_target(url)
    else:
        raise TypeError(f"tap takes what launch returned, or an address, got {server!r}")
    with _lock:
        old = _taps.pop(name, None)
    if old:
        old.stop()
    new = Tap(name, url, target)
    with _lock:
        _taps[name] = new
    return new


class Tap:
    """A recording relay in front of one server; `tap` makes them.

    Attributes:
        name: what is tapped, such as `"echo"`.
        port: the port to connect to instead of the server's.
        url: the address for clients, such as `ws://127.0.0.1:49153/ws`.
        page_url: the address for browsers, such as `http://127.0.0.1:49153/`.
    """

    def __init__(self, name: str, url: str, target: Target) -> None:
        self.name = name
        self._transcript = Transcript()
        self._watchers: dict[object, Callable[[], object]] = {}
        self._live: Live | None = None
        self._stopping = threading.Lock()
        self._stopped = False
        self._background = Background(f"tap of {name}")
        self._relay = Relay(target, self._transcript, self._changed)
        try:
            self._call(self._relay.start())
        except BaseException:  # no port is free, or the learner pressed Interrupt
            self._background.stop()
            raise
        self.port = self._relay.port
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        self.url = f"{parts.scheme}://{HOST}:{self.port}{parts.path or '/'}{query}"
        self.page_url = f"http://{HOST}:{self.port}/"
        self._forget = launcher.on_stop(self.stop, f"tap of {name}")

    @property
    def transcript(self) -> Transcript:
        """The recording, including everything that was sent before this call."""
        if not self._stopped:
            self._call(self._relay.settle())
        return self._transcript

    def entries(self) -> list[Entry]:
        """Return the recording as requests, responses, frames and marks."""
        return entries(self.transcript)

    def clear(self) -> None:
        """Forget what was recorded; open connections stay open."""
        self.transcript  # noqa: B018  # first records what was sent before this call
        self._call(self._relay.clear())

    def cut(self) -> None:
        """Cut the wire: every connection is reset, new ones are refused, until `heal`."""
        self._fault(self._relay.cut)

    def freeze(self) -> None:
        """Freeze the wire: connections stay open, but nothing passes, until `heal`."""
        self._fault(self._relay.freeze)

    def delay(self, ms: float) -> None:
        """Slow the wire down: everything arrives later, in both directions, until `heal`.

        Args:
            ms: how much later, in milliseconds: 0 to 60,000.

        Raises:
            ValueError: `ms` is not such a number.
        """
        checked_ms = check_delay(ms)
        self._fault(lambda: self._relay.delay(checked_ms))

    def heal(self) -> None:
        """End all faults: whatever was held back arrives, and new connections are accepted."""
        self._fault(self._relay.heal)

    async def until(self, seen: Callable[[list[Entry]], object], timeout_s: float = 5.0) -> None:
        """Wait until the recording shows what you wait for.

        Args:
            seen: takes the entries so far, and returns something true once they show it.
            timeout_s: how long to wait, in seconds.

        Raises:
            TimeoutError: it did not happen in time; the message shows what was recorded.
        """
        if not callable(seen):
            raise TypeError(f"until takes a function of the entries, got {seen!r}")
        follower, known = Follower(self._transcript), list[Entry]()

        def condition() -> bool:
            while (new := follower.new()) is None:  # cleared
                known.clear()
            known.extend(new)
            return bool(seen(known + follower.unfinished()))

        await self._wait(condition, timeout_s, "what you wait for did not happen")

    async def closed(self, timeout_s: float = 5.0) -> None:
        """Wait until every connection has ended, on both sides.

        Args:
            timeout_s: how long to wait, in seconds.

        Raises:
            TimeoutError: some are still open; the message shows what was recorded.
        """
        await self._wait(
            lambda: not self._relay.connections, timeout_s, "not all connections ended"
        )

    def live(self) -> Live:
        """Open a page that shows the recording while it grows, with the faults as buttons.

        Returns:
            The page: give it to `page`, or open its `page_url`.
        """
        if self._live is None:
            from helpers.recorder.live import Live

            live = Live(self.name, self._transcript, self._watch, self._relay)
            self._call(live.start())
            self._live = live
        return self._live

    def stop(self) -> None:
        """Close the tap and every connection through it; the recording stays."""
        with self._stopping:
            if self._stopped:
                return
            self._stopped = True
            self._forget()
            with _lock:
                if _taps.get(self.name) is self:
                    del _taps[self.name]
            try:
                self._background.call(self._end())
            finally:
                self._background.stop()

    def __enter__(self) -> Tap:
        return self

    def __exit__(self, *exception: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        if self._stopped:
            return f"<tap of {self.name}, stopped>"
        self._background.call(self._relay.settle())
        count = self._relay.count
        seen = f": {count} connection{'s' if count > 1 else ''}" if count else ""
        return f"<tap of {self.name} at {self.url}{seen}>"

    async def _end(self) -> None:
        await self._relay.stop()
        if self._live:
            await self._live.stop()

    def _fault(self, change: Callable[[], Coroutine[Any, Any, None]]) -> None:
        self._call(self._relay.fault(change))

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine in the relay's thread, and wait for it."""
        if self._stopped:
            work.close()
            raise RuntimeError(f"the tap of {self.name} is stopped; run the cell with tap() again")
        return self._background.call(work)

    def _watch(self, changed: Callable[[], object]) -> Callable[[], object]:
        """Call `changed` in the relay's thread after every change; return what ends that."""
        key = object()
        self._watchers[key] = changed
        return lambda: self._watchers.pop(key, None)

    def _changed(self) -> None:
        for changed in tuple(self._watchers.values()):
            with contextlib.suppress(RuntimeError):  # its loop is closed, so nobody is waiting
                changed()

    async def _wait(self, condition: Callable[[], bool], timeout_s: float, missing: str) -> None:
        """Wait on the caller's loop until `condition` holds."""
        loop, changed = asyncio.get_running_loop(), asyncio.Event()
        forget = self._watch(lambda: loop.call_soon_threadsafe(changed.set))
        try:
            async with asyncio.timeout(timeout_s):
                if not self._stopped:
                    await asyncio.wrap_future(self._background.submit(self._relay.settle()))
                while not condition():
                    await changed.wait()
                    changed.clear()
        except TimeoutError:
            raise TimeoutError(f"{missing} within {timeout_s:g} s; {self._so_far()}") from None
        finally:
            forget()

    def _so_far(self) -> str:
        lines = [
            f"{e.connection or 'all'} · {e.direction or 'mark'} · {e.text}"
            for e in entries(self._transcript)
        ]
        if not lines:
            return "nothing has been recorded so far"
        left_out = ["…"] if len(lines) > SEEN_LINES else []
        return "\n    ".join(["recorded so far:", *left_out, *lines[-SEEN_LINES:]])

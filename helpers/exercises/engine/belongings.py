"""What a check and the answer in it start: tasks, threads and sockets, which end with it.

1. All that is started while a check runs, by what runs in it, belongs to it: a context variable
   says so, which tasks and callbacks inherit. The kernel's own tasks are left alone.
2. A task of the learner's runs in steps that have deadlines, like the learner's function.
3. At the end tasks are cancelled, connections are aborted and threads are ended. A thread that
   cannot be ended is named.
4. While a check runs, Python's sockets reach this machine only.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import ipaddress
import socket
import sys
import threading
import time
import warnings
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from weakref import WeakSet

from helpers.exercises.engine.deadline import Stepped, end
from helpers.exercises.engine.running import runs
from helpers.exercises.engine.watch import end_thread

SETTLE_S = 0.5  # how long what is ended may take to be gone
LOOK_S, AGAIN_S = 0.01, 0.2
POOL = "asyncio_"  # what the threads of the event loop's own pool are called

Factory = Callable[..., Any]

current: ContextVar[Belongings | None] = ContextVar("current", default=None)


class NestedCheck(RuntimeError):
    """An answer has called a check."""


class Belongings:
    """What belongs to one check.

    Attributes:
        file: the file of the learner's function; in a kernel, its cell.
        interrupted: whether somebody has really interrupted the check.
        ended: whether something had to be ended.
        left: the names of the threads that could not be ended.
    """

    def __init__(self, file: str, timeout_s: float) -> None:
        self.file, self._timeout_s = file, timeout_s
        self.interrupted = self.ended = False
        self.left: list[str] = []
        self._tasks: set[asyncio.Task[Any]] = set()
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._threads: WeakSet[threading.Thread] = WeakSet()
        self._main: asyncio.Task[Any] | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Take possession of what the block starts; at its end, end what can be ended at once."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            loop = None
        self._main = asyncio.current_task() if loop else None
        before = loop.get_task_factory() if loop else None
        if loop:
            loop.set_task_factory(self._factory(before))
        token = current.set(self)
        _guards.append(self)
        threading.Thread.start = _start  # type: ignore[method-assign]
        _listen()
        try:
            yield
        finally:
            _guards.remove(self)
            if not _guards:
                threading.Thread.start = _start_thread  # type: ignore[method-assign]
            current.reset(token)
            if loop:
                loop.set_task_factory(before)
            for task in self._running():
                self.ended = True
                task.cancel()
            self._end_threads()
            self._close_sockets(loop)

    async def settle(self) -> None:
        """Wait until the tasks have ended, those of them that do."""
        running = self._running()
        if running:
            self.ended = True
            await asyncio.gather(*map(end, running), return_exceptions=True)
        self._end_threads()
        with _silence():
            await asyncio.sleep(LOOK_S if self.ended else 0)
        for task in self._tasks:
            if task.done() and not task.cancelled():
                task.exception()  # asked for, so that nobody complains that it was not
        self._tasks.clear()

    def sweep(self) -> None:
        """Collect what is left of an answer now, and not in a later cell, with its warnings."""
        with _silence(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()

    def interrupt(self) -> None:
        """End the check, because somebody has really interrupted the learner's code in it."""
        self.interrupted = True
        if self._main is not None:
            self._main.cancel()

    def add_socket(self, sock: socket.socket) -> None:
        """Note a socket that was made."""
        if isinstance(sock, socket.socket):
            self._sockets.add(sock)

    def add_thread(self, thread: threading.Thread) -> None:
        """Note a thread that was started; those of the loop's own pool stay for the next call."""
        if not thread.name.startswith(POOL):
            self._threads.add(thread)

    def _running(self) -> set[asyncio.Task[Any]]:
        here = self._main
        return {task for task in self._tasks if not task.done() and task is not here}

    def _factory(self, before: Factory | None) -> Factory:
        def create(loop: Any, coroutine: Coroutine[Any, Any, Any], **options: Any) -> Any:
            owner = current.get()
            if owner is self:
                coroutine = self._stepped(coroutine)
            make = before or (lambda loop, coro, **kw: asyncio.Task(coro, loop=loop, **kw))
            task = make(loop, coroutine, **options)
            if owner is self:
                self._tasks.add(task)
            return task

        return create

    def _stepped(self, coroutine: Coroutine[Any, Any, Any]) -> Coroutine[Any, Any, Any]:
        code = getattr(coroutine, "cr_code", None)
        if code is None or code.co_filename != self.file:
            return coroutine
        return Stepped(coroutine, self._timeout_s, None, [], self.interrupt).run()

    def _end_threads(self) -> None:
        until, told = time.monotonic() + SETTLE_S, dict[threading.Thread, float]()
        while (left := self._busy_threads()) and (now := time.monotonic()) < until:
            for thread in left:
                if now - told.get(thread, 0) > AGAIN_S:  # it may be on its way out already
                    told[thread] = now
                    end_thread(thread)
            time.sleep(LOOK_S)
        self.left = [thread.name for thread in left]
        self.ended = self.ended or bool(told)

    def _busy_threads(self) -> list[threading.Thread]:
        frames = sys._current_frames()
        others = [t for t in threading.enumerate() if t is not threading.current_thread()]
        return [
            t for t in others if t in self._threads or runs(self.file, frames.get(t.ident or 0))
        ]

    def _close_sockets(self, loop: asyncio.AbstractEventLoop | None) -> None:
        transports = getattr(
            loop, "_transports", {}
        )  # a closed file must not stay in the selector
        for sock in list(self._sockets):
            transport = transports.get(sock.fileno())
            self.ended = self.ended or sock.fileno() != -1
            if transport is not None and not transport.is_closing():  # a file's number comes again
                transport.abort()
            elif sock.fileno() != -1 and threading.current_thread() is threading.main_thread():
                sock.close()


_guards: list[Belongings] = []
_listening: list[bool] = []
_start_thread = threading.Thread.start


@contextmanager
def alone() -> Iterator[None]:
    """Run a plain function outside of every task, so that it cannot cancel the cell's."""
    task = None
    with contextlib.suppress(RuntimeError):  # no loop is running
        task = asyncio.current_task()
    if task is None:
        yield
        return
    loop = task.get_loop()
    asyncio.tasks._leave_task(loop, task)  # as asyncio documents
    try:
        yield
    finally:
        asyncio.tasks._enter_task(loop, task)


@contextmanager
def _silence() -> Iterator[None]:
    """Let the event loop complain of nothing, such as errors that nobody has asked for."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(RuntimeError):  # no loop is running
            loop = asyncio.get_running_loop()
            stack.callback(loop.set_exception_handler, loop.get_exception_handler())
            loop.set_exception_handler(lambda *_: None)
        yield


def _listen() -> None:
    if not _listening:
        _listening.append(True)
        sys.addaudithook(_on_event)  # for good: Python has no way to take it away


def _on_event(event: str, arguments: tuple[Any, ...]) -> None:
    if not _guards or not event.startswith("socket."):
        return
    owner = current.get()
    if event in ("socket.bind", "socket.connect", "socket.sendto"):
        address = arguments[1]
        if isinstance(address, tuple) and not is_here(address[0]):
            raise PermissionError(f"a check reaches only this machine, got {address[0]!r}")
    elif event == "socket.getaddrinfo" and not is_here(arguments[0]):
        raise PermissionError(f"a check reaches only this machine, got {arguments[0]!r}")
    elif event == "socket.__new__" and owner is not None:
        owner.add_socket(arguments[0])


def _start(self: threading.Thread) -> None:
    if (owner := current.get()) is not None:
        owner.add_thread(self)
        run = self.run

        def run_quietly() -> None:
            with contextlib.suppress(SystemExit):  # `end_thread` raises it, again and again
                run()

        self.run = run_quietly  # type: ignore[method-assign]
    _start_thread(self)


def is_here(host: object) -> bool:
    """Say whether a host is this machine; a wildcard that servers bind is not.

    Args:
        host: a name or an address, as sockets take it.
    """
    text = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if text in (None, "localhost", "ip6-localhost"):
        return True
    try:
        return ipaddress.ip_address(str(text).partition("%")[0]).is_loopback
    except ValueError:
        return False


__all__ = ["Belongings", "NestedCheck", "alone", "current", "is_here"]

"""Run a learner's handlers on a real Socket.IO server, with real clients; no wait is endless.

    async with stage(attempt) as here:
        here.on("say", names)               # calls the learner's (sio, names, sid, *data)
        alice = await here.client("Alice")
        ack = await alice.ask("say", "Hi")  # the acknowledgement, or NO_ANSWER
        heard = await here.heard()          # {"Alice": [("message", {…}), …], …}

python-socketio logs what a handler raises and goes on; here it is kept in `attempt.failure`.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.socketio_client import END, NO_ANSWER, Event, Guest
from helpers.exercises.stage.websocket_stage import ANSWER_S, silent

__all__ = ["NO_ANSWER", "Emitted", "Event", "Guest", "Stage", "events", "stage"]

TURNS = 20  # of the event loop, for what a handler left to a task
LONGEST_S = 5.0  # for what the libraries do by themselves: connect, disconnect


class Environ(dict[str, Any]):
    """What came with a connection's request; too long to be shown."""

    def __deepcopy__(self, _memo: object) -> Environ:
        return self

    def __repr__(self) -> str:
        return "environ"


@dataclass(frozen=True)
class Emitted:
    """One call of `sio.emit`: what, and to whom."""

    event: str
    data: Any
    to: Any
    skip_sid: Any


class Stage:
    """A server with the learner's handlers, and its clients.

    Attributes:
        sio: the server: what a learner's function gets.
        guests: the clients that were let in, by name.
        emitted: what the learner's handlers emitted, in order.
        slow_s: how long an `emit` takes, in seconds: others have their turn meanwhile.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.sio = _server(self)
        self.guests: dict[str, Guest] = {}
        self.emitted: list[Emitted] = []
        self.url, self.slow_s = "", 0.0
        self.over = asyncio.Event()
        self._everybody: list[Guest] = []
        self._gone: dict[str, asyncio.Event] = {}

    def on(self, event: str, *arguments: Any, function: Callable[..., Any] | None = None) -> None:
        """Make the learner's function the handler of an event.

        Args:
            event: its name; `connect` and `disconnect` are events, too.
            *arguments: handed over between `sio` and the `sid`.
            function: another function of the learner's.
        """
        attempt = self.attempt if function is None else _trial(self.attempt, function)

        async def handler(sid: str, *data: Any) -> Any:
            if event == "connect":
                data = (Environ(data[0]), *data[1:])
            given = data[:-1] if event == "disconnect" else data  # without the reason
            return await self._guarded(attempt, event, self.sio, *arguments, sid, *given)

        self.sio.on(event, handler)

    def guarded(self, function: Callable[..., Any], event: str) -> Callable[..., Any]:
        """Wrap a handler that the learner's own code registers: `sio.on(…)`, `@sio.event`."""
        if not inspect.iscoroutinefunction(function):
            return function
        attempt = _trial(self.attempt, function)

        async def handler(*arguments: Any) -> Any:
            return await self._guarded(attempt, event, *arguments)

        return handler

    async def _guarded(self, attempt: Attempt, event: str, *arguments: Any) -> Any:
        result = await attempt.guarded(*arguments)
        if attempt.failure is not None and event == "connect":
            cause = attempt.failure.__cause__
            if cause is not None and _refuses(cause):
                attempt.failure = None
                raise cause  # the library tells the client
        if attempt.failure is not None:
            self.attempt.failure = self.attempt.failure or attempt.failure
            return False if event == "connect" else None
        return None if self._unsendable(result) else result

    def _unsendable(self, result: Any) -> bool:
        """Whether an acknowledgement cannot be sent; the library would fail without a word."""
        try:
            json.dumps(result)
        except (TypeError, ValueError) as error:
            facts = [("returned", shown(result)), ("what happened", str(error))]
            nudge = "An acknowledgement is made of what JSON has: texts, numbers, lists, dicts."
            self.attempt.failure = NotYet(self.attempt.call_text, facts, [nudge])
            self.attempt.failure.__cause__ = error
            return True
        return False

    async def client(self, name: str, auth: Any = None) -> Guest:
        """Connect a client over WebSocket.

        Args:
            name: what the judge calls it.
            auth: sent with the connection; a dict.

        Returns:
            The client; `refused` says why it was not let in, if it was not.
        """
        from socketio.exceptions import ConnectionError as Refusal

        guest = Guest(name, self.over)
        self._everybody.append(guest)
        options: dict[str, Any] = {"transports": ["websocket"], "wait_timeout": LONGEST_S}
        try:
            await guest.client.connect(self.url, auth=auth, **options)
        except Refusal as error:
            guest.refused = guest.refused or {"message": str(error)}
            return guest
        guest.sid = guest.client.get_sid() or ""
        self.guests[name] = guest
        return guest

    async def leave(self, guest: Guest) -> None:
        """Disconnect a client, and wait until the server's handler has ended."""
        gone = self._gone.setdefault(str(guest.client.sid), asyncio.Event())
        self.guests.pop(guest.name, None)
        with suppress(TimeoutError):
            async with asyncio.timeout(LONGEST_S):
                await guest.client.disconnect()
                await gone.wait()

    def left(self, eio_sid: str) -> None:
        """Note that the server knows of the end of a connection."""
        self._gone.setdefault(eio_sid, asyncio.Event()).set()

    async def heard(self) -> dict[str, list[Event]]:
        """Collect what each client that is there got since this was asked last."""
        for _ in range(TURNS):
            await asyncio.sleep(0)
        heard = {}
        for name, guest in self.guests.items():
            if guest.client.connected and self.sio.manager.is_connected(guest.sid, "/"):
                await self.sio.tell(END, guest.sid)
                heard[name] = await guest.heard()
            else:
                heard[name] = guest.pending()
        return heard

    async def close(self) -> None:
        """Disconnect all clients."""
        self.over.set()
        for guest in self._everybody:
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await guest.client.disconnect()


@asynccontextmanager
async def stage(attempt: Attempt, **options: Any) -> AsyncIterator[Stage]:
    """Serve Socket.IO on a free port; afterwards nothing of it runs on.

    Args:
        attempt: the learner's function; what goes wrong in a handler is in `attempt.failure`.
        **options: more for `web.AppRunner`.

    Returns:
        A context manager that gives the stage.
    """
    from aiohttp import web

    here, app = Stage(attempt), web.Application()
    here.sio.attach(app)
    options = {"access_log": None, "logger": silent, "shutdown_timeout": 0.2} | options
    before = asyncio.all_tasks()
    runner = web.AppRunner(app, **options)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        here.url = "http://{}:{}/".format(*runner.addresses[0][:2])
        yield here
    finally:
        await here.close()
        await runner.cleanup()
        left = {task for task in asyncio.all_tasks() - before if _ours(task, attempt)}
        for task in left:  # handlers that wait, and the library's own pings
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1)


def _server(here: Stage) -> Any:
    """Make the server: its handlers are guarded, and what they emit is noted."""
    import socketio

    class Server(socketio.AsyncServer):  # type: ignore[misc]
        def __repr__(self) -> str:
            return "sio"

        def on(self, event: str, handler: Any = None, namespace: str | None = None) -> Any:
            def register(function: Any) -> Any:
                super(Server, self).on(event, here.guarded(function, event), namespace)
                return function

            return register if handler is None else register(handler)

        async def emit(self, event: str, data: Any = None, *args: Any, **options: Any) -> None:
            if not isinstance(event, str):  # the library would send it; no client can read it
                raise TypeError(f"an event's name is a text, got {shown(event)}")
            names = ("to", "room", "skip_sid")
            given = dict(zip(names, args, strict=False)) | options
            to = given.get("to") or given.get("room")
            here.emitted.append(Emitted(event, data, to, given.get("skip_sid")))
            await asyncio.sleep(here.slow_s)
            await super().emit(event, data, *args, **options)

        async def tell(self, event: str, sid: str) -> None:
            await super().emit(event, to=sid)

        async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
            try:
                await super()._handle_eio_disconnect(eio_sid, reason)
            finally:
                here.left(eio_sid)

    Server.__name__ = "AsyncServer"  # so that an exception says what a learner expects
    options: dict[str, Any] = {"logger": silent, "engineio_logger": silent}
    return Server(async_mode="aiohttp", monitor_clients=False, **options)


def _ours(task: asyncio.Task[Any], attempt: Attempt) -> bool:
    """Whether a task runs a handler or a library's part of it; the kernel has tasks, too."""
    code = getattr(task.get_coro(), "cr_code", None)
    theirs = getattr(inspect.unwrap(attempt.function), "__code__", None)
    if code is None or task is asyncio.current_task():
        return False
    if theirs is not None and code.co_filename == theirs.co_filename:
        return True
    places = ("socketio", "engineio", "aiohttp", "stage")
    return Path(code.co_filename).parent.name in places


def _trial(attempt: Attempt, function: Callable[..., Any]) -> Attempt:
    return Attempt(
        getattr(function, "__name__", attempt.name),
        function,
        awaited=True,
        timeout_s=attempt.timeout_s,
    )


def _refuses(cause: BaseException) -> bool:
    from socketio.exceptions import ConnectionRefusedError as Refusal

    return isinstance(cause, Refusal | ConnectionRefusedError)


def events(heard: Mapping[str, list[Event]], name: str, event: str) -> list[Any]:
    """Pick what one client got of one event.

    Args:
        heard: what everybody got.
        name: the client.
        event: the event.

    Returns:
        The arguments of each, in order.
    """
    return [data for kind, data in heard.get(name, []) if kind == event]

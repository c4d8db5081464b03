"""Run a learner's handlers on a real Socket.IO server, with real clients; no wait is endless.

    async with serve_handlers(attempt) as stage:
        stage.on("say", names)              # calls the learner's (sio, names, sid, *data)
        alice = await stage.connect("Alice")
        ack = await alice.ask("say", "Hi")  # the acknowledgement, or NO_ACKNOWLEDGEMENT
        heard = await stage.hear()          # {"Alice": [("message", {…}), …], …}

python-socketio logs an error in a handler and goes on; on a stage, `attempt.failure` keeps it.
"""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from helpers.exercises.engine.attempt import Attempt, NotYet
from helpers.exercises.engine.values import shown
from helpers.exercises.stage.listening import ANSWER_S, END, let_tasks_run, unread_log
from helpers.exercises.stage.socketio_client import Client, Event

__all__ = ["Client", "Emitted", "Event", "Stage", "serve_handlers"]

CONNECT_S = 5.0  # for what the libraries do by themselves: connect, disconnect


class Environ(dict[str, Any]):
    """The WSGI environment of a connection's request; too long to be shown."""

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
        clients: those that were let in, by name.
        emitted: what the learner's handlers emitted, in order.
        slow_s: how long an `emit` takes, in seconds, while other tasks run.
    """

    def __init__(self, attempt: Attempt) -> None:
        self.attempt = attempt
        self.sio = _make_server(self)
        self.clients: dict[str, Client] = {}
        self.emitted: list[Emitted] = []
        self.url, self.slow_s = "", 0.0
        self.over = asyncio.Event()
        self._everybody: list[Client] = []
        self._gone: dict[str, asyncio.Event] = {}

    def on(self, event: str, *arguments: Any, function: Callable[..., Any] | None = None) -> None:
        """Make the learner's function the handler of an event.

        Args:
            event: its name; `connect` and `disconnect` are events as well.
            *arguments: handed to it between `sio` and the `sid`.
            function: another function of the learner's.
        """
        attempt = self.attempt if function is None else _attempt_of(function, self.attempt)

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
        attempt = _attempt_of(function, self.attempt)

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
            nudge = "An acknowledgement is made of what JSON has: strings, numbers, lists, dicts."
            self.attempt.failure = NotYet(self.attempt.call_text, facts, [nudge])
            self.attempt.failure.__cause__ = error
            return True
        return False

    async def connect(self, name: str, auth: Any = None) -> Client:
        """Connect a client over WebSocket.

        Args:
            name: what the check calls it.
            auth: sent with the connection; a dict.

        Returns:
            The client; `refused` says why it was not let in, if it was not.
        """
        from socketio.exceptions import ConnectionError as Refused

        client = Client(name, self.over)
        self._everybody.append(client)
        options: dict[str, Any] = {"transports": ["websocket"], "wait_timeout": CONNECT_S}
        try:
            await client.library.connect(self.url, auth=auth, **options)
        except Refused as error:
            client.refused = client.refused or {"message": str(error)}
            return client
        client.sid = client.library.get_sid() or ""
        self.clients[name] = client
        return client

    async def leave(self, client: Client) -> None:
        """Disconnect a client, and wait until the server's handler has ended."""
        gone = self._gone.setdefault(str(client.library.sid), asyncio.Event())
        self.clients.pop(client.name, None)
        with suppress(TimeoutError):
            async with asyncio.timeout(CONNECT_S):
                await client.library.disconnect()
                await gone.wait()

    def note_gone(self, eio_sid: str) -> None:
        """Note that the server knows of the end of a connection."""
        self._gone.setdefault(eio_sid, asyncio.Event()).set()

    async def hear(self) -> dict[str, list[Event]]:
        """Collect what each connected client got since the last call."""
        await let_tasks_run()
        heard = {}
        for name, client in self.clients.items():
            if client.library.connected and self.sio.manager.is_connected(client.sid, "/"):
                await self.sio.mark_end(client.sid)
                heard[name] = await client.hear()
            else:
                heard[name] = client.hear_last()
        return heard

    async def close(self) -> None:
        """Disconnect all clients."""
        self.over.set()
        for client in self._everybody:
            with suppress(TimeoutError):
                async with asyncio.timeout(ANSWER_S):
                    await client.library.disconnect()


@asynccontextmanager
async def serve_handlers(attempt: Attempt, **options: Any) -> AsyncIterator[Stage]:
    """Serve Socket.IO on a free port; afterwards nothing of it is running.

    Args:
        attempt: the learner's function; what goes wrong in a handler is in `attempt.failure`.
        **options: more for `web.AppRunner`.

    Returns:
        A context manager that gives the stage.
    """
    from aiohttp import web

    stage, app = Stage(attempt), web.Application()
    stage.sio.attach(app)
    options = {"access_log": None, "logger": unread_log, "shutdown_timeout": 0.2} | options
    before = asyncio.all_tasks()
    runner = web.AppRunner(app, **options)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stage.url = "http://{}:{}/".format(*runner.addresses[0][:2])
        yield stage
    finally:
        await stage.close()
        await runner.cleanup()
        left = {task for task in asyncio.all_tasks() - before if _belongs_to(task, attempt)}
        for task in left:  # handlers that wait, and the library's own pings
            task.cancel()
        if left:
            await asyncio.wait(left, timeout=1)


def _make_server(stage: Stage) -> Any:
    """Make a server whose handlers are guarded, and which notes what they emit."""
    import socketio

    class Server(socketio.AsyncServer):  # type: ignore[misc]
        def __repr__(self) -> str:
            return "sio"

        def on(self, event: str, handler: Any = None, namespace: str | None = None) -> Any:
            def register(function: Any) -> Any:
                super(Server, self).on(event, stage.guarded(function, event), namespace)
                return function

            return register if handler is None else register(handler)

        async def emit(self, event: str, data: Any = None, *args: Any, **options: Any) -> None:
            if not isinstance(event, str):  # the library would send it; no client can read it
                raise TypeError(f"an event's name is a string, got {shown(event)}")
            names = ("to", "room", "skip_sid")
            given = dict(zip(names, args, strict=False)) | options
            to = given.get("to") or given.get("room")
            stage.emitted.append(Emitted(event, data, to, given.get("skip_sid")))
            await asyncio.sleep(stage.slow_s)
            await super().emit(event, data, *args, **options)

        async def mark_end(self, sid: str) -> None:
            await super().emit(END, to=sid)

        async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
            try:
                await super()._handle_eio_disconnect(eio_sid, reason)
            finally:
                stage.note_gone(eio_sid)

    Server.__name__ = "AsyncServer"  # so that an exception says what a learner expects
    options: dict[str, Any] = {"logger": unread_log, "engineio_logger": unread_log}
    return Server(async_mode="aiohttp", monitor_clients=False, **options)


def _belongs_to(task: asyncio.Task[Any], attempt: Attempt) -> bool:
    """Whether a task runs a handler or a library's part of it; the kernel has others."""
    code = getattr(task.get_coro(), "cr_code", None)
    theirs = getattr(inspect.unwrap(attempt.function), "__code__", None)
    if code is None or task is asyncio.current_task():
        return False
    if theirs is not None and code.co_filename == theirs.co_filename:
        return True
    places = ("socketio", "engineio", "aiohttp", "stage")
    return Path(code.co_filename).parent.name in places


def _attempt_of(function: Callable[..., Any], attempt: Attempt) -> Attempt:
    return Attempt(
        getattr(function, "__name__", attempt.name),
        function,
        awaited=True,
        timeout_s=attempt.timeout_s,
    )


def _refuses(cause: BaseException) -> bool:
    from socketio.exceptions import ConnectionRefusedError as Refusal

    return isinstance(cause, Refusal | ConnectionRefusedError)

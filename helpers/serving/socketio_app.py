"""What the servers on Socket.IO share: one port for page, files and clients, and every bound.

1. A browser's request must be for this host (`Host`), and one for Socket.IO must come from a page
   of the same host (`Origin`).
2. An event has one object as its argument, and is acknowledged with another object:
   `{"ok": true, …}`, or `{"ok": false, "code": …, "text": …}`.
3. A client's events are begun one after the other. A client that sends malformed packets, too
   many events, or binary packets, which no server here accepts, loses its connection. Reserved
   names, such as `connect` and `*`, are malformed; so is whatever the client may not send now.
4. A client that does not connect within 45 s, or whose welcome fails, loses its connection, and
   may connect again. If every seat is taken, an older session that has not connected loses it.
5. A server that stops closes its WebSockets with 1001.
"""

import asyncio
import contextlib
import logging
import socket
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping
from typing import Any, NamedTuple

import socketio
from aiohttp import web
from engineio.payload import Payload

from helpers.serving import (
    aiohttp_log,
    engineio_repairs,
    fanout,
    program,
    schema,
    socketio_repairs,
    static,
)
from helpers.serving.engineio_packets import MAX_PACKETS
from helpers.serving.listener import KEEP_ALIVE_S, accepting
from helpers.serving.schema import Fields, Refusal
from helpers.serving.socketio_limits import Limits
from helpers.wire import handshake
from helpers.wire.frames import CloseCode

log = logging.getLogger("socketio_app")

#: A client that hears nothing for as long as both together knows that its connection is lost.
PING_S, PONG_S = 5.0, 4.0
PATH = "/socket.io/"
BINARY = ("5", "6")  # the types of packets with attachments

Handler = Callable[[str, dict[str, Any]], Awaitable[Mapping[str, Any] | None]]


def make(
    *,
    max_size: int = 65_536,
    burst: float = 50,
    per_second: float = 10,
    async_handlers: bool = False,
    **options: Any,
) -> socketio.AsyncServer:
    """Make a Socket.IO server: same origin only, bounded, fast to many.

    Args:
        max_size: the most bytes of a packet, or of a request's body.
        burst: how many events a client may send at once.
        per_second: how many more events a client may send each second.
        async_handlers: whether a client's event is begun while the event before it still waits,
            above all for the disk; only their first steps are then in order.
        **options: for `socketio.AsyncServer` and `engineio_repairs.Server`.

    Returns:
        The server: add its events with `register`, then `serve` it.
    """
    sio = socketio_repairs.make(
        async_mode="aiohttp",
        client_manager=fanout.FanOut(),
        async_handlers=async_handlers,
        cors_allowed_origins=_same_origin,
        max_http_buffer_size=max_size,
        **({"ping_interval": PING_S, "ping_timeout": PONG_S} | options),
    )
    fanout.install(sio)
    Payload.max_decode_packets = MAX_PACKETS
    limits = sio.limits = Limits(sio, burst, per_second)
    sio.may_connect, sio.eio.on_malformed = limits.may_connect, limits.count_malformed
    handle = sio.eio.handlers["message"]

    async def message(eio_sid: str, data: str | bytes) -> None:
        client = sio.eio.sockets.get(eio_sid)
        if client is None or client.closed:
            return
        if isinstance(data, bytes) or data.startswith(BINARY):
            await limits.drop(client, "sent a binary packet")
            return
        try:
            await handle(eio_sid, data)
        except Exception as error:  # a registered handler never raises: the packet is malformed
            if data.startswith("0") and not isinstance(error, ValueError):
                log.exception("connect")
            await limits.count_malformed(client, error)

    sio.eio.on("message", message)
    sio.on("*", _refuse_unknown(sio))
    return sio


class Event(NamedTuple):
    """An event that clients may send.

    Attributes:
        fields: of the one object that is its argument.
        handler: `async def handler(sid, fields)`; returns what the acknowledgement holds besides
            `ok`, or raises Refusal.
    """

    fields: Fields
    handler: Handler


def register(sio: socketio.AsyncServer, events: Mapping[str, Event]) -> None:
    """Register events, each checked before its handler is called, and always acknowledged.

    Args:
        sio: the server, from `make`.
        events: every event that the server accepts, by name.
    """
    for name, event in events.items():
        sio.on(name, _acknowledge(sio, name, event))


def _acknowledge(
    sio: socketio.AsyncServer, name: str, event: Event
) -> Callable[..., Awaitable[Mapping[str, Any]]]:
    """Wrap the handler of an event, so that its answer is the acknowledgement."""

    async def handle(sid: str, arguments: tuple[Any, ...]) -> Mapping[str, Any]:
        fields = schema.read_event(name, arguments, event.fields)
        return {"ok": True, **(await event.handler(sid, fields) or {})}

    async def handle_within_limits(sid: str, *arguments: Any) -> Mapping[str, Any]:
        limits: Limits = sio.limits
        return await limits.acknowledge(sid, name, handle, arguments)

    return handle_within_limits


def refuse_connection(error: Refusal) -> socketio.exceptions.ConnectionRefusedError:
    """Return the exception that refuses a connection: the client's `connect_error`.

    Args:
        error: the reason; its code becomes the error's `message`, its code and text the `data`.
    """
    data = {"code": error.code, "text": str(error)}
    return socketio.exceptions.ConnectionRefusedError(error.code, data)


def spawn_welcome(sio: socketio.AsyncServer, sid: str, welcome: Coroutine[Any, Any, None]) -> None:
    """Welcome a client in a task of its own, which begins once the client is accepted.

    A client that cannot be welcomed is dropped, so that it connects again: it would otherwise be
    connected and wait for ever.

    Args:
        sio: the server, from `make`.
        sid: the client's.
        welcome: sends what the client needs first; it may read or write the database.
    """
    client = sio.eio.sockets.get(sio.manager.eio_sid_from_sid(sid, "/"))

    async def run() -> None:
        try:
            await welcome
        except Refusal as error:
            log.error("a client could not be welcomed: %s", error)
        except Exception:
            log.exception("welcome")
        else:
            return
        if client is not None:
            await sio.limits.drop(client, "has to connect again")

    program.spawn(run())


def emit_now(sio: socketio.AsyncServer, event: str, data: object, **where: Any) -> None:
    """Emit an event now, in the order of the calls, without waiting for any client.

    Args:
        sio: the server, from `make`.
        event: its name.
        data: its argument.
        **where: `room` and `skip_sid`, as for `sio.emit`.
    """
    sio.manager.emit_now(event, data, **where)


async def serve(
    sio: socketio.AsyncServer,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    server: str,
    page: str,
    routes: Iterable[web.RouteDef] = (),
    middlewares: Iterable[Any] = (),
    leave_s: float = program.LEAVE_S,
) -> None:
    """Serve a page at /, Socket.IO at /socket.io/ and further routes until `stop` is set.

    Args:
        sio: the server, from `make`.
        listener: the listening socket.
        stop: the event that `program.run` sets.
        server: the server's name.
        page: the folder in helpers/pages whose page is served at /.
        routes: further routes, such as `web.post("/sign-in", sign_in)`.
        middlewares: further middlewares of aiohttp.
        leave_s: how many seconds a client has for answering a close frame.
    """
    repaired = isinstance(sio.eio, engineio_repairs.Server)
    websockets = weakref.WeakSet[web.WebSocketResponse]()

    async def answer_plain(request: web.Request) -> web.Response:
        return plain_reply(request, server, page)

    async def note_websocket(request: web.Request, response: web.StreamResponse) -> None:
        if isinstance(response, web.WebSocketResponse):
            websockets.add(response)

    @web.middleware
    async def admit(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path == PATH and not repaired:  # else its sessions see to it
            fanout.upgrading(sio, request)
        response: web.StreamResponse = await handler(request)
        return response

    aiohttp_log.shorten()
    first = [static.admit_requests(), fanout.note_request, admit]
    app = web.Application(middlewares=[*first, *middlewares])
    sio.attach(app)
    app.add_routes([*routes, web.route("*", "/{path:.*}", answer_plain)])
    app.on_response_prepare.append(note_websocket)
    waits: dict[str, Any] = {"shutdown_timeout": leave_s, "lingering_time": leave_s}
    runner = web.AppRunner(app, access_log=None, keepalive_timeout=KEEP_ALIVE_S, **waits)
    await runner.setup()
    async with accepting(runner, listener):
        program.ready(listener)
        await stop.wait()
        await _close_all(websockets, leave_s)
        await sio.shutdown()
    await runner.cleanup()


def plain_reply(request: web.Request, server: str, page: str) -> web.Response:
    """Answer a plain request: the page, its files, and `/healthz`.

    Args:
        request: from a browser, or any HTTP client.
        server: the server's name.
        page: the folder in helpers/pages whose page is served at /.
    """
    found = static.reply(request.method, request.raw_path, server=server, page=page, sockets=())
    assert found
    return static.to_aiohttp(found)


async def _close_all(websockets: Iterable[web.WebSocketResponse], leave_s: float) -> None:
    """Close every WebSocket with 1001, and wait a little for the clients to close theirs."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(leave_s):
            leaving = [
                ws.close(code=CloseCode.GOING_AWAY, message=b"the server is stopping")
                for ws in websockets
                if not ws.closed
            ]
            await asyncio.gather(*leaving, return_exceptions=True)


def _same_origin(origin: str | None, environ: Mapping[str, Any]) -> bool:
    """Apply the library's own rule, but ignore the scheme, which a proxy may have changed."""
    if origin is None:  # not a browser, or a GET of the page itself
        return True
    fields = (("Host", str(environ.get("HTTP_HOST", ""))), ("Origin", origin))
    return handshake.same_origin(handshake.Request("GET", "/", fields))


def _refuse_unknown(sio: socketio.AsyncServer) -> Callable[..., Awaitable[Mapping[str, Any]]]:
    """Make the handler of every event that is not registered."""

    async def refuse(sid: str, arguments: tuple[Any, ...]) -> Mapping[str, Any]:
        raise Refusal("unknown_event", f"there is no event {schema.brief(arguments[0])}")

    async def refuse_within_limits(event: str, sid: str, *arguments: Any) -> Mapping[str, Any]:
        limits: Limits = sio.limits
        return await limits.acknowledge(sid, "*", refuse, (event,))

    return refuse_within_limits

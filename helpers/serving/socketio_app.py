"""What the servers on Socket.IO share: one port for page, files and clients, and every bound.

1. A browser's request for Socket.IO must come from a page of the same host (`Origin`).
2. An event has one object as its argument, and asks for an acknowledgement, which is an object:
   `{"ok": true, …}`, or `{"ok": false, "code": …, "text": …}`.
3. A client's events are begun one after the other. Nonsense, floods and binary packets,
   which no server here takes, cost the client that sends them its connection.
4. The server's end closes WebSockets with 1001.
"""

import asyncio
import contextlib
import logging
import socket
import weakref
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

import socketio
from aiohttp import web
from engineio.payload import Payload

from helpers.serving import fanout, program, schema, static
from helpers.serving.schema import Fields, Refusal
from helpers.serving.socketio_limits import Limits
from helpers.wire import handshake
from helpers.wire.frames import CloseCode

log = logging.getLogger("socketio_site")

MAX_CLIENTS = 10_000
LEAVE_S = 1.0
PATH = "/socket.io/"
MAX_PACKETS = 200  # in one POST: of a client that had much to say before it was upgraded
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
        max_size: of a packet, or of a request's body, in bytes.
        burst: how many events a client may send at once.
        per_second: how many more in a second.
        async_handlers: whether a client's event is begun while the one before it waits, for the
            disk above all; their order is then that of their first steps.
        **options: for `socketio.AsyncServer`.

    Returns:
        The server: register events with `on`, then `serve` it.
    """
    sio = socketio.AsyncServer(
        async_mode="aiohttp",
        client_manager=fanout.FanOut(),
        async_handlers=async_handlers,
        cors_allowed_origins=_same_origin,
        max_http_buffer_size=max_size,
        **options,
    )
    fanout.install(sio)
    Payload.max_decode_packets = MAX_PACKETS
    limits = sio.limits = Limits(sio, burst, per_second)
    carry_out = sio.eio.handlers["message"]

    async def message(eio_sid: str, data: str | bytes) -> None:
        client = sio.eio.sockets.get(eio_sid)
        if client is None or client.closed:
            return
        if isinstance(data, bytes) or data.startswith(BINARY):
            await limits.drop(client, "sent a binary packet")
            return
        try:
            await carry_out(eio_sid, data)
        except Exception as error:  # no handler of `on` raises: it is the packet
            if data.startswith("0") and not isinstance(error, ValueError):
                log.exception("connect")
            await limits.nonsense(client, error)

    sio.eio.on("message", message)
    sio.on("*", _unknown(sio))
    return sio


def on(sio: socketio.AsyncServer, event: str, fields: Fields, handler: Handler) -> None:
    """Register an event, checked before it is carried out, and always acknowledged.

    Args:
        sio: the server, from `make`.
        event: its name.
        fields: of the one object that is its argument.
        handler: `async def handler(sid, fields)`; returns what the acknowledgement holds
            besides `ok`, or raises Refusal.
    """

    async def asked(sid: str, arguments: tuple[Any, ...]) -> Mapping[str, Any]:
        return {"ok": True, **(await handler(sid, schema.checked(event, arguments, fields)) or {})}

    async def carried_out(sid: str, *arguments: Any) -> Mapping[str, Any]:
        limits: Limits = sio.limits
        return await limits.acknowledgement(sid, event, asked, arguments)

    sio.on(event, carried_out)


def refuse_connection(error: Refusal) -> socketio.exceptions.ConnectionRefusedError:
    """Return the exception that refuses a connection: the client's `connect_error`.

    Args:
        error: why; its code becomes the error's `message`, code and text its `data`.
    """
    data = {"code": error.code, "text": str(error)}
    return socketio.exceptions.ConnectionRefusedError(error.code, data)


def tell(sio: socketio.AsyncServer, event: str, data: object, **where: Any) -> None:
    """Emit an event now, in the order of the calls, without waiting for anybody.

    Args:
        sio: the server, from `make`.
        event: its name.
        data: what it holds.
        **where: `room` and `skip_sid`, as for `sio.emit`.
    """
    sio.manager.tell(event, data, **where)


async def serve(
    sio: socketio.AsyncServer,
    listener: socket.socket,
    stop: asyncio.Event,
    *,
    server: str,
    page: str,
    routes: Iterable[web.RouteDef] = (),
    middlewares: Iterable[Any] = (),
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
    """
    websockets = weakref.WeakSet[web.WebSocketResponse]()

    async def plain(request: web.Request) -> web.Response:
        return plain_reply(request, server, page)

    async def prepared(request: web.Request, response: web.StreamResponse) -> None:
        if isinstance(response, web.WebSocketResponse):
            websockets.add(response)

    @web.middleware
    async def admitted(request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path == PATH:
            if "sid" not in request.query and len(sio.eio.sockets) >= MAX_CLIENTS:
                return _answer(static.refuse(503, "too many clients are here, try later"))
            fanout.upgrading(sio, request)
        try:
            response: web.StreamResponse = await handler(request)
        except ValueError as error:  # no packet at all: the library leaves it to us
            log.info("a client sent what is no packet: %s", schema.brief(str(error)))
            return await _let_go(sio, request)
        return response

    app = web.Application(middlewares=[fanout.note_request, admitted, *middlewares])
    sio.attach(app)
    app.add_routes([*routes, web.route("*", "/{path:.*}", plain)])
    app.on_response_prepare.append(prepared)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=LEAVE_S)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    program.ready(listener)
    await stop.wait()
    await _leave(websockets)
    await sio.shutdown()
    await runner.cleanup()


def plain_reply(request: web.Request, server: str, page: str) -> web.Response:
    """Answer a plain request: the page, its files, and `/healthz`.

    Args:
        request: what came.
        server: the server's name.
        page: the folder in helpers/pages whose page is served at /.
    """
    found = static.reply(request.method, request.raw_path, server=server, page=page, sockets=())
    assert found
    return _answer(found)


async def _let_go(sio: socketio.AsyncServer, request: web.Request) -> web.Response:
    """Disconnect whoever came on this connection."""
    for client in list(sio.eio.sockets.values()):
        if request.transport and client.queue.transport is request.transport:
            await client.close(wait=False, abort=True, reason=sio.reason.TRANSPORT_ERROR)
            client.queue.put_nowait(None)
            request.transport.abort()  # no HTTP where frames are expected
    return _answer(static.refuse(400, "expected packets of Engine.IO"))


async def _leave(websockets: Iterable[web.WebSocketResponse]) -> None:
    """Close every WebSocket with 1001, and for good soon after."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(LEAVE_S):
            leaving = [
                ws.close(code=CloseCode.GOING_AWAY, message=b"the server ends")
                for ws in websockets
                if not ws.closed
            ]
            await asyncio.gather(*leaving, return_exceptions=True)


def _answer(found: static.Reply) -> web.Response:
    by_aiohttp = {"Content-Length", "Connection"}
    headers = [field for field in found.headers if field[0] not in by_aiohttp]
    return web.Response(status=found.status, headers=headers, body=found.body)


def _same_origin(origin: str | None, environ: Mapping[str, Any]) -> bool:
    """The library's own rule, but for the scheme, which a proxy may have taken off."""
    if origin is None:  # no browser, or its page's own GET
        return True
    fields = (("Host", str(environ.get("HTTP_HOST", ""))), ("Origin", origin))
    return handshake.same_origin(handshake.Request("GET", "/", fields))


def _unknown(sio: socketio.AsyncServer) -> Callable[..., Awaitable[Mapping[str, Any]]]:
    """Make the handler of every event that nobody registered."""

    async def no_such_event(sid: str, arguments: tuple[Any, ...]) -> Mapping[str, Any]:
        raise Refusal("unknown_event", f"there is no event {schema.brief(arguments[0])}")

    async def carried_out(event: str, sid: str, *arguments: Any) -> Mapping[str, Any]:
        limits: Limits = sio.limits
        return await limits.acknowledgement(sid, "*", no_such_event, (event,))

    return carried_out

"""What python-engineio 4.15.1, the newest release, gets wrong, and how our servers go on.

`make_server` returns the class of a repaired server, or the library's own where a release does not
have what the repairs lean on; the log says so then. Reports for the library, ready to send:

1. `AsyncSocket.handle_post_request` calls `wsgi.input.read(length)` once. StreamReader.read
   returns what has arrived, so a body in several TCP segments is cut, and still answered with 200.
   Use `readexactly`; without Content-Length, read to the end.
2. `AsyncServer._handle_connect` announces `int(ping_interval) * 1000`: 0 for 0.3 s. Round last.
3. `AsyncServer.handle_request` answers OK when a body is malformed, with a traceback in the log;
   when it is too long, `disconnect` waits in `queue.join()` for a client that may never poll.
   Answer 400 or 413, and close with `wait=False`.
4. Two WebSockets with one sid during an upgrade are both accepted and share the packets. Claim the
   upgrade before the first `await`. After the upgrade, close the second one, as Node's does.
5. An upgrade has no deadline, neither for the probe nor for the upgrade packet. Add one.
6. `AsyncSocket.poll` goes on after its request is gone, and the next packet is lost with it.
7. A poll that waits while the client posts `1` is answered only after the next ping.
8. `Packet.decode` parses the data of each packet as JSON: `4{"a":1}` reaches a Socket.IO server as
   a dict, `4[[[…` raises RecursionError in the handler. An unknown type raises IndexError.
9. `_send_ping` is a task that outlives its session by an interval. Use `loop.call_later`.
"""

import asyncio
import inspect
import logging
import time
from collections.abc import Awaitable, Callable
from typing import Any

import engineio
from aiohttp import web
from engineio import async_socket, exceptions, packet

from helpers.serving import schema, static
from helpers.serving.engineio_session import Session, refused

log = logging.getLogger("engineio_repairs")

MAX_CLIENTS = 10_000
CONNECT_S = 45.0  # for a CONNECT packet, as on the official server
UPGRADE_S = 10.0  # for the whole upgrade, as on the official server
BODY_S = 10.0  # for a body to arrive
NEW_S = 1.0  # a session that has not connected is safe from newcomers for so long
OWN_SITE = ("same-origin", "none")
TRANSPORTS = ("polling", "websocket")

NEEDED: dict[Any, dict[str, tuple[str, ...]]] = {  # what is overridden or called, with arguments
    async_socket.AsyncSocket: {
        "poll": (),
        "receive": ("pkt",),
        "check_ping_timeout": (),
        "handle_get_request": ("environ",),
        "handle_post_request": ("environ",),
        "close": ("wait", "abort", "reason"),
        "schedule_ping": (),
    },
    engineio.AsyncServer: {
        "handle_request": ("args", "kwargs"),
        "_handle_connect": ("environ", "transport", "jsonp_index"),
        "_ok": ("packets", "headers", "jsonp_index"),
        "_unauthorized": ("message",),
        "_upgrades": ("sid", "transport"),
        "_trigger_event": ("event", "args", "kwargs"),
        "_cors_allowed_origins": ("environ",),
        "_service_task": (),
    },
}


def fits(needed: dict[Any, dict[str, tuple[str, ...]]]) -> bool:
    """Tell whether a release has the methods that repairs lean on, with their arguments.

    Args:
        needed: for each class the names of its methods, and of their arguments after `self`.
    """
    for owner, methods in needed.items():
        for name, arguments in methods.items():
            method = getattr(owner, name, None)
            if method is None or tuple(inspect.signature(method).parameters)[1:] != arguments:
                log.warning("%s.%s is unknown in this release", owner.__name__, name)
                return False
    return True


class Server(engineio.AsyncServer):  # type: ignore[misc]
    """An Engine.IO server whose sessions are held to the protocol.

    Args:
        max_clients: how many sessions there are at most.
        connect_s: how long a session may be without an application; see `connected`.
        upgrade_s: how long an upgrade may take.
        body_s: how long a body may take to arrive.
        **options: for `engineio.AsyncServer`.

    Attributes:
        on_malformed: called with a session, and the error in a packet that ends nothing.
    """

    def __init__(
        self,
        *,
        max_clients: int = MAX_CLIENTS,
        connect_s: float = CONNECT_S,
        upgrade_s: float = UPGRADE_S,
        body_s: float = BODY_S,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.max_clients, self.connect_s = max_clients, connect_s
        self.upgrade_s, self.body_s = upgrade_s, body_s
        self.start_service_task: bool
        self.on_malformed: Callable[[Session, Exception], Awaitable[None]] = self.refuse_body
        self._waiting: dict[str, float] = {}  # sessions that are not connected, since when

    # Requests

    async def handle_request(self, request: web.Request) -> web.StreamResponse:
        """Answer a request at Engine.IO's path."""
        if reason := self._refuse(request):
            return static.to_aiohttp(static.refuse(*reason))
        refused.set(None)
        try:
            response = await self._answer(request)
        except ConnectionError:  # the client is gone before the answer to its handshake
            return web.Response(status=400)
        if reason := refused.get():
            return static.to_aiohttp(static.refuse(*reason))
        return response

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        session = self.sockets.get(request.query.get("sid", ""))
        if session and _wants_websocket(request):
            response: web.StreamResponse = await session.serve_websocket(request)
        else:
            response = await super().handle_request(request)
        return response

    def _refuse(self, request: web.Request) -> tuple[int, str] | None:
        """Return the status and the reason with which a request is refused; None to go on."""
        if "Origin" in request.headers:
            environ = self._async["translate_request"](request)
            allowed = self._cors_allowed_origins(environ)
            if allowed is not None and request.headers["Origin"] not in allowed:
                origin = schema.brief(request.headers["Origin"])
                return 400, f"{origin} is not an accepted origin"
        elif request.headers.get("Sec-Fetch-Site", "none") not in OWN_SITE:
            return 403, "a page of another site asked"  # a picture of it has no Origin
        transport = request.query.get("transport")
        if request.method in ("GET", "POST"):
            if transport not in TRANSPORTS or "j" in request.query:
                return 400, "expected transport=polling or transport=websocket, without JSONP"
            if transport == "websocket" and not _wants_websocket(request):
                return 400, "expected the handshake of a WebSocket"
        if "sid" not in request.query and not self._has_seat():
            return 503, "too many clients are connected; try again later"
        return None

    async def refuse_body(self, session: Session, error: Exception) -> None:
        """End the session of a client that sends what is not Engine.IO."""
        self.log_malformed(session, error)
        await session.end()

    def log_malformed(self, session: Session, error: Exception) -> None:
        """Log what ends a session."""
        log.info("a client sent a malformed packet: %s", schema.brief(str(error)))

    def _ok(self, packets: Any = None, headers: Any = None, jsonp_index: Any = None) -> Any:
        """Answer a request; `ok` is what the protocol's tests expect of a POST."""
        answer = super()._ok(packets, headers, jsonp_index)
        return answer if packets is not None else answer | {"response": b"ok"}

    # Sessions

    async def _handle_connect(
        self, environ: dict[str, Any], transport: str, jsonp_index: int | None = None
    ) -> Any:
        """Begin a session."""
        if self.start_service_task:
            self.start_service_task = False
            self.service_task_handle = self.start_background_task(self._service_task)
        sid = self.generate_id()
        session = self.sockets[sid] = Session(self, sid)
        self.disconnected(session)
        opened = {
            "sid": sid,
            "upgrades": self._upgrades(sid, transport),
            "pingTimeout": round(self.ping_timeout * 1000),
            "pingInterval": round((self.ping_interval + self.ping_interval_grace_period) * 1000),
            "maxPayload": self.max_http_buffer_size,
        }
        session.queue.put_nowait(packet.Packet(packet.OPEN, opened))
        accepted = await self._trigger_event("connect", sid, environ, run_async=False)
        if accepted not in (None, True):
            self._forget(session)
            return self._unauthorized(accepted or None)
        session.schedule_ping()
        if transport == "websocket":
            try:
                return await session.serve_websocket(environ["aiohttp.request"])
            finally:
                self._forget(session)
        session.connected = True
        try:
            return self._ok(await session.poll())
        except exceptions.QueueEmpty:
            return self._bad_request()

    def connected(self, session: Session) -> None:
        """Note that a session is in use: the application has accepted its client."""
        self._waiting.pop(session.sid, None)
        if session.connecting:
            session.connecting.cancel()

    def disconnected(self, session: Session) -> None:
        """Note that a session is not in use: it ends unless it is `connected` in time."""
        if session.closed:
            return
        self.connected(session)
        self._waiting[session.sid] = time.monotonic()
        loop = asyncio.get_running_loop()
        session.connecting = loop.call_later(self.connect_s, self._end_unused, session)

    def _end_unused(self, session: Session) -> None:
        self._forget(session)
        self.start_background_task(session.end)

    def _forget(self, session: Session) -> None:
        self.connected(session)
        self.sockets.pop(session.sid, None)

    def _has_seat(self) -> bool:
        """Tell whether there is a seat; the oldest session that is not in use gives up its own."""
        if len(self.sockets) < self.max_clients:
            return True
        while self._waiting:
            sid, since = next(iter(self._waiting.items()))
            session = self.sockets.get(sid)
            if session is not None and not session.closed:
                if since > time.monotonic() - NEW_S:
                    return False
                self._end_unused(session)
                return True
            del self._waiting[sid]
        return False


def make_server() -> type[engineio.AsyncServer]:
    """Return the class of the repaired server; the library's, if it is of another release."""
    if fits(NEEDED):
        return Server
    log.warning("this release of python-engineio is unknown: it goes without our repairs")
    return engineio.AsyncServer  # type: ignore[no-any-return]


def _wants_websocket(request: web.Request) -> bool:
    tokens = request.headers.get("Connection", "").lower().replace(" ", "").split(",")
    return request.headers.get("Upgrade", "").lower() == "websocket" and "upgrade" in tokens

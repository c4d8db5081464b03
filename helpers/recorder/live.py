"""The recording as a page that grows while you use the application beside it.

Protocol, at /ws; every message is JSON. From the server:

    {"start": name}        clear the page: the recording of `name` starts again
    {"entries": [entry]}   the next entries, at most 100 at a time, starting with the oldest;
                           none after 3 s of silence, so that a viewer knows a lost connection
    {"faults": {"cut": bool, "frozen": bool, "delay_ms": number}}
                           which faults are on: at the start, and whenever that has changed
    {"type": "error", "code": code, "text": text}
                           what the viewer asked for is refused

From the page, when a button is pressed: `helpers.recorder.commands` has the messages.

An entry has the fields of `transcript.Entry`, with its first 512 bytes in hex and its header
fields as [name, value] pairs. A slow viewer lags behind: nobody waits for it, and nothing but the
recording is kept for it: a viewer that does not read is not read from.
There are at most 20 viewers.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from helpers.recorder.commands import Commands
from helpers.recorder.faults import State
from helpers.recorder.relay import Relay
from helpers.serving.schema import Refusal
from helpers.wire.frames import Frame
from helpers.wire.heads import Request, Response
from helpers.wire.transcript import Entry, Follower, Transcript
from helpers.wire.wording import size_text

if TYPE_CHECKING:
    from websockets.asyncio.server import Server, ServerConnection
    from websockets.http11 import Request as HttpRequest
    from websockets.http11 import Response as HttpResponse

HOST = "127.0.0.1"
VIEWERS = 20
BATCH = 100
SILENCE_S = 3.0
SLICE = 200  # how many items are read before the relay may go on
LEAVE_S = 2.0  # that viewers have for leaving at the end
ABORT_S = 1.0  # until those that did not leave are gone
WAITING_BYTES = 2**16  # for a viewer; beyond that nothing is read from it, not even its pings
SHOWN_BYTES = 512
SHOWN_CHARACTERS = 2_000
SHOWN_PACKETS = 20

Watch = Callable[[Callable[[], object]], Callable[[], object]]


class Live:
    """A page on a port of its own that shows a recording; `wire.live()` opens it.

    Args:
        name: the name of what is recorded.
        transcript: the recording.
        watch: registers a callback, which is called on this page's loop after every change.
        relay: what the page's buttons do something to, on this page's loop.

    Attributes:
        port: the port that it listens on.
        page_url: the address for browsers, such as `http://127.0.0.1:49154/`.
    """

    def __init__(self, name: str, transcript: Transcript, watch: Watch, relay: Relay) -> None:
        self.name = name
        self.picture = "live"  # of its page, where it cannot be shown
        self.port = 0
        self._transcript = transcript
        self._watch = watch
        self._relay = relay
        self._viewers = 0
        self._transports: set[asyncio.Transport] = set()
        self._server: Server | None = None

    @property
    def page_url(self) -> str:
        """The address for browsers."""
        return f"http://{HOST}:{self.port}/"

    async def start(self) -> None:
        """Listen on a free port."""
        from websockets.asyncio.server import serve

        self._server = await serve(
            self._welcome,
            HOST,
            0,
            process_request=answer_http,
            compression=None,
            server_header=None,
            max_size=1024,
            close_timeout=1,
            logger=silent_logger(),
            create_connection=connection_class(self._transports),
        )
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Close the page's connections with 1001, and the port; a viewer may be stuck."""
        server, self._server = self._server, None
        if server is None:
            return
        server.close()
        for wait_s in (LEAVE_S, ABORT_S):
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await server.wait_closed()
            for transport in tuple(self._transports):  # those that did not leave in time
                transport.abort()

    def __repr__(self) -> str:
        state = f"at {self.page_url}" if self._server else "stopped"
        return f"<live page of {self.name} {state}>"

    async def _welcome(self, viewer: ServerConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        if self._viewers >= VIEWERS:
            await viewer.close(1013, f"at most {VIEWERS} viewers at a time")
            return
        changed = asyncio.Event()
        forget = self._watch(changed.set)
        self._viewers += 1
        feeding = asyncio.create_task(self._feed(viewer, changed))
        try:
            with contextlib.suppress(ConnectionClosed):
                await self._obey(viewer)
        finally:
            self._viewers -= 1
            forget()
            feeding.cancel()
            await asyncio.gather(feeding, return_exceptions=True)

    async def _obey(self, viewer: ServerConnection) -> None:
        """Do what the page asks for, until the viewer leaves."""
        origin = viewer.request.headers.get("Origin") if viewer.request else None
        commands = Commands(self._relay, origin)
        async for raw in viewer:
            try:
                await commands.obey(raw)
            except Refusal as refusal:
                await viewer.send(json.dumps(refusal.message()))
            if commands.exhausted:
                await viewer.close(1008, "too many messages for too long")

    async def _feed(self, viewer: ServerConnection, changed: asyncio.Event) -> None:
        """Send the recording as fast as the viewer takes it."""
        follower = Follower(self._transcript, keeps=False)
        known: State | None = None
        await viewer.send(json.dumps({"start": self.name}))
        while True:
            changed.clear()
            if (state := self._relay.faults.state) != known:
                known = state
                await viewer.send(json.dumps({"faults": state._asdict()}))
            if (new := follower.new(at_most=SLICE)) is None:
                await viewer.send(json.dumps({"start": self.name}))
                continue
            for start in range(0, len(new), BATCH):
                batch = [to_json(entry) for entry in new[start : start + BATCH]]
                await viewer.send(json.dumps({"entries": batch}))
            if follower.behind:
                await asyncio.sleep(0)
            else:
                await self._wait(viewer, changed)

    async def _wait(self, viewer: ServerConnection, changed: asyncio.Event) -> None:
        """Wait until the recording has changed, and say meanwhile that the connection is alive."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SILENCE_S):
                    await changed.wait()
                    return
            await viewer.send(json.dumps({"entries": []}))


def connection_class(transports: set[asyncio.Transport]) -> type[ServerConnection]:
    """Return the class of connections that note their transport, and wait for slow viewers.

    `websockets` answers each ping at once, whether or not the peer reads the answers.

    Args:
        transports: where the transports of open connections are noted.
    """
    from websockets.asyncio.server import ServerConnection

    class Connection(ServerConnection):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            transports.add(self.transport)

        def data_received(self, data: bytes) -> None:
            super().data_received(data)
            if self.transport.get_write_buffer_size() > WAITING_BYTES:
                self.transport.pause_reading()

        def resume_writing(self) -> None:
            super().resume_writing()
            self.transport.resume_reading()

        def connection_lost(self, exc: Exception | None) -> None:
            transports.discard(self.transport)
            super().connection_lost(exc)

    return Connection


def answer_http(viewer: ServerConnection, request: HttpRequest) -> HttpResponse | None:
    """Serve the page and its files; let only our own page open a WebSocket."""
    from helpers.serving import static

    own = viewer.local_address
    return static.answer(request, own, server="live", page="live", advice="")


def silent_logger() -> logging.Logger:
    """Return a logger without output: no cell needs to hear that a page has left."""
    logger = logging.getLogger(__name__)
    logger.addHandler(logging.NullHandler())
    logger.propagate = False
    return logger


def to_json(entry: Entry) -> dict[str, Any]:
    """Return the part of an entry that the page shows."""
    return {
        "number": entry.number,
        "connection": entry.connection,
        "direction": entry.direction,
        "kind": entry.kind,
        "opcode": entry.value.opcode.name.lower() if isinstance(entry.value, Frame) else None,
        "text": entry.text[:SHOWN_CHARACTERS],
        "message": entry.message[:SHOWN_CHARACTERS] if entry.message else entry.message,
        "note": entry.note,
        "session": entry.session,
        "packets": [packet[:SHOWN_CHARACTERS] for packet in entry.packets[:SHOWN_PACKETS]],
        "more_packets": max(0, len(entry.packets) - SHOWN_PACKETS),
        "at_s": round(entry.at_s, 3),
        "size": len(entry.raw),
        "hex": entry.raw[:SHOWN_BYTES].hex(),
        "fields": [list(field) for field in header_fields(entry.value)],
    }


def header_fields(value: Request | Response | Frame | None) -> Iterator[tuple[str, str]]:
    """Yield the header fields of a frame, or the headers of an HTTP message."""
    if isinstance(value, Frame):
        for name, bit in (("FIN", value.fin), ("RSV1", value.rsv1)):
            yield name, str(int(bit))
        yield "opcode", f"{value.opcode:d} · {value.opcode.name.lower()}"
        yield "MASK", str(int(value.mask is not None))
        yield "payload length", size_text(len(value.payload))
        if value.mask is not None:
            yield "masking key", value.mask.hex(" ")
    elif value is not None:
        yield from value.headers

"""Bounds and one repair for a server on the `websockets` library: a connection of our own.

The library answers each ping at once, without waiting for a client that does not read, so its
pongs would fill the memory (300 MB were seen), and it accepts any number of connections.

The repair, of websockets 17.4, and a report for it, ready to send: `ServerConnection.handshake`
runs in a task, which answers a request some iterations of the loop after it was read. Bytes or an
end of the stream that arrive meanwhile are parsed as frames while the state is CONNECTING, so
`Protocol` sends its own EOF first, and `send_response` fails on `assert not self.eof_sent`, which
is logged as "unexpected internal error" with a traceback. Pause reading until the answer is
written, and answer nothing where the parser has already given up.
"""

import asyncio
import logging
from typing import Any

from websockets.asyncio.server import ServerConnection
from websockets.frames import Frame
from websockets.http11 import Request, Response

from helpers.serving.listener import max_connections

log = logging.getLogger("connection")

MAX_WAITING_BYTES = 4 * 2**20  # of a client that does not read: a few of the largest messages


class BoundedConnection(ServerConnection):
    """A connection that ends when its client does not read; for `serve(create_connection=…)`."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accept the connection, or close it if there are too many."""
        super().connection_made(transport)
        if len(self.server.handler_tasks) > max_connections():
            self.transport.abort()

    def process_event(self, event: Request | Response | Frame) -> None:
        """React to a frame, or to the request: then nothing is read until it is answered."""
        super().process_event(event)
        if isinstance(event, Request):
            self.transport.pause_reading()

    async def handshake(self, *arguments: Any, **options: Any) -> None:
        """Answer the request, unless bytes that followed it in the same segment are not ours."""
        asked = [self.request_rcvd, self.connection_lost_waiter]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        if self.request is not None and self.protocol.eof_sent:
            log.info("dropped a client: it did not wait for the answer to its request")
            self.transport.abort()
            await asyncio.shield(self.connection_lost_waiter)
        try:
            await super().handshake(*arguments, **options)
        finally:
            self.transport.resume_reading()

    def data_received(self, data: bytes) -> None:
        """React to bytes, and drop a client that does not read the answers."""
        super().data_received(data)
        if self.transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            log.info("dropped a client: it does not read")
            self.transport.abort()

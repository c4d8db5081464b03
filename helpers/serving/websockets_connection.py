"""Bounds for a server on the `websockets` library: connections, and what waits for each of them.

The library answers each ping at once, without waiting for a client that does not read, so its
pongs would fill the memory (300 MB were seen), and it accepts any number of connections.
"""

import asyncio
import logging

from websockets.asyncio.server import ServerConnection

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

    def data_received(self, data: bytes) -> None:
        """React to bytes, and drop a client that does not read the answers."""
        super().data_received(data)
        if self.transport.get_write_buffer_size() > MAX_WAITING_BYTES:
            log.info("dropped a client: it does not read")
            self.transport.abort()

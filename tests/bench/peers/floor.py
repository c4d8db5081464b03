"""The floor: a frame that is made once, and written to each client with nothing in between."""

import asyncio
import re
import sys
from typing import cast

from helpers.wire.frames import Frame, Opcode
from helpers.wire.handshake import accept_key

clients: set[asyncio.Transport] = set()
FIELDS = (
    '{"type":"message","seq":%d,"id":"%s","at":"2026-01-01T00:00:00.000Z",'
    '"from":"sender","text":"%s"}'
)


class Peer(asyncio.Protocol):
    """One client: a handshake, then its frames, which have a key of zeros."""

    opened = False
    rest = b""  # what may be the beginning of a message: TCP ends anywhere

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        clients.add(self.transport)

    def connection_lost(self, error: Exception | None) -> None:
        clients.discard(self.transport)

    def data_received(self, data: bytes) -> None:
        if not self.opened:
            self.opened = True
            key = re.search(rb"Sec-WebSocket-Key: (\S+)", data)
            assert key
            self.transport.write(
                b"HTTP/1.1 101 Switching Protocols\r\n"
                b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                + f"Sec-WebSocket-Accept: {accept_key(key[1].decode())}\r\n\r\n".encode()
            )
            return
        self.rest += data
        end = 0
        for said in re.finditer(rb'"id": "(\d+)", "text": "(x+)"', self.rest):
            id, words, end = said[1].decode(), said[2].decode(), said.end()
            message = FIELDS % (int(id), id, words)
            frame = Frame(Opcode.TEXT, message.encode()).encode()
            for transport in clients:
                transport.write(frame)
        self.rest = self.rest[end:]


async def main() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Peer, "127.0.0.1", 0, backlog=4096)
    print(f"listening on http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())

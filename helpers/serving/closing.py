"""The end of a connection by the server: the close frame is written, and read by the client.

A client that is closed while it still sends would get a reset, if its bytes arrived at a closed
socket, and a reset discards what it has not read yet: the close frame above all. So the server
reads on, and discards, until the client has answered the close frame or ended the connection. It
gives a silent client a moment, and one that still sends `LONGEST_S` and `MAX_DISCARDED_BYTES`.

Source: RFC 6455 §7.1.1, RFC 9112 §9.6.
"""

import asyncio
import contextlib

from helpers.wire.frames import apply_mask

LONGEST_S = 10.0
MAX_DISCARDED_BYTES = 16 * 2**20
LONGEST_CLOSE_BYTES = 2 + 4 + 125  # header, masking key, payload
CLOSE, MASKED = 0x88, 0x80  # the first byte of a close frame, and the mask bit of the second


class Discarder(asyncio.Protocol):
    """The protocol of a connection after its close frame: it discards all but the answer.

    Args:
        transport: the connection; its former protocol hears of the end alone.
        code: of the close frame, which the client's answer repeats.

    Attributes:
        heard: whether bytes arrived since this was last set to False.
        over: done when the client has nothing more to say.
        lost: done when the connection is closed.
    """

    def __init__(self, transport: asyncio.Transport, code: int) -> None:
        loop = asyncio.get_running_loop()
        self.over: asyncio.Future[None] = loop.create_future()
        self.lost: asyncio.Future[None] = loop.create_future()
        self._former = transport.get_protocol()
        self._code = code
        self._left_bytes = MAX_DISCARDED_BYTES
        self._tail = b""
        self.heard = False
        transport.set_protocol(self)
        with contextlib.suppress(RuntimeError):  # it reads already, or is closing
            transport.resume_reading()

    def end(self) -> None:
        """Note that the client has nothing more to say."""
        if not self.over.done():
            self.over.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Discard bytes, and look whether they end with a close frame."""
        self.heard = True
        self._left_bytes -= len(data)
        self._tail = (self._tail + data[-LONGEST_CLOSE_BYTES:])[-LONGEST_CLOSE_BYTES:]
        if self._left_bytes < 0 or ends_with_close(self._tail, self._code):
            self.end()

    def eof_received(self) -> bool:
        """Note that the client has ended its half; ours is closed by whoever waits for `over`."""
        self.end()
        return True

    def pause_writing(self) -> None:
        """Pass on that the client does not read."""
        self._former.pause_writing()

    def resume_writing(self) -> None:
        """Pass on that the client reads again."""
        self._former.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the former protocol, and whoever waits."""
        self.end()
        if not self.lost.done():
            self.lost.set_result(None)
        self._former.connection_lost(error)


def ends_with_close(data: bytes, code: int) -> bool:
    """Tell whether bytes end with a client's close frame, wherever its frames began.

    A client sends nothing after its close frame. Without the code, masking keys would look like
    one now and then. A client that answers with another code is waited for as a silent one is.

    Args:
        data: the last bytes that arrived.
        code: what the frame must hold, as a client repeats it.
    """
    for start in range(max(0, len(data) - LONGEST_CLOSE_BYTES), len(data) - 5):
        size = len(data) - start - 6
        if data[start] == CLOSE and data[start + 1] == MASKED | size:
            payload = apply_mask(data[start + 6 : start + 8], data[start + 2 : start + 6])
            if size >= 2 and int.from_bytes(payload) == code:
                return True
    return False


async def close(
    transport: asyncio.Transport, discarder: Discarder, within_s: float, longest_s: float
) -> None:
    """Close a connection once its client has nothing more to say, or after a while.

    Args:
        transport: the connection, after the close frame was written.
        discarder: its protocol.
        within_s: how many seconds a silent client has.
        longest_s: how many seconds a client has that still sends.
    """
    loop = asyncio.get_running_loop()
    latest = loop.time() + longest_s
    while not discarder.over.done():
        discarder.heard = False
        await asyncio.wait([discarder.over], timeout=within_s)
        if not discarder.heard or loop.time() >= latest:
            break
    if discarder.over.done():
        transport.close()
        await asyncio.wait([discarder.lost], timeout=within_s)
    transport.abort()  # it may not have read everything

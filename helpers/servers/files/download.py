"""One download over a WebSocket: chunks out, and back how far they were taken.

At most `ON_THE_WAY_BYTES` are sent and not taken at any time: the next chunk is read from the disk
when the receiver says that it has taken an earlier one. So a slow receiver costs the server a few
chunks of memory, and nobody else anything. One that says nothing for a while is given up.
"""

import asyncio
import logging
from collections.abc import Callable

from helpers.servers.files.chunks import CHUNK_BYTES, WINDOW_BYTES, Chunk
from helpers.servers.files.disk import Disk
from helpers.servers.files.store import File
from helpers.serving.schema import Refusal
from helpers.serving.websocket_app import Peer, binary_frame, text_frame

log = logging.getLogger("files")

ON_THE_WAY_BYTES = (
    WINDOW_BYTES // 2
)  # two downloads, and what else is sent, fit what a peer may have


class Download:
    """A file on its way to one client.

    Args:
        file: a whole one.
        transfer: its number on this connection.
        offset: where to begin.
        peer: the client.
        disk: where the bytes are.
        stall_s: how many seconds the client may say nothing.
        on_end: called when it is over.
    """

    def __init__(
        self,
        file: File,
        transfer: int,
        offset: int,
        peer: Peer,
        disk: Disk,
        stall_s: float,
        on_end: Callable[["Download"], None],
    ) -> None:
        self.file, self.transfer = file, transfer
        self._sent = self._taken = offset
        self._peer, self._disk = peer, disk
        self._stall_s = stall_s
        self._news = asyncio.Event()
        self._sending = asyncio.create_task(self._run())
        self._sending.add_done_callback(lambda _: on_end(self))

    def take(self, offset: int) -> int:
        """Note how far the client has taken the file, and return how many bytes that are.

        Raises:
            Refusal: bad_field, for more than was sent.
        """
        if not self._taken <= offset <= self._sent:
            fact = f"expected an offset from {self._taken:,} to {self._sent:,}, got {offset:,}"
            raise Refusal("bad_field", fact)
        new, self._taken = offset - self._taken, offset
        if new:
            self._news.set()
        return new

    def end(self) -> None:
        """Send no more of it."""
        self._sending.cancel()

    async def _run(self) -> None:
        try:
            while self._sent < self.file.size:
                await self._wait_until_taken(ON_THE_WAY_BYTES - CHUNK_BYTES)
                size = min(CHUNK_BYTES, self.file.size - self._sent)
                data = await self._disk.read(self.file.id, self._sent, size)
                chunk = Chunk(self.transfer, self._sent, data)
                self._sent += size
                self._peer.send(binary_frame(chunk.encode()))
            self._tell({"type": "sent"})
            await self._wait_until_taken(0)
        except TimeoutError:
            self._tell(self._describe("stalled", f"expected got within {self._stall_s:g} s"))
        except OSError as error:
            log.info("a download ended: %s", error)
            self._tell(self._describe("no_such_file", "the file was removed meanwhile"))

    async def _wait_until_taken(self, but_bytes: int) -> None:
        """Wait until all that was sent was taken, but for so many bytes."""
        async with asyncio.timeout(None) as deadline:
            while self._sent - self._taken > but_bytes:
                deadline.reschedule(asyncio.get_running_loop().time() + self._stall_s)
                self._news.clear()
                await self._news.wait()

    def _tell(self, message: dict[str, object]) -> None:
        about = {"transfer": self.transfer, "file": self.file.id}
        self._peer.send(text_frame(message | about))

    def _describe(self, code: str, text: str) -> dict[str, object]:
        return {"type": "error", "code": code, "text": text}

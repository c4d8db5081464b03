"""One upload, for as long as its connection lasts: chunks in, and back how far they are saved.

1. A chunk is acknowledged once it is on the disk, and the database knows that it is.
2. Chunks that arrive while others are being written are written together, with one `fsync`.
3. While `WINDOW_BYTES` wait, no more is read from the connection, so TCP slows the sender down,
   and a server's memory does not depend on how fast its clients send.
4. An upload whose connection ends goes on later, where the disk is: in an `Upload` of its own.
"""

import asyncio
import logging
import sqlite3
import time
from collections.abc import Callable

from helpers.servers.files import store as files_store
from helpers.servers.files.chunks import WINDOW_BYTES, Chunk
from helpers.servers.files.disk import Disk
from helpers.serving.database import Database
from helpers.serving.schema import Refusal

log = logging.getLogger("files")


class Upload:
    """A file that somebody sends on one connection.

    Args:
        file: as it is in the database.
        transfer: its number on this connection.
        disk: where the bytes go.
        store: where `received` goes.
        limits: how much there may be.
        on_saved: called with the offset up to which everything is on the disk.
        on_failure: called when it cannot go on; the upload is over.

    Attributes:
        over: whether it takes no more chunks.
    """

    def __init__(
        self,
        file: files_store.File,
        transfer: int,
        disk: Disk,
        store: Database,
        limits: files_store.Limits,
        on_saved: Callable[[int], None],
        on_failure: Callable[[Refusal], None],
    ) -> None:
        self.file, self.transfer = file, transfer
        self.saved = self._expected = file.received
        self.over = False
        self._disk, self._store, self._limits = disk, store, limits
        self._on_saved, self._on_failure = on_saved, on_failure
        self._waiting: list[bytes] = []
        self._waiting_bytes = 0
        self._room = asyncio.Event()  # set while fewer wait than a window has
        self._room.set()
        self._writing: asyncio.Task[None] | None = None

    async def take(self, chunk: Chunk) -> None:
        """Take a chunk, and wait while too much waits for the disk.

        Raises:
            Refusal: wrong_offset or bad_chunk; the upload goes on.
        """
        if chunk.offset != self._expected:
            fact = (
                f"expected the bytes from {self._expected:,} on, got those from {chunk.offset:,}"
            )
            raise Refusal("wrong_offset", fact, self.file.upload)
        if chunk.offset + len(chunk.data) > self.file.size:
            fact = f"expected {self.file.size:,} bytes, as the file was offered, got more"
            raise Refusal("bad_chunk", fact, self.file.upload)
        self._expected += len(chunk.data)
        self._waiting.append(chunk.data)
        self._waiting_bytes += len(chunk.data)
        if self._waiting_bytes >= WINDOW_BYTES:
            self._room.clear()
        if self._writing is None:
            self._writing = asyncio.create_task(self._write())
        await self._room.wait()

    async def settle(self) -> None:
        """Wait until nothing waits for the disk."""
        if self._writing:
            await asyncio.wait([self._writing])

    def end(self) -> None:
        """Take no more chunks, and forget those that are not being written yet."""
        self.over = True
        self._take_waiting()

    def _take_waiting(self) -> list[bytes]:
        waiting, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self._room.set()
        return waiting

    async def _write(self) -> None:
        try:
            while chunks := self._take_waiting():
                await self._save(chunks)
        except (Refusal, OSError) as error:
            self.fail(error)
        finally:
            self._writing = None

    async def _save(self, chunks: list[bytes]) -> None:
        """Write chunks where they belong, and tell the sender once they are on the disk."""
        await self._disk.write(self.file.id, self.saved, chunks)
        saved = self.saved + sum(map(len, chunks))

        def note(db: sqlite3.Connection) -> None:
            files_store.save(db, self.file.id, saved, self._limits, time.time())

        def tell(_: None) -> None:
            self.saved = saved
            if not self.over:
                self._on_saved(saved)

        await self._store.run(note, on_commit=tell)

    def fail(self, error: Refusal | OSError) -> None:
        """End it, and tell its sender why."""
        if isinstance(error, OSError):
            log.error("a chunk was not saved: %s", error)
            error = Refusal(
                "not_saved", f"the server could not save it: {error.strerror or error}"
            )
        error.id = self.file.upload
        if not self.over:
            self.end()
            self._on_failure(error)

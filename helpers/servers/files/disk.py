"""The bytes of the files: one file each, under a name that the server made up.

1. What `write` has returned from is on the disk, even if the power fails now.
2. The disk's threads are its own, so that a slow disk does not stop the database's.
3. No file stays open between two calls, and no more than a chunk is in memory.
"""

import asyncio
import contextlib
import hashlib
import os
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from helpers.serving.folder import StartError, advice

THREADS = 4
Result = TypeVar("Result")


class Disk:
    """The folder with the bytes.

    Args:
        folder: made if it is missing.

    Raises:
        StartError: when it cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(exist_ok=True)
        except OSError as error:
            fact = f"cannot make the folder {folder}: {error.strerror or error}"
            raise StartError(f"{fact}; {advice(error.errno)}") from error
        self._folder = folder
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="disk")
        self._verifying = asyncio.Lock()  # one at a time: it may take a processor for seconds

    async def write(self, id: str, offset: int, chunks: Collection[bytes]) -> None:
        """Write bytes into a file, and wait until they are on the disk.

        Args:
            id: of the file, which is made if it is missing.
            offset: where the first of them goes.
            chunks: the bytes, in order.

        Raises:
            OSError: such as a full disk.
        """
        await self._run(lambda: _write(self._folder / id, offset, chunks))

    async def read(self, id: str, offset: int, size: int) -> bytes:
        """Read bytes of a file.

        Args:
            id: of the file.
            offset: where they begin.
            size: how many there are.

        Raises:
            OSError: such as a file that was removed.
        """
        return await self._run(lambda: _read(self._folder / id, offset, size))

    async def digest(self, id: str, size: int) -> str:
        """Read a whole file back, and return its SHA-256 in hex.

        Args:
            id: of the file; an empty one need not exist.
            size: how many bytes it has.
        """
        if size == 0:
            return hashlib.sha256().hexdigest()
        async with self._verifying:
            return await self._run(lambda: _digest(self._folder / id))

    async def delete(self, *ids: str) -> None:
        """Delete files; those that are missing, or in use on Windows, are left to `sweep`."""
        await self._run(lambda: _delete(self._folder / id for id in ids))

    async def list(self) -> set[str]:
        """Return the ids of the files that exist."""
        return await self._run(lambda: {path.name for path in self._folder.iterdir()})

    def close(self) -> None:
        """End the threads; what they are writing is written."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _run(self, work: Callable[[], Result]) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)


def _write(path: Path, offset: int, chunks: Collection[bytes]) -> None:
    new = not path.exists()
    with path.open("xb" if new else "r+b", buffering=0) as file:
        file.seek(offset)
        for chunk in chunks:
            rest = memoryview(chunk)
            while rest:
                rest = rest[file.write(rest) :]
        os.fsync(file.fileno())
    if new and os.name != "nt":  # the folder, too: else the file could be there without a name
        handle = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _read(path: Path, offset: int, size: int) -> bytes:
    with path.open("rb", buffering=0) as file:
        file.seek(offset)
        data = file.read(size)
    if len(data) != size:
        raise OSError(f"expected {size:,} bytes of {path.name} at {offset:,}, got {len(data):,}")
    return data


def _digest(path: Path) -> str:
    with path.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _delete(paths: Iterable[Path]) -> None:
    for path in paths:
        with contextlib.suppress(OSError):
            path.unlink()

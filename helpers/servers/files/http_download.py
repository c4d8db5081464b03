"""A download over HTTP, as browsers know it: `GET /download/ID`, also of a part of the file.

1. A file is never shown as a page of ours, whatever is in it: it is an attachment of no known
   type, nobody may guess another type, and in a sandbox without scripts it has no origin.
2. A client that stops reading is given up after a while, and so few bytes wait for it that it
   costs nobody else anything.
3. A browser whose download was cut asks for the rest with `Range`; `If-Range` makes sure that it
   is the same file.

Source: RFC 6266, RFC 9110 §14; the `sandbox` directive of Content Security Policy Level 3.
"""

import asyncio
import contextlib
import re
from typing import NamedTuple
from urllib.parse import quote

from aiohttp import web

from helpers.servers.files import store as files_store
from helpers.servers.files.chunks import CHUNK_BYTES
from helpers.servers.files.disk import Disk
from helpers.serving import static
from helpers.serving.database import Database
from helpers.serving.schema import Refusal

PREFIX = "/download/"
MAX_AT_ONCE = 200
BUFFER_BYTES = CHUNK_BYTES  # that wait for one client, besides what the system's own buffers hold
ID = re.compile(r"[0-9a-f]{32}")
ODD = re.compile(r"[^A-Za-z0-9._ ()-]")  # in a file's name, for clients that know ASCII alone
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


class Part(NamedTuple):
    """The part of a file that is asked for: from `start` up to `end`, which is not in it."""

    start: int
    end: int


class Downloads:
    """The downloads under way.

    Args:
        store: where the files are known.
        disk: where their bytes are.
        stall_s: how many seconds a client may read nothing.
    """

    def __init__(self, store: Database, disk: Disk, stall_s: float) -> None:
        self._store, self._disk, self._stall_s = store, disk, stall_s
        self._running = 0

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request for a path below `PREFIX`."""
        if request.method != "GET":
            refused = static.refuse(
                405, f"expected GET, got {request.method[:40]}", ("Allow", "GET")
            )
            return static.to_aiohttp(refused)
        if self._running >= MAX_AT_ONCE:
            return static.to_aiohttp(static.refuse(503, "too many downloads at once, try later"))
        id_ = request.path.removeprefix(PREFIX)
        try:
            if not ID.fullmatch(id_):
                raise Refusal("no_such_file", "there is no such file")
            file = await self._store.run(lambda db: files_store.find_file(db, id_))
            part = find_part(request, file)
        except Refusal as error:
            return static.to_aiohttp(static.refuse(404, str(error)))
        except ValueError as error:
            end = ("Content-Range", f"bytes */{file.size}")
            return static.to_aiohttp(static.refuse(416, str(error), end))
        self._running += 1
        try:
            return await self._send(request, file, part)
        finally:
            self._running -= 1

    async def _send(
        self, request: web.BaseRequest, file: files_store.File, part: Part | None
    ) -> web.StreamResponse:
        start, end = part or Part(0, file.size)
        response = web.StreamResponse(status=206 if part else 200, headers=headers(file))
        if part:
            response.headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        response.content_length = end - start
        response.force_close()
        await response.prepare(request)
        assert request.transport
        request.transport.set_write_buffer_limits(high=BUFFER_BYTES)
        with contextlib.suppress(ConnectionError, OSError, TimeoutError):
            for offset in range(start, end, CHUNK_BYTES):
                data = await self._disk.read(file.id, offset, min(CHUNK_BYTES, end - offset))
                async with asyncio.timeout(self._stall_s):
                    await response.write(data)
            async with asyncio.timeout(self._stall_s):
                await response.write_eof()
            return response
        request.transport.abort()  # else it would look like the whole file
        return response


def headers(file: files_store.File) -> dict[str, str]:
    """Return the headers of a file, of which none lets it be taken for a page."""
    return {
        "Content-Type": "application/octet-stream",
        "Content-Disposition": disposition(file.name),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Accept-Ranges": "bytes",
        "ETag": f'"{file.sha256}"',
        **dict(static.SECURITY_HEADERS),
    }


def disposition(name: str) -> str:
    """Return the header that has a browser save a file under a name.

    Args:
        name: a checked one: in ASCII for old clients, and as it is.

    Source: RFC 6266 §4.3, RFC 8187.
    """
    plain = ODD.sub("_", name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def find_part(request: web.BaseRequest, file: files_store.File) -> Part | None:
    """Find out which part of a file is asked for; None for all of it.

    Raises:
        ValueError: when the file has no such bytes.

    Source: RFC 9110 §14.2: what is not understood is ignored.
    """
    found = RANGE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if_range = request.headers.get("If-Range", f'"{file.sha256}"')
    if not found or not any(found.groups()) or if_range != f'"{file.sha256}"':
        return None
    first, last = found.groups()
    if first:
        start, end = int(first), min(int(last) + 1, file.size) if last else file.size
    else:
        start, end = max(0, file.size - int(last)), file.size
    if last and first and int(last) < int(first):
        return None
    if start >= end:
        raise ValueError(f"expected bytes from 0 to {file.size - 1:,}, got {first}-{last}")
    return Part(start, end)

"""Who is here, which files there are, and which of them are on their way."""

import argparse
import asyncio
import contextlib
import logging
import sqlite3
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

from helpers.servers.files import store as files_store
from helpers.servers.files.chunks import CHUNK_BYTES, WINDOW_BYTES
from helpers.servers.files.disk import Disk
from helpers.servers.files.store import File, Limits, Person
from helpers.servers.files.upload import Upload
from helpers.serving import database, names, program
from helpers.serving.presence import Place, Places, join_bucket
from helpers.serving.schema import Refusal
from helpers.serving.websocket_app import Peer

log = logging.getLogger("files")

MAX_TRANSFERS = 200  # uploads on all connections at once; and as many downloads
FORGET_S = 3_600.0  # after which somebody without a file is forgotten


class Member(Place[Peer]):
    """Somebody who is here."""

    def __init__(self, person: Person) -> None:
        super().__init__(names.name_key(person.name), person.name)
        self.person = person


class Exchange:
    """Everything that the connections share.

    Args:
        store: the database.
        disk: the bytes.
        options: the parsed command line.

    Attributes:
        members: who is here.
        uploads: those that go on at the moment, by the file's id.
        downloads: how many there are over WebSockets.
    """

    def __init__(self, store: database.Database, disk: Disk, options: argparse.Namespace) -> None:
        self.store, self.disk, self.options = store, disk, options
        joins = join_bucket(options.burst, options.rate)
        self.members: Places[Member] = Places(self._on_leave, options.return_s, joins)
        self.uploads: dict[str, Upload] = {}
        self.downloads = 0
        self.limits = Limits(
            options.file_bytes,
            options.person_bytes,
            options.total_bytes,
            int(options.person_files),
            int(options.total_files),
        )

    def describe_limits(self) -> dict[str, int]:
        """Return what a client should know before it offers a file, in bytes."""
        own = {"chunk": CHUNK_BYTES, "window": WINDOW_BYTES}
        file, person, total, *_ = self.limits
        return own | {"file": file, "person": person, "total": total}

    def people(self) -> list[dict[str, Any]]:
        """List who is here."""
        return [member.person._asdict() for member in self.members.members.values()]

    def _on_leave(self, member: Member) -> None:
        self.members.broadcast({"type": "left", "id": member.person.id})

    def check_name(self, name: str, person: Person | None) -> None:
        """Refuse a name that somebody else has who is here.

        Raises:
            Refusal: name_taken.
        """
        owner = self.members.members.get(names.name_key(name))
        if owner and owner.person != person:
            fact = f"the name {owner.name} is taken; choose another one"
            raise Refusal("name_taken", fact)

    def come_in(self, person: Person, peer: Peer) -> Member:
        """Give somebody their place, and tell the others if they are new."""
        if names.name_key(person.name) not in self.members.members:
            self.members.count_join()
        member, new = self.members.enter(Member(person), peer)
        if new:
            joined = {"type": "joined", "person": person._asdict()}
            self.members.broadcast(joined, but=member)
        return member

    async def offer(self, owner: Person, upload: str, name: str, size: int) -> File:
        """Find or add a file that somebody offers, which nobody else goes on sending.

        Raises:
            Refusal: too_large, quota, full, bad_field or not_saved.
        """

        def find_or_add(db: sqlite3.Connection) -> File:
            return files_store.offer(db, owner, upload, name, size, self.limits, time.time())

        file = await self.store.run(find_or_add)
        if running := self.uploads.get(file.id):  # on a connection that is lost, perhaps
            running.end()
            await self.release(running)
            file = await self.store.run(find_or_add)
        return file

    def begin(self, file: File, make: Callable[[File], Upload]) -> Upload:
        """Begin to receive a file, or go on with it.

        Raises:
            Refusal: busy, when somebody else does, or too many are received.
        """
        if len(self.uploads) >= MAX_TRANSFERS or file.id in self.uploads:
            raise Refusal("busy", "too many uploads at once; try again soon", file.upload)
        upload = self.uploads[file.id] = make(file)
        return upload

    async def release(self, upload: Upload) -> None:
        """Forget an upload that is over, once nothing of it is being written."""
        await upload.settle()
        if self.uploads.get(upload.file.id) is upload:
            del self.uploads[upload.file.id]

    async def cancel(self, owner: Person, id: str) -> None:
        """Forget a file on its way, and its bytes.

        Raises:
            Refusal: no_such_upload.
        """
        file = await self.store.run(lambda db: files_store.cancel(db, owner.id, id))
        await self._discard(file)

    async def _discard(self, file: File) -> None:
        """Delete the bytes of a file that is forgotten, after whatever is being written."""
        if running := self.uploads.get(file.id):
            running.end()
            await self.release(running)
        await self.disk.delete(file.id)

    async def complete(self, upload: Upload, sha256: str) -> File:
        """Compare what is on the disk with its checksum, and tell everybody of the file.

        Args:
            upload: one that has ended.
            sha256: of the file, in hex, as its owner says.

        Raises:
            Refusal: bad_checksum, and the upload is forgotten; no_such_upload; not_saved.
        """
        file = upload.file
        digest = await self.disk.digest(file.id, file.size)
        if digest != sha256:
            await self.store.run(lambda db: files_store.drop(db, file.id))
            await self._discard(file)
            fact = f"expected the SHA-256 {sha256}, got {digest}; send the file again"
            raise Refusal("bad_checksum", fact, file.upload)

        def tell(finished: tuple[File, bool]) -> File:
            whole, new = finished
            if new:
                self.members.broadcast({"type": "added", "file": whole.described()})
            return whole

        return await self.store.run(
            lambda db: files_store.finish(db, file.id, digest, self.limits, time.time()),
            on_commit=tell,
        )

    async def remove(self, person: Person, id: str) -> None:
        """Remove a file, if its owner asks, and tell everybody.

        Raises:
            Refusal: no_such_file or not_owner.
        """
        await self.store.run(
            lambda db: files_store.remove(db, id, person.id),
            on_commit=lambda _: self.members.broadcast({"type": "removed", "id": id}),
        )
        await self.disk.delete(id)

    @contextlib.asynccontextmanager
    async def sweeping(self) -> AsyncIterator[None]:
        """Sweep now, and every now and then for the length of a block."""
        await self.sweep()
        task = asyncio.create_task(self._sweep_repeatedly())
        try:
            yield
        finally:
            task.cancel()
            for upload in list(self.uploads.values()):
                upload.end()
                await upload.settle()

    async def _sweep_repeatedly(self) -> None:
        while True:
            await asyncio.sleep(self.options.sweep_s)
            try:
                await self.sweep()
            except (Refusal, OSError) as error:
                log.error("nothing was swept: %s", error)

    async def sweep(self) -> None:
        """Forget what has expired, and delete bytes that belong to no file."""
        now, present = time.time(), {person["id"] for person in self.people()}
        abandoned, old = now - self.options.abandoned_s, now - self.options.keep_s
        found = await self.disk.list()  # first: a file is known before it has bytes
        expired = await self.store.run(lambda db: files_store.expire(db, abandoned, old))
        for file in expired:
            if file.sha256 is not None:
                self.members.broadcast({"type": "removed", "id": file.id})
            elif running := self.uploads.get(file.id):
                running.fail(Refusal("expired", "nothing came of this file for too long"))
                program.spawn(self.release(running))
        known = await self.store.run(files_store.list_ids)
        await self.disk.delete(*(found - known))
        before = now - FORGET_S
        await self.store.run(lambda db: files_store.forget_people(db, before, present))

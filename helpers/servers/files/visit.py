"""One connection: what its client asks for, and the files that travel on it."""

import re
import sqlite3
import time
from typing import Any

from helpers.servers.files import store as files_store
from helpers.servers.files.chunks import Chunk, read_chunk
from helpers.servers.files.download import Download
from helpers.servers.files.exchange import MAX_TRANSFERS, Exchange, Member
from helpers.servers.files.safe_names import checked_file_name
from helpers.servers.files.store import File, Person
from helpers.servers.files.upload import Upload
from helpers.serving import names, program, ratelimit, schema, websocket_app
from helpers.serving.presence import closed_if_not_let_in
from helpers.serving.schema import Field, Refusal
from helpers.serving.websocket_app import Peer

MAX_UPLOADS = 4  # of one client at once
MAX_DOWNLOADS = 2
SMALL_BYTES = 4_096  # a chunk or an answer about fewer costs as much as any message
SHA256 = re.compile(r"[0-9a-f]{64}")
TYPES = {
    "join": {"name": Field(str), "token": Field(str, False)},
    "offer": {"id": Field(str), "name": Field(str), "size": Field(int)},
    "finish": {"id": Field(str), "sha256": Field(str)},
    "cancel": {"id": Field(str)},
    "fetch": {"file": Field(str), "offset": Field(int, False)},
    "got": {"transfer": Field(int), "offset": Field(int)},
    "stop": {"transfer": Field(int)},
    "remove": {"file": Field(str)},
    "ping": {},
}


class Visit:
    """One connection, and the member who has joined on it.

    Args:
        exchange: what all connections share.
        peer: the client.
        bucket: how fast it may send, besides the bytes of files.
    """

    def __init__(self, exchange: Exchange, peer: Peer, bucket: ratelimit.Bucket) -> None:
        self.exchange, self.peer, self.bucket = exchange, peer, bucket
        self.member: Member | None = None
        self.transfers = 0  # numbers that were given out
        self.uploads: dict[int, Upload] = {}
        self.downloads: dict[int, Download] = {}

    def answer(self, message: dict[str, Any]) -> None:
        """Send a message to this client alone."""
        self.peer.send(websocket_app.text_frame(message))

    def end(self) -> None:
        """End what travels on this connection; an upload goes on with the next one."""
        for upload in self.uploads.values():
            upload.end()
            program.spawn(self.exchange.release(upload))
        for download in list(self.downloads.values()):
            download.end()

    async def react(self, raw: str | bytes) -> None:
        """Carry out one message, or refuse it."""
        if isinstance(raw, bytes):
            self.find_member("a chunk")
            await self.receive(read_chunk(raw))
            return
        message = schema.read(raw, TYPES)
        kind = message.pop("type")
        if kind == "ping":
            self.answer({"type": "pong"})
        elif kind != "join":
            person = self.find_member(kind, message.get("id")).person
            await getattr(self, f"on_{kind}")(person, **message)
        elif self.member:
            fact = f"you have joined already, as {self.member.name}"
            raise Refusal("already_joined", fact)
        else:
            with closed_if_not_let_in(self.peer):
                await self.join(**message)

    def find_member(self, what: str, id: str | None = None) -> Member:
        """Return who has joined, or refuse what comes before that."""
        if not self.member:
            raise Refusal("not_joined", f"join comes before {what}", id)
        return self.member

    async def join(self, name: str, token: str | None) -> None:
        """Come in, or come back: find out who it is, and send what there is."""
        exchange, name = self.exchange, names.checked_name(name)
        secret = token or names.new_token()
        if not token:
            exchange.check_name(name, None)

        def find_or_add(db: sqlite3.Connection) -> tuple[Person, list[File]]:
            hashed, now = names.hashed(secret), time.time()
            person = files_store.find_person(db, hashed, now)
            if token and not person:
                raise Refusal("bad_token", "nobody has this token; join without a token")
            person = person or files_store.add_person(db, name, hashed, now)
            return person, files_store.list_files(db)

        def welcome(found: tuple[Person, list[File]]) -> None:
            person, files = found
            exchange.check_name(person.name, person)
            self.member = exchange.come_in(person, self.peer)
            me = person._asdict() | {"token": secret, "people": exchange.people()}
            shown = {"files": [file.described() for file in files]}
            limits = {"limits": exchange.describe_limits()}
            self.answer({"type": "welcome"} | me | shown | limits)

        await exchange.store.run(find_or_add, on_commit=welcome)

    async def receive(self, chunk: Chunk) -> None:
        """Take a chunk of an upload; one for an upload that is over is not worth a word."""
        upload = self.uploads.get(chunk.transfer)
        if not upload or upload.over:
            self.check_transfer(chunk.transfer)
            return
        await upload.take(chunk)
        last = chunk.offset + len(chunk.data) == upload.file.size
        if len(chunk.data) >= SMALL_BYTES or last:
            self.bucket.refund()

    def check_transfer(self, number: int) -> None:
        """Refuse a number that was never given out on this connection."""
        if not 1 <= number <= self.transfers:
            raise Refusal("no_such_transfer", f"there is no transfer {number} on this connection")

    def next_transfer(self) -> int:
        """Return a number for what begins to travel."""
        self.transfers += 1
        return self.transfers

    async def on_offer(self, person: Person, id: str, name: str, size: int) -> None:
        """Begin an upload, or go on with one."""
        if not 1 <= len(id) <= schema.LONGEST_ID:
            raise Refusal("bad_field", f"expected an id of 1 to {schema.LONGEST_ID} characters")
        try:
            name = checked_file_name(name)
        except Refusal as error:
            error.id = id
            raise
        self.uploads = {n: upload for n, upload in self.uploads.items() if not upload.over}
        if len(self.uploads) >= MAX_UPLOADS and not self.find_upload(id):
            raise Refusal("busy", f"expected at most {MAX_UPLOADS} uploads at once", id)
        file = await self.exchange.offer(person, id, name, size)
        if file.sha256 is not None:
            self.answer({"type": "stored", "id": id, "file": file.described()})
        elif not self.peer.gone:
            upload = self.exchange.begin(file, self.make_upload)
            self.uploads[upload.transfer] = upload
            ready = {"transfer": upload.transfer, "offset": upload.saved}
            self.answer({"type": "ready", "id": id} | ready)

    def make_upload(self, file: File) -> Upload:
        """Make the upload of a file on this connection."""

        def tell_saved(offset: int) -> None:
            self.answer({"type": "saved", "id": file.upload, "offset": offset})

        def tell_failure(error: Refusal) -> None:
            self.answer(error.message())
            program.spawn(self.exchange.release(upload))

        exchange, number = self.exchange, self.next_transfer()
        places = exchange.disk, exchange.store, exchange.limits
        upload = Upload(file, number, *places, tell_saved, tell_failure)
        return upload

    def find_upload(self, id: str) -> Upload | None:
        """Find an upload on this connection by the client's own id."""
        found = (upload for upload in self.uploads.values() if upload.file.upload == id)
        return next((upload for upload in found if not upload.over), None)

    async def on_finish(self, person: Person, id: str, sha256: str) -> None:
        """Verify an upload; meanwhile the client is listened to."""
        if not SHA256.fullmatch(sha256):
            fact = 'expected 64 digits of 0-9 and a-f as "sha256"'
            raise Refusal("bad_field", f"{fact}, got {schema.brief(sha256)}", id)
        if upload := self.find_upload(id):
            program.spawn(self.complete(upload, sha256))
            return
        file = await self.exchange.store.run(lambda db: files_store.find_upload(db, person.id, id))
        if not file or file.sha256 is None:
            raise Refusal("no_such_upload", "offer the file before you finish it", id)
        self.answer({"type": "stored", "id": id, "file": file.described()})

    async def complete(self, upload: Upload, sha256: str) -> None:
        """Verify an upload once it is on the disk, and tell its client how that went."""
        id_ = upload.file.upload
        try:
            await upload.settle()
            if upload.over:  # its client has heard why
                return
            if upload.saved < upload.file.size:
                fact = f"expected {upload.file.size:,} bytes, got {upload.saved:,}"
                raise Refusal("incomplete", f"{fact}; send the rest", id_)
            upload.end()
            file = await self.exchange.complete(upload, sha256)
            self.answer({"type": "stored", "id": id_, "file": file.described()})
        except Refusal as error:
            error.id = id_
            self.answer(error.message())
        except OSError as error:
            text = f"the server could not read it: {error.strerror or error}"
            self.answer(Refusal("not_saved", text, id_).message())
        finally:
            if upload.over:
                await self.exchange.release(upload)

    async def on_cancel(self, person: Person, id: str) -> None:
        """Forget an upload."""
        await self.exchange.cancel(person, id)
        self.answer({"type": "cancelled", "id": id})

    async def on_fetch(self, person: Person, file: str, offset: int | None) -> None:
        """Begin a download."""
        exchange, start = self.exchange, offset or 0
        if len(self.downloads) >= MAX_DOWNLOADS or exchange.downloads >= MAX_TRANSFERS:
            fact = f"expected at most {MAX_DOWNLOADS} downloads at once"
            raise Refusal("busy", f"{fact}; try again when one is over")
        found = await exchange.store.run(lambda db: files_store.find_file(db, file))
        if start > found.size:
            fact = f"expected an offset of at most {found.size:,}, got {start:,}"
            raise Refusal("bad_field", fact)
        if self.peer.gone:
            return
        number = self.next_transfer()
        sending = {"transfer": number, "offset": start, "file": found.described()}
        self.answer({"type": "sending"} | sending)
        exchange.downloads += 1
        self.downloads[number] = Download(
            found,
            number,
            start,
            self.peer,
            exchange.disk,
            exchange.options.stall_s,
            self.end_download,
        )

    def end_download(self, download: Download) -> None:
        """Forget a download that is over."""
        self.exchange.downloads -= 1
        del self.downloads[download.transfer]

    async def on_got(self, person: Person, transfer: int, offset: int) -> None:
        """Note how far the client has taken a download, so that more may follow."""
        if not (download := self.downloads.get(transfer)):
            self.check_transfer(transfer)
        elif download.take(offset) >= SMALL_BYTES or offset == download.file.size:
            self.bucket.refund()

    async def on_stop(self, person: Person, transfer: int) -> None:
        """End a download."""
        self.check_transfer(transfer)
        if download := self.downloads.get(transfer):
            download.end()

    async def on_remove(self, person: Person, file: str) -> None:
        """Remove a file, if its owner asks."""
        await self.exchange.remove(person, file)

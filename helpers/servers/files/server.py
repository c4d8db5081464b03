"""files: people send files to everybody in the room, and a cut in the middle loses nothing.

Protocol, at /ws. A text frame holds a JSON object, a binary frame a chunk of a file: 4 bytes of
transfer number, 8 bytes of offset (both unsigned, most significant byte first), and 1 to 65,536
bytes of the file. From the client:

    join     name [, token]           come in, or come back
    offer    id, name, size           begin to send a file, or go on with it after a cut; `id` is
             the client's own, so a retry is the same file → ready, or stored if it is whole
    chunk    (binary) transfer, offset, bytes    in order, from the offset of `ready` on
    finish   id, sha256               everything is sent; the checksum in hex → stored
    cancel   id                       forget an upload and its bytes → cancelled
    fetch    file [, offset]          send me a file, from an offset on → sending
    got      transfer, offset         I have taken it up to here: more may follow
    stop     transfer                 send no more of it
    remove   file                     delete a file of one's own
    ping                              at any time: is the connection still alive?

From the server:

    welcome  id, name, token, people: [{id, name}], files, limits: {chunk, window, file, person,
             total}                   all in bytes; `id` is the number of the person
    ready    id, transfer, offset     send chunks from this offset on; the rest is on the disk
    saved    id, offset               all up to here is on the disk, whatever happens now
    stored   id, file                 the checksum is right, and everybody can fetch the file
    cancelled id
    added    file                     {id, name, size, sha256, owner, from, at}: to everybody
    removed  id                       of a file: to everybody
    sending  transfer, offset, file   chunks follow; 256 KiB at most before a `got`
    sent     transfer, file           that was the last chunk; compare the checksum
    joined   person;  left  id
    pong                              the answer to ping
    closed   code, text               the last message before the server closes: elsewhere too_fast
             too_slow too_big bad_frame bad_text busy not_saved stopping error
    error    code, text [, id] [, transfer, file]    codes: bad_json bad_message unknown_type
             bad_field too_long too_fast bad_name name_taken bad_token not_joined already_joined
             busy not_saved; bad_file_name too_large quota full no_such_upload no_such_transfer
             bad_chunk wrong_offset incomplete bad_checksum expired; no_such_file not_owner stalled

Files on their way count for the quota of their owner as if they were whole, and for that of all
with what is on the disk. A client sends up to `limits.window` bytes (512 KiB) that are not `saved`
yet; the server reads no more than that before it has written some. An upload outlives its
connection and the server; one that does not go on for an hour is forgotten. Chunks for an upload
that is over are ignored. A file is renamed `a (2).txt` if there is an `a.txt`; files are deleted
after a week. A lost connection keeps its name for 5 s, for whoever has its token, and a newer one
closes the older with 4001.

    GET /download/ID                  the same bytes by HTTP, as an attachment; also parts (Range)
"""

import argparse
import asyncio
import socket

from helpers.servers.files import http_download
from helpers.servers.files import store as files_store
from helpers.servers.files.chunks import CHUNK_BYTES
from helpers.servers.files.disk import Disk
from helpers.servers.files.exchange import Exchange
from helpers.servers.files.visit import Visit
from helpers.serving import database, program, ratelimit, schema, websocket_app
from helpers.serving.websocket_app import Peer

LARGEST = 4 * schema.LONGEST_JSON + CHUNK_BYTES  # bytes of a message, before anybody looks at it
MB = 10**6


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set, then close every connection with 1001."""
    folder = program.data_folder(options)
    async with database.opened(folder / "files.sqlite3", files_store.SCHEMA) as store:
        disk = Disk(folder / "bytes")
        exchange = Exchange(store, disk, options)

        async def talk(peer: Peer) -> None:
            bucket = ratelimit.Bucket(options.burst, options.rate)
            visit = Visit(exchange, peer, bucket)
            try:
                await websocket_app.serve_messages(peer, bucket, visit.react)
            finally:
                visit.end()
                exchange.members.connection_lost(visit.member, peer, goodbye=peer.said_goodbye)

        async with exchange.sweeping():
            downloads = http_download.Downloads(store, disk, options.stall_s)
            await websocket_app.serve(
                talk,
                listener,
                stop,
                server="files",
                page="files",
                max_size=LARGEST,
                ping_s=options.ping_s,
                leave_s=options.leave_s,
                routes={http_download.PREFIX: downloads.answer},
            )
        disk.close()


def flags() -> argparse.ArgumentParser:
    """Return the parser of the command line."""
    waits = ("abandoned_s", "keep_s", "sweep_s", "stall_s", "return_s", "ping_s", "leave_s")
    flags = program.parser(__doc__, *waits)
    flags.add_argument(
        "--burst", type=program.count, default=100, help="messages at once, of one client"
    )
    flags.add_argument(
        "--rate", type=program.rate, default=20, help="messages a second, of one client"
    )
    for flag, most, what in (
        ("file", 250 * MB, "of a file"),
        ("person", 500 * MB, "of all files of a person"),
        ("total", 2_000 * MB, "of all files"),
    ):
        text = f"bytes {what}, at most (default: {most:,})"
        flags.add_argument(f"--{flag}-bytes", type=program.size_bytes, default=most, help=text)
    flags.add_argument(
        "--person-files", type=program.count, default=100, help="files of one person, at most"
    )
    flags.add_argument("--total-files", type=program.count, default=500, help="files, at most")
    return flags


def run() -> None:
    """Run the server with the flags of the command line."""
    program.run(main, flags())

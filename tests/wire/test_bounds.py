"""A small recording takes little memory however far its bytes inflate."""

import tracemalloc
import zlib

import pytest

from helpers.wire.deflate import Allowance, Deflate
from helpers.wire.frames import Frame, Opcode
from helpers.wire.packets import MAX_INFLATED_TOGETHER
from helpers.wire.transcript import (
    CLIENT_TO_SERVER,
    SERVER_TO_CLIENT,
    Chunk,
    Follower,
    Transcript,
    entries,
)
from tests.wire.test_transcript import ANSWER, REQUEST

MIB = 2**20
POLLING = b"GET /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: h\r\n\r\n"


def messages(count: int, *, alone: bool) -> Transcript:
    """A recording of compressed messages of 1 MiB, each of which takes 1 kB on the wire."""
    transcript = Transcript()
    extension = "permessage-deflate" + ("; server_no_context_takeover" if alone else "")
    agreed = ANSWER.replace(
        b"\r\n\r\n", f"\r\nSec-WebSocket-Extensions: {extension}\r\n\r\n".encode()
    )
    transcript.add(Chunk(1, CLIENT_TO_SERVER, REQUEST, 0))
    transcript.add(Chunk(1, SERVER_TO_CLIENT, agreed, 0))
    deflater = zlib.compressobj(9, wbits=-15)
    for _ in range(count):
        data = deflater.compress(b"a" * MIB) + deflater.flush(zlib.Z_SYNC_FLUSH)
        frame = Frame(Opcode.TEXT, data[:-4], rsv1=True).encode()
        transcript.add(Chunk(1, SERVER_TO_CLIENT, frame, 0))
        deflater = zlib.compressobj(9, wbits=-15) if alone else deflater
    return transcript


def bodies(count: int) -> Transcript:
    """A recording of polling responses, each of which inflates to almost 1 MiB."""
    transcript = Transcript()
    body = zlib.compress(b"4" + b"a" * (MIB - 1))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: deflate\r\nContent-Length: %d\r\n\r\n"
    for _ in range(count):
        transcript.add(Chunk(1, CLIENT_TO_SERVER, POLLING, 0))
        transcript.add(Chunk(1, SERVER_TO_CLIENT, head % len(body) + body, 0))
    return transcript


@pytest.mark.parametrize(
    "transcript",
    [messages(100, alone=True), messages(100, alone=False), bodies(100)],
    ids=["alone", "one window", "bodies"],
)
def test_a_recording_that_inflates_to_100_mib_takes_no_more_than_it_may(
    transcript: Transcript,
) -> None:
    wire_bytes = len(transcript.bytes(SERVER_TO_CLIENT))
    assert wire_bytes < MIB
    tracemalloc.start()
    try:
        found = entries(transcript)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most_bytes < 5 * MAX_INFLATED_TOGETHER
    read = [entry for entry in found if entry.message and len(entry.message) >= MIB]
    assert len(read) == MAX_INFLATED_TOGETHER // MIB
    limit = f"inflated messages may take {MAX_INFLATED_TOGETHER:,} bytes together here, got more"
    last = found[-1]
    assert limit in (last.note or "") + "".join(last.packets)
    assert sum(limit in (e.note or "") + "".join(e.packets) for e in found) == 100 - len(read)


def test_whoever_keeps_nothing_may_read_on() -> None:
    follower = Follower(messages(40, alone=True), keeps=False)
    seen = 0
    while found := follower.new(at_most=4):
        seen += sum(bool(entry.message) for entry in found)
    assert seen == 40


def test_what_is_cleared_no_longer_counts() -> None:
    transcript = messages(20, alone=True)
    assert sum(bool(entry.message) for entry in entries(transcript)) == 16
    last = transcript.items()[-1]
    transcript.clear()
    transcript.add(last)
    assert [len(entry.message or "") for entry in entries(transcript)] == [MIB]


def test_both_directions_share_the_allowance() -> None:
    allowance, deflate = Allowance(10), Deflate()
    both = [deflate.inflater(from_client=side, allowance=allowance) for side in (True, False)]
    hello = bytes.fromhex("f2 48 cd c9 c9 07 00")
    assert [inflater.inflate(hello) for inflater in both] == [b"Hello", b"Hello"]
    for inflater in both:
        with pytest.raises(ValueError, match="may take 10 bytes together here, got more"):
            inflater.inflate(hello)

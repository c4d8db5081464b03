"""What the files server endures: cuts, kills, a full disk, and clients that read or send badly."""

import argparse
import asyncio
import contextlib
import errno
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from websockets.exceptions import ConnectionClosed

from helpers.launcher import Server
from helpers.servers.files import server as files
from helpers.servers.files.disk import Disk
from helpers.serving import program
from tests.servers.files_client import CHUNK, HEADER, WINDOW, Client, client, digest, members

pytestmark = pytest.mark.thorough

MIB = 2**20
DEADLINE_S = 120


async def upload_with_cuts(url: str, data: bytes, cuts: list[int]) -> tuple[str, list[int]]:
    """Upload a file over several connections, each cut once so much is saved.

    Returns:
        The id under which it is listed, and the offsets at which it went on.
    """
    token, went_on = "", []
    for cut in [*cuts, len(data) + 1]:
        async with client(url) as one:
            token = (await one.join("Alice", **({"token": token} if token else {})))["token"]
            ready = await one.offer("1", "big.bin", len(data))
            went_on.append(ready["offset"])

            def cut_at(offset: int, cut: int = cut, one: Client = one) -> None:
                if offset >= cut:
                    one.cut()

            with contextlib.suppress(ConnectionClosed):
                await one.pour(data, ready, cut_at)
                return str((await one.finish("1", data))["id"]), went_on
    raise AssertionError("the last connection was cut")


async def fetch_with_cuts(url: str, id: str, size: int, cuts: list[int]) -> bytearray:
    """Download a file over several connections, each cut once so much has arrived."""
    got = bytearray()
    for cut in [*cuts, size + 1]:
        async with client(url) as one:
            await one.join("Bob")
            await one.send("fetch", file=id, offset=len(got))
            sending = await one.until("sending")
            while len(got) < min(cut, size):
                message = await one.next()
                if isinstance(message, bytes):
                    assert HEADER.unpack_from(message)[1] == len(got)
                    got += message[HEADER.size :]
                    await one.send("got", transfer=sending["transfer"], offset=len(got))
            if len(got) < size:
                one.cut()
    return got


async def test_100_mb_through_two_cuts_arrive_whole_and_take_little_memory() -> None:
    data = secrets.token_bytes(MIB) * 95 + secrets.token_bytes(385_280)  # 100,000,000 bytes
    with Server("files", ("--return-s=0",)) as server:
        server.start()
        process = psutil.Process(server.pid)
        async with members(server.url, "Carol") as (c,):  # so that everything is loaded
            await c.upload("1", "small", bytes(CHUNK))
        before = process.memory_info().rss
        peak = before

        async def watch() -> None:
            nonlocal peak
            while True:
                peak = max(peak, process.memory_info().rss)
                await asyncio.sleep(0.02)

        watching = asyncio.create_task(watch())
        cuts = [33 * MIB, 66 * MIB]
        id_, went_on = await upload_with_cuts(server.url, data, cuts)
        assert len(went_on) == 3
        assert all(cut <= offset for cut, offset in zip(cuts, went_on[1:], strict=True))
        got = await fetch_with_cuts(server.url, id_, len(data), cuts)
        watching.cancel()
        assert digest(got) == digest(data)
        assert peak - before < 16 * MIB
        assert "Traceback" not in server.log()


async def test_kills_in_the_middle_lose_no_acknowledged_chunk() -> None:
    data = secrets.token_bytes(40 * CHUNK)
    kills = [3, 11, 12, 20, 31]  # chunks that are saved at least when the server is killed
    with Server("files") as server:
        server.start()
        token, saved = "", 0
        for kill in [*kills, len(data)]:
            async with client(server.url) as one:
                token = (await one.join("Alice", **({"token": token} if token else {})))["token"]
                ready = await one.offer("1", "kept.bin", len(data))
                assert ready["offset"] >= saved

                def note(offset: int, kill: int = kill) -> None:
                    nonlocal saved
                    saved = offset
                    if offset >= kill * CHUNK:
                        server.kill()

                with contextlib.suppress(ConnectionClosed):
                    await one.pour(data, ready, note)
                    file = await one.finish("1", data)
                    got = bytearray()
                    await one.fetch(file["id"], got)
                    assert got == data
                    return
            await asyncio.to_thread(server.restart)
    raise AssertionError("it was killed to the last")


async def test_a_kill_after_stored_loses_no_file() -> None:
    data = secrets.token_bytes(CHUNK)
    with Server("files") as server:
        server.start()
        async with members(server.url, "Alice") as (a,):
            file = await a.upload("1", "kept.bin", data)
            server.kill()
        await asyncio.to_thread(server.restart)
        async with client(server.url) as b:
            assert (await b.join("Bob"))["files"] == [file]
            got = bytearray()
            await b.fetch(file["id"], got)
            assert got == data


async def test_whoever_receives_slowly_slows_nobody_else() -> None:
    """Ten fetch the same file and take nothing; the eleventh gets it as fast as without them."""
    data = secrets.token_bytes(8 * MIB)
    with Server("files") as server:
        server.start()
        process = psutil.Process(server.pid)
        async with contextlib.AsyncExitStack() as stack:
            (a,) = await stack.enter_async_context(members(server.url, "Alice"))
            file = await a.upload("1", "big", data)

            async def fetch() -> float:
                got, began = bytearray(), time.perf_counter()
                assert (await a.fetch(file["id"], got))["type"] == "sent"
                assert got == data
                return time.perf_counter() - began

            alone = min([await fetch() for _ in range(3)])
            before = process.memory_info().rss
            for number in range(10):
                # one message in its queue: then it reads no more from its socket
                slow = await stack.enter_async_context(client(server.url, max_queue=1))
                await slow.join(f"slow {number}")
                await slow.send("fetch", file=file["id"])
                await slow.until("sending")
            beside = min([await fetch() for _ in range(3)])
            assert beside < 2 * alone + 0.2
            assert process.memory_info().rss - before < 16 * MIB


async def test_whoever_sends_faster_than_the_disk_is_slowed_down() -> None:
    """A client that ignores the window, and never reads, costs the server no memory."""
    size = 64 * MIB
    with Server("files", (f"--file-bytes={size}",)) as server:
        server.start()
        process = psutil.Process(server.pid)
        async with members(server.url, "Alice", "Bob") as (a, b):
            ready = await a.offer("1", "flood", size)
            before = peak = process.memory_info().rss
            chunk = bytes(CHUNK)
            for offset in range(0, size, CHUNK):
                await a.chunk(ready["transfer"], offset, chunk)
                if offset % MIB == 0:
                    peak = max(peak, process.memory_info().rss)
            await a.until("saved", offset=size)
            assert peak - before < 16 * MIB
            await b.send("ping")
            await b.until("pong")


async def test_bytes_that_belong_to_no_file_are_deleted_at_the_start(tmp_path: Path) -> None:
    with Server("files", (f"--data={tmp_path}",)) as server:
        server.start()
        async with members(server.url, "Alice") as (a,):
            file = await a.upload("1", "mine", b"mine")
        await asyncio.to_thread(server.stop)
        (tmp_path / "bytes" / "stray").write_bytes(b"of a file that was removed")
        await asyncio.to_thread(server.restart)
        assert written(tmp_path / "bytes") == [file["id"]]


def written(folder: Path) -> list[str]:
    """List the files in a folder, and in the folders below it."""
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


async def test_nothing_is_written_but_in_its_folder(tmp_path: Path) -> None:
    with Server("files", (f"--data={tmp_path / 'data'}",)) as server:
        server.start()
        async with members(server.url, "Alice") as (a,):
            for number, name in enumerate(["../up", "/etc/up", "..\\up", "fine.txt", "C:up"]):
                answer = await a.offer(str(number), name, 1)
                if answer["type"] == "ready":
                    await a.chunk(answer["transfer"], 0, b"x")
                    await a.until("saved")
        found = written(tmp_path)
    assert {Path(name).parts[0] for name in found} == {"data"}
    assert sum(Path(name).parts[1] == "bytes" for name in found) == 1


@contextlib.asynccontextmanager
async def served(folder: Path, *flags: str) -> AsyncIterator[str]:
    """Serve in this process; give the URL."""
    options: argparse.Namespace = files.flags().parse_args([f"--data={folder}", *flags])
    stop = asyncio.Event()
    with program.listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(files.main(options, listener, stop))
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/ws"
        finally:
            stop.set()
            await serving


async def test_a_full_disk_is_said_and_the_upload_goes_on_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = secrets.token_bytes(4 * CHUNK)
    write, full = Disk.write, False

    async def write_if_room(self: Disk, id: str, offset: int, chunks: list[bytes]) -> None:
        if full:
            raise OSError(errno.ENOSPC, "No space left on device")
        await write(self, id, offset, chunks)

    monkeypatch.setattr(Disk, "write", write_if_room)
    async with served(tmp_path) as url, members(url, "Alice") as (a,):
        ready = await a.offer("1", "a", len(data))
        await a.chunk(ready["transfer"], 0, data[:CHUNK])
        await a.until("saved")
        full = True
        await a.chunk(ready["transfer"], CHUNK, data[CHUNK : 2 * CHUNK])
        error = await a.until("error")
        assert (error["code"], error["id"]) == ("not_saved", "1")
        assert "No space left" in error["text"]
        await a.chunk(ready["transfer"], 2 * CHUNK, data[2 * CHUNK : 3 * CHUNK])  # ignored
        full = False
        ready = await a.offer("1", "a", len(data))
        assert ready["offset"] == CHUNK
        await a.pour(data, ready)
        assert (await a.finish("1", data))["sha256"] == digest(data)


async def test_a_chunk_is_acknowledged_only_once_it_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, may_write, taken = Disk.write, asyncio.Event(), asyncio.Event()
    most = 0

    async def write_late(self: Disk, id: str, offset: int, chunks: list[bytes]) -> None:
        nonlocal most
        most = max(most, sum(map(len, chunks)))
        taken.set()
        await may_write.wait()
        await write(self, id, offset, chunks)

    monkeypatch.setattr(Disk, "write", write_late)
    async with served(tmp_path) as url, members(url, "Alice", "Bob") as (a, b):
        size = 4 * WINDOW
        ready = await a.offer("1", "a", size)

        async def pour() -> None:
            for offset in range(0, size, CHUNK):
                await a.chunk(ready["transfer"], offset, bytes(CHUNK))

        pouring = asyncio.create_task(pour())
        await asyncio.wait_for(taken.wait(), DEADLINE_S)
        assert await b.settled()  # somebody else is served meanwhile
        assert (await b.upload("1", "empty", b""))["size"] == 0
        may_write.set()
        await a.until("saved", offset=size)
        await pouring
        assert "saved" in [message["type"] for message in a.received]
        assert most <= 2 * WINDOW

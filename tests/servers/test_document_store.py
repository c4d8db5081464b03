"""What the document server keeps: compaction is the same document, whatever was sent."""

import random
import sqlite3
from collections.abc import Iterator

import pycrdt
import pytest

from helpers.servers.document import store as document_store
from helpers.servers.document.store import SCHEMA, add_update, compact, text_of, updates
from helpers.servers.document.text import EMPTY, SharedText
from helpers.serving.schema import Refusal

Doc = pycrdt.Doc[pycrdt.Text]

# An honest update, and one with a byte of it changed: each is taken, but not what
# pycrdt 0.14.13 merges them into.
HONEST = (
    "0106f9ade9fc948788080004010474657874027a7a44f9ade9fc9487880800027a7a44f9ade9fc948788080202"
    "7a7a44f9ade9fc94878808040361626344f9ade9fc94878808060568656c6c6f84f9ade9fc9487880801027a7a00"
)
FORGED = "0101f9ad58fc94878808024400ade9fc9487880800027a7a00"


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    yield connection
    connection.close()


def written(pieces: int, seed: int = 0) -> tuple[list[bytes], str]:
    """Let three write at any place, each seeing all; return the updates and the text."""
    chance = random.Random(seed)
    docs = [Doc() for _ in range(3)]
    texts = [doc.get("text", type=pycrdt.Text) for doc in docs]
    made = []
    for number in range(pieces):
        doc, text = docs[number % 3], texts[number % 3]
        state, before = doc.get_state(), str(text)
        place = len(before[: chance.randrange(len(before) + 1)].encode())
        text.insert(place, chance.choice(["a", "bc", "😀"]))
        made.append(doc.get_update(state))
        for other in docs:
            if other is not doc:
                other.apply_update(made[-1])
    return made, str(texts[0])


@pytest.mark.parametrize("seed", range(5))
def test_compaction_is_the_same_document_in_one_row(db: sqlite3.Connection, seed: int) -> None:
    made, text = written(60, seed)
    for update in made:
        add_update(db, update)
    compact(db)
    assert len(updates(db)) == 1
    assert str(SharedText(updates(db))) == text
    compact(db)
    assert str(SharedText(updates(db))) == text


@pytest.mark.parametrize("missing", [0, 5, 30])
def test_compaction_keeps_what_waits_for_an_earlier_update(
    db: sqlite3.Connection, missing: int
) -> None:
    made, text = written(60)
    late = made.pop(missing)
    for update in made:
        add_update(db, update)
    compact(db)  # or not: while one is missing, merging may show another text
    add_update(db, late)
    compact(db)
    assert len(updates(db)) == 1
    assert str(SharedText(updates(db))) == text


def test_an_honest_client_that_sends_all_of_it_again_closes_a_gap() -> None:
    """pycrdt 0.14.13 may leave what waited out of the text; a whole update repairs that."""
    made, text = written(60)
    late = made.pop(5)
    shared = SharedText(made)
    shared.apply(late)
    shared.apply(pycrdt.merge_updates(*made, late))
    assert str(shared) == text


def test_what_would_merge_into_something_else_is_left_as_it_is(
    db: sqlite3.Connection, caplog: pytest.LogCaptureFixture
) -> None:
    every = [bytes.fromhex(HONEST), bytes.fromhex(FORGED)]
    text = text_of(every[:1])
    for update in every:
        add_update(db, update)
    compact(db)
    assert updates(db) == every
    assert str(SharedText(updates(db))) == text
    assert "the updates were not compacted" in caplog.text


def test_whatever_breaks_in_the_library_costs_no_update(
    db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    class PanicError(BaseException):
        """Like a panic in Rust."""

    def panic(*updates: bytes) -> bytes:
        raise PanicError

    made, text = written(3)
    for update in made:
        add_update(db, update)
    with monkeypatch.context() as patch:
        patch.setattr(pycrdt, "merge_updates", panic)
        compact(db)
    assert updates(db) == made
    with monkeypatch.context() as patch:
        patch.setattr(pycrdt, "merge_updates", lambda *updates: EMPTY)
        compact(db)
    assert updates(db) == made
    assert str(SharedText(made)) == text


def test_a_torn_update_costs_nothing_but_itself(caplog: pytest.LogCaptureFixture) -> None:
    made, text = written(6)
    assert str(SharedText([*made[:3], made[3][:-2], *made[3:]])) == text
    assert "update 3 was left out: expected " in caplog.text


def test_the_log_keeps_its_last_200_entries(db: sqlite3.Connection) -> None:
    entry = {"at": "2026-01-01T00:00:00.000Z", "name": "A", "colour": 1, "what": "joined"}
    for _ in range(document_store.KEPT + 5):
        document_store.log(db, entry | {"added": 0, "removed": 0})
    kept = document_store.entries(db)
    assert [e["seq"] for e in kept] == list(range(6, document_store.KEPT + 6))
    again = document_store.log(db, kept[-1] | {"added": 7})
    assert document_store.last_entry(db) == again == kept[-1] | {"added": 7}


def test_step_2_may_be_as_large_as_the_document() -> None:
    """A client that comes back to an emptied server has the whole document to send."""
    doc = Doc()
    doc.get("text", type=pycrdt.Text).insert(0, "x" * 500_000)
    shared = SharedText([])
    update = doc.get_update()
    with pytest.raises(Refusal, match="at most 262,144 bytes"):
        shared.read(pycrdt.create_update_message(update))
    reply = pycrdt.handle_sync_message(pycrdt.create_sync_message(pycrdt.Doc())[1:], doc)
    assert reply
    kind, content = shared.read(reply)
    assert kind == pycrdt.YSyncMessageType.SYNC_STEP2
    shared.apply(content)
    assert str(shared) == "x" * 500_000

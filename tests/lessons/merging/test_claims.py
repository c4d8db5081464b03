"""What the lesson says and no cell shows, each sentence with its test."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from pycrdt import Assoc, Doc, Text, create_sync_message
from websockets.asyncio.client import connect

from helpers.exercises.stage.own_server import start, stop
from helpers.lessons.merging.client import sync
from helpers.lessons.merging.solutions import sync_server, what_is_missing


def new_text(client_id: int | None = None) -> Text:
    doc: Doc[Text] = Doc(client_id=client_id)
    return doc.get("text", type=Text)


def exchange(one: Text, two: Text) -> None:
    hers, his = one.doc.get_update(), two.doc.get_update()
    one.doc.apply_update(his)
    two.doc.apply_update(hers)


def test_any_two_documents_that_have_the_same_updates_have_the_same_text() -> None:
    """In every order, each of them once or twice, and whoever typed at the same place."""
    updates = []
    for client_id, word in ((3, "Ann"), (1, "Bea"), (2, "👋")):
        text = new_text(client_id)
        text += word
        updates.append(text.doc.get_update())
    read = set()
    for order in itertools.permutations([*updates, updates[0]]):
        text = new_text()
        for update in order:
            text.doc.apply_update(update)
        read.add(str(text))
    assert len(read) == 1


def test_an_update_that_follows_one_that_is_missing_waits_for_it() -> None:
    """So no order does harm, not even of the single edits of one person."""
    alice, bob = new_text(1), new_text(2)
    parts = []
    for letter in "cat":
        state = alice.doc.get_state()
        alice += letter
        parts.append(alice.doc.get_update(state))
    for part in reversed(parts):
        bob.doc.apply_update(part)
    assert str(bob) == "cat"


def test_a_client_id_is_random_unless_it_is_chosen() -> None:
    assert len({Doc().client_id for _ in range(20)}) == 20
    assert Doc(client_id=7).client_id == 7


def test_two_with_one_client_id_differ_however_often_they_exchange() -> None:
    alice, bob = new_text(7), new_text(7)
    alice += "cat"
    bob += "dog"
    for _ in range(5):
        exchange(alice, bob)
        assert (str(alice), str(bob)) == ("cat", "dog")
    alice += "!"  # and what follows goes wrong as well
    exchange(alice, bob)
    assert str(alice) != str(bob)


def test_the_state_that_bob_had_counts_the_letters_of_two_authors() -> None:
    """Seven of author 1 and three of author 2; the update brings `the`, and a delete."""
    alice, bob = new_text(1), new_text(2)
    alice += "teh cat"
    bob.doc.apply_update(alice.doc.get_update())
    del alice[0:3]
    alice.insert(0, "the")
    bob.insert(0, "the")
    assert list(bob.doc.get_state()) == [2, 1, 7, 2, 3]
    bob.doc.apply_update(alice.doc.get_update(bob.doc.get_state()))
    assert str(bob).count("the") == 2
    assert "teh" not in str(bob)


def test_an_empty_state_is_one_byte_and_asks_for_everything() -> None:
    assert create_sync_message(Doc()) == b"\0\0\1\0"
    text = new_text(1)
    text += "cat"
    assert what_is_missing([text.doc.get_update()], b"\0") == text.doc.get_update()


@pytest.mark.parametrize(
    ("text", "place", "expected"),
    [("👋 hi", 1, "👋 hi!"), ("👋 hi", 4, "👋! hi"), ("né", 2, "né!"), ("nés", 2, "nés!")],
)
def test_places_count_bytes_of_utf_8_and_inside_a_character_is_the_end(
    text: str, place: int, expected: str
) -> None:
    shared = new_text(1)
    shared += text
    shared.insert(place, "!")
    assert str(shared) == expected


def test_in_the_browser_the_hand_is_two_units() -> None:
    assert len("👋".encode("utf-16-le")) // 2 == 2
    shared = new_text(1)
    shared += "👋"
    assert list(shared.doc.get_state()) == [1, 1, 2]  # and a state counts in these


def test_a_caret_stays_in_front_of_its_letter() -> None:
    alice, bob = new_text(1), new_text(2)
    alice += "cat"
    bob.doc.apply_update(alice.doc.get_update())
    caret = alice.sticky_index(2)
    for _ in range(3):
        bob.insert(0, "very ")
        exchange(alice, bob)
    assert str(alice)[caret.get_index() :] == "t"


def test_the_caret_at_the_end_holds_on_to_the_letter_to_the_left() -> None:
    text = new_text(1)
    text += "cat"
    caret = text.sticky_index(3, Assoc.BEFORE)
    text.insert(0, "big ")
    assert caret.to_json()["item"] == {"client": 1, "clock": 2}
    assert caret.get_index() == 7


async def test_every_visit_puts_an_update_on_the_disk_and_one_with_nothing_new_is_empty() -> None:
    disk: list[bytes] = []
    shared: Doc[Any] = Doc()

    async def merging(websocket: Any) -> None:
        await sync_server(websocket, shared, disk.append, lambda message: None)

    alice, bob = new_text(1), new_text(2)
    alice += "a"
    bob += "b"
    url = await start(merging)
    for text in (alice, bob, alice):
        async with connect(url) as ws:
            await sync(ws, text)
    await stop()
    assert str(alice) == str(bob)
    assert [len(update) > 2 for update in disk] == [True, True, False]
    assert disk[2] == b"\0\0"

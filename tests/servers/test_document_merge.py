"""What the document server relies on: how pycrdt takes updates that are torn or early."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycrdt import Doc, Text


def written() -> "Doc[Text]":
    """A document with an insertion and a deletion in its history, beyond ASCII too."""
    doc = Doc[Text]()
    doc["text"] = Text("héllo 😀 wörld")
    del doc["text"][0:1]
    return doc


UPDATE = written().get_update()


@given(st.integers(0, len(UPDATE) - 1))
def test_a_torn_update_changes_nothing(length: int) -> None:
    doc = Doc[Text]()
    doc["text"] = Text("ours")
    before = doc.get_state()
    with pytest.raises(ValueError, match="Cannot decode update"):
        doc.apply_update(UPDATE[:length])
    assert (doc.get_state(), str(doc["text"])) == (before, "ours")


def test_an_update_before_its_predecessor_waits_and_is_not_in_a_snapshot() -> None:
    """So a server that compacts by `get_update` must not do it while something waits."""
    author = Doc[Text]()
    author["text"] = Text("one")
    first, state = author.get_update(), author.get_state()
    author["text"] += "two"
    doc = Doc[Text]()
    doc["text"] = Text()
    doc.apply_update(author.get_update(state))
    assert (str(doc["text"]), doc.get_update()) == ("", b"\0\0")
    doc.apply_update(first)
    assert str(doc["text"]) == "onetwo"


def test_positions_are_counted_in_utf_8() -> None:
    doc = Doc[Text]()
    doc["text"] = Text("😀a")
    assert len(doc["text"]) == 5

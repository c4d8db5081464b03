"""Names that are equal to the eye are one, and no name costs work before its length is checked."""

import contextlib
import sqlite3
import time
import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.servers.rooms import store as rooms_store
from helpers.servers.rooms.presence import channel
from helpers.servers.vote.server import LONGEST_OPTION, check_options, check_text
from helpers.serving import names
from helpers.serving.chat.core import Members
from helpers.serving.names import look_key, name_key
from helpers.serving.schema import Refusal

UNSEEN = list("\ufe0f\u034f\u17b4\U000e0100\u200b\u200d\u200c\u2060")
UNSEEN += list("\u00ad\u061c\u115f\u3164\uffa0\ufeff\U000e0041\u180b")
GAPS = [" ", "  ", "\u00a0", "\u2800", "\u3000", "\u2003", "\U0001d159", "\t"]
ODD = UNSEEN + [gap for gap in GAPS if len(gap) == 1]
#: What takes `unicodedata.normalize` minutes, and a check of its length nothing.
LONG = "a" + "\u0301\u0327" * 500_000
AT_ONCE_S = 1.0


@pytest.mark.parametrize("unseen", UNSEEN, ids=ascii)
@pytest.mark.parametrize("name", ["alice", "zoë", "zoe\u0308", "नी", "1"])
def test_what_nobody_sees_makes_no_other_name(name: str, unseen: str) -> None:
    for place in range(len(name) + 1):
        assert name_key(name[:place] + unseen + name[place:]) == name_key(name)


@pytest.mark.parametrize("gap", GAPS, ids=ascii)
def test_a_gap_is_a_gap(gap: str) -> None:
    assert name_key(f"Ada{gap}Byron") == name_key("ada byron") != name_key("adabyron")
    assert name_key(f"{gap}Ada{gap}") == name_key("ada")


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ａｌｉｃｅ", "alice"), ("ﬁn", "FIN"), ("Straße", "STRASSE"), ("①", "1"), ("Ⅳ", "iv")],
)
def test_width_and_case_make_no_other_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(("one", "other"), [("l", "1"), ("rn", "m"), ("a", "а"), ("O", "0")])
def test_letters_that_only_resemble_each_other_stay_apart(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


@given(st.text(st.characters() | st.sampled_from(ODD)))
def test_a_key_is_its_own_key(text: str) -> None:
    assert look_key(look_key(text)) == look_key(text)


FORMS: list[Literal["NFC", "NFD", "NFKC", "NFKD"]] = ["NFC", "NFD", "NFKC", "NFKD"]


@given(st.text(st.characters() | st.sampled_from(ODD), max_size=40), st.sampled_from(FORMS))
def test_the_form_of_unicode_makes_no_other_name(
    text: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]
) -> None:
    assert look_key(unicodedata.normalize(form, text)) == look_key(text)


@given(st.text(st.characters() | st.sampled_from(ODD), max_size=30))
def test_a_name_that_is_allowed_can_be_seen_and_keeps_its_key(name: str) -> None:
    try:
        tidy = names.checked_name(name)
    except Refusal:
        return
    assert names.checked_name(tidy) == tidy
    assert name_key(tidy) == name_key(name)
    assert name_key(tidy).strip()


@pytest.mark.parametrize("unseen", [*UNSEEN, "\u2800"], ids=ascii)
def test_nobody_is_called_nothing(unseen: str) -> None:
    with pytest.raises(Refusal) as refused:
        names.checked_name(unseen * 3)
    assert refused.value.code == "bad_name"
    with pytest.raises(Refusal) as refused:
        check_text("option", unseen * 3, LONGEST_OPTION)
    assert refused.value.code == "bad_field"


@pytest.mark.parametrize("name", ["❤\ufe0f", "葛\U000e0100城", "👩\u200d🔬", "می\u200cخواهم"])
def test_what_writing_needs_is_allowed(name: str) -> None:
    assert names.checked_name(name) == name


@pytest.mark.parametrize(
    "other", ["yes\u200b", "ｙｅｓ", "YES", "y\u034fes", "yes\ufe0f", "yes\u2800"], ids=ascii
)
def test_two_options_that_look_the_same_are_one(other: str) -> None:
    with pytest.raises(Refusal) as refused:
        check_options(["yes", other])
    assert str(refused.value).startswith("expected options that differ to the eye")
    assert check_options(["yes", "no"]) == ["yes", "no"]


def rooms() -> sqlite3.Connection:
    db = sqlite3.connect(":memory:")
    db.executescript(rooms_store.SCHEMA)
    return db


def test_two_rooms_that_look_the_same_are_one() -> None:
    db = rooms()
    owner = rooms_store.add_person(db, "alice", "x")
    room = rooms_store.add_room(db, "tea", owner)
    assert rooms_store.find_room(db, "t\u200bE\ufe0fa").id == room.id
    assert channel("TEA\u2060") == channel("tea")
    for name in ("te\u034fa", "ｔｅａ"):
        with pytest.raises(Refusal, match="there is a room with this name"):
            rooms_store.add_room(db, name, owner)


def test_keys_that_an_older_edition_stored_are_made_anew() -> None:
    db = rooms()
    for name, key in (("❤\ufe0f", "❤\ufe0f"), ("x", "x"), ("a\ufe0f", "a\ufe0f"), ("a", "a")):
        db.execute("INSERT INTO people (name, key, password) VALUES (?, ?, 'p')", (name, key))
    db.execute("INSERT INTO rooms (name, key, owner) VALUES ('t\ufe0f', 't\ufe0f', 1)")
    rooms_store.refresh_keys(db)
    found = rooms_store.find_person(db, "❤")
    assert found
    assert found[0].name == "❤\ufe0f"
    assert rooms_store.find_room(db, "t").name == "t\ufe0f"
    taken = rooms_store.find_person(db, "a")  # two that look the same: each keeps its row
    assert taken
    assert taken[0].name == "a"


def find_member(name: str) -> object:
    members: Members[str] = Members(lambda member: None, return_s=1, typing_s=1)
    return members.find(name)


@pytest.mark.parametrize(
    "work",
    [
        lambda: names.checked_name(LONG),
        lambda: name_key(LONG),
        lambda: channel(LONG),
        lambda: check_text("question", LONG, 200),
        lambda: check_options([LONG, "b"]),
        lambda: rooms_store.find_room(rooms(), LONG),
        lambda: rooms_store.find_person(rooms(), LONG),
        lambda: find_member(LONG),
    ],
)
def test_a_length_is_checked_before_any_work(work: object) -> None:
    assert callable(work)
    began_s = time.process_time()
    with contextlib.suppress(Refusal):
        work()
    assert time.process_time() - began_s < AT_ONCE_S

"""What people send, checked: messages, names, tokens, and the bucket; no server is needed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.serving import names, schema
from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Field, Refusal

TYPES = {
    "say": {"id": Field(str), "text": Field(str), "to": Field(str, False)},
    "move": {"at": Field(dict, False), "far": Field(bool, False), "after": Field(int, False)},
}
CODES = {"bad_json", "bad_message", "unknown_type", "bad_field", "too_long"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = st.sampled_from(["type", "id", "text", "to", "at", "far", "after", "more"])
KINDS = st.sampled_from(list(TYPES))
NEARLY = st.dictionaries(FIELDS, KINDS | JSON).map(json.dumps)


@given(st.text() | st.binary() | JSON.map(json.dumps) | NEARLY)
def test_read_returns_every_field_or_refuses(raw: str | bytes) -> None:
    try:
        message = schema.read(raw, TYPES)
    except Refusal as error:
        message = error.message()
    if message["type"] == "error":
        assert message["code"] in CODES
        assert json.dumps(message, ensure_ascii=False).encode()  # it can be sent
    else:
        assert message.keys() == {"type", *TYPES[message["type"]]}


@pytest.mark.parametrize(
    ("raw", "code", "text"),
    [
        (b"{}", "bad_json", "expected JSON in a text frame, got 2 binary bytes"),
        ("{", "bad_json", 'expected JSON, got "{"'),
        ("[" * 60_000, "bad_json", 'expected JSON, got "' + "[" * 38 + "…"),
        ('{"after": ' + "9" * 5_000 + "}", "bad_json", None),
        ("[]", "bad_message", "expected a JSON object, got []"),
        ('{"type": "fly"}', "unknown_type", 'expected a type of say, move, got "fly"'),
        ('{"type": ["say"]}', "unknown_type", None),
        ('{"type": "say", "text": "x"}', "bad_field", "say needs the field 'id'"),
        ('{"type": "move", "up": 1}', "bad_field", 'move has no field "up"'),
        ('{"type": "move", "far": 1}', "bad_field", "move expects true or false as 'far', got 1"),
        ('{"type": "move", "after": true}', "bad_field", None),
        ('{"type": "move", "after": 1.0}', "bad_field", None),
        ('{"type": "move", "after": -1}', "bad_field", None),
        ('{"type": "move", "after": 9007199254740992}', "bad_field", None),
        ('{"type": "say", "id": "1", "text": "\\ud800"}', "bad_field", None),
        ('"' + "x" * 65_536 + '"', "too_long", "expected at most 65,536 characters, got 65,538"),
    ],
)
def test_what_is_wrong_has_a_code_and_a_sentence(
    raw: str | bytes, code: str, text: str | None
) -> None:
    with pytest.raises(Refusal) as refused:
        schema.read(raw, TYPES)
    assert refused.value.code == code
    assert text in (None, str(refused.value))


def test_null_is_absent_and_an_error_names_the_message() -> None:
    raw = '{"type": "say", "id": "7", "text": "x", "to": null}'
    assert schema.read(raw, TYPES) == {"type": "say", "id": "7", "text": "x", "to": None}
    with pytest.raises(Refusal) as refused:
        schema.read('{"type": "say", "id": "7"}', TYPES)
    assert refused.value.message() == {
        "type": "error",
        "code": "bad_field",
        "text": "say needs the field 'text'",
        "id": "7",
    }


@pytest.mark.parametrize(
    ("typed", "seen"),
    [("Ada", "Ada"), ("  Ada \t Byron ", "Ada Byron"), ("Zoe\u0308", "Zoë"), ("👩\u200d🔬", None)],
)
def test_a_name_is_tidied(typed: str, seen: str | None) -> None:
    assert names.checked_name(typed) == (seen or typed)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " \n ",
        "x" * 25,
        "a\0b",
        "a\x7fb",
        "a\u202eb",
        "a\u200bb",
        "\u200d",
        "a\ud800",
        "\u0301",
    ],
)
def test_a_name_that_cannot_be_read_is_refused(name: str) -> None:
    with pytest.raises(Refusal) as refused:
        names.checked_name(name)
    assert refused.value.code == "bad_name"


@pytest.mark.parametrize(
    ("one", "other"),
    [("Alice", "ALICE"), ("Straße", "STRASSE"), ("Alice", "Ａｌｉｃｅ"), ("a\u200db", "ab")],
)
def test_names_that_look_the_same_are_one(one: str, other: str) -> None:
    assert names.name_key(one) == names.name_key(other)


@given(st.text())
def test_a_name_is_refused_or_stays_as_it_is(name: str) -> None:
    try:
        tidy = names.checked_name(name)
    except Refusal as error:
        tidy = error.code
    assert tidy == "bad_name" or names.checked_name(tidy) == tidy


def test_a_token_is_secret_and_its_hash_is_not_it() -> None:
    tokens = {names.new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(token) == 32 for token in tokens)
    assert not tokens & {names.hashed(token) for token in tokens}


def test_a_bucket_gives_a_burst_then_refuses_then_refills(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1_000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    bucket = Bucket(3, 10)
    for _ in range(3):
        bucket.take()
    for number in (1, 2):
        with pytest.raises(Refusal, match=r"too many messages at once; wait 0\.1 s") as refused:
            bucket.take()
        assert (refused.value.code, bucket.refused) == ("too_fast", number)
    now += 0.15
    bucket.take()
    assert bucket.refused == 0
    with pytest.raises(Refusal):
        bucket.take()
    now += 3_600  # never more than the burst
    for _ in range(3):
        bucket.take()
    with pytest.raises(Refusal):
        bucket.take()

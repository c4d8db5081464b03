"""What servers check before they act: messages, names, tokens and haste; no server is needed."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.serving import names, schema
from helpers.serving.ratelimit import Bucket
from helpers.serving.schema import Refusal
from tests.serving.bad_messages import BAD_FIELDS, MESSAGES, TYPES, Bad

CODES = {"bad_json", "bad_message", "unknown_type", "bad_field", "too_long"}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
FIELDS = st.sampled_from(["type", "id", "text", "to", "anchor", "on", "after", "more"])
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


def test_there_are_fifty_bad_messages_and_all_differ() -> None:
    assert len({bad.raw for bad in MESSAGES}) == len(MESSAGES) == 50


@pytest.mark.parametrize("bad", MESSAGES, ids=lambda bad: repr(bad.raw[:40]))
def test_a_bad_message_is_answered_with_a_code_and_a_sentence(bad: Bad) -> None:
    with pytest.raises(Refusal) as refused:
        schema.read(bad.raw, TYPES)
    error = refused.value
    assert Bad(bad.raw, error.code, str(error), error.id) == bad
    assert json.dumps(error.message(), ensure_ascii=False).encode()  # it can be sent


@pytest.mark.parametrize("bad", BAD_FIELDS, ids=lambda bad: repr(bad.raw[:40]))
def test_an_event_is_refused_as_a_message_of_the_same_fields_is(bad: Bad) -> None:
    message = json.loads(bad.raw)
    name = message.pop("type")
    with pytest.raises(Refusal) as refused:
        schema.read_event(name, (message,), TYPES[name])
    assert (refused.value.code, str(refused.value)) == (bad.code, bad.text)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (([],), "typing expects one object, got [[]]"),
        ((None,), "typing expects one object, got [null]"),
        ((b"on",), "typing expects one object, got [\"b'on'\"]"),
        (({"on": True}, 1), 'typing expects one object, got [{"on": true}, 1]'),
        ((), 'typing needs the field "on"'),
    ],
)
def test_an_event_has_one_object(arguments: tuple[object, ...], text: str) -> None:
    with pytest.raises(Refusal) as refused:
        schema.read_event("typing", arguments, TYPES["typing"])
    assert str(refused.value) == text


def test_null_is_absent() -> None:
    raw = '{"type": "say", "id": "7", "text": "x", "to": null}'
    assert schema.read(raw, TYPES) == {"type": "say", "id": "7", "text": "x", "to": None}
    assert schema.read_event("caret", (), TYPES["caret"]) == {"anchor": None}


@pytest.mark.parametrize("number", [0, 2**53 - 1])
def test_numbers_that_javascript_counts_exactly_are_accepted(number: int) -> None:
    raw = json.dumps({"type": "catch_up", "after": number})
    assert schema.read(raw, TYPES)["after"] == number


@pytest.mark.parametrize(
    ("id_", "named"),
    [("7", "7"), ("x" * 64, "x" * 64), ("x" * 65, None), ("\ud800", None), (7, None)],
)
def test_an_error_repeats_an_id_that_can_be_sent(id_: object, named: str | None) -> None:
    with pytest.raises(Refusal) as refused:
        schema.read(json.dumps({"type": "say", "id": id_}), TYPES)
    assert refused.value.message().get("id") == named


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

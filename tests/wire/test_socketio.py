"""Socket.IO packets, with python-socketio and the official JavaScript parser as judges."""

import random
from typing import Any

import pytest
import socketio.packet
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.socketio import (
    MAX_ATTACHMENTS,
    RESERVED,
    Packet,
    PacketType,
    SocketIOError,
    decode,
)
from helpers.wire.socketio_reader import Reader
from tests.wire.parsers import javascript

leaves = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.binary()
keys = st.text(st.characters(exclude_categories=["Cs"])).filter(lambda key: key != "_placeholder")
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3),
    max_leaves=8,
)
namespaces = st.sampled_from(["/", "/admin", "/a/b-1"])
ids = st.none() | st.integers(0, 10**15)
packets = st.one_of(
    st.builds(
        Packet,
        st.just(PacketType.EVENT),
        st.builds(lambda name, rest: [name, *rest], st.text(), st.lists(values, max_size=3)),
        namespaces,
        ids,
    ),
    st.builds(
        Packet,
        st.just(PacketType.ACK),
        st.lists(values, max_size=3),
        namespaces,
        st.integers(0, 10**15),
    ),
    st.builds(
        Packet,
        st.just(PacketType.CONNECT),
        st.none() | st.dictionaries(keys, st.integers(0, 9)),
        namespaces,
    ),
    st.builds(Packet, st.just(PacketType.DISCONNECT), st.none(), namespaces),
    st.builds(
        Packet, st.just(PacketType.CONNECT_ERROR), st.dictionaries(keys, st.text()), namespaces
    ),
)
PICTURE = '["pic",{"_placeholder":true,"num":0}]'


@pytest.mark.parametrize(
    ("messages", "packet", "text"),
    [
        (["0"], Packet(PacketType.CONNECT), "connect"),
        (
            ['0/admin,{"token":"x"}'],
            Packet(PacketType.CONNECT, {"token": "x"}, "/admin"),
            'connect {"token": "x"} in /admin',
        ),
        (["1/admin,"], Packet(PacketType.DISCONNECT, None, "/admin"), "disconnect in /admin"),
        (['2["chat","hi"]'], Packet(PacketType.EVENT, ["chat", "hi"]), 'event "chat"("hi")'),
        (
            ['2/admin,7["x"]'],
            Packet(PacketType.EVENT, ["x"], "/admin", 7),
            'event "x"() in /admin · id 7',
        ),
        (['37["ok"]'], Packet(PacketType.ACK, ["ok"], id=7), 'ack("ok") · id 7'),
        (
            ['4{"message":"no"}'],
            Packet(PacketType.CONNECT_ERROR, {"message": "no"}),
            'connect_error {"message": "no"}',
        ),
        (
            ["51-" + PICTURE, b"GIF8"],
            Packet(PacketType.EVENT, ["pic", b"GIF8"]),
            'event "pic"(<4 bytes>)',
        ),
        (
            ['61-/a,3[{"_placeholder":true,"num":0}]', b""],
            Packet(PacketType.ACK, [b""], "/a", 3),
            "ack(<0 bytes>) in /a · id 3",
        ),
    ],
)
def test_the_protocols_examples(messages: list[Any], packet: Packet, text: str) -> None:
    reader = Reader()
    found = [reader.feed(message) for message in messages]
    assert found == [None] * (len(messages) - 1) + [packet]
    assert packet.encode() == messages
    assert str(packet) == text


def test_a_namespace_may_end_the_packet() -> None:
    """The official client writes the comma; without it the packet can still be read."""
    assert decode("0/admin")[0].namespace == "/admin"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "a packet begins with its type, 0 to 6, got ''"),
        ("9", "a packet begins with its type, 0 to 6, got '9'"),
        ("2", "an event is an array that begins with its name, got 'None'"),
        ("2[]", "an event is an array that begins with its name, got '[]'"),
        ("2[true]", "an event is an array that begins with its name, got '[True]'"),
        ("2{}", "an event is an array that begins with its name, got '{}'"),
        ("2[", "expected JSON, got '['"),
        ("2" + "[" * 100_000, "expected JSON with at most 100"),
        (
            "2" + '["x",' + "[" * 120 + "]" * 121,
            "expected JSON with at most 100 levels of arrays and objects",
        ),
        ("2" + '["x",' + '{"a":' * 500 + "1" + "}" * 500 + "]", "expected JSON with at most 100"),
        ('3["ok"]', "an ack must have the id of its event"),
        ("37{}", "an ack is an array, got '{}'"),
        ("1[]", "disconnect carries nothing, got '[]'"),
        ("0[]", "connect carries an object or nothing, got '[]'"),
        ("4[]", "connect_error carries a string or an object, got '[]'"),
        ("07", "connect has no ack id, got 7"),
        ('5["x"]', "binary_event has a number of attachments, got"),
        ('21-["x"]', "event has no attachments, got"),
        ('5101-["x"]', "a packet may have 100 attachments here, got 101"),
        (
            '51-["x",{"_placeholder":true,"num":1}]',
            "a placeholder names one of 1 attachment, got '1'",
        ),
        ('51-["x",{"_placeholder":true}]', "a placeholder names one of 1 attachment, got 'None'"),
        ("2" + "1" * 17 + '["x"]', "an ack id has at most 16 digits, got 17"),
    ],
)
def test_errors(text: str, error: str) -> None:
    with pytest.raises(SocketIOError) as caught:
        decode(text)
    assert str(caught.value).startswith(error)
    assert str(caught.value).endswith(" (Socket.IO protocol 5, packet encoding)")


def test_brackets_in_texts_are_no_depth() -> None:
    name = "[" * 500 + '\\"{'
    (message,) = Packet(PacketType.EVENT, [name]).encode()
    assert isinstance(message, str)
    assert decode(message)[0].event == name


def test_attachments_come_next_and_alone() -> None:
    reader = Reader()
    with pytest.raises(SocketIOError, match="expected a packet, got an attachment of 1 byte"):
        reader.feed(b"x")
    assert reader.feed("51-" + PICTURE) is None
    assert reader.missing == 1
    with pytest.raises(SocketIOError, match="expected 1 attachment, got "):
        reader.feed('2["x"]')
    assert reader.feed(b"x") == Packet(PacketType.EVENT, ["pic", b"x"])
    assert reader.missing == 0
    assert reader.feed('2["x"]') == Packet(PacketType.EVENT, ["x"])


@given(packets)
def test_what_we_write_we_read(packet: Packet) -> None:
    reader = Reader()
    *before, last = [reader.feed(message) for message in packet.encode()]
    assert before == [None] * len(before)
    assert last == packet


@given(packets)
def test_python_socketio_reads_what_we_write(packet: Packet) -> None:
    first, *attachments = packet.encode()
    assert isinstance(first, str)
    judge = socketio.packet.Packet(encoded_packet=first)
    for attachment in attachments:
        judge.add_attachment(attachment)
    assert judge.data == packet.data
    assert (judge.namespace or "/") == packet.namespace
    assert judge.id == packet.id


@given(packets)
def test_we_read_what_python_socketio_writes(packet: Packet) -> None:
    judge = socketio.packet.Packet(
        int(packet.type), packet.data, namespace=packet.namespace, id=packet.id
    )
    encoded = judge.encode()
    reader = Reader()
    for message in encoded if isinstance(encoded, list) else [encoded]:
        found = reader.feed(message)
    assert found == packet


@given(st.text() | st.from_regex(r"[0-6](\d-)?(/[a-z]*,)?\d*[\[{].*", fullmatch=True))
def test_nothing_but_our_error_is_raised(text: str) -> None:
    try:
        packet, _ = decode(text)
        str(packet)
    except SocketIOError:
        pass


def hexed(value: Any) -> Any:
    """The value with bytes as parsers.mjs writes them."""
    if isinstance(value, bytes):
        return {"hex": value.hex()}
    if isinstance(value, dict):
        return {name: hexed(part) for name, part in value.items()}
    return [hexed(part) for part in value] if isinstance(value, list) else value


def samples(count: int) -> list[Packet]:
    """Events and acknowledgements as applications send them."""
    chance = random.Random(5)
    words = ["", "hi", "é", "🎉", '"', "\\", "a,b", "/", "1-", "\u2028"]
    found = []
    for number in range(count):
        data: list[object] = [
            chance.choice(words),
            {"to": [chance.choice(words), None, number, 1.5, True]},
        ]
        data += [chance.randbytes(chance.randrange(4)) for _ in range(chance.randrange(3))]
        kind = chance.choice([PacketType.EVENT, PacketType.ACK])
        id_ = number if kind is PacketType.ACK or chance.random() < 0.5 else None
        found.append(Packet(kind, data, chance.choice(["/", "/admin"]), id_))
    return found


def test_the_official_parser_reads_what_we_write_and_we_what_it_writes() -> None:
    sent = samples(200)
    examples = []
    for packet in sent:
        asked = {"type": int(packet.type), "data": hexed(packet.data), "nsp": packet.namespace}
        asked |= {} if packet.id is None else {"id": packet.id}
        examples.append({"messages": hexed(packet.encode()), "packet": asked})
    for packet, answer in zip(sent, javascript("socket.io", examples), strict=True):
        assert "error" not in answer, answer
        assert answer["read"]["data"] == hexed(packet.data)
        assert answer["read"]["nsp"] == packet.namespace
        assert answer["read"].get("id") == packet.id
        reader = Reader()
        for message in answer["written"]:
            found = reader.feed(
                message if isinstance(message, str) else bytes.fromhex(message["hex"])
            )
        assert found == packet


def test_what_the_official_parser_refuses_we_refuse() -> None:
    broken = ["9", "2[]", "2{}", '5["x"]', "1[]", "0[]", "2[", "3{}", "4[]"]
    answers = javascript("socket.io", [{"messages": [text]} for text in broken])
    for text, answer in zip(broken, answers, strict=True):
        assert "error" in answer or answer["read"] is None, text
        with pytest.raises(SocketIOError):
            decode(text)


def test_the_bound_on_attachments_can_be_set() -> None:
    assert MAX_ATTACHMENTS == 100
    with pytest.raises(SocketIOError, match="a packet may have 1 attachment here, got 2"):
        Reader(max_attachments=1).feed('52-["x"]')


def test_the_bytes_of_attachments_are_bounded_and_the_reader_reads_on() -> None:
    reader = Reader(max_bytes=4)
    assert reader.feed("52-" + PICTURE) is None
    assert reader.feed(b"abc") is None
    with pytest.raises(
        SocketIOError, match="attachments must be at most 4 bytes together here, got 6 bytes"
    ):
        reader.feed(b"abc")
    assert reader.missing == 0
    assert reader.feed('2["x"]') == Packet(PacketType.EVENT, ["x"])


@pytest.mark.parametrize(
    ("packet", "error"),
    [
        (Packet(PacketType.BINARY_EVENT, ["a"]), "binary_event is written as event, with bytes"),
        (Packet(PacketType.EVENT, ["a"], "admin"), "a namespace begins with / and has no comma"),
        (Packet(PacketType.EVENT, ["a"], "/a,b"), "a namespace begins with / and has no comma"),
    ],
)
def test_what_the_protocol_does_not_allow_is_not_written(packet: Packet, error: str) -> None:
    with pytest.raises(SocketIOError, match=f"^{error}"):
        packet.encode()


TYPES = list("0123456") + list("01234562222") + ["7", ""]
COUNTS = [""] * 8 + ["1-", "2-", "0-", "00-", "-", "-1-", "1", "1e0-", " 1-"]
NAMESPACES = [""] * 4 + ["/a,", "/,", "/a", "/a/b-1,", "/é,", "//,"]
IDS = [""] * 4 + ["7", "0", "12", "007", " ", "1e3", "-1", "9007199254740991"]
DATA = [f'["{name}"]' for name in RESERVED] + [
    "",
    "null",
    "NaN",
    "Infinity",
    "-Infinity",
    "true",
    "0",
    '"x"',
    "{}",
    "[]",
    "[",
    "undefined",
    '["x"]',
    '["x",1]',
    '["x",{"a":null}]',
    '["x",NaN]',
    '["x",-Infinity]',
    '["x",{"a":NaN}]',
    "[1]",
    "[1.5]",
    "[-0]",
    "[null]",
    "[true]",
    "[[]]",
    "[{}]",
    '["x",]',
    "['x']",
    '["x"] ',
    r'["connec\u0074"]',
    '["Connect"]',
    '["connect "]',
    '["*"]',
    '{"a":1}',
    '{"a":NaN}',
    '["x",{"_placeholder":true,"num":0}]',
    '["x",{"_placeholder":true,"num":1}]',
    '["x",{"_placeholder":true,"num":-1}]',
    '["x",{"_placeholder":true,"num":"0"}]',
    '["x",{"_placeholder":1,"num":0}]',
    '[{"_placeholder":true,"num":0}]',
    r'["\ud800"]',
    '["x",01]',
    '["x",1.]',
    '["x",.5]',
    '["x",+1]',
    '["x","\t"]',
    '["x"]\x00',
    "\ufeff[1]",
]
#: Where we are stricter than the official parser, and why.
STRICTER = {
    "a packet begins with its type": "JavaScript takes an empty packet for a connect",
    "an event is an array": "the protocol has no event without a name",
    "an ack is an array, got 'None'": "the protocol has no ack without arguments",
    "an ack must have the id": "nobody could tell which event it answers",
    "has no ack id": "only an event and its ack have one",
    "connect_error carries": "the protocol has no connect_error without a reason",
    r"expected JSON, got '\ufeff": "JavaScript takes a byte order mark for the ack id 0",
    "an ack id has at most": "JavaScript rounds a longer one",
    "without spaces": "JavaScript takes a space for the ack id 0",
    "a binary packet has a number": "JavaScript reads ` 1` and `1e0` as numbers",
    "has a number of attachments": "JavaScript reads ` 1` and `1e0` as numbers",
    "a placeholder names one of": 'JavaScript takes "0" for an index of another type',
}


def test_whatever_the_official_parser_refuses_we_refuse_and_we_read_the_same() -> None:
    chance = random.Random(8)
    pieces = (TYPES, COUNTS, NAMESPACES, IDS, DATA)
    texts = {"".join(chance.choice(piece) for piece in pieces) for _ in range(6_000)}
    texts |= {kind + data for kind in "0123456" for data in DATA}
    texts |= {kind + "1-" + data for kind in "56" for data in DATA}
    asked = sorted(texts)
    blobs: list[str | bytes] = [b"p", b"q"]
    sent: list[list[str | bytes]] = []
    for text in asked:
        messages: list[str | bytes] = [text]
        sent.append(messages + blobs[: attachments_of(text)])
    examples = [{"messages": hexed(messages)} for messages in sent]
    accepted = 0
    answers = javascript("socket.io", examples)
    for text, messages, answer in zip(asked, sent, answers, strict=True):
        ours, error = None, ""
        reader = Reader()
        try:
            for message in messages:
                ours = reader.feed(message)
        except SocketIOError as caught:
            error = str(caught)
        if "error" in answer:
            assert error, f"{text!r} is refused by the official parser: {answer['error']}"
        elif error:
            assert any(reason in error for reason in STRICTER), (text, error, answer)
        else:
            accepted += 1
            assert ours, text
            read = answer["read"]
            assert (int(ours.type), ours.namespace) == (read["type"], read["nsp"]), text
            assert (ours.id, hexed(ours.data)) == (read.get("id"), read.get("data")), text
    assert accepted > 200


def attachments_of(text: str) -> int:
    """How many attachments a packet of this test announces, if it does so properly."""
    return int(text[1]) if text[:1] in ("5", "6") and text[1:3] in ("1-", "2-") else 0


def test_what_the_official_parser_refuses_is_not_written_either() -> None:
    for name in RESERVED:
        with pytest.raises(SocketIOError, match=f"{name} is not an event that can be sent"):
            Packet(PacketType.EVENT, [name]).encode()

"""Two other implementations as judges, `websockets` and `wsproto`: both directions, good and bad.

Where we are stricter or milder than a judge, the test says so and why.
"""

from hypothesis import example, given, settings
from hypothesis import strategies as st
from websockets.client import ClientProtocol
from websockets.frames import Close
from websockets.frames import Frame as JudgeFrame
from websockets.frames import Opcode as JudgeOpcode
from websockets.http11 import Request as JudgeRequest
from websockets.protocol import CLIENT, OPEN, SERVER, Protocol
from websockets.server import ServerProtocol
from websockets.typing import Subprotocol
from websockets.uri import parse_uri
from wsproto import ConnectionType, WSConnection, events
from wsproto.frame_protocol import FrameProtocol, ParseFailed

from helpers.wire.codes import Opcode, ProtocolError
from helpers.wire.frames import Frame, FrameReader
from helpers.wire.handshake import (
    HeadReader,
    accept_key,
    answer,
    build_request,
    check_response,
    parse_request,
    parse_response,
)
from helpers.wire.messages import MessageReader, build_close, parse_close

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
masks = st.binary(min_size=4, max_size=4)
payloads = st.binary(max_size=130) | st.sampled_from([65535, 65536]).map(bytes)


def head_of(wire: bytes) -> bytes:
    head = HeadReader().feed(wire)
    assert head is not None
    return head


# The handshake


def test_websockets_answers_our_request() -> None:
    judge = ServerProtocol(subprotocols=[Subprotocol("chat")])
    ours = build_request("localhost:1", "/ws", key=KEY, subprotocols=["other", "chat"])
    judge.receive_data(ours.encode())
    (asked,) = judge.events_received()
    assert isinstance(asked, JudgeRequest)
    judge.send_response(judge.accept(asked))
    response = parse_response(head_of(b"".join(judge.data_to_send())))
    assert check_response(response, KEY, subprotocols=["other", "chat"]) == "chat"


def test_websockets_accepts_our_answer() -> None:
    judge = ClientProtocol(parse_uri("ws://localhost:1/ws"), subprotocols=[Subprotocol("chat")])
    judge.send_request(judge.connect())
    asked = parse_request(head_of(b"".join(judge.data_to_send())))
    judge.receive_data(answer(asked, subprotocols=["chat"]).encode())
    assert (judge.state, judge.subprotocol, judge.handshake_exc) == (OPEN, "chat", None)


def test_wsproto_answers_our_request() -> None:
    judge = WSConnection(ConnectionType.SERVER)
    judge.receive_data(build_request("localhost:1", "/ws", key=KEY).encode())
    (asked,) = judge.events()
    assert isinstance(asked, events.Request)
    assert asked.target == "/ws"
    response = parse_response(head_of(judge.send(events.AcceptConnection())))
    assert check_response(response, KEY) is None
    assert response.header("Sec-WebSocket-Accept") == accept_key(KEY)


def test_wsproto_accepts_our_answer() -> None:
    judge = WSConnection(ConnectionType.CLIENT)
    wire = judge.send(events.Request(host="localhost:1", target="/ws", subprotocols=["chat"]))
    judge.receive_data(answer(parse_request(head_of(wire)), subprotocols=["chat"]).encode())
    (accepted,) = judge.events()
    assert isinstance(accepted, events.AcceptConnection)
    assert accepted.subprotocol == "chat"


# One frame


@given(st.sampled_from(list(Opcode)), payloads, st.booleans(), st.booleans())
def test_we_read_what_websockets_writes(
    opcode: Opcode, payload: bytes, fin: bool, masked: bool
) -> None:
    if opcode.is_control:
        payload, fin = payload[:125], True
    wire = JudgeFrame(JudgeOpcode(opcode), payload, fin).serialize(mask=masked)
    (frame,) = FrameReader(masked=masked).feed(wire)
    assert frame == Frame(opcode, payload, fin, mask=frame.mask)


@given(st.sampled_from(list(Opcode)), payloads, st.booleans(), st.none() | masks)
def test_websockets_reads_what_we_write(
    opcode: Opcode, payload: bytes, fin: bool, mask: bytes | None
) -> None:
    if opcode.is_control:
        payload, fin = payload[:125], True
    if opcode is Opcode.CLOSE:
        payload = build_close(1000, "bye")
    side = CLIENT if mask is None else SERVER
    judge = Protocol(side, state=OPEN, max_size=None)
    judge.current_size = 0 if opcode is Opcode.CONTINUATION else None
    judge.receive_data(Frame(opcode, payload, fin, mask=mask).encode())
    (frame,) = judge.events_received()
    assert isinstance(frame, JudgeFrame)
    assert (int(frame.opcode), bytes(frame.data), frame.fin) == (int(opcode), payload, fin)


# Messages


@given(st.lists(st.text(max_size=20) | st.binary(max_size=20), max_size=5), st.booleans())
def test_we_read_what_wsproto_writes(sent: list[str | bytes], from_client: bool) -> None:
    judge = FrameProtocol(client=from_client, extensions=[])
    wire = b"".join(bytes(judge.send_data(message)) for message in sent)
    wire += bytes(judge.ping(b"?")) + bytes(judge.close(1000, "bye"))
    *got, ping, close = MessageReader(masked=from_client).feed(wire)
    assert got == sent
    assert isinstance(ping, Frame)
    assert ping.payload == b"?"
    assert isinstance(close, Frame)
    assert parse_close(close.payload) == (1000, "bye")


def by_wsproto(wire: bytes) -> tuple[list[str | bytes], ParseFailed | None]:
    """The messages that wsproto reads, and the error with which it refuses the rest, if so."""
    judge = FrameProtocol(client=False, extensions=[])
    judge.receive_bytes(wire)
    got: list[str | bytes] = []
    parts: list[str | bytes] = []
    try:
        for frame in judge.received_frames():
            if frame.opcode.iscontrol():
                continue
            assert isinstance(frame.payload, str | bytes)
            parts.append(frame.payload)
            if frame.message_finished:
                got.append(type(frame.payload)().join(parts))  # type: ignore[arg-type]
                parts = []
    except ParseFailed as refused:
        return got, refused
    return got, None


def by_us(wire: bytes) -> tuple[list[str | bytes], ProtocolError | None]:
    reader = MessageReader(masked=True)
    got: list[str | bytes] = []
    try:
        for item in reader.feed(wire):
            if not isinstance(item, Frame):
                got.append(item)
    except ProtocolError as refused:
        return got, refused
    return got, None


def by_websockets(wire: bytes) -> Close | None:
    judge = Protocol(SERVER, state=OPEN, max_size=None)
    judge.receive_data(wire)
    failed = judge.parser_exc is not None
    return judge.close_sent if failed else None


frames = st.builds(
    lambda opcode, payload, fin, mask: Frame(
        opcode, payload, fin or opcode.is_control, mask=mask
    ).encode(),
    st.sampled_from([*Opcode, Opcode.CONTINUATION, Opcode.TEXT, Opcode.TEXT]),
    st.text(max_size=8).map(str.encode) | st.binary(max_size=8),
    st.booleans(),
    masks,
)
good = st.lists(frames, min_size=1, max_size=5).map(b"".join)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Bytes of good frames, with some of them changed, and often a bit of a head."""
    wire = bytearray(draw(good))
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(wire) - 1))
        wire[at : at + draw(st.integers(0, 2))] = draw(st.binary(max_size=2))
    return bytes(wire) or b"\x81"


#: Enough for any head to become whole: we refuse a bad head by its first bytes, wsproto waits.
#: A mask of zeros, too, so that text in an unfinished frame goes on with zeros.
PADDING = bytes(14)


@settings(max_examples=300)
@given(damaged())
@example(b"\x81\x82\x00\x00\x00\x00\xed\xa0")
@example(b"\x01\x82\x00\x00\x00\x00\xed\xa0\x80\x81\x00\x00\x00\x00\x80")
@example(b"\x88\x82\x00\x00\x00\x00\x03\xec")
@example(b"\x88\x82\x00\x00\x00\x00\x03\xf6")
@example(b"\x81\xfe\x00\x05")
@example(b"\x81\xff\x80\x00\x00\x00\x00\x00\x00\x00")
def test_we_refuse_exactly_what_wsproto_refuses(wire: bytes) -> None:
    ours, refused = by_us(wire)
    theirs, fault = by_wsproto(wire)
    assert ours == theirs
    if fault is not None and refused is None:
        # It does not know 1014, which the registry got later.
        assert str(fault) == "CLOSE with unknown reserved code"
    elif fault is None and refused is not None:
        # We see a fault with the byte that makes it. It sees it with bytes still to come; of
        # half a surrogate pair it waits for the third byte, which may never come.
        fault = by_wsproto(wire + PADDING)[1]
        assert fault is not None or "surrogate" in str(refused)
    if fault is not None and refused is not None and "surrogate" not in str(refused):
        assert int(fault.code) == refused.code


@settings(max_examples=300)
@given(damaged())
def test_we_refuse_whatever_websockets_refuses(wire: bytes) -> None:
    """Its sans-I/O core is milder: it reads any length, and leaves text to its callers."""
    refused = by_us(wire)[1]
    close = by_websockets(wire)
    if close is not None and close.reason != "incomplete fragmented message":
        # It also refuses a close frame in the middle of a message, which §5.4 allows.
        assert refused is not None
        assert close.code in (1002, 1007)  # of two faults in a close frame, it names the other
    elif refused is not None and close is None:
        mild = ("would have sufficed", "below 2⁶³", "must be UTF-8")
        late = by_websockets(wire + bytes(70_000)) is not None
        assert late or any(fact in str(refused) for fact in mild)


def test_the_judges_and_we_accept_the_same_close_codes() -> None:
    for code in [0, *range(990, 1030), 2000, 2999, 3000, 4999, 5000, 65535]:
        wire = Frame(Opcode.CLOSE, code.to_bytes(2), mask=b"abcd").encode()
        refused = by_us(wire)[1] is not None
        assert (code, by_websockets(wire) is not None) == (code, refused)
        if code != 1014:  # registered later than wsproto's list
            assert (code, by_wsproto(wire)[1] is not None) == (code, refused)

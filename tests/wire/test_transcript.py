"""A recording is read as what it is, and whatever it is, reading it never raises."""

import itertools
import zlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers.wire.frames import Frame, Opcode
from helpers.wire.handshake import answer, build_request, parse_request
from helpers.wire.heads import Response
from helpers.wire.messages import build_close
from helpers.wire.transcript import (
    CLIENT_TO_SERVER,
    SERVER_TO_CLIENT,
    Chunk,
    Entry,
    Follower,
    Mark,
    Transcript,
    entries,
)

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
MASK = bytes.fromhex("37 fa 21 3d")
REQUEST = build_request("127.0.0.1:8765", "/ws", key=KEY).encode()
ANSWER = answer(parse_request(REQUEST)).encode()


def recorded(*items: tuple[str, bytes] | str, connection: int = 1) -> Transcript:
    """A transcript: ("c", bytes) from the client, ("s", bytes) from the server, or a mark."""
    transcript = Transcript()
    for at, item in enumerate(items):
        add(transcript, item, connection, float(at))
    return transcript


def add(
    transcript: Transcript, item: tuple[str, bytes] | str, connection: int = 1, at: float = 0.0
) -> None:
    if isinstance(item, str):
        transcript.add(Mark(connection, item, at))
    else:
        direction = CLIENT_TO_SERVER if item[0] == "c" else SERVER_TO_CLIENT
        transcript.add(Chunk(connection, direction, item[1], at))


def client(
    payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, rsv1: bool = False
) -> bytes:
    return Frame(opcode, payload, mask=MASK, fin=fin, rsv1=rsv1).encode()


def server(
    payload: bytes, opcode: Opcode = Opcode.TEXT, *, fin: bool = True, rsv1: bool = False
) -> bytes:
    return Frame(opcode, payload, fin=fin, rsv1=rsv1).encode()


def texts(transcript: Transcript) -> list[str]:
    return [entry.text for entry in entries(transcript)]


def upgraded(*items: tuple[str, bytes] | str, answer: bytes = ANSWER) -> list[Entry]:
    """The entries after a handshake."""
    return entries(recorded(("c", REQUEST), ("s", answer), *items))[2:]


# --- HTTP ---------------------------------------------------------------------------------


def test_a_handshake_and_frames_both_ways() -> None:
    found = entries(
        recorded(
            "opened",
            ("c", REQUEST),
            ("s", ANSWER),
            ("c", client(b"Hello")),
            ("s", server(b"Hello")),
            "closed by client",
        )
    )
    assert [(e.number, e.direction, e.kind, e.text, e.message) for e in found] == [
        (1, None, "mark", "opened", None),
        (2, CLIENT_TO_SERVER, "request", "GET /ws HTTP/1.1", None),
        (3, SERVER_TO_CLIENT, "response", "101 Switching Protocols", None),
        (4, CLIENT_TO_SERVER, "frame", 'text "Hello" · 5 bytes · masked', "Hello"),
        (5, SERVER_TO_CLIENT, "frame", 'text "Hello" · 5 bytes · unmasked', "Hello"),
        (6, None, "mark", "closed by client", None),
    ]
    assert found[1].raw == REQUEST
    assert found[3].raw == client(b"Hello")
    assert found[3].value == Frame(Opcode.TEXT, b"Hello", mask=MASK)
    assert [e.at_s for e in found] == [0, 1, 2, 3, 4, 5]


def test_an_entry_stands_where_its_last_byte_arrived() -> None:
    hello, ping = client(b"Hello"), server(b"", Opcode.PING)
    found = upgraded(("c", hello[:4]), ("s", ping), ("c", hello[4:]))
    assert [e.text for e in found] == [
        "ping · 0 bytes · unmasked",
        'text "Hello" · 5 bytes · masked',
    ]


def test_several_pages_on_one_connection_then_a_websocket_on_another() -> None:
    get = b"GET /%b HTTP/1.1\r\nHost: h\r\n\r\n"
    page = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 5\r\n\r\n"
    )
    chunked = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"4;name=value\r\nbody\r\n3\r\n{a}\r\n0\r\nTrailer: 1\r\n\r\n"
    )
    transcript = recorded(
        ("c", get % b"" + get % b"style.css"),
        ("s", page + b"<p>1"),
        ("s", b">" + chunked[:100]),
        ("s", chunked[100:]),
        ("c", get % b"none"),
        ("s", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
    )
    add(transcript, ("c", REQUEST), connection=2)
    assert texts(transcript) == [
        "GET / HTTP/1.1",
        "GET /style.css HTTP/1.1",
        "200 OK · text/html · 5 bytes",
        "200 OK · text/css · 7 bytes",
        "GET /none HTTP/1.1",
        "304 Not Modified",
        "GET /ws HTTP/1.1",
    ]
    bodies = [e.value.body for e in entries(transcript) if isinstance(e.value, Response)]
    assert bodies == [b"<p>1>", b"body{a}", b""]


def test_no_body_answers_head_and_interim_responses() -> None:
    assert texts(
        recorded(
            ("c", b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\nGET /b HTTP/1.1\r\nHost: h\r\n\r\n"),
            ("s", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"),
            ("s", b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n"),
        )
    ) == ["HEAD / HTTP/1.1", "GET /b HTTP/1.1", "200 OK", "103 Early Hints", "204 No Content"]


def test_a_body_can_end_with_the_connection() -> None:
    get, page = b"GET / HTTP/1.0\r\n\r\n", b"HTTP/1.0 200 OK\r\nContent-Type: text/html\r\n\r\n<p>"
    half = recorded(("c", get), ("s", page))
    assert entries(half)[-1].note == "incomplete response"
    add(half, ("s", b""))
    add(half, "closed by server")
    assert texts(half)[1:] == ["200 OK · text/html · 3 bytes", "closed by server"]


def test_a_request_with_a_body() -> None:
    post = b"POST /login HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\na=b"
    assert texts(recorded(("c", post[:-1]), ("c", post[-1:] + REQUEST))) == [
        "POST /login HTTP/1.1",
        "GET /ws HTTP/1.1",
    ]


def test_a_refusal_says_why_and_the_connection_goes_on_as_http() -> None:
    body = b"Origin must be the server's own\n"
    refusal = (
        b"HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%b"
    ) % (len(body), body)
    # The second request was sent before the first one was answered.
    found = entries(recorded(("c", REQUEST + REQUEST), ("s", refusal), ("s", ANSWER)))
    assert [e.text for e in found] == [
        "GET /ws HTTP/1.1",
        "403 Forbidden · text/plain · 32 bytes",
        "GET /ws HTTP/1.1",
        "101 Switching Protocols",
    ]
    assert found[1].message == "Origin must be the server's own"


def test_frames_sent_before_the_answer_are_still_frames() -> None:
    found = entries(recorded(("c", REQUEST + client(b"early")), ("s", ANSWER)))
    assert [e.message for e in found] == [None, None, "early"]


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"GET /\r\n\r\n", "request line must be 'METHOD target HTTP/1.1', got 'GET /'"),
        (b"POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", "Content-Length must be a number"),
        (b"\x16\x03\x01" * 30_000, "no empty line ends the head within 65,536 bytes"),
    ],
)
def test_what_is_no_http_becomes_an_error_and_the_rest_stays_bytes(
    data: bytes, error: str
) -> None:
    found = entries(recorded(("c", data), ("c", b"more"), ("s", b"HTTP/1.1 400 Bad\r\n\r\n")))
    assert [e.kind for e in found][:2] == ["error", "bytes"]
    assert error in found[0].text
    assert found[0].raw == data
    assert (found[1].text, found[1].raw) == ("4 bytes · 6d 6f 72 65", b"more")


def test_a_broken_chunk_is_an_error() -> None:
    response = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"
    error = entries(recorded(("s", response)))[0]
    assert error.text == "a chunk must begin with its size in hex, got b'zz' (RFC 9112 §7.1)"


def test_chunks_end_with_the_empty_line_after_their_trailers() -> None:
    start = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3 ; a=b\r\nabc\r\n0\r\nA: 1\r\n"
    transcript = recorded(("s", start))
    assert [e.kind for e in entries(transcript)] == ["bytes"]
    add(transcript, ("s", b"B: 2\r\n\r\n"))
    assert [(e.kind, e.text) for e in entries(transcript)] == [("response", "200 OK · 3 bytes")]


def test_only_a_refusal_in_plain_text_explains_itself() -> None:
    head = b"HTTP/1.1 %b\r\nContent-Type: %b\r\nContent-Length: 2\r\n%b\r\nno"
    for status, kind, more, message in (
        (b"404 Not Found", b"text/plain", b"", "no"),
        (b"200 OK", b"text/plain", b"", None),
        (b"404 Not Found", b"text/html", b"", None),
        (b"404 Not Found", b"text/plain", b"Content-Encoding: gzip\r\n", None),
    ):
        found = entries(recorded(("s", head % (status, kind, more))))
        assert [e.message for e in found] == [message]


# --- frames -------------------------------------------------------------------------------


def test_fragments_are_numbered_and_the_last_one_has_the_message() -> None:
    found = upgraded(
        ("c", client(b"H\xc3", fin=False)),
        ("c", client(b"abcde", Opcode.PING)),
        ("c", client(b"\xa9", Opcode.CONTINUATION, fin=False)),
        ("c", client(b"!", Opcode.CONTINUATION)),
        ("c", client(b"a", Opcode.BINARY, fin=False)),
        ("c", client(b"", Opcode.CONTINUATION)),
        ("c", client(b"whole")),
    )
    assert [(e.text, e.message) for e in found] == [
        ('text "H�" · 2 bytes · masked · fragment 1', None),
        ('ping "abcde" · 5 bytes · masked', None),
        ("continuation a9 · 1 byte · masked · fragment 2", None),
        ('continuation "!" · 1 byte · masked · fragment 3, the last', "Hé!"),
        ("binary 61 · 1 byte · masked · fragment 1", None),
        ("continuation · 0 bytes · masked · fragment 2, the last", None),
        ('text "whole" · 5 bytes · masked', "whole"),
    ]


@pytest.mark.parametrize(
    ("payload", "text"),
    [
        (b"", "close no code · 0 bytes"),
        (build_close(1000), "close 1000 (normal closure) · 2 bytes"),
        (build_close(1001, "bye"), 'close 1001 (going away) "bye" · 5 bytes'),
        (build_close(4001), "close 4001 (defined by an application) · 2 bytes"),
        (build_close(3000), "close 3000 (defined by a library) · 2 bytes"),
        (b"\x13\x88", "close 5000 (not allowed) · 2 bytes"),
    ],
)
def test_a_close_frame_says_its_code_by_name(payload: bytes, text: str) -> None:
    entry = upgraded(("s", server(payload, Opcode.CLOSE)))[0]
    assert entry.text == f"{text} · unmasked"
    assert (entry.note is None) == ("not allowed" not in text)


def test_a_random_ping_is_the_same_line_on_every_run() -> None:
    texts = {upgraded(("s", server(p, Opcode.PING)))[0].text for p in (b"abcd", b"\x00\xff12")}
    assert texts == {"ping · 4 bytes · unmasked"}


def test_binary_is_shown_in_hex_and_has_no_message() -> None:
    entry = upgraded(("s", server(b"\x01\x02", Opcode.BINARY)))[0]
    assert (entry.text, entry.message) == ("binary 01 02 · 2 bytes · unmasked", None)


def test_a_long_message_is_short_in_its_line_and_whole_in_the_message() -> None:
    entry = upgraded(("s", server(b"x" * 70_000)))[0]
    assert entry.text == f'text "{"x" * 60}"… · 70,000 bytes · unmasked'
    assert entry.message == "x" * 70_000


@pytest.mark.parametrize("takeover", [True, False])
def test_compressed_messages_are_inflated(takeover: bool) -> None:
    parameter = "" if takeover else "; client_no_context_takeover"
    agreed = replace(answer(parse_request(REQUEST)))
    header = ("Sec-WebSocket-Extensions", f"permessage-deflate{parameter}")
    agreed = replace(agreed, headers=(*agreed.headers, header))
    frames = []
    deflater = zlib.compressobj(wbits=-15)
    for text in (b"Hello, hello, hello", b"Hello, hello, hello again"):
        if not takeover:
            deflater = zlib.compressobj(wbits=-15)
        payload = deflater.compress(text) + deflater.flush(zlib.Z_SYNC_FLUSH)
        frames.append(client(payload[:-4], rsv1=True))
    half = len(frames[1]) // 2
    items = (("c", frames[0]), ("c", frames[1][:half]), ("c", frames[1][half:]))
    found = upgraded(*items, ("c", client(b"plain")), answer=agreed.encode())
    assert [(e.text, e.message) for e in found] == [
        ('text "Hello, hello, hello" · 19 bytes · compressed · masked', "Hello, hello, hello"),
        (
            'text "Hello, hello, hello again" · 25 bytes · compressed · masked',
            "Hello, hello, hello again",
        ),
        ('text "plain" · 5 bytes · masked', "plain"),
    ]


def test_frames_are_read_even_if_nobody_understands_the_extensions() -> None:
    agreed = b"Sec-WebSocket-Extensions: permessage-deflate; window=huge\r\n\r\n"
    (frame,) = upgraded(("s", server(b"Hi")), answer=ANSWER.removesuffix(b"\r\n") + agreed)
    assert (frame.kind, frame.message) == ("frame", "Hi")


def test_what_is_no_deflate_data_is_noted() -> None:
    agreed = ANSWER.replace(
        b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    entry = upgraded(("s", server(b"\xff" * 9, rsv1=True)), answer=agreed)[0]
    assert entry.text == "text · 9 bytes · compressed · unmasked"
    assert entry.note is not None
    assert entry.note.startswith("compressed payload must be deflate data")


@pytest.mark.parametrize(
    ("item", "note"),
    [
        (("c", server(b"Hello")), "client frame must be masked, got MASK=0 (RFC 6455 §5.3)"),
        (("s", client(b"Hello")), "server frame must not be masked, got MASK=1 (RFC 6455 §5.1)"),
        (("s", server(b"\xff")), "text message must be UTF-8"),
        (("s", server(b"a", Opcode.CONTINUATION)), "must follow an unfinished message"),
        (("s", server(b"\x03", Opcode.CLOSE)), "close payload must be empty or start with"),
    ],
)
def test_a_rule_that_is_broken_is_noted_and_reading_goes_on(
    item: tuple[str, bytes], note: str
) -> None:
    found = upgraded(item, (item[0], server(b"next") if item[0] == "s" else client(b"next")))
    assert note in (found[0].note or "")
    assert found[1].message == "next"
    assert found[1].note is None


def test_bytes_that_are_no_frame_become_an_error_and_the_other_direction_goes_on() -> None:
    found = upgraded(
        ("c", client(b"good") + b"\x84\x00" + b"rest"), ("c", b"more"), ("s", server(b"fine"))
    )
    assert [e.kind for e in found] == ["frame", "error", "bytes", "frame"]
    assert found[1].raw == b"\x84\x00rest"
    assert found[1].text.startswith("opcode must be 0, 1, 2, 8, 9 or 10, got 4")
    assert found[2].raw == b"more"


def test_half_a_frame_comes_last_and_comes_again_when_it_is_whole() -> None:
    hello = client(b"Hello")
    transcript = recorded(("c", REQUEST), ("s", ANSWER), ("c", hello[:3]))
    half = entries(transcript)[-1]
    assert (half.kind, half.text, half.note) == ("bytes", "3 bytes · 81 85 37", "incomplete frame")
    add(transcript, ("c", hello[3:]))
    assert [e.message for e in entries(transcript)] == [None, None, "Hello"]


def test_a_connection_that_ends_inside_a_frame_says_so_before_its_end() -> None:
    found = upgraded(("c", b"\x81"), ("c", b""), "closed by client", ("s", b""))
    assert [(e.kind, e.note) for e in found] == [("bytes", "incomplete frame"), ("mark", None)]


# --- the transcript itself ----------------------------------------------------------------


def test_bytes_are_joined_by_direction_and_connection() -> None:
    transcript = recorded(("c", b"1"), ("s", b"2"), "opened", ("c", b"3"))
    add(transcript, ("c", b"4"), connection=2)
    assert transcript.bytes(CLIENT_TO_SERVER) == b"134"
    assert transcript.bytes(CLIENT_TO_SERVER, 1) == b"13"
    assert transcript.bytes(SERVER_TO_CLIENT, 2) == b""
    assert len(transcript) == len(transcript.items()) == 5


def test_a_full_recording_says_so_once_and_keeps_the_marks() -> None:
    transcript = Transcript(limit_bytes=2_000)
    add(transcript, ("c", REQUEST))
    for _ in range(9):
        add(transcript, ("c", b"x" * 700))
    add(transcript, ("c", b""))
    add(transcript, "closed by client")
    found = entries(transcript)
    assert [e.text for e in found if e.kind == "mark"] == [
        "recording full at 2,000 bytes: what follows is not kept",
        "closed by client",
    ]
    assert len(transcript.bytes(CLIENT_TO_SERVER)) < 2_000


def test_after_clear_a_full_recording_has_room_but_shows_what_lost_its_start_as_bytes() -> None:
    transcript = Transcript(limit_bytes=1_500)
    for item in (("c", REQUEST), ("s", ANSWER), ("s", server(b"x" * 2_000))):
        add(transcript, item)
    transcript.clear()
    add(transcript, ("s", server(b"later")))
    add(transcript, ("c", REQUEST), connection=2)
    assert [e.kind for e in entries(transcript)] == ["bytes", "request"]


@pytest.mark.parametrize("position", range(8))
def test_clear_forgets_the_items_but_not_where_each_connection_stands(position: int) -> None:
    agreed = ANSWER.replace(
        b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    )
    deflater = zlib.compressobj(wbits=-15)
    packed = [
        client((deflater.compress(b"Hello") + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4], rsv1=True)
        for _ in range(3)
    ]
    items = [
        ("c", REQUEST[:9]), ("c", REQUEST[9:]), ("s", agreed), ("c", packed[0]),
        ("c", packed[1][:5]), ("c", packed[1][5:]), ("c", packed[2]), ("s", server(b"a")),
    ]  # fmt: skip
    whole = entries(recorded(*items))
    transcript = recorded(*items[:position])
    before = [e for e in entries(transcript) if e.note is None]
    transcript.clear()
    assert len(transcript) == 0
    for item in items[position:]:
        add(transcript, item)
    after = entries(transcript)
    assert [e.text for e in before + after] == [e.text for e in whole]
    assert [e.number for e in after] == list(range(1, len(after) + 1))


def test_a_follower_returns_what_is_new_and_notices_clear() -> None:
    transcript = recorded(("c", REQUEST), ("s", ANSWER))
    follower = Follower(transcript)
    assert [e.number for e in follower.new(at_most=1) or []] == [1]
    assert follower.behind
    assert [e.number for e in follower.new(at_most=1) or []] == [2]
    assert not follower.behind
    add(transcript, ("c", b"\x81"))
    assert follower.new() == []
    assert [e.number for e in follower.unfinished()] == [3]
    transcript.clear()
    add(transcript, ("c", client(b"Hello")[1:]))
    assert follower.behind
    assert follower.new() is None
    assert [(e.number, e.message) for e in follower.new() or []] == [(1, "Hello")]
    assert not follower.behind


def test_layers_read_on_where_websocket_ends() -> None:
    def packets(entry: Entry) -> list[Entry]:
        named = replace(entry, text=f"packet {entry.message}")
        return [entry, named] if entry.message else [entry]

    def events(entry: Entry) -> list[Entry]:
        return [replace(entry, text=entry.text.upper())]

    transcript = recorded(("c", REQUEST), ("s", ANSWER), ("c", client(b"2")))
    found = entries(transcript, layers=[packets, events])
    assert [(e.number, e.text) for e in found[2:]] == [
        (3, 'TEXT "2" · 1 BYTE · MASKED'),
        (4, "PACKET 2"),
    ]


# --- properties ---------------------------------------------------------------------------

PIECES = st.one_of(
    st.binary(max_size=30),
    st.sampled_from([
        REQUEST, ANSWER, b"GET / HTTP/1.1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"3\r\nabc\r\n", b"0\r\n\r\n",
        client(b"Hello"), server(b"Hello"), server(b"\xff"), server(b"a", fin=False), b"",
        server(b"\x00\x01", Opcode.CLOSE), client(b"\xff", rsv1=True), b"\x81\x7f",
        ANSWER.replace(b"\r\n\r\n", b"\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"),
    ]),
)  # fmt: skip
ITEMS = st.one_of(
    st.tuples(st.sampled_from("cs"), PIECES),
    st.sampled_from(["opened", "closed by client", "cut", "recording full", "clear"]),
)


@given(st.lists(st.tuples(st.integers(1, 2), ITEMS), max_size=12))
def test_reading_never_raises_and_loses_no_byte(
    items: list[tuple[int, tuple[str, bytes] | str]],
) -> None:
    transcript, total = Transcript(), 0
    for connection, item in items:
        if item == "clear":
            continue
        add(transcript, item, connection)
        total += len(item[1]) if isinstance(item, tuple) else 0
    found = entries(transcript)
    assert [e.number for e in found] == list(range(1, len(found) + 1))
    if "recording full" not in [item for _, item in items]:
        assert sum(len(e.raw) for e in found) == total


@given(st.lists(st.tuples(st.integers(1, 2), ITEMS), max_size=12))
def test_clear_anywhere_never_raises(
    items: list[tuple[int, tuple[str, bytes] | str]],
) -> None:
    transcript = Transcript()
    for connection, item in items:
        if item == "clear":
            transcript.clear()
        else:
            add(transcript, item, connection)
    entries(transcript)


@given(st.lists(st.integers(1, 400), max_size=8), st.data())
def test_slices_do_not_matter(cuts: list[int], data: st.DataObject) -> None:
    messages = data.draw(st.lists(st.text(max_size=20), max_size=4))
    stream = b"".join(client(message.encode()) for message in messages)
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    pieces = [("c", stream[a:b]) for a, b in itertools.pairwise(edges) if a < b]
    assert [e.message for e in upgraded(*pieces)] == messages

"""Nobody can make a reader work longer than their bytes are long: the work grows linearly.

Every pattern and every reader that a stranger's bytes reach is fed with what patterns and readers
fear, and then with four times as much of it. Linear work takes four times as long, quadratic work
sixteen times. The time is that of the processor, so that it does not matter how fast the machine
is and what else it does; what takes next to no time may pass.

A new pattern in these packages must be a constant, and have its line in `PATTERNS`.
"""

import ast
import contextlib
import functools
import importlib
import itertools
import re
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from helpers.servers.vote import server as vote_server
from helpers.serving import messages as chat_messages
from helpers.serving import names, schema, static
from helpers.serving.chat.core import TYPES
from helpers.wire import (
    bodies,
    deflate,
    engineio,
    frames,
    handshake,
    heads,
    hosts,
    messages,
    packets,
    quoting,
    reading,
    socketio,
    strict_json,
    wording,
)
from helpers.wire.codes import ProtocolError
from helpers.wire.socketio_reader import Reader
from helpers.wire.transcript import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Chunk, Transcript, entries

pytestmark = pytest.mark.thorough

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("wire", "recorder", "serving", "servers")
SHORT, LONG = 8_192, 32_768  # characters
CHEAP_S = 0.02  # whatever takes less is no attack
MOST_TIMES = 9  # from the shortest to the longest: between 4 and 16
TRIES = 4

#: How each pattern is used: `findall` for whatever searches, `fullmatch` for whatever checks;
#: nothing if no stranger's bytes reach it.
PATTERNS = {
    "helpers.serving.learner_program.ADDRESS": "findall",
    "helpers.serving.static.IMPORT_MAP": "",  # no stranger writes our pages
    "helpers.servers.files.http_download.ID": "fullmatch",
    "helpers.servers.files.http_download.ODD": "findall",
    "helpers.servers.files.http_download.RANGE": "fullmatch",
    "helpers.servers.files.visit.SHA256": "fullmatch",
    "helpers.servers.vote.server.TOKEN": "fullmatch",
    "helpers.wire.heads.FORBIDDEN": "findall",
    "helpers.wire.heads.STATUS_LINE": "fullmatch",
    "helpers.wire.heads.TOKEN": "fullmatch",
    "helpers.wire.heads.VERSION": "fullmatch",
    "helpers.wire.hosts.HOST": "fullmatch",
    "helpers.wire.hosts.METHOD": "match",
    "helpers.wire.socketio.HEAD": "fullmatch",
    "helpers.wire.strict_json.BRACKETS": "findall",
    "helpers.wire.strict_json.STRINGS": "findall",
    "helpers.wire.wording.RANDOM_QUERY": "findall",
    "helpers.wire.wording.RANDOM_SID": "findall",
}


def constants(path: Path) -> Iterator[tuple[str, int]]:
    """Every use of `re` in a module: the constant it makes, or "" if it makes none; the line."""
    tree = ast.parse(path.read_text("utf-8"))
    named = {
        id(node.value): node.targets[0].id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Attribute) and ast.unparse(function.value) == "re":
            yield named.get(id(node), ""), node.lineno


def test_every_pattern_is_in_the_table() -> None:
    found = set()
    for package in PACKAGES:
        for path in sorted((ROOT / "helpers" / package).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for name, line in constants(path):
                assert name, f"{module}, line {line}: give the pattern a name"
                found.add(f"{module}.{name}")
    assert found == set(PATTERNS)


@pytest.mark.parametrize(
    "source", ["import re\ndef f(t):\n  return re.match('a', t)", "re.sub(1)"]
)
def test_a_pattern_without_a_name_is_seen(source: str, tmp_path: Path) -> None:
    (tmp_path / "x.py").write_text(source)
    assert [name for name, _ in constants(tmp_path / "x.py")] == [""]


#: What is repeated, and what may come before and after it.
UNITS = ['"', '\\"', "\\", "a", " ", "\t", ",", ";", ":", "=", "-", "1", "0", "/", "[", "{", "]"]
UNITS += [
    "\x1e",
    "\x1e40/",
    "\x1e0{",
    '"sid":',
    '"sid": ',
    "&t=",
    "?sid=",
    "é",
    "\u0301",
    "\u200b",
]
UNITS += ["[[", '{"a":', "b,", "/a,", "a=", "1-", '<script type="importmap">', "\r\n", "a: b\r\n"]
UNITS += ["a;b=c,", "4a\x1e", '["",', "%41", "\u0301\u0327", "\ud7fb", "ﷺ"]
STARTS = ["", '"', "0{", "40/", '40/a,{"sid":', "2", '2["', "51-", "/", "?", "4", "HTTP/1.1 200 "]
ENDS = ["", "\x00"]


def texts() -> Iterator[tuple[str, Callable[[int], str]]]:
    """Inputs: each a short name, and what makes the text, given its size."""
    for start, unit, end in itertools.product(STARTS, UNITS, ENDS):

        def make(size: int, start: str = start, unit: str = unit, end: str = end) -> str:
            return start + unit * ((size - len(start) - len(end)) // len(unit)) + end

        yield f"{start!r}{unit!r}{end!r}", make


def seconds(work: Callable[[Any], object], value: Any) -> float:
    """How long the processor works on a value; what it refuses is work, too."""
    began_s = time.process_time()
    with contextlib.suppress(ValueError):
        work(value)
    return time.process_time() - began_s


def check_growth(work: Callable[[Any], object], name: str, make: Callable[[int], Any]) -> None:
    """Fail if the work for an input grows faster than the input."""
    long = make(LONG)
    long_s = seconds(work, long)
    for _ in range(TRIES):  # a busy machine is slow now and then, an attack always
        if long_s < CHEAP_S:
            return
        short = make(SHORT)
        short_s = min(seconds(work, short) for _ in range(2))
        if long_s < MOST_TIMES * short_s:
            return
        long_s = min(long_s, seconds(work, long))
    pytest.fail(f"{name}: {short_s:.3f} s for {SHORT:,}, {long_s:.3f} s for {LONG:,}")


def check_texts(work: Callable[[Any], object], *, as_bytes: bool = False) -> None:
    """Feed a reader with every text."""
    for name, make in texts():

        def make_bytes(size: int, make: Callable[[int], str] = make) -> bytes:
            return make(size).encode("utf-8", "surrogatepass")

        check_growth(work, name, make_bytes if as_bytes else make)


@pytest.mark.parametrize("name", [name for name, method in PATTERNS.items() if method])
def test_a_pattern_works_linearly(name: str) -> None:
    module, _, constant = name.rpartition(".")
    pattern = getattr(importlib.import_module(module), constant)
    method = getattr(pattern, PATTERNS[name])
    check_texts(method, as_bytes=isinstance(pattern.pattern, bytes))


def slices(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def http(data: bytes, *, requests: bool, size: int = 64) -> None:
    """Cut bytes into HTTP messages as they arrive, in small segments."""
    stream = bodies.HttpStream(requests=requests)
    for piece in slices(data, size):
        stream.feed(piece)
        while stream.take():
            pass


def session(data: bytes, direction: str = SERVER_TO_CLIENT) -> None:
    """Read a recording as the live page does, of segments of one connection."""
    transcript = Transcript()
    for piece in slices(data, 1_400):
        transcript.add(Chunk(1, direction, piece, 0))
    entries(transcript)


def packets_in(text: str) -> object:
    found = packets.Sessions().find(heads.Request("GET", "/?EIO=4", ()))
    assert found
    return [packets.describe_message(found, "4" + text, direction) for direction in ("a", "b")]


def header(name: str) -> Callable[[str], heads.Request]:
    """Make a good handshake with a long header."""

    def make(text: str) -> heads.Request:
        good = handshake.build_request("localhost", "/", key="dGhlIHNhbXBsZSBub25jZQ==")
        kept = tuple(pair for pair in good.headers if pair[0] != name)
        return heads.Request("GET", "/", (*kept, (name, text)))

    return make


def answered(name: str, text: str) -> object:
    return handshake.answer(header(name)(text))


def agreed(text: str) -> object:
    response = heads.Response(101, "", (("Sec-WebSocket-Extensions", text),))
    return deflate.read_negotiated(response, text)


HEADERS = ["Host", "Origin", "Connection", "Sec-WebSocket-Protocol", "Sec-WebSocket-Key"]
#: Readers of text, by what they read.
TEXT_READERS: dict[str, Callable[[str], object]] = {
    "extensions": agreed,
    "host": lambda text: hosts.is_own(text, ("127.0.0.1", 1), hosts.OwnNames(behind_proxy=True)),
    "Engine.IO packet": engineio.decode,
    "Engine.IO body": engineio.decode_body,
    "Engine.IO open": lambda text: engineio.open_fields(
        engineio.Packet(engineio.PacketType.OPEN, text)
    ),
    "Socket.IO packet": lambda text: Reader().feed(text),
    "Socket.IO event": lambda text: str(socketio.decode(f'2["x",{text}]')[0]),
    "packets": packets_in,
    "session id": lambda text: packets.Sessions().find(heads.Request("GET", f"/?{text}", ())),
    "JSON": strict_json.load,
    "text in quotes": quoting.quoted,
    "stable target": wording.stable_target,
    "stable packets": wording.stable_packets,
    "name": names.checked_name,
    "key of a name": names.name_key,
    "chat message": lambda text: chat_messages.check_message("1", text),
    "question": lambda text: vote_server.check_text("question", text, 200),
    "option": lambda text: vote_server.check_options([text, text + "x"]),
    "message": lambda text: schema.read(text, TYPES),
    "message field": lambda text: schema.read('{"type":"say","id":"1","text":"' + text, TYPES),
    "event": lambda text: schema.read_event("say", ({"id": text, text: 1},), TYPES["say"]),
    "target": lambda text: static.reply("GET", "/" + text, server="x", page="echo"),
}


TEXT_READERS |= {name: functools.partial(answered, name) for name in HEADERS}


@pytest.mark.parametrize("name", TEXT_READERS)
def test_a_reader_of_text_works_linearly(name: str) -> None:
    check_texts(TEXT_READERS[name])


def masked(opcode: frames.Opcode, payload: bytes, *, fin: bool = True) -> bytes:
    return frames.Frame(opcode, payload, fin, mask=b"abcd").encode()


def small_messages(data: bytes) -> bytes:
    return b"".join(masked(frames.Opcode.TEXT, piece) for piece in slices(data, 5))


def fragments(data: bytes) -> bytes:
    first, *rest = slices(data, 3)
    text = [masked(frames.Opcode.TEXT, first, fin=False)]
    text += [masked(frames.Opcode.CONTINUATION, piece, fin=False) for piece in rest]
    return b"".join(text)


def feed_messages(data: bytes, size: int) -> None:
    reader = messages.MessageReader(masked=True)
    for piece in slices(data, size):
        list(reader.feed(piece))


def inflate(data: bytes) -> None:
    inflater = deflate.Inflater()
    for piece in slices(data, 7):
        try:
            inflater.inflate(piece)
        except ProtocolError:
            inflater = deflate.Inflater()


UPGRADED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
)
GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
#: What a client sends on purpose, by its size.
BYTES: dict[str, Callable[[int], bytes]] = {
    "one line": lambda size: b"GET /" + b"a" * size,
    "line ends": lambda size: b"\n" * size,
    "headers": lambda size: b"GET / HTTP/1.1\r\n" + b"a:\r\n" * (size // 4) + b"\r\n",
    "headers and a body": lambda size: (
        b"POST / HTTP/1.1\r\nContent-Length: 99999999\r\n"
        + b"a:\r\n" * (size // 8)
        + b"\r\n"
        + b"b" * (size // 2)
    ),
    "requests": lambda size: GET * (size // len(GET)),
    "small chunks": lambda size: POST + b"1\r\na\r\n" * (size // 6),
    "chunk size": lambda size: POST + b"1;" + b"a" * size,
    "trailer": lambda size: POST + b"0\r\n" + b"a: b\r\n" * (size // 6),
    "responses": lambda size: b"HTTP/1.1 204 No\r\n\r\n" * (size // 19),
    "small messages": lambda size: small_messages(b"a" * (size // 2)),
    "fragments": lambda size: fragments(b"a" * (size // 3)),
    "one message": lambda size: masked(frames.Opcode.TEXT, b"\xc3\xa9" * (size // 2)),
    "pings": lambda size: masked(frames.Opcode.PING, b"") * (size // 6),
    "frames after 101": lambda size: UPGRADED + b"\x81\x01a" * (size // 3),
    "compressed": lambda size: (
        UPGRADED + (b"\xc1\x07" + zlib.compress(b"a")[2:-4] + b"\0\0\0\0") * (size // 9)
    ),
    "continuations": lambda size: UPGRADED + b"\x01\x01a" + b"\x00\x00" * (size // 2),
}
BYTE_READERS: dict[str, Callable[[bytes], object]] = {
    "request head": handshake.parse_request,
    "response head": handshake.parse_response,
    "whole request head": lambda data: handshake.parse_request(data + heads.HEAD_END),
    "head, 2 bytes at a time": lambda data: [
        reader.feed(piece) for reader in [heads.HeadReader()] for piece in slices(data, 2)
    ],
    "Host, 7 bytes at a time": lambda data: [
        finder.feed(piece) for finder in [hosts.HostFinder()] for piece in slices(data, 7)
    ],
    "requests": lambda data: http(data, requests=True),
    "responses": lambda data: http(data, requests=False),
    "requests, 3 bytes at a time": lambda data: http(data, requests=True, size=3),
    "messages": lambda data: feed_messages(data, 4_096),
    "messages, 3 bytes at a time": lambda data: feed_messages(data, 3),
    "deflate": inflate,
    "recording of a client": lambda data: session(data, CLIENT_TO_SERVER),
    "recording of a server": session,
    "conversation": lambda data: [
        list(talk.read(SERVER_TO_CLIENT, piece))
        for talk in [reading.Conversation()]
        for piece in slices(data, 100)
    ],
    "message in a binary frame": lambda data: schema.read(data, TYPES),
}


@pytest.mark.parametrize("name", BYTE_READERS)
def test_a_reader_of_bytes_works_linearly(name: str) -> None:
    work = BYTE_READERS[name]
    for kind, make in BYTES.items():
        check_growth(work, kind, make)


IMPORTED = [
    bodies,
    deflate,
    engineio,
    frames,
    handshake,
    heads,
    hosts,
    messages,
    packets,
    quoting,
    reading,
    socketio,
    strict_json,
    wording,
]


def test_every_module_of_the_wire_has_its_readers_here() -> None:
    """A new one belongs into the tables, unless no stranger's bytes reach it."""
    known = {module.__name__.rpartition(".")[2] for module in IMPORTED}
    known |= {"socketio_reader", "transcript"}
    reached_by_others = {"attachments", "codes"}  # by packets of Socket.IO; no reader
    modules = {path.stem for path in (ROOT / "helpers" / "wire").glob("*.py")} - {"__init__"}
    assert modules == known | reached_by_others


def test_quadratic_work_is_seen() -> None:
    quadratic = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
    attack = '"' + '\\"' * (LONG // 2)
    with pytest.raises(pytest.fail.Exception, match="s for 8,192"):
        check_growth(lambda text: quadratic.sub("", text), "", lambda size: attack[: size // 4])

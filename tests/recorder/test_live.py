"""The live page gets everything that is recorded, history first, and holds nobody up."""

import asyncio
import contextlib
import http.client
import json
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import websockets
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.server import ServerConnection

from helpers.recorder import live as live_module
from helpers.recorder.live import Live, to_json
from helpers.recorder.tap import Tap, tap
from helpers.wire.transcript import Entry, Follower, entries
from tests.pictures.samples import Recorder, polled, socketio
from tests.wire.test_transcript import ANSWER, REQUEST, client, recorded

DEADLINE_S = 10


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    threads = set(threading.enumerate())
    yield
    assert set(threading.enumerate()) <= threads


async def echo(websocket: ServerConnection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        async for message in websocket:
            await websocket.send(message)


@contextlib.asynccontextmanager
async def tapped() -> AsyncIterator[Tap]:
    async with websockets.serve(echo, "127.0.0.1", 0, compression=None) as server:
        with tap(f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws") as wire:
            yield wire


def viewer(live: Live, **options: Any) -> websockets.connect:
    return websockets.connect(f"ws://127.0.0.1:{live.port}/ws", **options)


async def view(
    viewer: ClientConnection, count: int, seen: list[dict[str, Any]] | None = None
) -> list[dict[str, Any]]:
    """Read until so many entries are there; a new start voids those before."""
    seen = [] if seen is None else seen
    async with asyncio.timeout(DEADLINE_S):
        while len(seen) < count:
            message = json.loads(await viewer.recv())
            if "start" in message:
                seen.clear()
            seen += message.get("entries", [])
    return seen


async def test_history_comes_first_and_then_what_comes() -> None:
    async with tapped() as wire, websockets.connect(wire.url) as websocket:
        await websocket.send("before")
        await websocket.recv()
        live = wire.live()
        assert wire.live() is live
        async with viewer(live) as first, viewer(live) as second:
            assert json.loads(await first.recv()) == {"start": wire.name}
            seen = await view(first, 5)
            await websocket.send("after")
            await websocket.recv()
            seen = await view(first, 7, seen)
            assert [e["message"] for e in seen[3:]] == ["before"] * 2 + ["after"] * 2
            assert [e["number"] for e in seen] == list(range(1, 8))
            assert seen == await view(second, 7)
            assert seen == [to_json(entry) for entry in wire.entries()]
            assert json.loads(json.dumps(seen)) == seen


async def test_clear_begins_anew() -> None:
    async with (
        tapped() as wire,
        viewer(wire.live()) as seeing,
        websockets.connect(wire.url) as websocket,
    ):
        await view(seeing, 3)
        wire.clear()
        assert json.loads(await seeing.recv()) == {"start": wire.name}  # before anything new
        await websocket.send("new")
        await websocket.recv()
        assert [e["message"] for e in await view(seeing, 2)] == ["new", "new"]


async def test_where_nothing_happens_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    class Counted(Follower):
        calls = 0

        def new(self, at_most: int | None = None) -> list[Entry] | None:
            Counted.calls += 1
            return super().new(at_most)

    monkeypatch.setattr(live_module, "Follower", Counted)

    async with tapped() as wire, viewer(wire.live()) as seeing:
        async with websockets.connect(wire.url):
            await view(seeing, 3)
        await wire.closed()
        async with viewer(wire.live()) as late:
            await view(late, 3)
            before = Counted.calls
            for _ in range(20):  # turns of the relay's loop, in which a viewer could spin
                await (await late.ping())
            assert Counted.calls <= before + 2


async def test_a_viewer_that_does_not_read_holds_nobody_up() -> None:
    async with (
        tapped() as wire,
        websockets.connect(wire.url) as websocket,
        viewer(wire.live(), max_queue=1) as slow,
        viewer(wire.live()) as quick,
    ):
        for number in range(1_000):
            await websocket.send(f"{number}".ljust(400, "."))
            await websocket.recv()
        assert len(await view(quick, 2_003)) == 2_003
        assert len(await view(slow, 2_003)) == 2_003


async def test_a_viewer_too_many_is_told_so_and_room_comes_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(live_module, "VIEWERS", 2)

    async with tapped() as wire, contextlib.AsyncExitStack() as stack:
        live = wire.live()
        first = await stack.enter_async_context(viewer(live))
        await stack.enter_async_context(viewer(live))
        async with viewer(live) as third:
            with pytest.raises(websockets.ConnectionClosedError, match="at most 2 viewers"):
                await third.recv()
            assert third.close_code == 1013
        await first.close()
        async with asyncio.timeout(DEADLINE_S):
            while True:
                async with viewer(live) as again:
                    with contextlib.suppress(websockets.ConnectionClosedError):
                        await again.recv()
                        return


async def test_a_viewer_who_left_is_no_longer_told_of_changes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each of them would cost the relay a call for every chunk, for good."""
    told = list[object]()
    watch = Tap._watch

    def watched(wire: Tap, changed: Callable[[], object]) -> Callable[[], object]:
        told.append(changed)
        forget = watch(wire, changed)

        def forgotten() -> object:
            told.remove(changed)
            return forget()

        return forgotten

    monkeypatch.setattr(Tap, "_watch", watched)
    async with tapped() as wire:
        for _ in range(3):
            async with viewer(wire.live()) as one:
                await one.recv()
        wire.live()
    assert told == []


async def test_a_viewer_that_says_too_much_is_closed() -> None:
    async with tapped() as wire, viewer(wire.live()) as loud:
        await loud.send("x" * 2_000)
        with pytest.raises(websockets.ConnectionClosedError):
            await view(loud, 1)
        assert loud.close_code == 1009


async def test_only_its_own_page_gets_the_recording() -> None:
    async with tapped() as wire:
        live = wire.live()
        async with viewer(live, origin=live.page_url.rstrip("/")) as own:
            assert json.loads(await own.recv()) == {"start": wire.name}
        for foreign in ("https://evil.example", "null", ""):
            headers = {"Origin": foreign}
            with pytest.raises(websockets.InvalidStatus) as caught:
                await viewer(live, additional_headers=headers)
            assert caught.value.response.status_code == 403


def test_the_page_and_its_files_are_served() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        with tap(f"ws://127.0.0.1:{server.getsockname()[1]}/") as wire:
            live = wire.live()
            assert repr(live) == f"<live page of {wire.name} at {live.page_url}>"
            browser = http.client.HTTPConnection("127.0.0.1", live.port, timeout=DEADLINE_S)
            got = {}
            for path in ("/", "/live/page.js", "/shared/base.css", "/../tap.py", "/healthz"):
                browser.request("GET", path)
                response = browser.getresponse()
                got[path] = (response.status, response.headers["Content-Type"].split(";")[0])
                response.read()
            browser.close()
        assert repr(live) == f"<live page of {wire.name} stopped>"
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", live.port), timeout=DEADLINE_S)
    assert got == {
        "/": (200, "text/html"),
        "/live/page.js": (200, "text/javascript"),
        "/shared/base.css": (200, "text/css"),
        "/../tap.py": (404, "text/plain"),
        "/healthz": (200, "application/json"),
    }


def test_an_entry_for_the_page_is_bounded_and_names_the_header_fields() -> None:
    found = entries(recorded(("c", REQUEST), ("s", ANSWER), ("c", client(b"x" * 70_000))))
    request, _, frame = (to_json(entry) for entry in found)
    assert request["fields"][0] == ["Host", "127.0.0.1:8765"]
    assert frame["fields"] == [
        ["FIN", "1"],
        ["RSV1", "0"],
        ["opcode", "1 · text"],
        ["MASK", "1"],
        ["payload length", "70,000 bytes"],
        ["masking key", "37 fa 21 3d"],
    ]
    assert frame["hex"].startswith("81ff0000000000011170" + "37fa213d")
    assert (len(frame["hex"]), frame["size"]) == (1_024, 70_014)
    assert len(frame["message"]) == 2_000
    assert frame["opcode"] == "text"


async def test_the_page_of_a_stopped_tap_lets_its_viewers_go() -> None:
    async with tapped() as wire, viewer(wire.live()) as seeing:
        stopping = asyncio.to_thread(wire.stop)
        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.gather(stopping, view(seeing, 9))
        assert seeing.close_code == 1001


def test_an_entry_tells_its_session_and_its_packets() -> None:
    got = [to_json(entry) for entry in entries(socketio())]
    assert [(e["session"], e["packets"]) for e in got if e["packets"]][-2:] == [
        (1, ['Socket.IO event "chat"("hi") · id 1']),
        (1, ['Socket.IO ack({"sid": "mine"}) · id 1']),
    ]
    recorder = Recorder()
    polled(1, recorder, b"\x1e".join([b"4x" + b"y" * 3_000] + [b"2"] * 40))
    answered = to_json(entries(recorder.transcript)[2])
    assert (len(answered["packets"]), answered["more_packets"]) == (20, 21)
    assert max(map(len, answered["packets"])) < 500


HANDSHAKE = (
    "GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def deaf_viewer(live: Live) -> socket.socket:
    """A viewer that has connected, and reads nothing from then on."""
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    sock.settimeout(DEADLINE_S)
    sock.connect(("127.0.0.1", live.port))
    sock.sendall(HANDSHAKE.encode())
    assert sock.recv(12) == b"HTTP/1.1 101"
    return sock


async def becomes(condition: Callable[[], object]) -> None:
    """Wait until something holds that no event tells."""
    loop = asyncio.get_running_loop()
    ends = loop.time() + DEADLINE_S
    while not condition():
        assert loop.time() < ends
        await asyncio.sleep(0)


def waiting_bytes(live: Live) -> int:
    return sum(transport.get_write_buffer_size() for transport in tuple(live._transports))


@pytest.mark.parametrize("deaf", [True, False], ids=["reads nothing", "asks for nothing"])
async def test_a_viewer_that_is_stuck_holds_up_no_end(deaf: bool) -> None:
    async with tapped() as wire, websockets.connect(wire.url, compression=None) as websocket:
        live = wire.live()
        for _ in range(50):
            for _ in range(40):
                await websocket.send("x" * 2_000)
            for _ in range(40):
                await websocket.recv()
        if deaf:
            stuck = deaf_viewer(live)
            await becomes(lambda: waiting_bytes(live))
        else:
            stuck = socket.create_connection(("127.0.0.1", live.port))
            await becomes(lambda: live._transports)
        with stuck:
            began_s = asyncio.get_running_loop().time()
            await asyncio.to_thread(wire.stop)
            took_s = asyncio.get_running_loop().time() - began_s
        assert took_s < live_module.LEAVE_S + 2 * live_module.ABORT_S + 1
        assert live._transports == set()


async def test_pings_of_a_viewer_that_reads_nothing_are_not_read_either() -> None:
    async with tapped() as wire:
        live = wire.live()
        with deaf_viewer(live) as deaf:
            pings = (b"\x89\xfd" + bytes(4) + bytes(125)) * 1_000
            deaf.settimeout(1)
            sent = 0
            with contextlib.suppress(TimeoutError):
                while sent < 64 * 2**20:
                    sent += await asyncio.to_thread(deaf.send, pings)
            assert sent < 64 * 2**20
            assert waiting_bytes(live) < live_module.WAITING_BYTES + 2**19


# --- faults as buttons --------------------------------------------------------------------------


@contextlib.asynccontextmanager
async def page_of(live: Live) -> AsyncIterator[ClientConnection]:
    """What the page in a browser is to the tap: a viewer with the page's own `Origin`."""
    async with viewer(live, origin=live.page_url.rstrip("/")) as page:
        yield page


async def ask(page: ClientConnection, **command: object) -> None:
    await page.send(json.dumps(command))


async def told(page: ClientConnection, key: str) -> Any:
    """Read until a message with this key arrives, and return what it holds."""
    async with asyncio.timeout(DEADLINE_S):
        while key not in (message := json.loads(await page.recv())):
            pass
    return message[key]


WELL = {"cut": False, "frozen": False, "delay_ms": 0}


def marks(wire: Tap) -> list[str]:
    return [e.text for e in wire.entries() if e.kind == "mark" and e.connection is None]


async def test_a_page_sets_each_fault_and_hears_which_are_on() -> None:
    async with tapped() as wire, page_of(wire.live()) as page, viewer(wire.live()) as other:
        for one in (page, other):
            assert await told(one, "faults") == WELL
        for command, after in (
            ({"type": "freeze"}, WELL | {"frozen": True}),
            ({"type": "delay", "ms": 250}, WELL | {"frozen": True, "delay_ms": 250}),
            ({"type": "cut"}, {"cut": True, "frozen": True, "delay_ms": 250}),
            ({"type": "heal"}, WELL),
        ):
            await ask(page, **command)
            assert await told(page, "faults") == after
            assert await told(other, "faults") == after
        assert marks(wire) == ["frozen", "delayed 250 ms", "cut", "healed"]


async def test_a_page_hears_of_faults_that_a_cell_sets() -> None:
    async with tapped() as wire:
        wire.delay(12.5)
        async with page_of(wire.live()) as page:
            assert await told(page, "faults") == WELL | {"delay_ms": 12.5}
            await asyncio.to_thread(wire.heal)
            assert await told(page, "faults") == WELL
            await asyncio.to_thread(wire.cut)
            assert await told(page, "faults") == WELL | {"cut": True}


async def test_a_page_does_to_a_client_what_a_cell_does() -> None:
    async with tapped() as wire, page_of(wire.live()) as page:
        await told(page, "faults")
        async with websockets.connect(wire.url) as websocket:
            await ask(page, type="freeze")
            assert (await told(page, "faults"))["frozen"]
            await websocket.send("held")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(websocket.recv(), 0.1)
            await ask(page, type="heal")
            assert await told(page, "faults") == WELL
            assert await asyncio.wait_for(websocket.recv(), DEADLINE_S) == "held"
            await ask(page, type="cut")
            assert (await told(page, "faults"))["cut"]
            with pytest.raises(websockets.ConnectionClosedError):
                await asyncio.wait_for(websocket.recv(), DEADLINE_S)
        with pytest.raises(ConnectionRefusedError):
            await websockets.connect(wire.url)
        await ask(page, type="heal")
        assert await told(page, "faults") == WELL
        async with websockets.connect(wire.url) as again:
            await again.send("hi")
            assert await again.recv() == "hi"


BAD_COMMANDS: dict[str | bytes, str] = {
    "nonsense": "bad_json",
    b"\xff\xfe": "bad_json",
    "[" * 1_000: "bad_json",
    "7": "bad_message",
    '{"type": "dance"}': "unknown_type",
    '{"type": ["cut"]}': "unknown_type",
    '{"type": "stop"}': "unknown_type",
    '{"type": "cut", "who": 1}': "bad_field",
    '{"type": "delay"}': "bad_field",
    '{"type": "delay", "ms": -1}': "bad_field",
    '{"type": "delay", "ms": 60001}': "bad_field",
    '{"type": "delay", "ms": "500"}': "bad_field",
    '{"type": "delay", "ms": true}': "bad_field",
    '{"type": "delay", "ms": 1e999}': "bad_field",
    '{"type": "delay", "ms": NaN}': "bad_field",
}


async def test_malformed_commands_cost_nothing() -> None:
    async with (
        tapped() as wire,
        page_of(wire.live()) as page,
        websockets.connect(wire.url) as websocket,
    ):
        for raw, code in BAD_COMMANDS.items():
            await page.send(raw)
            assert await told(page, "code") == code, raw
        await websocket.send("still here")
        assert await websocket.recv() == "still here"
        assert marks(wire) == []
        await ask(page, type="freeze")
        assert await told(page, "faults") == WELL | {"frozen": True}


async def test_a_program_that_watches_sets_no_fault() -> None:
    async with tapped() as wire, viewer(wire.live()) as program:
        await ask(program, type="cut")
        assert await told(program, "code") == "not_the_page"
        assert marks(wire) == []


@pytest.mark.parametrize(
    ("host", "origin", "status"),
    [
        ("127.0.0.1:{port}", "http://evil.example", 403),
        ("127.0.0.1:{port}", "http://127.0.0.1:{other}", 403),
        ("127.0.0.1:{port}", "null", 403),
        ("evil.example:{port}", "http://evil.example:{port}", 421),
    ],
)
async def test_a_foreign_page_is_not_even_let_in(host: str, origin: str, status: int) -> None:
    async with tapped() as wire:
        port, other = wire.live().port, wire.port
        headers = {"Origin": origin.format(port=port, other=other)}
        with pytest.raises(websockets.InvalidStatus) as caught:
            await websockets.connect(
                f"ws://{host.format(port=port)}/ws",
                host="127.0.0.1",
                port=port,
                additional_headers=headers,
            )
        assert caught.value.response.status_code == status
        assert marks(wire) == []


async def test_a_page_that_asks_on_and_on_is_slowed_down_and_then_closed() -> None:
    async with tapped() as wire, page_of(wire.live()) as page:

        async def flood() -> None:
            for _ in range(1_000):
                await ask(page, type="freeze")

        with pytest.raises(websockets.ConnectionClosed):
            await asyncio.gather(flood(), told(page, "no such key"))
        assert page.close_code == 1008
        assert 20 <= len(marks(wire)) < 100


async def test_a_tap_that_is_stopped_cannot_be_healed_any_more() -> None:
    async with tapped() as wire:
        wire.stop()
        for change in (wire._relay.cut, wire._relay.heal, wire._relay.freeze):
            await wire._relay.fault(change)
        assert marks(wire) == ["stopped"]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", wire.port), timeout=DEADLINE_S)

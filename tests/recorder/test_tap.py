"""A tap changes nothing, misses nothing, and breaks the network only when it is told to."""

import asyncio
import contextlib
import gc
import hashlib
import http.client
import os
import socket
import struct
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest
import websockets
from websockets.asyncio.server import ServerConnection

from helpers import launcher
from helpers.launcher import launch
from helpers.recorder.relay import bind
from helpers.recorder.tap import Tap, tap
from helpers.wire.transcript import CLIENT_TO_SERVER, SERVER_TO_CLIENT, Chunk, Mark

MIB = 2**20
DEADLINE_S = 10


@pytest.fixture(autouse=True)
def nothing_is_left() -> Iterator[None]:
    """No thread, no open socket and no registration outlives a test."""
    threads = set(threading.enumerate())
    yield
    gc.collect()  # a socket that nobody closed warns here, and warnings are errors
    assert set(threading.enumerate()) <= threads
    assert "tap" not in repr(launcher.running())


class RawServer:
    """A TCP server in a thread that does with each connection what it is told."""

    def __init__(self, serve) -> None:
        self.serve = serve
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"ws://127.0.0.1:{self.listener.getsockname()[1]}/ws"
        self.threads: list[threading.Thread] = []
        self.accepting = threading.Thread(target=self.accept)
        self.accepting.start()

    def accept(self) -> None:
        while True:
            connection, _ = self.listener.accept()
            if self.listener.fileno() < 0 or self.ended:
                connection.close()
                return
            thread = threading.Thread(target=self.one, args=[connection])
            self.threads.append(thread)
            thread.start()

    ended = False

    def one(self, connection: socket.socket) -> None:
        connection.settimeout(DEADLINE_S)
        with connection, contextlib.suppress(ConnectionError):
            self.serve(connection)

    def __enter__(self) -> "RawServer":
        return self

    def __exit__(self, *exception: object) -> None:
        self.ended = True
        with contextlib.suppress(OSError):
            socket.create_connection(self.listener.getsockname(), timeout=DEADLINE_S).close()
        self.accepting.join(DEADLINE_S)
        self.listener.close()
        for thread in self.threads:
            thread.join(DEADLINE_S)


def echo(connection: socket.socket) -> None:
    while data := connection.recv(65_536):
        connection.sendall(data)


def connect(wire: Tap) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", wire.port), timeout=DEADLINE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return sock


def receive(sock: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size and (more := sock.recv(size - len(data))):
        data += more
    return data


def reset(sock: socket.socket) -> None:
    sock.setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("hh" if os.name == "nt" else "ii", 1, 0)
    )
    sock.close()


def marks(wire: Tap) -> list[str]:
    return [entry.text for entry in wire.entries() if entry.kind == "mark"]


@pytest.fixture
def wire() -> Iterator[Tap]:
    """A tap of a server that echoes bytes."""
    with RawServer(echo) as server, tap(server.url) as wire:
        yield wire


# --- passing on -----------------------------------------------------------------------------


@pytest.mark.parametrize("to_server", [True, False])
def test_10_mib_pass_unchanged(to_server: bool) -> None:
    data = os.urandom(10 * MIB)
    got: list[bytes] = []

    def serve(connection: socket.socket) -> None:
        if to_server:
            got.append(receive(connection, len(data)))
        else:
            connection.sendall(data)

    with RawServer(serve) as server, tap(server.url) as wire:
        with connect(wire) as sock:
            if to_server:
                sock.sendall(data)
                assert sock.recv(1) == b""
            else:
                got.append(receive(sock, len(data)))
        recorded = wire.transcript.bytes(CLIENT_TO_SERVER if to_server else SERVER_TO_CLIENT)
    assert hashlib.sha256(got[0]).digest() == hashlib.sha256(data).digest()
    assert recorded == data


def test_50_connections_at_once_are_numbered_in_order_of_arrival(wire: Tap) -> None:
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(connect(wire)) for _ in range(50)]
        for number, sock in reversed(list(enumerate(socks, 1))):
            sock.sendall(b"connection %d" % number)
        for number, sock in enumerate(socks, 1):
            expected = b"connection %d" % number
            assert receive(sock, len(expected)) == expected
        transcript = wire.transcript
        for number in range(1, 51):
            assert transcript.bytes(SERVER_TO_CLIENT, number) == b"connection %d" % number
        assert repr(wire) == f"<tap of {wire.name} at {wire.url}: 50 connections>"


def test_half_close_is_passed_on_and_the_other_direction_goes_on() -> None:
    def serve(connection: socket.socket) -> None:
        asked = b""
        while more := connection.recv(100):
            asked += more
        connection.sendall(b"you said " + asked)

    with RawServer(serve) as server, tap(server.url) as wire:
        with connect(wire) as sock:
            sock.sendall(b"all of it")
            sock.shutdown(socket.SHUT_WR)
            assert receive(sock, 100) == b"you said all of it"
        assert marks(wire) == ["opened", "closed by client"]


def test_the_end_of_the_server_is_passed_on() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"bye")

    with RawServer(serve) as server, tap(server.url) as wire:
        with connect(wire) as sock:
            assert receive(sock, 100) == b"bye"
        assert marks(wire) == ["opened", "closed by server"]


def test_a_reset_of_the_client_is_a_reset_for_the_server() -> None:
    seen = threading.Event()

    def serve(connection: socket.socket) -> None:
        try:
            connection.sendall(b"hi")
            while connection.recv(100):
                pass
        except ConnectionResetError:
            seen.set()

    with RawServer(serve) as server, tap(server.url) as wire:
        sock = connect(wire)
        assert receive(sock, 2) == b"hi"
        reset(sock)
        assert seen.wait(DEADLINE_S)
        assert marks(wire) == ["opened", "reset by client"]


def test_a_reset_of_the_server_is_a_reset_for_the_client_after_its_last_bytes() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"last words")
        assert connection.recv(1) == b"?"
        reset(connection)

    with RawServer(serve) as server, tap(server.url) as wire:
        with connect(wire) as sock:
            assert receive(sock, 10) == b"last words"
            sock.sendall(b"?")
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
        assert marks(wire) == ["opened", "reset by server"]


def test_nobody_listens_behind_the_tap() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        url = f"ws://127.0.0.1:{gone.getsockname()[1]}/"
    with tap(url) as wire:
        # The reset may be quicker than the client's own side of connecting.
        with pytest.raises(ConnectionResetError), connect(wire) as sock:
            sock.recv(1)
        assert marks(wire) == ["opened", f"refused: nothing listens on {wire.name}"]


def test_a_slow_reader_slows_the_sender_and_memory_stays_bounded() -> None:
    read_on = threading.Event()

    def serve(connection: socket.socket) -> None:
        assert read_on.wait(DEADLINE_S)
        while connection.recv(MIB):
            pass

    with RawServer(serve) as server, tap(server.url) as wire, connect(wire) as sock:
        sock.settimeout(0.5)
        with pytest.raises(TimeoutError):
            sock.sendall(b"x" * 64 * MIB)
        assert len(wire.transcript.bytes(CLIENT_TO_SERVER)) < 64 * MIB
        (connection,) = wire._relay.connections
        direction = connection.directions[0]
        assert MIB <= direction._held_bytes <= MIB + 65_536
        assert sum(len(data) for _, data in direction._held) == direction._held_bytes
        read_on.set()


def test_a_recording_that_is_full_says_so_and_the_bytes_go_on(wire: Tap) -> None:
    wire._transcript.limit_bytes = MIB
    data = os.urandom(3 * MIB)
    with connect(wire) as sock:
        sender = threading.Thread(target=sock.sendall, args=[data])
        sender.start()
        assert receive(sock, len(data)) == data
        sender.join(DEADLINE_S)
    assert [m for m in marks(wire) if m.startswith("recording full")] == [
        "recording full at 1,048,576 bytes: what follows is not kept"
    ]
    assert sum(len(i.data) for i in wire.transcript.items() if isinstance(i, Chunk)) <= MIB


# --- recording ------------------------------------------------------------------------------


def test_whatever_was_sent_before_is_in_the_transcript_200_times_in_a_row(wire: Tap) -> None:
    with connect(wire) as sock:
        for number in range(1, 201):
            sock.sendall(b"%03d" % number)
            assert wire.transcript.bytes(CLIENT_TO_SERVER)[-3:] == b"%03d" % number


def test_a_connection_that_was_just_opened_and_closed_is_in_the_transcript() -> None:
    with RawServer(drain) as server, tap(server.url) as wire:
        for number in range(1, 51):
            with connect(wire) as sock:
                sock.sendall(b"x")
            assert wire.transcript.bytes(CLIENT_TO_SERVER, number) == b"x"
            assert marks(wire)[-1] == "closed by client"


def test_what_the_other_side_got_was_recorded_first(wire: Tap) -> None:
    with connect(wire) as sock:
        for size in (1, 1_000, 65_536, 300_000):
            before = len(wire._transcript.bytes(SERVER_TO_CLIENT))
            sock.sendall(b"x" * size)
            receive(sock, size)
            # No settling: what has come back is there already.
            assert len(wire._transcript.bytes(SERVER_TO_CLIENT)) == before + size


def test_what_the_relay_has_not_read_yet_is_seen(wire: Tap) -> None:
    async def after(act: Callable[[], object]) -> bool:
        act()  # on the relay's own loop, which cannot read meanwhile
        return wire._relay._unread()

    with connect(wire) as sock:
        wire.transcript  # noqa: B018
        assert not wire._background.call(after(lambda: None))
        assert wire._background.call(after(lambda: sock.sendall(b"x")))
        assert receive(sock, 1) == b"x"
        assert wire._background.call(after(lambda: connect(wire).close()))


def test_settling_on_a_wire_that_is_never_quiet_ends() -> None:
    def serve(connection: socket.socket) -> None:
        while True:
            connection.sendall(b"x" * 1_000)

    with RawServer(serve) as server, tap(server.url) as wire, connect(wire) as sock:
        reading = threading.Thread(target=drain, args=[sock])
        reading.start()
        assert len(wire.transcript) > 0  # comes back at all
        wire.cut()
        reading.join(DEADLINE_S)


def drain(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while sock.recv(MIB):
            pass


def test_clear_forgets_what_was_sent_before(wire: Tap) -> None:
    with connect(wire) as sock:
        sock.sendall(b"GET / HTTP/1.1\r\n")
        wire.clear()
        sock.sendall(b"Host: h\r\n\r\n")
        assert [e.text for e in wire.entries() if e.direction == CLIENT_TO_SERVER] == [
            "GET / HTTP/1.1"
        ]


def test_a_stopped_tap_keeps_its_recording(wire: Tap) -> None:
    with connect(wire) as sock:
        sock.sendall(b"kept")
        assert receive(sock, 4) == b"kept"
        wire.stop()
        assert sock.recv(1) == b""
    assert wire.transcript.bytes(CLIENT_TO_SERVER) == b"kept"
    assert marks(wire) == ["opened", "stopped"]
    assert repr(wire) == f"<tap of {wire.name}, stopped>"
    wire.stop()
    for change in (wire.cut, wire.heal, wire.clear, wire.live):
        with pytest.raises(RuntimeError, match=r"is stopped; run the cell with tap\(\) again"):
            change()
    with pytest.raises(ConnectionRefusedError):
        connect(wire)


# --- websockets and browsers ----------------------------------------------------------------


async def handler(websocket: ServerConnection) -> None:
    with contextlib.suppress(websockets.ConnectionClosed):
        async for message in websocket:
            await websocket.send(message)


@contextlib.asynccontextmanager
async def tapped(**options: object) -> AsyncIterator[Tap]:
    """A tap of a WebSocket server on the test's own loop, as in a kernel."""
    async with websockets.serve(handler, "127.0.0.1", 0, **options) as server:  # type: ignore[arg-type]
        port = server.sockets[0].getsockname()[1]
        with tap(f"ws://127.0.0.1:{port}/ws?room=1") as wire:
            yield wire


def test_a_session_with_websockets_reads_as_what_it_was() -> None:
    async def session() -> list[str]:
        async with tapped(compression=None) as wire:
            assert wire.url == f"ws://127.0.0.1:{wire.port}/ws?room=1"
            async with websockets.connect(wire.url) as websocket:
                await websocket.send("Hello")
                assert await websocket.recv() == "Hello"
                await (await websocket.ping())
            await wire.closed()
            return [entry.text for entry in wire.entries()]

    assert asyncio.run(session()) == [
        "opened",
        "GET /ws?room=1 HTTP/1.1",
        "101 Switching Protocols",
        'text "Hello" · 5 bytes · masked',
        'text "Hello" · 5 bytes · unmasked',
        "ping · 4 bytes · masked",
        "pong · 4 bytes · unmasked",
        "close 1000 (normal closure) · 2 bytes · masked",
        "close 1000 (normal closure) · 2 bytes · unmasked",
        "closed by server",
    ]


def test_the_entries_of_sequential_exchanges_are_the_same_every_time() -> None:
    async def session() -> tuple[str, ...]:
        async with tapped() as wire:
            for text in ("Hello", "again"):
                async with websockets.connect(wire.url) as websocket:
                    await websocket.send(text)
                    await websocket.recv()
            return tuple(entry.text for entry in wire.entries())

    assert len({asyncio.run(session()) for _ in range(10)}) == 1


def test_a_browser_gets_the_servers_page_through_the_tap() -> None:
    with launch("echo") as server, tap(server) as wire:
        assert wire.name == "echo"
        assert wire.page_url == f"http://127.0.0.1:{wire.port}/"
        browser = http.client.HTTPConnection("127.0.0.1", wire.port, timeout=DEADLINE_S)
        for path in ("/", "/shared/base.css", "/none"):
            browser.request("GET", path)
            body = browser.getresponse().read()
            assert body
        browser.close()
        texts = [e.text for e in wire.entries() if e.kind in ("request", "response")]
        assert texts[0] == "GET / HTTP/1.1"
        assert texts[1].startswith("200 OK · text/html · ")
        assert texts[3].startswith("200 OK · text/css · ")
        assert texts[5].startswith("404 Not Found · ")

        async def page(origin: str) -> int:
            try:
                async with websockets.connect(wire.url, origin=origin):  # type: ignore[arg-type]
                    return 101
            except websockets.InvalidStatus as error:
                return error.response.status_code

        # Host and Origin go through unchanged, so the page's own socket is welcome.
        assert asyncio.run(page(wire.page_url.rstrip("/"))) == 101
        assert asyncio.run(page("https://evil.example")) == 403


# --- faults ---------------------------------------------------------------------------------


def test_cut_resets_connections_and_refuses_new_ones_until_heal(wire: Tap) -> None:
    with connect(wire) as first, connect(wire) as second:
        first.sendall(b"before")
        assert receive(first, 6) == b"before"
        wire.cut()
        for sock in (first, second):
            with pytest.raises(ConnectionResetError):
                sock.recv(1)
    for _ in range(2):
        with pytest.raises(ConnectionRefusedError):
            connect(wire)
    wire.cut()  # twice does no harm
    wire.heal()
    with connect(wire) as sock:
        sock.sendall(b"after")
        assert receive(sock, 5) == b"after"
    assert marks(wire) == [
        "opened", "opened", "cut", "cut", "healed", "opened", "closed by client",
    ]  # fmt: skip


def test_freeze_holds_everything_and_heal_lets_it_flow_in_order(wire: Tap) -> None:
    with connect(wire) as sock:
        sock.sendall(b"1")
        assert receive(sock, 1) == b"1"
        wire.freeze()
        sock.sendall(b"2")
        sock.sendall(b"3")
        with connect(wire) as late:  # the connection is accepted, and that is all
            late.sendall(b"late")
            for silent in (sock, late):
                silent.settimeout(0.1)
                with pytest.raises(TimeoutError):
                    silent.recv(1)
                silent.settimeout(DEADLINE_S)
            # What was sent is recorded when it comes, what was held arrives after heal.
            assert wire.transcript.bytes(CLIENT_TO_SERVER) == b"123late"
            assert wire.transcript.bytes(SERVER_TO_CLIENT) == b"1"
            wire.heal()
            assert receive(sock, 2) == b"23"
            assert receive(late, 4) == b"late"


def test_what_ends_while_frozen_ends_after_heal(wire: Tap) -> None:
    with connect(wire) as sock:
        wire.freeze()
        sock.sendall(b"last")
        sock.shutdown(socket.SHUT_WR)
        assert marks(wire) == ["opened", "frozen", "closed by client"]
        wire.heal()
        assert receive(sock, 9) == b"last"


def test_a_reset_while_frozen_is_passed_on_after_heal() -> None:
    seen = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(b"hi")
        try:
            connection.recv(1)
        except ConnectionResetError:
            seen.set()

    with RawServer(serve) as server, tap(server.url) as wire:
        sock = connect(wire)
        assert receive(sock, 2) == b"hi"
        wire.freeze()
        reset(sock)
        assert marks(wire) == ["opened", "frozen", "reset by client"]
        assert not seen.is_set()
        wire.heal()
        assert seen.wait(DEADLINE_S)


def test_delay_comes_each_way_keeps_order_and_ends_with_heal(wire: Tap) -> None:
    with connect(wire) as sock:
        wire.delay(60)
        started = time.monotonic()
        for number in range(50):
            sock.sendall(b"%02d" % number)
        assert receive(sock, 100) == b"".join(b"%02d" % number for number in range(50))
        took = time.monotonic() - started
        assert took >= 0.12  # 60 ms each way
        wire.delay(60_000)
        sock.sendall(b"held")
        wire.heal()
        assert receive(sock, 4) == b"held"
        assert time.monotonic() - started < 60
    assert marks(wire)[1:-1] == ["delayed 60 ms", "delayed 60000 ms", "healed"]


def test_faults_work_together(wire: Tap) -> None:
    with connect(wire) as sock:
        wire.delay(30)
        wire.freeze()
        sock.sendall(b"x")
        wire.cut()
        with pytest.raises(ConnectionResetError):
            sock.recv(1)
    wire.heal()
    with connect(wire) as sock:
        sock.sendall(b"y")
        assert receive(sock, 1) == b"y"


def test_what_is_well_can_be_healed(wire: Tap) -> None:
    async def tasks() -> int:
        return len(asyncio.all_tasks())

    before = wire._background.call(tasks())
    wire.heal()
    assert wire._background.call(tasks()) == before
    with connect(wire) as sock:
        sock.sendall(b"y")
        assert receive(sock, 1) == b"y"


@pytest.mark.parametrize(
    ("ms", "error"),
    [
        (-1, "delay must be 0 to 60,000 ms, got -1"),
        (60_001, "delay must be 0 to 60,000 ms, got 60001"),
        (float("nan"), "delay must be a number of milliseconds, got nan"),
        ("200", "delay must be a number of milliseconds, got '200'"),
        (True, "delay must be a number of milliseconds, got True"),
    ],
)
def test_a_delay_that_makes_no_sense_is_refused(wire: Tap, ms: float, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        wire.delay(ms)


def test_faults_can_be_set_from_several_threads(wire: Tap) -> None:
    def change() -> None:
        for _ in range(5):
            wire.freeze()
            wire.delay(1)
            wire.cut()
            wire.heal()

    threads = [threading.Thread(target=change) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(DEADLINE_S)
    wire.heal()
    with connect(wire) as sock:
        sock.sendall(b"well")
        assert receive(sock, 4) == b"well"


# --- evidence -------------------------------------------------------------------------------


async def test_until_waits_for_what_comes() -> None:
    async with tapped() as wire, websockets.connect(wire.url) as websocket:
        waiting = asyncio.create_task(
            wire.until(lambda entries: sum(e.message == "Hello" for e in entries) == 2)
        )
        await asyncio.sleep(0)
        await websocket.send("Hello")
        await waiting
        await wire.until(lambda entries: entries[-1].message == "Hello")
        wire.clear()
        await wire.until(lambda entries: not entries)


async def test_until_tells_what_it_saw_instead() -> None:
    async with tapped() as wire:
        with pytest.raises(TimeoutError, match=r"^.* did not happen within 0 s; nothing has"):
            await wire.until(lambda entries: entries, timeout_s=0)
        async with websockets.connect(wire.url) as websocket:
            with pytest.raises(TimeoutError) as caught:
                await wire.until(lambda entries: False, timeout_s=0.05)
            assert str(caught.value) == (
                "what you wait for did not happen within 0.05 s; recorded so far:\n"
                "    1 · mark · opened\n"
                "    1 · client→server · GET /ws?room=1 HTTP/1.1\n"
                "    1 · server→client · 101 Switching Protocols"
            )
            with pytest.raises(TimeoutError, match=r"^not all connections ended within 0\.05 s;"):
                await wire.closed(timeout_s=0.05)
            assert repr(wire).endswith(": 1 connection>")
            for _ in range(11):
                await websocket.ping()
            await wire.until(lambda entries: len(entries) >= 14)
            with pytest.raises(TimeoutError, match=r"so far:\n    …\n(    1 · .+\n?){10}$"):
                await wire.until(lambda entries: False, timeout_s=0.05)
        with pytest.raises(ZeroDivisionError):
            await wire.until(lambda entries: 1 / 0)
        with pytest.raises(TypeError, match="until takes a function of the entries, got 5"):
            await wire.until(5)  # type: ignore[arg-type]


async def test_closed_waits_for_the_end_of_every_connection() -> None:
    async with tapped() as wire:
        await wire.closed()
        sockets = [await websockets.connect(wire.url) for _ in range(3)]
        waiting = asyncio.create_task(wire.closed())
        for websocket in sockets:
            await websocket.close()
        await waiting
        assert sum(e.text == "closed by server" for e in wire.entries()) == 3


# --- one tap a server -----------------------------------------------------------------------


def test_a_cell_run_twice_gives_a_fresh_tap_of_the_same_server(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with RawServer(echo) as server:
        wires = [tap(server.url) for _ in range(5)]
        assert [repr(wire).endswith("stopped>") for wire in wires] == [True] * 4 + [False]
        wires[-1].stop()
        again = tap(server.url)
        launcher.stop_all()
        assert capsys.readouterr().out == f"stopped: tap of {again.name}\n"
        assert repr(again).endswith("stopped>")


def test_a_server_launched_again_is_tapped_again() -> None:
    with launch("echo") as first:
        old = tap(first)
        with launch("echo") as second:
            with tap(second) as new:
                assert repr(old) == "<tap of echo, stopped>"
                assert repr(new) == f"<tap of echo at {new.url}>"
            with pytest.raises(launcher.LaunchError, match="the echo server is stopped"):
                tap(first)


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("wss://example.org/", r"a tap cannot read TLS, got 'wss://example.org/'"),
        ("127.0.0.1:8765", r"address must be like 'ws://127.0.0.1:8765/', got '127.0.0.1:8765'"),
        ("ws:///ws", r"address must be like"),
        ("ws://no-such-host.invalid/", r"unknown host 'no-such-host.invalid'"),
        ("ws://127.0.0.1:99999/", r"Port out of range 0-65535"),
    ],
)
def test_an_address_that_cannot_be_tapped_is_refused(address: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        tap(address)


def test_only_servers_and_addresses_can_be_tapped() -> None:
    with pytest.raises(TypeError, match="what launch returned, or an address, got 8765"):
        tap(8765)  # type: ignore[arg-type]


def test_marks_say_when() -> None:
    with RawServer(echo) as server, tap(server.url) as wire:
        wire.freeze()
        wire.heal()
        times = [item.at_s for item in wire.transcript.items() if isinstance(item, Mark)]
    assert times == sorted(times)
    assert 0 <= times[0] <= times[1] < DEADLINE_S


def test_a_port_that_is_taken_cannot_be_bound() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(OSError, match=r"in use|only one usage"),
    ):
        bind(other.getsockname()[1])

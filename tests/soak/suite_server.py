"""What the official protocol suites talk to: our Socket.IO servers, and the stock libraries.

The suites are folders of github.com/socketio/socket.io-protocol and engine.io-protocol, and none
of their code is kept here. They ask for `http://localhost:3000` and for Engine.IO's own path,
which our servers do not have. In a copy of `test-suite/`, after `npm ci`:

    sed -i 's#localhost:3000#127.0.0.1:3000#; s#/engine.io/#/socket.io/#' test-suite.js
    python -m tests.soak.suite_server socketio --port 3000 &
    npm test

`socketio` and `engineio` are assembled as our servers are, from `serving.socketio_app`;
`stock-socketio` and `stock-engineio` are the libraries alone. The suites expect `--ping-s 0.3`,
the default, and `--pong-s 0.2`.
"""

import argparse
import asyncio
import logging
import socket
from typing import Any

import engineio
import socketio
from aiohttp import web

from helpers.serving import program, socketio_app

MAX_SIZE = 1_000_000  # bytes, as the suites expect
SEGMENT_S = 0.05  # after the CONNECT packet: the suite's client misses one in the same segment
NO_LIMIT = 1e6  # events: the suites are quick, not rude
NAMESPACES = "/", "/custom"
SERVERS = "socketio", "engineio", "stock-socketio", "stock-engineio"
Options = argparse.Namespace


def add_events(sio: socketio.AsyncServer) -> None:
    """Register what the Socket.IO suite expects of a server, in both namespaces."""
    for namespace in NAMESPACES:
        add_events_of(sio, namespace)


def add_events_of(sio: socketio.AsyncServer, namespace: str) -> None:
    """Register what the suite expects of one namespace."""

    async def connect(sid: str, environ: Any, auth: Any) -> None:
        program.spawn(greet(sid, auth or {}))

    async def greet(sid: str, auth: Any) -> None:
        await asyncio.sleep(SEGMENT_S)
        await sio.emit("auth", auth, to=sid, namespace=namespace)

    async def message(sid: str, *arguments: Any) -> None:
        await sio.emit("message-back", arguments, to=sid, namespace=namespace)

    async def message_with_ack(sid: str, *arguments: Any) -> tuple[Any, ...]:
        return arguments

    sio.on("connect", connect, namespace=namespace)
    sio.on("message", message, namespace=namespace)
    sio.on("message-with-ack", message_with_ack, namespace=namespace)


def echo_messages(eio: engineio.AsyncServer) -> None:
    """Send back each message of Engine.IO, which is what its suite expects."""

    async def message(sid: str, data: str | bytes) -> None:
        await eio.send(sid, data)

    async def connect(sid: str, environ: Any) -> None:
        """Accept everybody, as an Engine.IO server does that nobody tells otherwise."""

    eio.on("connect", connect)
    eio.on("message", message)


async def ours(options: Options, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve as our servers do."""
    sio = socketio_app.make(
        max_size=MAX_SIZE,
        burst=NO_LIMIT,
        per_second=NO_LIMIT,
        ping_interval=options.ping_s,
        ping_timeout=options.pong_s,
    )
    if options.server == "engineio":
        echo_messages(sio.eio)
    else:
        add_events(sio)
    await socketio_app.serve(sio, listener, stop, server="suite", page="echo")


async def stock(options: Options, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve as the libraries do by themselves."""
    common = {"ping_interval": options.ping_s, "ping_timeout": options.pong_s}
    app = web.Application()
    if options.server == "stock-engineio":
        eio = engineio.AsyncServer(async_mode="aiohttp", async_handlers=False, **common)
        echo_messages(eio)
        eio.attach(app, "socket.io")
    else:
        sio = socketio.AsyncServer(
            async_mode="aiohttp", namespaces=[*NAMESPACES], async_handlers=False, **common
        )
        add_events(sio)
        sio.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    program.ready(listener)
    await stop.wait()
    await runner.cleanup()


async def main(options: Options, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    logging.getLogger().setLevel(logging.WARNING)
    await (stock if options.server.startswith("stock") else ours)(options, listener, stop)


if __name__ == "__main__":
    flags = program.parser(__doc__)
    flags.add_argument(
        "server", choices=["socketio", "engineio", "stock-socketio", "stock-engineio"]
    )
    flags.add_argument("--ping-s", type=float, default=0.3, help="seconds between two pings")
    flags.add_argument("--pong-s", type=float, default=0.2, help="seconds to wait for a pong")
    program.run(main, flags)

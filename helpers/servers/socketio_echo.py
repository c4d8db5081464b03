"""socketio_echo: the smallest Socket.IO server, an echo and a chat, to look at their packets.

    echo    anything   → acknowledged with the same, even bytes
    chat    text       → the event `chat` with it, to everybody, including the sender

It is the library unchanged, on every transport. Two things are for lessons alone:

- The ids of its sessions count: `id-1`, `id-2`. Elsewhere they are random, as they must
  be, because anyone who knows an id can speak in its client's place.
- `--ping-s` and `--pong-s` say how often it pings, and how long it waits for the answer.

Pages of other origins are refused with 400, the library's own answer; requests for another host
with 421.
"""

import argparse
import asyncio
import itertools
import socket

import socketio
from aiohttp import web

from helpers.serving import aiohttp_log, program, static
from helpers.serving.listener import accepting

TEXT = "socketio_echo speaks Socket.IO, at /socket.io/; it has no page\n"


def make(ping_s: float, pong_s: float) -> socketio.AsyncServer:
    """Make the server with its two events.

    Args:
        ping_s: how many seconds pass between two pings.
        pong_s: how many seconds it waits for an answer.
    """
    sio = socketio.AsyncServer(async_mode="aiohttp", ping_interval=ping_s, ping_timeout=pong_s)
    numbers = itertools.count(1)
    sio.eio.generate_id = lambda: f"id-{next(numbers)}"

    async def echo(sid: str, *data: object) -> tuple[object, ...]:
        return data

    async def chat(sid: str, text: object) -> None:
        await sio.emit("chat", text)

    sio.on("echo", echo)
    sio.on("chat", chat)
    return sio


async def healthz(request: web.Request) -> web.Response:
    """Tell the server's name."""
    return web.json_response({"server": "socketio_echo"})


async def nothing_here(request: web.Request) -> web.Response:
    """Answer a browser that asks for a page."""
    return web.Response(text=TEXT, status=200 if request.path == "/" else 404)


async def main(options: argparse.Namespace, listener: socket.socket, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    sio = make(options.ping_s, options.pong_s)
    aiohttp_log.shorten()
    app = web.Application(middlewares=[static.admit_requests()])
    sio.attach(app)
    app.add_routes([web.get("/healthz", healthz), web.get("/{path:.*}", nothing_here)])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, lingering_time=0.5)
    await runner.setup()
    async with accepting(runner, listener):
        program.ready(listener)
        await stop.wait()
        await sio.shutdown()
    await runner.cleanup()


if __name__ == "__main__":
    flags = program.parser(__doc__)
    flags.add_argument(
        "--ping-s", type=program.seconds_above_zero, default=25, help="seconds between two pings"
    )
    flags.add_argument(
        "--pong-s", type=program.seconds_above_zero, default=20, help="seconds to wait for a pong"
    )
    program.run(main, flags)

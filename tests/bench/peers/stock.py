"""A chat on python-socketio as it comes, on aiohttp, with acknowledgements."""

import asyncio
import itertools
import sys
from datetime import UTC, datetime
from typing import Any

import socketio
from aiohttp import web

sio = socketio.AsyncServer(async_mode="aiohttp")
names: dict[str, str] = {}
numbers = itertools.count(1)


@sio.event
async def connect(sid: str, environ: object, auth: dict[str, str]) -> None:
    names[sid] = auth["name"]
    sio.start_background_task(welcome, sid)


async def welcome(sid: str) -> None:
    me = {"name": names[sid], "token": "t" * 32, "people": [*names.values()], "messages": []}
    await sio.emit("welcome", me | {"more": False, "older": False}, to=sid)
    if "quiet" not in sys.argv:  # among 5,000, that alone is 12.5 million notes
        await sio.emit("joined", {"name": names[sid]}, skip_sid=sid)


@sio.event
async def say(sid: str, asked: dict[str, str]) -> dict[str, Any]:
    at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = {"seq": next(numbers), "id": asked["id"], "at": at, "from": names[sid]}
    await sio.emit("message", said | {"text": asked["text"]}, skip_sid=sid)
    return {"ok": True, "seq": said["seq"], "at": at}


@sio.event
async def disconnect(sid: str, reason: str) -> None:
    names.pop(sid, None)


async def main() -> None:
    app = web.Application()
    sio.attach(app)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, backlog=4096).start()
    print(f"listening on http://127.0.0.1:{runner.addresses[0][1]}/", flush=True)
    await asyncio.to_thread(sys.stdin.read)


asyncio.run(main())

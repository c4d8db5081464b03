"""Newcomers who cannot be let in now: they hear why, and their connection ends."""

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from helpers.servers.chat import server as chat
from helpers.servers.document import server as document
from helpers.servers.files import server as files
from helpers.serving import database, presence, program
from tests.servers.chat_client import Client, client

SERVERS: dict[str, Any] = {"chat": chat, "document": document, "files": files}
JOIN = {"chat": "join", "document": "login", "files": "join"}


@pytest.fixture(params=SERVERS)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@contextlib.asynccontextmanager
async def served(name: str, folder: Path, *flags: str) -> AsyncIterator[str]:
    """Serve in this process; give the URL."""
    options: argparse.Namespace = SERVERS[name].flags().parse_args([f"--data={folder}", *flags])
    stop = asyncio.Event()
    with program.listen("127.0.0.1", 0) as listener:
        serving = asyncio.create_task(SERVERS[name].main(options, listener, stop))
        try:
            yield f"ws://127.0.0.1:{listener.getsockname()[1]}/ws"
        finally:
            stop.set()
            await serving


async def is_told(one: Client, code: str) -> None:
    """Check that a newcomer hears a code, as an error and before the end, and is closed."""
    assert await one.code() == code
    assert (await one.until("closed"))["code"] == code
    assert await one.close_code() == 1013


async def test_a_welcome_that_cannot_be_saved_is_not_waited_for(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stores: list[database.Database] = []
    make = database.Database.__init__

    def noted(self: database.Database, *args: Any) -> None:
        make(self, *args)
        stores.append(self)

    monkeypatch.setattr(database.Database, "__init__", noted)
    async with served(name, tmp_path) as url:
        async with client(url):  # so that it serves
            (store,) = stores
        store._connection.execute("PRAGMA query_only = 1")  # as a disk that is full
        async with client(url) as one:
            await one.send(JOIN[name], name="Alice")
            await is_told(one, "not_saved")
        store._connection.execute("PRAGMA query_only = 0")
        async with client(url) as one:
            await one.send(JOIN[name], name="Alice")
            await one.until("welcome")


async def test_too_many_who_join_at_once_are_told_to_wait(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody hears of everybody: 5,000 joins would be 5,000 events for each."""
    monkeypatch.setattr(presence, "JOINS_AT_ONCE", 3)
    monkeypatch.setattr(presence, "JOINS_PER_SECOND", 0.001)
    async with (
        served(name, tmp_path, "--burst=2", "--rate=0.001") as url,
        contextlib.AsyncExitStack() as stack,
    ):
        clients = [await stack.enter_async_context(client(url)) for _ in range(5)]
        token = ""
        for number, each in enumerate(clients[:3]):
            await each.send(JOIN[name], name=f"Guest {number}")
            token = (await each.until("welcome"))["token"]
        for each in clients[3:]:
            await each.send(JOIN[name], name="One more")
            await is_told(each, "busy")
        async with client(url) as back:  # whoever has a place keeps it
            await back.send(JOIN[name], name="Guest 2", token=token)
            await back.until("welcome")

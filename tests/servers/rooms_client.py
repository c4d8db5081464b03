"""Browsers for the tests of rooms: each has one cookie, and any number of tabs."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any, NamedTuple

import aiohttp

from tests.servers.chat_client import DEADLINE_S
from tests.servers.socketio_client import Official, Python, official, python

PASSWORD = "tea and cake"
COOKIE = "rooms_session_"  # its name begins so


class Answer(NamedTuple):
    """The server's answer: the status, the JSON, and the attributes of the cookie that it sets."""

    status: int
    said: dict[str, Any]
    cookie: Mapping[str, str]


async def ask(
    url: str, path: str, fields: object = None, cookie: str = "", **options: Any
) -> Answer:
    """Send one request with one cookie."""
    headers = {"Cookie": cookie} if cookie else {}
    headers |= options.pop("headers", {})
    timeout = aiohttp.ClientTimeout(DEADLINE_S)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        method = "GET" if fields is None and "data" not in options else "POST"
        json = {} if fields is None else {"json": fields}
        async with session.request(
            method, url + path, headers=headers, timeout=timeout, **json, **options
        ) as response:
            said = await response.json(content_type=None) if response.status != 405 else {}
            found = [m for name, m in response.cookies.items() if name.startswith(COOKIE)]
            about = (
                {"name": m.key, "value": m.value, **m} if (m := next(iter(found), None)) else {}
            )
            return Answer(response.status, said, about)


def cookie_of(answer: Answer) -> str:
    """Return the Cookie header for the cookie that an answer sets."""
    assert answer.status == 200, answer
    return f"{answer.cookie['name']}={answer.cookie['value']}"


async def sign_up(url: str, name: str) -> str:
    """Sign somebody up, and return the Cookie header of their session."""
    return cookie_of(await ask(url, "sign-up", {"name": name, "password": PASSWORD}))


async def sign_in(url: str, name: str) -> str:
    """Sign in from another browser."""
    return cookie_of(await ask(url, "sign-in", {"name": name, "password": PASSWORD}))


@contextlib.asynccontextmanager
async def tab(
    url: str, cookie: str, transports: tuple[str, ...] = ("websocket",)
) -> AsyncIterator[Python]:
    """Open a tab with Python's client; its welcome is the first event."""
    headers = {"Cookie": cookie} if cookie else {}
    async with python(url, None, transports, headers=headers) as one:
        yield one


@contextlib.asynccontextmanager
async def official_tab(url: str, cookie: str, *transports: str) -> AsyncIterator[Official]:
    """Open a tab with the official client."""
    options: dict[str, object] = {"extraHeaders": {"Cookie": cookie}}
    if transports:
        options["transports"] = transports
    async with official(url, **options) as one:
        yield one

"""What the lesson says and no cell in sight proves: each test has the sentence that it proves.

The server is the notebook's own: its cells are run, and `yours` is given our solutions.
"""

import ast
import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.datastructures import Headers
from websockets.exceptions import InvalidStatus

from helpers.exercises.engine import yours
from helpers.judges.browser import find_browser, read_page
from helpers.launcher import launch, stop_all
from helpers.lessons.handshake import solutions
from helpers.lessons.handshake.stage import PAGE, ask, start, visitor
from tests.notebooks.lessons import LESSONS

DEADLINE_S = 10
LESSON = next(lesson for lesson in LESSONS if lesson.topic == "handshake")
NEEDED = ("09c8a8ca", "8a546084", "6a2bc2c5", "b7ee1fde", "9829e7c5", "b479d3be", "8a9fe62e")


async def run(notebook: dict[str, Any], *ids: str) -> None:
    """Run cells of the notebook as a kernel does."""
    for source in [cell.source for id in ids for cell in LESSON.code if cell.id == id]:
        code = compile(source, "a cell", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        if (waiting := eval(code, notebook)) is not None:
            await waiting


@pytest.fixture
async def notebook(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[dict[str, Any]]:
    """What the notebook has defined once its server runs, nothing solved yet."""
    monkeypatch.setattr(yours, "_passed", {})
    notebook: dict[str, Any] = {}
    await run(notebook, *NEEDED)
    yield notebook
    await asyncio.to_thread(stop_all)


@pytest.fixture
async def guarded(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook at its end, with all four functions."""
    for name in ("accept_key", "switching_protocols", "choose_subprotocol", "fault"):
        yours.keep(name, getattr(solutions, name))
    await run(notebook, "afb49192", "4c03d128", "b110100b")
    return notebook


def from_site(notebook: dict[str, Any], host: str) -> list[str]:
    """A handshake whose `Host` and `Origin` name the same site."""
    return [*notebook["changed"](f"Host: {host}"), f"Origin: http://{host}"]


async def test_whoever_is_refused_keeps_no_connection(guarded: dict[str, Any]) -> None:
    """ "After a 101, `read(1)` waits": only then. The client has not said that it has finished."""
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", guarded["mine"].port)
        writer.write(("\r\n".join(guarded["broken"]["another protocol"]) + "\r\n\r\n").encode())
        reply = await reader.read()
        writer.close()
    assert reply.startswith(b"HTTP/1.1 426 Upgrade Required")


async def test_the_guard_refuses_as_the_helper_server_did(guarded: dict[str, Any]) -> None:
    """ "refuses the first six as the helper server did": the same statuses as in section 2."""
    for asked, theirs in zip(guarded["broken"].values(), guarded["seen"], strict=True):
        answer = await ask(asked, guarded["mine"].port)
        assert answer.status == theirs
        assert ("Sec-WebSocket-Version: 13" in answer.text) == theirs.startswith("426")


async def test_over_https_the_guard_refuses_both_pages(guarded: dict[str, Any]) -> None:
    """The browser names `https://` and the hub; the rule wants `http://` and the `Host`."""
    asked = [*guarded["changed"]("Host: hub.example"), "Origin: https://hub.example"]
    assert (await ask(asked, guarded["mine"].port)).status == "403 Forbidden"


async def test_after_a_101_the_server_waits_for_the_client(guarded: dict[str, Any]) -> None:
    async with asyncio.timeout(DEADLINE_S):
        reader, writer = await asyncio.open_connection("127.0.0.1", guarded["mine"].port)
        writer.write(guarded["request"].encode())
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 101")
        assert not reader.at_eof()
        writer.write(b"x")
        assert await reader.read() == b""
        writer.close()


async def test_one_attack_still_gets_in(guarded: dict[str, Any]) -> None:
    """ "Then `Host` and `Origin` agree, and both name the bad site." """
    port = guarded["mine"].port
    for host in ("bad.example", f"bad.example:{port}"):
        status = (await ask(from_site(guarded, host), port)).status
        assert status == "101 Switching Protocols"


@pytest.mark.parametrize("in_jupyter", [False, True])
async def test_helper_servers_answer_421_to_bad_example_with_their_own_port(
    guarded: dict[str, Any], monkeypatch: pytest.MonkeyPatch, in_jupyter: bool
) -> None:
    if in_jupyter:
        monkeypatch.setenv("JPY_PARENT_PID", "1")
    server = await asyncio.to_thread(launch, "handmade")
    answer = await ask(from_site(guarded, f"bad.example:{server.port}"), server.port)
    assert answer.status.startswith("421")


@pytest.mark.parametrize("none_is_welcome", [False, True])
async def test_none_stands_for_clients_without_an_origin(none_is_welcome: bool) -> None:
    origins: list[Any] = ["http://a.example", *([None] if none_is_welcome else [])]

    async def handler(websocket: object) -> None: ...

    async with serve(handler, "127.0.0.1", 0, origins=origins) as server:
        url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        if none_is_welcome:
            async with connect(url):
                pass
        else:
            with pytest.raises(InvalidStatus, match="403"):
                await connect(url)
        async with connect(url, origin=origins[0]):
            pass
        with pytest.raises(InvalidStatus, match="403"):
            await connect(url, origin=from_null("null"))


def from_null(origin: str) -> Any:
    """An origin as the library's types want it."""
    return origin


async def test_if_nothing_fits_your_server_still_answers_101_and_the_library_goes_on(
    guarded: dict[str, Any],
) -> None:
    soup: Any = ["soup"]
    async with connect(guarded["mine"].url, subprotocols=soup) as client:
        assert client.subprotocol is None
        assert client.response
        assert client.response.status_code == 101


def test_the_page_came_with_the_line_set_cookie() -> None:
    assert b"\r\nSet-Cookie: name=Alice\r\n" in PAGE.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize(
    ("cookie", "who"),
    [
        (None, None),
        ("", None),
        ("name=Alice", "Alice"),
        ('_xsrf=2|f1|a=b|17; username-127-0-0-1-8888="2|1:0|==": ; name=Alice', "Alice"),
        ("surname=Bob; rename=Bob;name=Alice", "Alice"),
        ("username=Bob", None),
    ],
)
def test_visitor_looks_up_the_cookie_called_name(cookie: str | None, who: str | None) -> None:
    assert visitor(Headers(Cookie=cookie) if cookie is not None else Headers()) == who


async def test_the_bad_page_needs_only_what_the_browser_sends(
    notebook: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """The handshake of the bad page is let in as Alice, and refused once `fault` is written."""
    await run(notebook, "afb49192", "4c03d128")
    stolen = [*notebook["lines"], "Origin: http://127.0.0.1:1", "Cookie: a=b; name=Alice"]
    assert (await ask(stolen, notebook["mine"].port)).status == "101 Switching Protocols"
    assert "http://127.0.0.1:1 is let in as Alice" in capsys.readouterr().out
    for name in ("accept_key", "switching_protocols", "choose_subprotocol", "fault"):
        yours.keep(name, getattr(solutions, name))
    await run(notebook, "b110100b")
    assert (await ask(stolen, notebook["mine"].port)).status == "403 Forbidden"


ELSEWHERE = """HTTP/1.1 200 OK\r
Content-Type: text/html\r
Connection: close\r
\r
<body>asking<script>
  const ws = new WebSocket("ws://127.0.0.1:PORT/")
  ws.onopen = () => { document.body.textContent = "let" + " in" }
</script>"""


@pytest.mark.skipif(not find_browser(), reason="no browser is installed")
@pytest.mark.parametrize(("host", "who"), [("127.0.0.1", "Alice"), ("localhost", None)])
async def test_a_port_is_not_part_of_a_site(
    notebook: dict[str, Any], capsys: pytest.CaptureFixture[str], host: str, who: str | None
) -> None:
    """ "Chrome keeps a cookie without `SameSite` from other *sites* as well", not from ports."""
    await run(notebook, "afb49192", "4c03d128")
    mine = notebook["mine"]

    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.write(ELSEWHERE.replace("PORT", str(mine.port)).encode())
        writer.close()

    other = await start(elsewhere, "elsewhere")
    url = f"http://{host}:{other.port}/"
    onward = b"location = '%s'" % url.encode()
    notebook["PAGE"] = PAGE.replace(b'say("Open! Your server answered this browser.")', onward)
    assert onward in notebook["PAGE"]
    assert "let in" in await read_page(mine.page_url, "let in", DEADLINE_S)
    assert f"{url[:-1]} is let in as {who}" in capsys.readouterr().out

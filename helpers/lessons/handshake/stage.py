"""What the lesson needs around its handshakes: somebody who asks, and servers in the kernel.

`ask` is the client's side of one question, `start` puts a function of the learner's behind a
port, and `start_elsewhere` serves a page of another origin, which knocks at the learner's server.
"""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

import websockets

from helpers.launcher import on_stop

__all__ = [
    "PAGE",
    "Answer",
    "Headers",
    "Program",
    "ask",
    "start",
    "start_elsewhere",
    "visitor",
]

DEADLINE_S = 10
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]

#: What the lesson's server answers to a browser that wants a page: it signs Alice in, and opens a
#: WebSocket to the server that it came from. The address has the page's path, for JupyterLab's
#: proxy.
PAGE = b"""HTTP/1.1 200 OK\r
Content-Type: text/html; charset=utf-8\r
Set-Cookie: name=Alice\r
Connection: close\r
\r
<!doctype html><meta name="color-scheme" content="light dark"><title>your server</title>
<body>connecting<script>
  const say = text => { document.body.textContent = text }
  const url = location.origin.replace("http", "ws") + location.pathname
  const ws = new WebSocket(url)
  ws.onopen = () => say("Open! Your server answered this browser.")
  ws.onclose = () => say("Closed.")
</script>"""

# A page of another origin: behind a proxy as well, only the number of the port is another.
ELSEWHERE = """HTTP/1.1 200 OK\r
Content-Type: text/html; charset=utf-8\r
Connection: close\r
\r
<!doctype html><meta name="color-scheme" content="light dark"><title>another origin</title>
<body>I am a page of another origin, and I try your server …<script>
  const say = text => { document.body.textContent = text }
  const here = location.origin.replace("http", "ws") + location.pathname
  const ws = new WebSocket(here.replace("MINE", "YOURS"))
  ws.onopen = () => say("I am a page of another origin, and your server let me in.")
  ws.onerror = () => say("I am a page of another origin, and your server refused me.")
</script>"""


#: What stands in for the answer of a server that hung up without one.
NOTHING = "(nothing: look for an error under the cell that started your server)"


class Headers(websockets.Headers):
    """The headers of a request: upper and lower case are the same, and a header that is sent
    twice has both values, with a comma between them (RFC 9110 §5.3)."""

    def __setitem__(self, name: str, value: str) -> None:
        values = [*self.get_all(name), value]
        if name in self:
            del self[name]
        super().__setitem__(name, ", ".join(values))


def visitor(headers: Mapping[str, str]) -> str | None:
    """Tell who is asking: what the cookie called `name` says.

    Other cookies may be there too, even JupyterLab's: a browser has one set for all ports of a
    host. They are nobody's business, and are not returned.

    Args:
        headers: of a request.

    Returns:
        The name, such as `"Alice"`; None without that cookie.

    Source: RFC 6265 §4.2.1, §8.5.
    """
    for cookie in headers.get("Cookie", "").split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == "name":
            return value
    return None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to one question; printed, it is the whole text."""

    text: str

    @property
    def status(self) -> str:
        """The status, such as `"400 Bad Request"`; a sentence if the server only hung up."""
        if not self.text:
            return NOTHING
        return self.text.partition("\r\n")[0].partition(" ")[2]

    @property
    def body(self) -> str:
        """What follows the empty line."""
        return self.text.partition("\r\n\r\n")[2].strip()

    def __str__(self) -> str:
        return self.text or NOTHING


async def ask(lines: Sequence[str], port: int) -> Answer:
    """Send a request to a server on this machine, and return all that comes back.

    Args:
        lines: the request line and the headers, without line ends.
        port: the server's.

    Returns:
        The answer; what an open WebSocket says later is not part of it.

    Raises:
        TimeoutError: the server does not hang up after this client has done so.
    """
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    writer.write_eof()  # "I have sent everything": the server hangs up, and `read` comes to an end
    async with asyncio.timeout(DEADLINE_S):
        text = await reader.read()
    writer.close()
    return Answer(text.decode())


class Program:
    """A server in the kernel: `page` shows its page, a client connects to its `url`."""

    def __init__(
        self, server: asyncio.Server, name: str, writers: set[asyncio.StreamWriter]
    ) -> None:
        self.name, self._server, self._writers = name, server, writers
        self.port: int = server.sockets[0].getsockname()[1]
        self.url, self.page_url = f"ws://127.0.0.1:{self.port}/", f"http://127.0.0.1:{self.port}/"
        self._forget = on_stop(self._close, name)

    def stop(self) -> None:
        """Stop it: nobody else is let in, and whoever is in is disconnected."""
        self._forget()
        self._close()

    def _close(self) -> None:
        self._server.close()
        for writer in self._writers:
            writer.close()

    def __repr__(self) -> str:
        return f"<{self.name} at {self.page_url}>"


_latest: dict[str, Program] = {}


async def start(handle: Handler, name: str = "your server") -> Program:
    """Start a server in the kernel; one of that name, from an earlier call, is stopped first.

    Args:
        handle: called once for each connection, with its reader and writer, and closes it. If
            it raises an error, the client gets that error as a 500, and the cell that started
            the server shows it.
        name: what `page` and `stop_all` call it.

    Returns:
        The server, with its `port`, and its `url` for clients.
    """
    writers: set[asyncio.StreamWriter] = set()

    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        try:
            await handle(reader, writer)
        except ConnectionError:  # the client has vanished, which is nobody's mistake
            writer.close()
        except Exception as error:
            report(error, writer)
            raise  # asyncio shows it
        finally:
            if writer.is_closing():
                writers.discard(writer)

    if name in _latest:
        _latest[name].stop()
    server = await asyncio.start_server(connection, "127.0.0.1", 0)
    _latest[name] = Program(server, name, writers)
    return _latest[name]


def report(error: Exception, writer: asyncio.StreamWriter) -> None:
    """Answer with an error of the learner's function, in the status and the body, and hang up.

    Args:
        error: what it raised.
        writer: the connection's.
    """
    said = " ".join("".join(traceback.format_exception_only(error)).split())
    head = f"HTTP/1.1 500 {said}\r\nContent-Type: text/plain; charset=latin-1\r\n"
    writer.write(f"{head}Connection: close\r\n\r\n{said}\n".encode("latin-1", "replace"))
    writer.close()


async def start_elsewhere(target: Program) -> Program:
    """Start a server whose page is of another origin: it opens a WebSocket to the target.

    Args:
        target: the server that this page tries.

    Returns:
        The other server.
    """

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        mine = writer.get_extra_info("sockname")[1]
        page = ELSEWHERE.replace("MINE", str(mine)).replace("YOURS", str(target.port))
        writer.write(page.encode())
        writer.close()

    return await start(handle, "another origin")

"""My handshake: run `python handshake.py --port 8000`, and open the page that it names.

The page opens a WebSocket, and says whether it was let in. It needs nothing but Python.
"""

import argparse
import asyncio

NAIVE = ["accept_key", "switching_protocols", "choose_subprotocol", "fault"]  # not solved yet

PAGE = b"""HTTP/1.1 200 OK\r
Content-Type: text/html; charset=utf-8\r
Connection: close\r
\r
<!doctype html><meta name="color-scheme" content="light dark"><title>My handshake</title>
<body>connecting<script>
  const say = text => { document.body.textContent = text }
  const ws = new WebSocket(location.origin.replace("http", "ws") + location.pathname)
  ws.onopen = () => say("Open! Your server answered this browser.")
  ws.onclose = () => say("Closed.")
</script>"""
STATUS = {
    "method": "405 Method Not Allowed",
    "Sec-WebSocket-Key": "400 Bad Request",
    "Origin": "403 Forbidden",
}
UPGRADE = "426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13"


def accept_key(key):
    """Return an empty accept key, with which every client hangs up."""
    return ""


def switching_protocols(accept, subprotocol=None):
    """Return a 101 response without headers, with which every client hangs up."""
    return b"HTTP/1.1 101 Switching Protocols\r\n\r\n"


def choose_subprotocol(offered, supported):
    """Agree to no subprotocol, whatever the client offers."""
    return None


def fault(method, headers):
    """Find no fault in any handshake."""
    return None


class Headers(dict[str, str]):
    """Headers by their names, in which upper and lower case are the same."""

    def get(self, name, default=None):
        """Return the value of a header."""
        return super().get(name.lower(), default)

    def __getitem__(self, name):
        return super().__getitem__(name.lower())

    def __contains__(self, name):
        return super().__contains__(name.lower())

    def add(self, name, value):
        """Add a header; if it is sent twice, its values are joined with a comma."""
        before = self.get(name)
        self[name.lower()] = value if before is None else f"{before}, {value}"


async def read_request(reader):
    """Return the method, the version and the headers of a request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    first, *lines = head.strip().split("\r\n")
    method, version = first.partition(" ")[0], first.rpartition(" ")[2]
    headers = Headers()
    for line in lines:
        name, _, value = line.partition(":")
        headers.add(name, value.strip())
    return method, version, headers


def refusal(status, why):
    """Return a response that refuses a request, and says why."""
    facts = "Content-Type: text/plain; charset=utf-8\r\nConnection: close"
    return f"HTTP/1.1 {status}\r\n{facts}\r\n\r\n{why}\n".encode()


def answer(method, version, headers):
    """Return the response to a handshake."""
    if version != "HTTP/1.1" or not headers.get("Host"):
        return refusal("400 Bad Request", "expected HTTP/1.1, and a Host")
    if wrong := fault(method, headers):
        return refusal(STATUS.get(wrong, UPGRADE), f"fault: {wrong}")
    accept = accept_key(headers.get("Sec-WebSocket-Key", ""))
    offered = headers.get("Sec-WebSocket-Protocol")
    return switching_protocols(accept, choose_subprotocol(offered, ["chat.v1"]))


async def handle(reader, writer):
    """Serve one connection: the page, or a handshake."""
    try:
        method, version, headers = await read_request(reader)
        if "Upgrade" in headers or "Sec-WebSocket-Key" in headers:
            response = answer(method, version, headers)
            writer.write(response)
            if response.startswith(b"HTTP/1.1 101"):
                await reader.read(1)  # until the client says something, or hangs up
        else:
            writer.write(PAGE)
    except (EOFError, ConnectionError, asyncio.LimitOverrunError):
        pass  # that was not a request, or the client has gone
    except asyncio.CancelledError:
        pass  # Ctrl+C: the program ends, and so does this connection
    finally:
        writer.close()


async def main(port):
    """Serve until Ctrl+C, which cancels this function and then each `handle`."""
    server = await asyncio.start_server(handle, "127.0.0.1", port)
    port = server.sockets[0].getsockname()[1]
    if NAIVE:
        print("still naive:", ", ".join(NAIVE))
    print(f"my handshake: ws://127.0.0.1:{port}/, with a page at http://127.0.0.1:{port}/")
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()  # `async with` would wait for clients that stay


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="a server that opens WebSockets")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

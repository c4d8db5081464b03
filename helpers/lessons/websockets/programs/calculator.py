"""My calculator: run `python calculator.py --port 8000`, and open the page that it names.

Messages are JSON. A client says compute (a, op, b). It hears result (value) or error (reason), and
without asking connected (count), whenever somebody comes or leaves.
"""

import argparse
import asyncio
import json
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

NAIVE = ["calculator"]  # what has not been solved yet

PAGE = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>My calculator</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 1rem auto; padding: 0 1rem }
  form { display: flex; gap: .5rem } input { flex: 1; font: .9rem monospace; padding: .3rem }
  button { font: inherit } ul { list-style: none; padding: 0; font: .9rem monospace }</style>
<h1>My calculator</h1>
<form><input aria-label="A message, sent as it is"><button>Send</button></form>
<p role="status">connecting …</p><ul aria-live="polite"></ul>
<script>
  const form = document.querySelector("form"), field = form.querySelector("input")
  const list = document.querySelector("ul"), status = document.querySelector("p")
  const add = text => list.prepend(
    Object.assign(document.createElement("li"), {textContent: text}))
  const socket = new WebSocket(new URL("ws", location.href).href.replace("http", "ws"))
  field.value = JSON.stringify({type: "compute", a: 6, op: "*", b: 7})
  socket.onopen = () => status.textContent = "connected"
  socket.onmessage = event => add("← " + event.data)
  socket.onclose = event => {
    status.textContent = `closed: ${event.code} ${event.reason}`
    form.querySelector("button").disabled = true
  }
  form.onsubmit = event => {
    event.preventDefault()
    socket.send(field.value)
    add("→ " + field.value)
  }
</script>"""


async def calculator(websocket):
    """Answer each request, and trust whoever sends it."""
    async for text in websocket:
        request = json.loads(text)
        a, b = request["a"], request["b"]
        value = {"+": a + b, "-": a - b, "*": a * b, "/": a / b}[request["op"]]
        await websocket.send(json.dumps({"type": "result", "value": value}))


inboxes = set()  # one for each client


def publish(message):
    """Put a message into everybody's inbox."""
    for inbox in inboxes:
        inbox.put_nowait(json.dumps(message))


async def produce(websocket, inbox):
    """Send one client whatever arrives in its inbox."""
    while True:
        await websocket.send(await inbox.get())


async def talk(websocket):
    """Serve one client both ways; that it vanishes is not an error of ours."""
    inbox = asyncio.Queue()
    inboxes.add(inbox)
    publish({"type": "connected", "count": len(inboxes)})
    try:
        async with asyncio.TaskGroup() as group:
            producer = group.create_task(produce(websocket, inbox))
            await calculator(websocket)
            producer.cancel()
    except* ConnectionClosed:
        pass
    finally:
        inboxes.remove(inbox)
        publish({"type": "connected", "count": len(inboxes)})


def admit(connection, request):
    """Answer a browser with the page; None lets the handshake of our own page go on."""
    if "Upgrade" in request.headers:
        origin, host = request.headers.get("Origin"), request.headers["Host"]
        if origin in (None, f"http://{host}", f"https://{host}"):  # None: not a browser
            return None
        return connection.respond(HTTPStatus.FORBIDDEN, "this is the page of another site\n")
    response = connection.respond(HTTPStatus.OK, PAGE)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


async def main(port):
    """Serve until Ctrl+C."""
    hasty = {"open_timeout": 1, "close_timeout": 1}  # Ctrl+C waits for nobody longer
    async with serve(talk, "127.0.0.1", port, process_request=admit, **hasty) as server:
        port = server.sockets[0].getsockname()[1]
        if NAIVE:
            print("still naive:", ", ".join(NAIVE))
        print(f"my calculator: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        await server.serve_forever()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="a calculator")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

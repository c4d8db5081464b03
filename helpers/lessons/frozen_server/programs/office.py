"""My office: run `python office.py --port 8000`, and open the page that it names in two windows.

A message is a text. A "report" takes three seconds, as a slow query would; any other message comes
back at once. Each visit is stored in a task, on a slow disk that fails at every third visit.
"""

import argparse
import asyncio
import itertools
import time
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

NAIVE = ["unfrozen", "look_after"]  # what has not been solved yet

PAGE = """<!doctype html><html lang="en" id="dark"><meta charset="utf-8"><title>My office</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  :root { color-scheme: light dark; background: Canvas; font: 1rem/1.5 system-ui }
  #dark:target { color-scheme: dark } /* a notebook puts its theme into the address */
  :root:has(#light:target) { color-scheme: light }
  body { max-width: 40rem; margin: 1rem auto; padding: 0 1rem }
  h1 { margin: 0; font-size: 1.3rem }
  button { padding: .3rem .75rem; font: inherit }
  ul { padding: 0; list-style: none }
</style>
<body id="light">
<h1>My office</h1>
<p role="status">connecting …</p>
<button value="report">Report</button> <button value="hi">Hi</button>
<ul aria-label="Answers" aria-live="polite" tabindex="0"></ul>
<script>
  const buttons = document.querySelectorAll("button")
  const list = document.querySelector("ul"), status = document.querySelector("p")
  const socket = new WebSocket(new URL("ws", location.href).href.replace("http", "ws"))
  const asked = [] // when, for each message that has not been answered
  const show = () => {
    if (socket.readyState == WebSocket.OPEN)
      status.textContent = asked.length ? "waiting …" : "connected"
  }
  for (const button of buttons) {
    button.onclick = () => {
      socket.send(button.value)
      asked.push(performance.now())
      show()
    }
  }
  socket.onopen = show
  socket.onmessage = event => {
    const seconds = (performance.now() - asked.shift()) / 1000
    const line = document.createElement("li")
    line.textContent = `${event.data}: answered after ${seconds.toFixed(2)} s`
    list.prepend(line)
    show()
  }
  socket.onclose = () => {
    status.textContent = "The connection is closed. Load the page again."
    for (const button of buttons) button.disabled = true
  }
</script>"""

visits, tasks, stored = itertools.count(1), set(), []


async def unfrozen(websocket, slow):
    """Answer each message with slow(message), while everybody else waits."""
    async for message in websocket:
        await websocket.send(slow(message))


def look_after(work, tasks, complain):
    """Start the work as a task, and forget it."""
    return asyncio.create_task(work)


def report(message):
    """Take three seconds for a report, and no time for anything else."""
    if message == "report":
        time.sleep(3)
    return message


async def store_visit(number):
    """Store a visit on a slow disk, which fails at every third."""
    await asyncio.sleep(2)
    if number % 3 == 0:
        raise OSError(f"disk full, visit {number} is lost")
    stored.append(number)


def complain(error):
    """Say in the terminal what has failed."""
    print("complaint:", error)


async def talk(websocket):
    """Serve one client; that it vanishes is not an error of ours."""
    look_after(store_visit(next(visits)), tasks, complain)
    try:
        await unfrozen(websocket, report)
    except ConnectionClosed:
        return


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
    """Serve until Ctrl+C, then wait for what is still being stored."""
    hasty = {"open_timeout": 1, "close_timeout": 1}  # Ctrl+C waits for nobody longer
    async with serve(talk, "127.0.0.1", port, process_request=admit, **hasty) as server:
        port = server.sockets[0].getsockname()[1]
        if NAIVE:
            print("still naive:", ", ".join(NAIVE))
        print(f"my office: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        try:
            await server.serve_forever()
        finally:
            print("visits still to be stored:", len(tasks))
            await asyncio.gather(*tasks, return_exceptions=True)
            print("visits stored:", stored)


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="an office")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

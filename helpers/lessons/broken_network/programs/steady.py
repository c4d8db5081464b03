"""My steady chat: run `python steady.py --port 8000`, and open the page that it names.

Messages are JSON. A client says resume (after), say (id, text) and pong. It hears message (number,
text), ack (the id) and ping. Each message has a number, and each client says which it knows.
"""

import argparse
import asyncio
import json
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

NAIVE = ["heartbeat", "resume_feed"]  # what has not been solved yet
EVERY_S, PATIENCE_S = 3, 3

PAGE = """<!doctype html><html lang="en" id="dark"><meta charset="utf-8"><title>Steady chat</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  :root { color-scheme: light dark; background: Canvas }
  #dark:target { color-scheme: dark } /* a notebook puts its theme into the address */
  :root:has(#light:target) { color-scheme: light }
  body { display: flex; flex-direction: column; gap: .5rem; height: 100dvh; margin: auto;
    box-sizing: border-box; max-width: 40rem; padding: .75rem; font: 1rem/1.5 system-ui }
  h1 { margin: 0; font-size: 1.3rem }
  ul { flex: 1; overflow: auto; margin: 0; padding: .5rem .75rem; list-style: none;
    border: 1px solid #8888; border-radius: .5rem; overflow-wrap: anywhere }
  p { min-height: 1.5em; margin: 0; font-size: .9em }
  form { display: flex; gap: .5rem }
  input, button { padding: .5rem .75rem; border: 1px solid #888; border-radius: .5rem }
  input, button { font: inherit }
  input { flex: 1; min-width: 0 }
</style>
<body id="light">
<h1>My steady chat</h1>
<ul aria-label="Messages" aria-live="polite" tabindex="0"></ul>
<p role="status">connecting</p>
<form autocomplete="off"><input aria-label="Message"><button>Send</button></form>
<script>
  const [list, status, form] = document.querySelectorAll("ul, p, form")
  const waiting = new Map() // what is not acknowledged, by its id
  let socket, known = 0, failures = 0, deadline = 0

  const say = (id, text) => socket.send(JSON.stringify({type: "say", id, text}))
  const backoff = () => Math.random() * 1000 * Math.min(30, 2 ** failures++)

  function open() {
    const mine = socket = new WebSocket(new URL("ws", location.href).href.replace("http", "ws"))
    const over = () => { // the first of close and silence: a dead line has no goodbye
      if (socket != mine) return
      socket = null
      clearTimeout(deadline)
      mine.close()
      status.textContent = "reconnecting" + (waiting.size ? `, ${waiting.size} to send` : "")
      setTimeout(open, backoff())
    }
    const live = () => { clearTimeout(deadline); deadline = setTimeout(over, 8000) }
    live()
    mine.onclose = over
    mine.onopen = () => {
      status.textContent = "connected"
      mine.send(JSON.stringify({type: "resume", after: known}))
      waiting.forEach((text, id) => say(id, text))
    }
    mine.onmessage = event => {
      if (socket != mine) return
      live()
      failures = 0
      const {type, number, text, ack} = JSON.parse(event.data)
      if (type == "ping") mine.send('{"type": "pong"}')
      if (ack) waiting.delete(ack)
      if (number == known + 1) {
        known = number
        const line = document.createElement("li")
        line.textContent = text // never innerHTML: what people write is text
        list.append(line)
        list.scrollTop = list.scrollHeight
      }
    }
  }

  form.onsubmit = event => {
    event.preventDefault()
    const [field] = form.elements, id = Date.now() + "-" + Math.random()
    if (!field.value) return
    waiting.set(id, field.value)
    if (socket?.readyState == 1) say(id, field.value)
    field.value = ""
  }
  open()
</script>"""


class Feed:
    """A list of messages that can be waited for."""

    def __init__(self):
        self.messages = []
        self._more = asyncio.Condition()

    async def add(self, text):
        """Add a message, and wake whoever waits for one."""
        async with self._more:
            self.messages.append(text)
            self._more.notify_all()

    async def grown(self, known):
        """Wait until there are more messages than `known`."""
        async with self._more:
            await self._more.wait_for(lambda: len(self.messages) > known)


feed = Feed()
ids = set()  # of everything that was said


async def heartbeat(websocket, heard, every, patience):
    """Trust the line: wait until it is closed."""
    await websocket.wait_closed()


async def resume_feed(websocket, after, feed):
    """Send every new message, wherever the client left off."""
    after = len(feed.messages)
    while True:
        await feed.grown(after)
        text = feed.messages[after]
        after += 1
        await websocket.send(json.dumps({"number": after, "text": text}))


async def watch(websocket, heard):
    """Break off a connection that is silent: nobody is there to say goodbye to."""
    await heartbeat(websocket, heard, EVERY_S, PATIENCE_S)
    websocket.transport.abort()


async def obey(websocket, raw, start):
    """Do what one message asks for."""
    match json.loads(raw):
        case {"type": "resume", "after": int(after)} if 0 <= after <= len(feed.messages):
            start(resume_feed(websocket, after, feed))
        case {"type": "say", "id": str(id), "text": str(text)}:
            if id not in ids:
                ids.add(id)
                await feed.add(text)
            await websocket.send(json.dumps({"ack": id}))


async def talk(websocket):
    """Serve one client, until its connection ends or falls silent."""
    heard, tasks = asyncio.Event(), []

    def start(work):
        tasks.append(asyncio.create_task(work))

    start(watch(websocket, heard))
    try:
        async for raw in websocket:
            heard.set()
            await obey(websocket, raw, start)
    except (ConnectionClosed, ValueError, RecursionError):
        return
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def show_page(connection, request):
    """Answer a browser with the page; None lets a WebSocket's handshake go on."""
    if "Upgrade" in request.headers:
        return None
    response = connection.respond(HTTPStatus.OK, PAGE)
    del response.headers["Content-Type"]
    response.headers["Content-Type"] = "text/html; charset=utf-8"
    return response


async def main(port):
    """Serve until Ctrl+C."""
    hasty = {"open_timeout": 1, "close_timeout": 1}  # Ctrl+C waits for nobody longer
    async with serve(talk, "127.0.0.1", port, process_request=show_page, **hasty) as server:
        port = server.sockets[0].getsockname()[1]
        if NAIVE:
            print("still naive:", ", ".join(NAIVE))
        print(f"steady chat: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="a chat that survives the network")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

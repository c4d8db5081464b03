"""My chat: run `python chat.py --port 8000`, and open the page that it names in two windows.

Messages are JSON. A client says join (name), say (text [, to]) and typing (on). It hears welcome,
joined and left (name), message (from, text [, to]), typing (name, on) and error (code).
"""

import argparse
import asyncio
import json
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

NAIVE = ["welcome", "typing", "whisper"]  # what has not been solved yet

PAGE = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>My chat</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 1rem auto; padding: 0 1rem }
  form { display: flex; gap: .5rem } input { flex: 1; font: inherit; padding: .3rem }
  button { font: inherit } ul { list-style: none; padding: 0 }</style>
<h1>My chat</h1>
<form><input aria-label="Your name" placeholder="Your name" autofocus><button>Join</button></form>
<p role="status"></p><ul aria-live="polite"></ul>
<script>
  const form = document.querySelector("form"), field = form.querySelector("input")
  const list = document.querySelector("ul"), status = document.querySelector("p")
  const socket = new WebSocket(new URL("ws", location.href).href.replace("http", "ws"))
  const send = message => socket.send(JSON.stringify(message))
  const add = text => list.appendChild(document.createElement("li")).textContent = text
  let name = ""
  form.onsubmit = event => {
    event.preventDefault()
    send(name ? {type: "say", text: field.value} : {type: "join", name: field.value})
    field.value = ""
  }
  socket.onmessage = event => {
    const message = JSON.parse(event.data)
    if (message.type == "welcome") {
      name = message.name
      field.placeholder = field.ariaLabel = "Your message"
      form.querySelector("button").textContent = "Send"
    }
    if (message.type == "joined") add(message.name + " is here")
    if (message.type == "left") add(message.name + " has left")
    if (message.type == "message") add(message.from + ": " + message.text)
    if (message.type == "error") status.textContent = "error: " + message.code
    if (message.type == "typing")
      status.textContent = message.on ? message.name + " is typing" : ""
  }
  socket.onclose = () => status.textContent = "the connection is closed: load the page again"
  const asked = new URLSearchParams(location.search).get("name")
  if (asked) socket.onopen = () => send({type: "join", name: asked})
</script>"""

people = {}  # everybody who is here, by name


async def welcome(websocket, people):
    """Wait until a client joins, and return its name, whatever it is."""
    name = json.loads(await websocket.recv())["name"]
    people[name] = websocket
    await websocket.send(json.dumps({"type": "welcome", "name": name}))
    return name


async def typing(name, on, people):
    """Tell everybody that somebody is typing, even the one who is."""
    await to_all({"type": "typing", "name": name, "on": on})


async def whisper(sender, to, text, people):
    """Send a private message to everybody: it is not private yet."""
    await to_all({"type": "message", "from": sender, "to": to, "text": text})


async def to_all(message):
    """Send one message to everybody who is here."""
    text = json.dumps(message)
    for websocket in list(people.values()):
        try:
            await websocket.send(text)
        except ConnectionClosed:
            continue  # its own handler takes it out


async def obey(name, raw):
    """Do what one message asks for."""
    match json.loads(raw):
        case {"type": "say", "to": str(to), "text": str(text)}:
            await whisper(name, to, text, people)
        case {"type": "say", "text": str(text)}:
            await to_all({"type": "message", "from": name, "text": text})
        case {"type": "typing", "on": bool(on)}:
            await typing(name, on, people)


async def talk(websocket):
    """Serve one client, from its first message to its last."""
    name = await welcome(websocket, people)
    if name is None:  # it has left without a name
        return
    await to_all({"type": "joined", "name": name})
    try:
        async for raw in websocket:
            await obey(name, raw)
    finally:
        people.pop(name, None)
        await to_all({"type": "left", "name": name})


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
    async with serve(talk, "127.0.0.1", port, process_request=show_page) as server:
        port = server.sockets[0].getsockname()[1]
        if NAIVE:
            print("still naive:", ", ".join(NAIVE))
        print(f"my chat: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="a chat")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

"""My chat: run `python chat.py --port 8000`, and open the page that it names in two windows.

Messages are JSON. A client says join (name), say (text [, to]) and typing (on). It hears welcome
(name), now (people, messages), joined and left (name), message (from, text [, to]), typing (name,
on) and error (code).
"""

import argparse
import asyncio
import collections
import json
from http import HTTPStatus

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

NAIVE = ["welcome", "typing", "whisper"]  # what has not been solved yet

PAGE = """<!doctype html><html lang="en" id="dark"><meta charset="utf-8"><title>My chat</title>
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
  .event { color: light-dark(#555, #bbb); font-size: .9em }
  p { min-height: 1.5em; margin: 0; font-size: .9em }
  form { display: flex; gap: .5rem }
  input, button { padding: .5rem .75rem; border: 1px solid #888; border-radius: .5rem }
  input, button { font: inherit }
  input { flex: 1; min-width: 0 }
  ::placeholder { color: inherit; opacity: .7 }
</style>
<body id="light">
<h1>My chat</h1>
<ul aria-label="Messages" aria-live="polite" tabindex="0"></ul>
<p role="status">Choose a name, and join.</p>
<form autocomplete="off">
  <input aria-label="Your name" placeholder="Your name"><button>Join</button>
</form>
<script>
  const [title, list, status, form] = document.querySelectorAll("h1, ul, p, form")
  const [field, button] = form.elements
  const socket = new WebSocket(new URL("ws", location.href).href.replace("http", "ws"))
  const send = message => socket.send(JSON.stringify(message))
  const ERRORS = {
    bad_name: "This name is empty or taken. Please choose another one.",
    no_such_person: "Nobody here has that name."
  }
  let name = "", isTyping = false

  function add(text, kind = "message") {
    const line = document.createElement("li")
    line.className = kind
    line.textContent = text // never innerHTML: what people write is text
    list.append(line)
    list.scrollTop = list.scrollHeight
  }

  function said({from, to, text}) {
    add((to ? from + " → " + to : from) + ": " + text)
  }

  function type(on) { // tell the others, but not at every keystroke
    if (name && on != isTyping) send({type: "typing", on})
    isTyping = on
  }

  function enter(own) {
    name = own
    title.textContent = "My chat · " + name
    field.placeholder = field.ariaLabel = "Message, or @name whisper"
    button.textContent = "Send"
    status.textContent = ""
  }

  if (top == self) field.focus() // a frame does not grab it from the page around it
  field.oninput = () => type(field.value != "")
  form.onsubmit = event => {
    event.preventDefault()
    const [, to, secret] = field.value.match(/^@(\\S+)\\s+(.+)/) || []
    type(false)
    if (!name) send({type: "join", name: field.value})
    else if (to) send({type: "say", to, text: secret})
    else if (field.value) send({type: "say", text: field.value})
    field.value = ""
  }
  socket.onmessage = event => {
    const {type, name: who, from, to, text, on, code, people, messages} = JSON.parse(event.data)
    if (type == "welcome") enter(who)
    if (type == "joined") add(who + " is here", "event")
    if (type == "left") add(who + " has left", "event"), status.textContent = ""
    if (type == "now") add("Here: " + people.join(", "), "event"), messages.forEach(said)
    if (type == "message") said({from, to, text})
    if (type == "typing") status.textContent = on ? who + " is typing …" : ""
    if (type == "error") status.textContent = ERRORS[code] || "error: " + code
  }
  socket.onclose = () => status.textContent = "The connection is closed. Load the page again."
  const asked = new URLSearchParams(location.search).get("name")
  if (asked) socket.onopen = () => send({type: "join", name: asked})
</script>"""

people = {}  # everybody who is here: name → connection
history = collections.deque(maxlen=50)  # the last messages to everybody


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
        await websocket.send(text)


async def obey(name, raw):
    """Do what one message asks for."""
    match json.loads(raw):
        case {"type": "typing", "on": bool(on)}:
            await typing(name, on, people)
        case {"type": "say", "to": str(to), "text": str(text)}:
            await whisper(name, to, text, people)
        case {"type": "say", "text": str(text)}:
            message = {"type": "message", "from": name, "text": text}
            history.append(message)
            await to_all(message)


async def chat(websocket):
    """Serve one client, from its first message to its last."""
    name = await welcome(websocket, people)
    if name is None:  # it left before it had a name
        return
    try:
        await to_all({"type": "joined", "name": name})
        now = {"people": list(people), "messages": list(history)}
        await websocket.send(json.dumps({"type": "now"} | now))
        async for raw in websocket:
            await obey(name, raw)
    finally:
        people.pop(name, None)
        await to_all({"type": "left", "name": name})


async def talk(websocket):
    """Serve one client; that it vanishes is not an error of ours."""
    try:
        await chat(websocket)
    except ConnectionClosed:
        return


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
        print(f"my chat: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="a chat")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

"""My chat: run `python chat.py --port 8000`, and open the page that it names in two windows.

Messages are JSON. A client says join (name), say (id, text [, to]) and typing (on). It hears
welcome (name), now (people), joined and left (name), message (seq, from, text), message (from,
text, to), ack (id), typing (name, on) and error (code [, id]).
"""

import argparse
import asyncio
import itertools
import json
import time
from http import HTTPStatus

from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed

NAIVE = ["welcome", "typing", "whisper", "post", "allow", "catch_up"]  # not solved yet

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
  .waiting { opacity: .6 }
  .event { color: light-dark(#555, #bbb); font-size: .9em }
  p { min-height: 1.5em; margin: 0; font-size: .9em }
  form { display: flex; gap: .5rem }
  input, button { padding: .5rem; border: 1px solid #888; border-radius: .5rem; font: inherit }
  input { flex: 1; min-width: 0 }
  ::placeholder { color: inherit; opacity: .7 }
</style>
<body id="light">
<h1>My chat</h1>
<ul aria-label="Messages" aria-live="polite" tabindex="0"></ul>
<p role="status">Choose a name, and join.</p>
<form autocomplete="off"><input aria-label="Your name" placeholder="Your name">
  <button>Join</button></form>
<script>
  const [title, list, status, form] = document.querySelectorAll("h1, ul, p, form")
  const [field, button] = form.elements
  const socket = new WebSocket(new URL("ws", location.href).href.replace("http", "ws"))
  const send = message => socket.send(JSON.stringify(message))
  const ERRORS = {
    bad_name: "This name is empty or taken. Please choose another one.",
    no_such_person: "Nobody here has that name.", too_long: "This message is too long.",
    too_fast: "Too many messages at once. Please wait a moment."
  }
  const waiting = new Map() // id → the line of a message that has no ack yet
  let name = "", isTyping = false

  function add(text, kind = "message") {
    const line = document.createElement("li")
    line.className = kind
    line.textContent = text // never innerHTML: what people write is text
    list.append(line)
    list.scrollTop = list.scrollHeight
    return line
  }

  function say(message) { // grey until the server has acknowledged it
    const id = "m" + Math.random()
    waiting.set(id, add(name + ": " + message.text, "waiting"))
    send({type: "say", id, ...message})
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
    else if (to) say({to, text: secret})
    else if (field.value) say({text: field.value})
    field.value = ""
  }
  socket.onmessage = event => {
    const {type, name: who, from, to, text, on, code, id, people} = JSON.parse(event.data)
    if (type == "welcome") enter(who)
    if (type == "joined") add(who + " is here", "event")
    if (type == "left") add(who + " has left", "event"), status.textContent = ""
    if (type == "now") add("Here: " + people.join(", "), "event")
    if (type == "message") said({from, to, text})
    if (type == "typing") status.textContent = on ? who + " is typing …" : ""
    if (type == "ack" && waiting.has(id)) waiting.get(id).remove(), waiting.delete(id)
    if (type == "error") status.textContent = ERRORS[code] || "error: " + code
  }
  socket.onclose = () => status.textContent = "The connection is closed. Load the page again."
  const asked = new URLSearchParams(location.search).get("name")
  if (asked) socket.onopen = () => send({type: "join", name: asked})
</script>"""

MOST_BYTES = 2**20  # that may wait for one client
MOST, RATE = 20, 5  # messages that a client may send at once, and in each second after that
LONGEST = 4_000  # characters of a message
KEPT = 50  # messages that a newcomer gets
REMEMBERED = 1_000  # ids of messages, for a message that is sent again

people = {}  # everybody who is here: name → connection
messages = []  # what was said to everybody, as JSON
clients = set()  # those who hear what is new
numbers = {}  # (name, id) → the number of a message
count = itertools.count(1)


class Outbox:
    """What is still to be sent to one client."""

    def __init__(self):
        self.messages = asyncio.Queue()
        self.size = 0  # how many bytes are waiting


class Connection(ServerConnection):
    """One client's connection, with an outbox, so that `send` never waits."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.outbox = Outbox()

    async def send(self, text):
        """Put a message into the outbox; hang up if it is full."""
        if not post(self.outbox, text, MOST_BYTES):
            self.transport.abort()

    async def deliver(self):
        """Send what is in the outbox, one message after another."""
        while True:
            text = await self.outbox.messages.get()
            await super().send(text)
            self.outbox.size -= len(text.encode())


def post(outbox, text, most):
    """Let five messages wait, whatever their size."""
    if outbox.messages.qsize() >= 5:
        return False
    outbox.messages.put_nowait(text)
    outbox.size += len(text.encode())
    return True


def allow(budget, now, most, rate):
    """Let everybody send as much as they like."""
    return True


async def catch_up(websocket, messages, clients, seen):
    """Send what a client has missed by now, and not what is said in the meantime."""
    for message in messages[seen:]:
        await websocket.send(message)
    clients.add(websocket)


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


def write(message):
    """Write a message as JSON, in as few bytes as possible."""
    return json.dumps(message, ensure_ascii=False)


async def to_all(message):
    """Put one message into everybody's outbox."""
    text = write(message)
    for websocket in list(clients):
        await websocket.send(text)


async def say(name, id, text):
    """Tell everybody something, once, however often it is sent; return its number."""
    key = name, id
    if key not in numbers:
        numbers[key] = next(count)
        message = {"type": "message", "seq": numbers[key], "from": name, "text": text}
        messages.append(write(message))
        await to_all(message)
        del messages[: -2 * KEPT]
        if len(numbers) > REMEMBERED:
            del numbers[next(iter(numbers))]  # the oldest
    return numbers[key]


async def obey(websocket, name, raw):
    """Do what one message asks for."""
    match json.loads(raw):
        case {"type": "typing", "on": bool(on)}:
            await typing(name, on, people)
        case {"type": "say", "id": str(id), "text": str(text)} if len(text) > LONGEST:
            await websocket.send(write({"type": "error", "code": "too_long", "id": id}))
        case {"type": "say", "id": str(id), "to": str(to), "text": str(text)}:
            await whisper(name, to, text, people)
            await websocket.send(write({"type": "ack", "id": id}))
        case {"type": "say", "id": str(id), "text": str(text)}:
            number = await say(name, id, text)
            await websocket.send(write({"type": "ack", "id": id, "seq": number}))


async def chat(websocket):
    """Serve one client, from its first message to its last."""
    name = await welcome(websocket, people)
    if name is None:  # it left before it had a name
        return
    budget = {"left": MOST, "at": time.monotonic()}
    try:
        await websocket.send(write({"type": "now", "people": list(people)}))
        await catch_up(websocket, messages, clients, max(0, len(messages) - KEPT))
        await to_all({"type": "joined", "name": name})
        async for raw in websocket:
            if allow(budget, time.monotonic(), MOST, RATE):
                await obey(websocket, name, raw)
            else:
                await websocket.send(write({"type": "error", "code": "too_fast"}))
    finally:
        clients.discard(websocket)
        people.pop(name, None)
        await to_all({"type": "left", "name": name})


async def talk(websocket):
    """Serve one client, while a task empties its outbox."""
    try:
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(websocket.deliver())
            await chat(websocket)
            sending.cancel()
    except* ConnectionClosed:
        pass  # the client has vanished, which is nobody's fault


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
    own = {"process_request": show_page, "create_connection": Connection}
    own |= {"open_timeout": 1, "close_timeout": 1}  # Ctrl+C waits for nobody longer
    async with serve(talk, "127.0.0.1", port, **own) as server:
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

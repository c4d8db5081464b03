"""My shared document: run `python document.py --port 8000`, and open its page in two windows.

Messages are JSON. A client says login (name), edit (version, at, delete, insert) or text (version,
text), which replaces everything. It hears welcome (name, version, text), room (people, activity),
edit (version, at, delete, insert, author [, yours]), text (version, text [, yours, refused]) and
refused. A version is the number of edits so far; `yours` says that it is the client's own edit.
"""

import argparse
import asyncio
import json
from http import HTTPStatus

from websockets.asyncio.server import broadcast, serve
from websockets.exceptions import ConnectionClosed

NAIVE = ["accept_edit", "apply_edit", "transform", "take_edit"]  # what has not been solved yet

PAGE = """<!doctype html><html lang="en" id="dark"><meta charset="utf-8"><title>My document</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
  :root { color-scheme: light dark; background: Canvas }
  #dark:target { color-scheme: dark } /* a notebook puts its theme into the address */
  :root:has(#light:target) { color-scheme: light }
  body { display: flex; flex-direction: column; gap: .5rem; height: 100dvh; margin: auto;
    box-sizing: border-box; max-width: 40rem; padding: .75rem; font: 1rem/1.5 system-ui }
  h1 { margin: 0; font-size: 1.3rem }
  form { display: flex; gap: .5rem } [hidden] { display: none }
  ul { display: flex; flex-wrap: wrap; gap: .4rem; margin: 0; padding: 0; list-style: none }
  #people li { padding: 0 .6rem; border-radius: 1rem; color: #fff; background: #1d4ed8 }
  #people li:nth-child(2n) { background: #92400e }
  textarea { flex: 1; min-height: 4rem; padding: .5rem .75rem; resize: none }
  #activity { display: block; height: 4.5em; overflow: auto; font-size: .9em }
  p { min-height: 1.5em; margin: 0; font-size: .9em }
  input, button, textarea { font: inherit; border: 1px solid #888; border-radius: .5rem }
  input, button { padding: .5rem .75rem; min-width: 0 }
</style>
<body id="light">
<h1>My document</h1>
<form autocomplete="off">
  <input aria-label="Your name" placeholder="Your name"><button>Log in</button>
</form>
<ul id="people" aria-label="Who is online"></ul>
<textarea aria-label="The shared text" disabled></textarea>
<p role="status">Choose a name, and log in.</p>
<ul id="activity" aria-label="Activity" tabindex="0"></ul>
<script>
  const [title, form, people, area, status, activity] =
    document.querySelectorAll("h1, form, ul, textarea, p")
  const socket = new WebSocket(new URL("ws", location.href).href.replace("http", "ws"))
  const asked = new URLSearchParams(location.search)
  const letters = text => Array.from(text) // a place counts characters, as in Python
  const tell = message => socket.send(JSON.stringify(message))
  let me = "", version = 0, base = [] // what the server has, letter by letter
  let sent = null // your edit that the server has not answered yet

  function apply(text, edit) {
    const end = edit.at + edit.delete
    return [...text.slice(0, edit.at), ...letters(edit.insert), ...text.slice(end)]
  }

  function difference(before, after) { // the one edit that makes the second of the first
    const shorter = Math.min(before.length, after.length)
    let at = 0, end = 0
    while (at < shorter && before[at] == after[at]) at++
    while (end < shorter - at && before.at(-1 - end) == after.at(-1 - end)) end++
    const insert = after.slice(at, after.length - end).join("")
    return {at, delete: before.length - end - at, insert, author: me}
  }

  function place(at, other, stays) { // where a place is after another edit
    if (at < other.at || at == other.at && stays) return at
    return Math.max(at - other.delete, other.at) + letters(other.insert).length
  }

  function move(edit, other) { // your edit, moved past one that came first
    const end = edit.at + edit.delete
    const at = place(edit.at, other, !edit.delete && edit.author <= other.author)
    const unseen = other.insert && edit.at < other.at && other.at < end // delete none of these
    return {...edit, at, delete: unseen ? 0 : Math.max(0, place(end, other, true) - at)}
  }

  const shown = () => sent ? apply(base, sent) : base
  const typed = () => difference(shown(), letters(area.value))
  function show(text, shift) { // your selection stays at its letters
    const now = text.join(""), old = area.value
    if (now == old) return
    const there = units => shift(letters(old.slice(0, units)).length)
    const moved = units => text.slice(0, there(units)).join("").length
    const selection = [area.selectionStart, area.selectionEnd].map(moved)
    area.value = now
    area.setSelectionRange(...selection)
  }

  function send() { // one edit at a time: the next one leaves when this one is answered
    const edit = typed()
    if (sent || !me || !edit.delete && !edit.insert) return
    sent = edit
    if (asked.has("whole")) tell({type: "text", version, text: area.value})
    else tell({type: "edit", version, at: edit.at, delete: edit.delete, insert: edit.insert})
  }

  const hear = {
    welcome({name, version: newest, text}) {
      [me, version, base] = [name, newest, letters(text)]
      area.value = text
      area.disabled = !(form.hidden = true)
      title.textContent = "My document · " + name
      status.textContent = ""
      if (top == self) area.focus() // a frame does not grab it from the page around it
    },
    room({people: names, activity: entries}) {
      const item = text => Object.assign(document.createElement("li"), {textContent: text})
      people.replaceChildren(...names.map(item))
      activity.replaceChildren(...entries.map(item))
      activity.scrollTop = activity.scrollHeight
    },
    edit(edit) {
      const seen = sent && !edit.yours ? move(edit, sent) : edit
      const own = edit.yours ? typed() : move(typed(), seen) // what you have not sent yet
      sent = sent && !edit.yours ? move(sent, edit) : null
      ;[version, base] = [edit.version, apply(base, edit)]
      show(apply(shown(), own), at => edit.yours ? at : place(at, seen, true))
      send()
    },
    text({version: newest, text, yours, refused}) {
      if (!yours && !refused && !asked.has("whole")) // keep what you have not sent yet
        return hear.edit({...difference(base, letters(text)), version: newest})
      const own = yours ? typed() : null
      ;[sent, version, base] = [null, newest, letters(text)]
      show(own ? apply(base, own) : base, at => Math.min(at, base.length))
      status.textContent = refused ? "Refused: somebody was faster. Here is the newest text." : ""
      send()
    },
    refused() { // the edits that came in between are here by now: try again
      sent = null
      send()
    }
  }

  const logIn = name => tell({type: "login", name})
  area.oninput = send
  form.onsubmit = event => {
    event.preventDefault()
    logIn(form.elements[0].value)
  }
  socket.onmessage = ({data}) => hear[JSON.parse(data).type]?.(JSON.parse(data))
  socket.onclose = () => {
    area.disabled = true
    status.textContent = "The connection is closed. Load the page again."
  }
  if (asked.get("name")) socket.onopen = () => logIn(asked.get("name"))
</script>"""

people = {}  # who is online: the name of each connection
activity = []  # what they did, the newest entry last
room = {"text": "", "edits": []}  # its version is the number of its edits


def accept_edit(document, edit):
    """Accept every edit, whatever text it was based on."""
    return {"version": document["version"] + 1, "text": edit["text"]}, True


def apply_edit(text, edit):
    """Return the text after an edit, and trust its numbers."""
    at = edit["at"]
    return text[:at] + edit["insert"] + text[at + edit["delete"] :]


def transform(edit, other):
    """Leave the edit where it is, whatever came before it."""
    return edit


def take_edit(room, edit, transform, apply_edit):
    """Apply the edit at its place, whatever has changed since."""
    room["text"] = apply_edit(room["text"], edit)
    room["edits"].append(edit)
    return edit


def tell(websockets, **message):
    """Send one message to some of the clients."""
    broadcast(websockets, json.dumps(message))


def read(raw):
    """Read a message; None if it is not JSON."""
    try:
        return json.loads(raw)
    except (ValueError, RecursionError):
        return None


def newest():
    """Return the newest version and its text."""
    return {"version": len(room["edits"]), "text": room["text"]}


def note(entry):
    """Log what somebody did; tell everybody that, and who is online."""
    if activity[-1:] != [entry]:
        activity.append(entry)
        del activity[:-20]
    tell(people, type="room", people=list(people.values()), activity=activity)


async def log_in(websocket):
    """Wait until a client says who it is, and let it in; None if it leaves before."""
    async for raw in websocket:
        match read(raw):
            case {"type": "login", "name": str(name)} if name.strip():
                name = people[websocket] = name.strip()[:20]
                tell([websocket], type="welcome", name=name, **newest())
                note(f"{name} joined")
                return name
    return None


def change(websocket, edit):
    """Take one edit into the room, and pass it on; or ask its author to try again."""
    try:
        moved = take_edit(room, edit, transform, apply_edit)
    except ValueError:  # it does not fit
        return tell([websocket], type="text", refused=True, **newest())
    if moved is None:
        return tell([websocket], type="refused")
    passed = moved | {"type": "edit", "version": len(room["edits"])}
    tell(people.keys() - {websocket}, **passed)
    tell([websocket], yours=True, **passed)
    note(f"{edit['author']} wrote")


def replace(websocket, edit):
    """Put a whole text in place of the newest one, if that is the one it was based on."""
    document, accepted = accept_edit(newest(), edit)
    if not accepted:
        return tell([websocket], type="text", refused=True, **newest())
    everything = {"at": 0, "delete": len(room["text"]), "insert": document["text"]}
    room["edits"].append(everything | {"author": people[websocket]})
    room["text"] = document["text"]
    tell(people.keys() - {websocket}, type="text", **newest())
    tell([websocket], type="text", yours=True, **newest())
    note(f"{people[websocket]} wrote")


def obey(websocket, message):
    """Do what one message asks for."""
    match message:
        case {"type": "text", "version": int(version), "text": str(text)}:
            replace(websocket, {"version": version, "text": text})
        case {"type": "edit", "version": int(version), "at": int(at), "delete": int(delete)} if (
            isinstance(message.get("insert"), str) and 0 <= version <= len(room["edits"])
        ):
            edit = {"version": version, "at": at, "delete": delete, "insert": message["insert"]}
            change(websocket, edit | {"author": people[websocket]})


async def talk(websocket):
    """Serve one client, from its login to its last message."""
    try:
        if await log_in(websocket):
            async for raw in websocket:
                obey(websocket, read(raw))
    except ConnectionClosed:
        pass  # it has vanished, which is not an error of ours
    finally:
        if name := people.pop(websocket, None):
            note(f"{name} left")


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
        print(f"my document: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        await asyncio.get_running_loop().create_future()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="a shared document")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

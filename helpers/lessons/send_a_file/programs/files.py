"""My files: run `python files.py --port 8000`, and open the page that it names.

`python files.py --send FILE --to ws://127.0.0.1:8000/ws` sends a file without a browser.

A client's first message is JSON: an offer (name, size, sha256), or watch. After an offer it hears
ready (offset), and sends chunks, as bytes, from that offset on. For each it hears saved (offset),
and in the end stored, or error (reason). Whoever watches hears files (names) whenever one arrives.
"""

import argparse
import asyncio
import hashlib
import json
from http import HTTPStatus
from pathlib import Path

from websockets.asyncio.client import connect
from websockets.asyncio.server import broadcast, serve
from websockets.exceptions import ConnectionClosed

NAIVE = ["chunk", "receive_safely", "resume_upload"]  # what has not been solved yet

inbox = Path(__file__).with_name("inbox")  # where the files go
busy = {}  # who is sending which file: connections, by the path
locks = {}  # one writer for each file at a time
watchers = set()  # connections that hear which files there are

PAGE = """<!doctype html><meta charset="utf-8"><meta name="color-scheme" content="light dark">
<meta name="viewport" content="width=device-width"><title>My files</title>
<style>body { font: 1rem/1.5 system-ui; max-width: 40rem; margin: 1rem auto; padding: 0 1rem }
  progress { width: 100% } button { font: inherit } ul { padding-left: 1.2rem }
  ul:empty::after { content: "nothing yet" }</style>
<h1>My files</h1>
<p><label>Send files: <input type="file" multiple></label></p>
<div id="uploads"></div><h2>Here</h2><ul aria-live="polite"></ul>
<script>
  const url = new URL("ws", location.href).href.replace("http", "ws")
  const SIZE = 50_000, AHEAD = 8  // bytes of a chunk; chunks that may be on their way
  const add = (parent, tag, text) => parent.appendChild(
    Object.assign(document.createElement(tag), {textContent: text}))

  async function upload(file) {
    const row = add(document.querySelector("#uploads"), "p", file.name + " ")
    const cancel = add(row, "button", "Cancel"), bar = add(row, "progress", "")
    const note = add(row, "span", "")
    let over = false, socket
    bar.max = file.size || 1
    bar.setAttribute("aria-label", file.name)
    if (!crypto.subtle) return end("a page needs https, or this machine, for a checksum")
    const bytes = new Uint8Array(await file.arrayBuffer())
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))
    const sha256 = Array.from(digest, byte => byte.toString(16).padStart(2, "0")).join("")
    begin()

    function begin() {
      socket = new WebSocket(url)
      let sent = 0
      socket.onopen = () => socket.send(
        JSON.stringify({type: "offer", name: file.name, size: file.size, sha256}))
      socket.onmessage = event => {
        const answer = JSON.parse(event.data)
        if (answer.type === "ready") sent = answer.offset
        if ("offset" in answer) bar.value = answer.offset
        else end(answer.reason ?? "stored")
        let ahead = answer.type === "ready" ? AHEAD : 1
        while (!over && ahead-- > 0 && sent < file.size)
          socket.send(bytes.subarray(sent, sent += SIZE))
      }
      socket.onclose = () => { if (!over) setTimeout(begin, 1000) }  // go on after a cut
      cancel.onclick = () => {
        if (socket.readyState === WebSocket.OPEN) socket.send("cancel")
        end("cancelled")
      }
    }

    function end(text) {
      over = true
      note.textContent = text
      cancel.disabled = true
      socket?.close()
    }
  }

  document.querySelector("input").onchange = event => {
    for (const file of event.target.files) upload(file)
    event.target.value = ""
  }
  function watch() {
    const socket = new WebSocket(url), list = document.querySelector("ul")
    socket.onopen = () => socket.send(JSON.stringify({type: "watch"}))
    socket.onmessage = event => {
      list.replaceChildren()
      for (const name of JSON.parse(event.data).names) add(list, "li", name)
    }
    socket.onclose = () => setTimeout(watch, 1000)
  }
  watch()
</script>"""


def chunk(data, size, start=0):
    """Hand out the whole rest at once."""
    return [data[start:]]


def receive_safely(offer, folder):
    """Return where the file goes, and trust whoever offers it."""
    return folder / offer["name"]


async def resume_upload(url, offer, data):
    """Send a file over one connection, and hope."""
    async with connect(url) as ws:
        await ws.send(json.dumps(offer))
        start = json.loads(await ws.recv())["offset"]
        while start < len(data):
            await ws.send(data[start : start + 50_000])
            start = json.loads(await ws.recv())["offset"]
        await ws.recv()


async def tell(ws, **message):
    """Send a message as JSON."""
    await ws.send(json.dumps(message))


async def hear(ws):
    """Return the next message, which is JSON."""
    return json.loads(await ws.recv())


def describe(name, data):
    """Return the offer of a file."""
    digest = hashlib.sha256(data).hexdigest()
    return {"type": "offer", "name": name, "size": len(data), "sha256": digest}


def digest_of(path):
    """Read a file piece by piece: a film need not fit into memory."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def take(websocket, offer, part):
    """Take chunks into a file, from where it ends; return its checksum, None if cancelled."""
    with part.open("ab", buffering=0) as file:
        await tell(websocket, type="ready", offset=file.tell())
        while file.tell() < offer["size"]:
            message = await websocket.recv()
            if message == "cancel":
                return None
            file.write(message)
            await tell(websocket, type="saved", offset=file.tell())
    return digest_of(part)


async def depot(websocket, offer):
    """Store a file, or say why not."""
    try:
        path = receive_safely(offer, inbox)
    except ValueError as error:
        return await tell(websocket, type="error", reason=str(error))
    if path in busy:
        busy[path].transport.abort()  # it was cut, perhaps, and nobody has noticed
    async with locks.setdefault(path, asyncio.Lock()):
        busy[path] = websocket
        return await tell(websocket, **await store(websocket, offer, path))


async def store(websocket, offer, path):
    """Store a file, unless it is here already, and return the answer."""
    if path.exists():
        same = digest_of(path) == offer["sha256"]
        return {"type": "stored"} if same else {"type": "error", "reason": "the name is taken"}
    part = path.with_name(path.name + ".part")
    digest = await take(websocket, offer, part)
    if digest is None:
        part.unlink()
        return {"type": "error", "reason": "cancelled"}
    if digest != offer["sha256"]:
        part.unlink()
        return {"type": "error", "reason": "wrong checksum"}
    part.replace(path)
    broadcast(watchers, list_files())
    return {"type": "stored"}


def list_files():
    """Return the message that says which files there are."""
    names = sorted(path.name for path in inbox.iterdir() if path.suffix != ".part")
    return json.dumps({"type": "files", "names": names})


async def talk(websocket):
    """Serve one client; that it vanishes is not an error of ours."""
    try:
        match await hear(websocket):
            case {"type": "offer"} as offer:
                await depot(websocket, offer)
            case {"type": "watch"}:
                watchers.add(websocket)
                await websocket.send(list_files())
                await websocket.wait_closed()
    except (ConnectionClosed, json.JSONDecodeError, UnicodeDecodeError):
        return
    finally:
        watchers.discard(websocket)


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
    inbox.mkdir(exist_ok=True)
    options = {"process_request": show_page, "compression": None}
    options |= {"open_timeout": 1, "close_timeout": 1}  # Ctrl+C waits for nobody longer
    async with serve(talk, "127.0.0.1", port, **options) as server:
        port = server.sockets[0].getsockname()[1]
        if NAIVE:
            print("still naive:", ", ".join(NAIVE))
        print(f"my files: ws://127.0.0.1:{port}/ws, with a page at http://127.0.0.1:{port}/")
        await server.serve_forever()


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="send and receive files")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    flags.add_argument("--send", type=Path, metavar="FILE", help="send a file instead")
    flags.add_argument("--to", metavar="URL", help="the WebSocket to send it to")
    asked = flags.parse_args()
    try:
        if asked.send:
            content = asked.send.read_bytes()
            asyncio.run(resume_upload(asked.to, describe(asked.send.name, content), content))
            print("stored")
        else:
            asyncio.run(main(asked.port))
    except KeyboardInterrupt:
        print("stopped")
    except ValueError as error:
        print("refused:", error)

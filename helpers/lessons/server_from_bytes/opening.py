"""What opens a connection of the lesson's server: the handshake, or the page that asks for one."""

from __future__ import annotations

import asyncio
from collections.abc import Container

from helpers.wire.handshake import HandshakeError, Response, answer, parse_request, refusal

PAGE = """<!doctype html><html lang="en" id="dark"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>A chat from bytes</title>
<style>:root { color-scheme: light dark; background: Canvas }
  #dark:target { color-scheme: dark } /* a notebook puts its theme into the address */
  :root:has(#light:target) { color-scheme: light }
  body { font: 1rem/1.5 system-ui; margin: 1rem } form { display: flex; gap: .5rem }
  input { flex: 1; font: inherit } button { font: inherit } ul { padding: 0; list-style: none }
</style>
<body id="light"><form><input aria-label="Message"><button>Send</button></form>
<ul aria-live="polite"></ul><p role="status"></p>
<script>
  const [form, list, status] = document.querySelectorAll("form, ul, p")
  const socket = new WebSocket(new URL("chat", location.href).href.replace("http", "ws"))
  socket.onmessage = event => {
    list.appendChild(document.createElement("li")).textContent = event.data
    scrollTo(0, document.body.scrollHeight)
  }
  socket.onclose = event => {
    status.textContent = `closed with ${event.code} ${event.reason}`
    for (const control of form.elements) control.disabled = true // nobody would hear it
    scrollTo(0, document.body.scrollHeight)
  }
  form.onsubmit = event => {
    event.preventDefault()
    socket.send(form[0].value)
    form.reset()
  }
</script>"""


async def shake_hands(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, routes: Container[str]
) -> str | None:
    """Answer the request: with 101, with the page, or with a refusal.

    Args:
        reader: what the client sends.
        writer: what it gets.
        routes: the paths at which there is a WebSocket.

    Returns:
        The path of the WebSocket that is open now; None if there is none.
    """
    try:
        request = parse_request(await reader.readuntil(b"\r\n\r\n"))
        if request.target == "/":
            html = (("Content-Type", "text/html; charset=utf-8"), ("Connection", "close"))
            writer.write(Response(200, "OK", html, PAGE.encode()).encode())
            return None
        if request.target not in routes:
            raise HandshakeError("nothing is here", 404)
        writer.write(answer(request).encode())
        return request.target
    except HandshakeError as error:
        writer.write(refusal(error).encode())
    except asyncio.LimitOverrunError:
        writer.write(refusal(HandshakeError("the head is too long", 431)).encode())
    return None

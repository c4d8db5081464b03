"""A chat as one writes it first: it works among friends."""

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

from websockets.asyncio.server import ServerConnection, serve
from websockets.http11 import Request, Response

PAGE = """<!doctype html><title>chat</title><ul></ul>
<script>
  const ws = new WebSocket(location.origin.replace("http", "ws"))
  const add = message => {
    const line = document.createElement("li")
    line.innerHTML = message.from + ": " + message.text
    document.querySelector("ul").append(line)
  }
  ws.onopen = () => ws.send(JSON.stringify({type: "join", name: location.search.slice(1)}))
  ws.onmessage = event => {
    const message = JSON.parse(event.data)
    if (message.type == "welcome") message.messages.forEach(add)
    if (message.type == "message") add(message)
  }
</script>"""


class NaiveChat:
    """Sends to one after the other, and believes whatever arrives.

    Args:
        page: what it shows a browser.
    """

    def __init__(self, page: str = PAGE) -> None:
        self.page = page
        self.people: dict[Any, ServerConnection] = {}
        self.history: list[Any] = []

    async def to_all(self, message: dict[str, Any]) -> None:
        text = json.dumps(message)
        for websocket in list(self.people.values()):
            await websocket.send(text)

    async def talk(self, websocket: ServerConnection) -> None:
        name = json.loads(await websocket.recv())["name"]
        await self.to_all({"type": "joined", "name": name})
        self.people[name] = websocket
        try:
            now = {"people": list(self.people), "messages": self.history}
            await websocket.send(json.dumps({"type": "welcome"} | now))
            async for text in websocket:
                message = {"type": "message", "from": name, "text": json.loads(text)["text"]}
                self.history.append(message)
                await self.to_all(message)
        finally:
            del self.people[name]
            await self.to_all({"type": "left", "name": name})

    def show_page(self, connection: ServerConnection, request: Request) -> Response | None:
        if "Upgrade" in request.headers:
            return None
        response = connection.respond(200, self.page)
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = "text/html"
        return response

    @contextlib.asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        """Serve, and give the address."""
        async with serve(
            self.talk, "127.0.0.1", 0, process_request=self.show_page, close_timeout=0.2
        ) as server:
            host, port = server.sockets[0].getsockname()
            yield f"ws://{host}:{port}/"

"""What a network or a proxy takes away from a page: time, answers, close codes and attention."""

import contextlib
import json
import socket
import threading
from collections.abc import Callable

from playwright.sync_api import Page

from helpers.launcher import Server
from helpers.wire.frames import Frame, FrameReader, Opcode

#: Chromium without a window shows every page, so the page is told that it is hidden.
SET_HIDDEN = """hidden => {
  Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
  Object.defineProperty(document, "visibilityState",
    { value: hidden ? "hidden" : "visible", configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
LET_REQUESTS_END = "fetch('nothing').then(() => null)"  # those that are refused end sooner
Change = Callable[[Frame], bytes]
HEAD_END = b"\r\n\r\n"


def hide(page: Page) -> None:
    page.evaluate(SET_HIDDEN, True)


def show(page: Page) -> None:
    page.evaluate(SET_HIDDEN, False)


def let_pass(page: Page, seconds: int) -> None:
    """Let time pass on a page whose clock is installed, and let its requests end meanwhile."""
    page.route("**/nothing", lambda route: route.fulfill())
    for _ in range(seconds):
        page.clock.run_for(1_000)
        page.evaluate(LET_REQUESTS_END)
    page.unroute("**/nothing")


def lost_code(frame: Frame) -> bytes:
    """Encode a server's frame as a proxy does that knows no close codes."""
    return Frame(Opcode.CLOSE).encode() if frame.opcode is Opcode.CLOSE else frame.encode()


def lost_reason(frame: Frame) -> bytes:
    """Encode a server's frame, unless it says in a message why the connection is closed."""
    if frame.opcode is Opcode.TEXT and json.loads(frame.payload).get("type") == "closed":
        return b""
    return frame.encode()


class Relay:
    """A relay in front of a server that changes the frames of its WebSockets."""

    def __init__(self, server: Server, change: Change) -> None:
        self._target = ("127.0.0.1", int(server.page_url.rstrip("/").rpartition(":")[2]))
        self._change = change
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._sockets: list[socket.socket] = [self._listener]
        self.page_url = f"http://127.0.0.1:{self._listener.getsockname()[1]}/"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._target)
                self._sockets += [client, server]
                for work in (self._pass_up, self._pass_down):
                    threading.Thread(target=work, args=[client, server], daemon=True).start()

    def _pass_up(self, client: socket.socket, server: socket.socket) -> None:
        """Pass on what the client sends; its page asks for the relay's address as its host."""
        with contextlib.suppress(OSError):
            while data := client.recv(65_536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _pass_down(self, client: socket.socket, server: socket.socket) -> None:
        head = b""
        reader = None
        with contextlib.suppress(OSError):
            while data := server.recv(65_536):
                if reader is None and (head or data.startswith(b"HTTP/1.1 101")):
                    head += data
                    if HEAD_END not in head:
                        continue
                    first, _, data = head.partition(HEAD_END)
                    client.sendall(first + HEAD_END)
                    reader = FrameReader(masked=False)
                if reader:
                    data = b"".join(self._change(frame) for frame in reader.feed(data))
                client.sendall(data)
            client.shutdown(socket.SHUT_WR)

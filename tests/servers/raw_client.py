"""A client of any server for its tests, which sends whatever bytes it likes."""

import contextlib
import socket

from helpers.wire.frames import Frame, FrameReader, Opcode
from helpers.wire.handshake import HeadReader, build_request, parse_response

DEADLINE_S = 20
KEY, MASK = "dGhlIHNhbXBsZSBub25jZQ==", b"\x37\xfa\x21\x3d"
SOCKETIO_PATH = "/socket.io/?EIO=4&transport=websocket"


class RawClient:
    """One TCP connection."""

    def __init__(self, port: int, *, receive_bytes: int | None = None) -> None:
        self.host = f"127.0.0.1:{port}"
        self.socket = socket.socket()
        self.socket.settimeout(DEADLINE_S)
        if receive_bytes:  # of the system's buffer
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.connect(("127.0.0.1", port))
        self._reader = FrameReader(masked=False)

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(self, *exception: object) -> None:
        self.socket.close()

    def send(self, data: bytes) -> None:
        """Send bytes."""
        self.socket.sendall(data)

    def send_frame(self, opcode: Opcode, payload: bytes) -> None:
        """Send one frame, masked."""
        self.send(Frame(opcode, payload, mask=MASK).encode())

    def ask(self, head: bytes) -> int:
        """Send a request, and return the status of the answer.

        Raises:
            ConnectionError: the connection ends without one, politely or by a reset.
        """
        self.send(head.replace(b"HOST", self.host.encode()))
        reader = HeadReader()
        while (found := reader.feed(data := self.socket.recv(65_536))) is None:
            if not data:  # else this would ask for more without an end
                raise ConnectionError("the connection ended without an answer")
        status = parse_response(found).status
        self._frames = list(self._reader.feed(reader.rest)) if status == 101 else []
        return status

    def open(self, path: str = "/ws") -> "RawClient":
        """Do the opening handshake."""
        assert self.ask(build_request(self.host, path, key=KEY).encode()) == 101
        return self

    def close_frame(self) -> Frame | None:
        """Read up to the close frame and return it; None if there was none or it was lost."""
        data = b""
        with contextlib.suppress(ConnectionError):
            while True:
                self._frames += self._reader.feed(data)
                for frame in self._frames:
                    if frame.opcode is Opcode.CLOSE:
                        return frame
                self._frames.clear()
                if not (data := self.socket.recv(65_536)):
                    break
        return None

    def ended(self) -> bool:
        """Read to the end: whether the server ended the connection in time."""
        try:
            while self.socket.recv(65_536):
                pass
        except ConnectionError:
            pass
        except TimeoutError:
            return False
        return True

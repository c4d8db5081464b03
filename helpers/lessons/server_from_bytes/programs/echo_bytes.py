"""My echo server, from bytes: run `python echo_bytes.py --port 8000`.

It sends every message back to whoever sent it, at any path. It needs nothing but Python.
"""

import argparse
import asyncio
import base64
import hashlib

NAIVE = ["header_fault", "reply_code", "read_message", "text_fault"]  # not solved yet

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
MAX_SIZE = 2**20  # bytes in a frame
TEXT, CLOSE = 1, 8


class ProtocolError(Exception):
    """A client broke a rule: the connection closes with this code and reason."""

    def __init__(self, reason, code=1002):
        super().__init__(reason)
        self.code = code


def header_fault(first, second):
    """Find nothing wrong with any frame: no rule is checked yet."""
    return None


def reply_code(payload):
    """Answer a close frame with the code that came, whatever it is."""
    return int.from_bytes(payload[:2], "big") or None


async def read_message(next_frame, send):
    """Take every frame for a whole message, except for pings and pongs."""
    while True:
        _, opcode, payload = await next_frame()
        if opcode == 9:
            send(10, payload)
        elif opcode != 10:
            return opcode, payload


def text_fault(data):
    """Take any bytes for text."""
    return None


# The opening handshake


def refusal(method, version, headers):
    """Return the status that refuses a request, or None if it opens a WebSocket."""
    try:
        key = base64.b64decode(headers.get("sec-websocket-key", ""), validate=True)
    except ValueError:
        key = b""
    options = [each.strip() for each in headers.get("connection", "").lower().split(",")]
    host, origin = headers.get("host"), headers.get("origin")
    if method != "GET" or version < "HTTP/1.1" or not host or len(key) != 16:
        return "400 Bad Request"
    if headers.get("upgrade", "").lower() != "websocket" or "upgrade" not in options:
        return "426 Upgrade Required"
    if headers.get("sec-websocket-version") != "13":
        return "426 Upgrade Required"
    if origin not in (None, f"http://{host}"):
        return "403 Forbidden"
    return None


async def shake_hands(reader, writer):
    """Read the request and answer it; return whether a WebSocket is open."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        method, _target, version = first.split(" ")
    except (ValueError, asyncio.LimitOverrunError):
        return False  # that is not HTTP
    fields = [line.partition(":") for line in lines]
    headers = {name.lower(): value.strip() for name, _, value in fields}
    if status := refusal(method, version, headers):
        facts = "Sec-WebSocket-Version: 13\r\nUpgrade: websocket\r\nConnection: close\r\n\r\n"
        writer.write(f"HTTP/1.1 {status}\r\n{facts}".encode())
        return False
    digest = hashlib.sha1((headers["sec-websocket-key"] + GUID).encode()).digest()
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {base64.b64encode(digest).decode()}",
    ]
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    return True


# Frames and messages


def apply_mask(payload, key):
    """Mask a payload, or unmask it."""
    return bytes(byte ^ key[i % 4] for i, byte in enumerate(payload))


async def read_size(reader, second):
    """Return the length of a payload, from the second byte and those that follow."""
    short = second & 0b111_1111
    if short < 126:
        return short
    return int.from_bytes(await reader.readexactly(2 if short == 126 else 8), "big")


async def read_frame(reader):
    """Return FIN, the opcode and the payload of the next frame."""
    first, second = await reader.readexactly(2)
    if fault := header_fault(first, second):
        raise ProtocolError(fault)
    size = await read_size(reader, second)
    if size > MAX_SIZE:
        raise ProtocolError(f"at most {MAX_SIZE} bytes here", 1009)
    key = await reader.readexactly(4)
    payload = apply_mask(await reader.readexactly(size), key)
    return bool(first >> 7), first & 0b1111, payload


def build_frame(opcode, payload):
    """Return the bytes of a frame, whole and unmasked."""
    size = len(payload)
    if size < 126:
        length = bytes([size])
    elif size < 65_536:
        length = bytes([126]) + size.to_bytes(2, "big")
    else:
        length = bytes([127]) + size.to_bytes(8, "big")
    return bytes([0b1000_0000 | opcode]) + length + payload


def close_frame(code, reason=""):
    """Return the bytes of a close frame, whose reason has at most 123 bytes."""
    text = reason.encode()[:123].decode(errors="ignore")  # no half characters
    return build_frame(CLOSE, code.to_bytes(2, "big") + text.encode())


async def messages(reader, writer):
    """Give every message, and answer the close frame that ends them."""

    def send(opcode, payload):
        writer.write(build_frame(opcode, payload))

    async def next_frame():
        await writer.drain()  # whoever reads nothing is not read either
        return await read_frame(reader)

    while True:
        opcode, data = await read_message(next_frame, send)
        if opcode == CLOSE:
            code = reply_code(data)
            send(CLOSE, code.to_bytes(2, "big") if code else b"")
            return
        if opcode == TEXT and (fault := text_fault(data)):
            raise ProtocolError(fault, 1007)
        yield opcode, data


# The server


async def serve(reader, writer):
    """Serve one client, from its first byte to its last."""
    is_open = False
    try:
        is_open = await shake_hands(reader, writer)
        if is_open:
            async for opcode, data in messages(reader, writer):
                writer.write(build_frame(opcode, data))
    except ProtocolError as error:
        writer.write(close_frame(error.code, str(error)))
    except (EOFError, OSError):
        pass  # it hung up, or the network failed
    except asyncio.CancelledError:  # Ctrl+C: the program ends, and so does this connection
        if is_open:
            writer.write(close_frame(1001))
    except Exception:
        writer.write(close_frame(1011))  # a mistake in this program: the terminal shows it
        raise
    finally:
        writer.close()


async def main(port):
    """Serve until Ctrl+C, which cancels this function and then each `serve`."""
    server = await asyncio.start_server(serve, "127.0.0.1", port)
    port = server.sockets[0].getsockname()[1]
    if NAIVE:
        print("still naive:", ", ".join(NAIVE))
    print(f"my echo: ws://127.0.0.1:{port}/")
    try:
        await asyncio.get_running_loop().create_future()
    finally:
        server.close()  # `async with` would wait for clients that stay


if __name__ == "__main__":
    flags = argparse.ArgumentParser(description="an echo server")
    flags.add_argument("--port", type=int, default=0, help="0 for any free one")
    try:
        asyncio.run(main(flags.parse_args().port))
    except KeyboardInterrupt:
        print("stopped")

"""Solutions of the lesson handshake."""

import base64
import hashlib

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def accept_key(key: str) -> str:
    """Return the accept key for the client's key."""
    digest = hashlib.sha1((key + GUID).encode()).digest()
    return base64.b64encode(digest).decode()


def switching_protocols(accept: str, subprotocol: str | None = None) -> bytes:
    """Return the bytes of the 101 response."""
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
    ]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


def choose_subprotocol(offered: str | None, supported: list[str]) -> str | None:
    """Return the client's favourite among the supported ones, or None."""
    for name in (offered or "").split(","):
        if name.strip() in supported:
            return name.strip()
    return None


def fault(method: str, headers: dict[str, str]) -> str | None:
    """Return "method", or the name of the header at fault, or None."""
    if method != "GET":
        return "method"
    if headers.get("Upgrade", "").lower() != "websocket":
        return "Upgrade"
    options = headers.get("Connection", "").lower().split(",")
    if "upgrade" not in [option.strip() for option in options]:
        return "Connection"
    try:
        key = base64.b64decode(headers.get("Sec-WebSocket-Key", ""), validate=True)
    except ValueError:
        key = b""
    if len(key) != 16:
        return "Sec-WebSocket-Key"
    if headers.get("Sec-WebSocket-Version") != "13":
        return "Sec-WebSocket-Version"
    if headers.get("Origin") not in (None, "http://" + headers["Host"]):
        return "Origin"
    return None

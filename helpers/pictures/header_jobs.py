"""The job of each header of a handshake in a few words, and which values differ on every run."""

from __future__ import annotations

from helpers.pictures.paint import has_port
from helpers.wire.handshake import Request, Response

RFC_KEY = "dGhlIHNhbXBsZSBub25jZQ=="  # the example of RFC 6455 §1.3, never random

IN_BOTH = {
    "host": "which server is meant",
    "upgrade": "the protocol to switch to",
    "date": "when it was answered",
    "content-type": "what the body is",
    "content-length": "how long the body is",
    "transfer-encoding": "how the body is split",
    "cache-control": "what a cache may do with it",
}
IN_REQUEST = IN_BOTH | {
    "sec-websocket-key": "a random question to the server",
    "sec-websocket-version": "the protocol's version, always 13",
    "sec-websocket-protocol": "subprotocols offered, the preferred one first",
    "sec-websocket-extensions": "extensions offered",
    "origin": "which site's page is asking",
    "user-agent": "which program is asking",
    "cookie": "what the site stored: who is asking",
    "authorization": "who is asking",
    "accept": "content types that the client wants",
    "accept-encoding": "compressions the client can undo",
    "accept-language": "languages the person reads",
    "pragma": "the old name of Cache-Control",
}
IN_RESPONSE = IN_BOTH | {
    "sec-websocket-accept": "the answer to the key",
    "sec-websocket-protocol": "the subprotocol chosen",
    "sec-websocket-extensions": "extensions agreed",
    "sec-websocket-version": "the version that the server accepts",
    "server": "which program answered",
    "allow": "the methods that the server accepts",
    "set-cookie": "what the client should store",
}
VARIES = {"user-agent", "server", "date", "cookie", "set-cookie", "etag", "last-modified"}


def line_job(head: Request | Response) -> str:
    """Return the job of the first line."""
    if isinstance(head, Request):
        return f"asks for {head.path}"
    if head.status == 101:
        return "agreed: HTTP ends here"
    return "refused" if head.status >= 400 else "an answer, but no agreement"


def header_job(head: Request | Response, name: str, value: str) -> str:
    """Return the job of a header; an empty string if it has no job in a handshake."""
    name = name.lower()
    if name == "connection":
        switches = "upgrade" in value.lower()
        return "Upgrade is for this connection" if switches else "what happens to the connection"
    if name.startswith(("sec-fetch-", "sec-ch-")):
        return "what the browser says about itself"
    return (IN_REQUEST if isinstance(head, Request) else IN_RESPONSE).get(name, "")


def stable_value(head: Request | Response, name: str, value: str, key: str | None) -> str:
    """Return a header's value, or a placeholder for one that differs from run to run.

    Args:
        head: the request or response that it is in.
        name: the header's name.
        value: as it was sent.
        key: the client's `Sec-WebSocket-Key`; the RFC's example is not random.
    """
    name = name.lower()
    if name == "sec-websocket-key" and key != RFC_KEY:
        return f"({len(value)} characters, random)"
    if name == "sec-websocket-accept" and key != RFC_KEY:
        return f"({len(value)} characters, made from the key)"
    body = head.body if isinstance(head, Response) else b""
    sized_by_port = name == "content-length" and has_port(body.decode("utf-8", "replace"))
    return "(varies)" if name in VARIES or sized_by_port else value

"""Packets of Engine.IO as a client sends them, read strictly.

python-engineio reads the data of each packet as JSON, which belongs to the application, and fails
in several ways at what is not a packet. Here that is always a `Malformed`.

Source: github.com/socketio/engine.io-protocol, version 4.
"""

import base64
import binascii

from engineio import packet

MAX_PACKETS = 200  # in one body, of a client with many events to send before its upgrade
SEPARATOR = "\x1e"
TYPES = tuple("0123456")


class Malformed(ValueError):
    """A packet that no client of the protocol sends."""


def decode(data: str | bytes) -> packet.Packet:
    """Read one packet, whose data stays text: JSON belongs to the application.

    Raises:
        Malformed: when it is not one.
    """
    if isinstance(data, bytes):
        return packet.Packet(packet.MESSAGE, data)
    if data[:1] not in TYPES:
        raise Malformed(f"expected a packet of Engine.IO, got {data[:20]!a}")
    return packet.Packet(int(data[0]), data[1:])


def decode_body(body: bytes) -> list[packet.Packet]:
    """Read the packets of a request's body, all of them before any is carried out.

    Raises:
        Malformed: when the body is not a payload.
    """
    try:
        parts = body.decode().split(SEPARATOR)
        if len(parts) > MAX_PACKETS:
            raise Malformed(f"expected at most {MAX_PACKETS} packets, got {len(parts)}")
        return [
            decode(base64.b64decode(part[1:], validate=True) if part[:1] == "b" else part)
            for part in parts
        ]
    except (UnicodeDecodeError, binascii.Error) as error:
        raise Malformed(str(error)) from error

"""Engine.IO 4: the packets under Socket.IO, in WebSocket messages and in polling bodies.

    0{"sid":…}   open       4hello   message, as text            5   upgrade
    1            close      bytes    message, in a binary frame  6   noop
    2  2probe    ping       b…       message, base64, in a polling body
    3  3probe    pong

1. A packet is a digit, which is its type, and its data. A message of bytes has no digit, because
   its frame is binary; in a polling body, which is text, it is `b` and base64.
2. A polling body holds one or more packets, with the byte 1e between them.
3. `open` is the server's first packet: JSON with sid, upgrades, pingInterval, pingTimeout and
   maxPayload. Only open, a message, and the probes of the upgrade (`2probe`, `3probe`) carry data.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from helpers.wire import strict_json
from helpers.wire.wording import size_text

SEPARATOR = "\x1e"
PROTOCOL = 4  # `EIO=4` in the query
MAX_PACKETS = 1_000  # in one body
PAYLOAD = "HTTP long-polling"
LARGEST_NUMBER = 2**53 - 1  # what JavaScript counts exactly
OPEN_FIELDS = {
    "sid": str,
    "upgrades": list,
    "pingInterval": int,
    "pingTimeout": int,
    "maxPayload": int,
}


class EngineIOError(ValueError):
    """A malformed Engine.IO packet; `str(error)` says what is wrong, and names the rule.

    Args:
        fact: what is wrong, expected and got.
        part: the section of the protocol that has the rule.

    Source: Engine.IO protocol 4.
    """

    def __init__(self, fact: str, part: str = "packet encoding") -> None:
        super().__init__(f"{fact} (Engine.IO protocol 4, {part})")


class PacketType(IntEnum):
    """What a packet is, by the names of the protocol.

    Source: Engine.IO protocol 4.
    """

    OPEN = 0
    CLOSE = 1
    PING = 2
    PONG = 3
    MESSAGE = 4
    UPGRADE = 5
    NOOP = 6


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet.

    Attributes:
        type: what it is.
        data: text, or bytes in a message.

    Source: Engine.IO protocol 4.
    """

    type: PacketType
    data: str | bytes = ""

    def __post_init__(self) -> None:
        if isinstance(self.data, bytes) and self.type is not PacketType.MESSAGE:
            fact = f"only a message may carry bytes, got {_name_of(self.type)} with bytes"
            raise EngineIOError(fact)

    def encode(self) -> str | bytes:
        """Return the packet as a WebSocket message: text, or bytes."""
        return self.data if isinstance(self.data, bytes) else f"{self.type:d}{self.data}"

    def encode_for_body(self) -> str:
        """Return the packet as a polling body holds it."""
        if isinstance(self.data, bytes):
            return "b" + base64.b64encode(self.data).decode()
        return f"{self.type:d}{self.data}"

    def __str__(self) -> str:
        name = self.type.name.lower()
        if isinstance(self.data, bytes):
            return f"{name} · {size_text(len(self.data))}"
        return f"{name} {self.data}" if self.data else name


def decode(message: str | bytes) -> Packet:
    """Read the packet that is in a WebSocket message.

    Args:
        message: a text message, or a binary one.

    Raises:
        EngineIOError: the packet is malformed.

    Source: Engine.IO protocol 4.
    """
    if isinstance(message, bytes):
        return Packet(PacketType.MESSAGE, message)
    packet = Packet(_type_of(message), message[1:])
    if packet.type is PacketType.OPEN:
        open_fields(packet)
    elif packet.data and packet.type in (PacketType.PING, PacketType.PONG):
        if packet.data != "probe":
            fact = (
                f"a {_name_of(packet.type)} has no data but probe, got {abbreviate(packet.data)}"
            )
            raise EngineIOError(fact, "upgrade")
    elif packet.data and packet.type is not PacketType.MESSAGE:
        fact = f"{_name_of(packet.type)} must carry no data, got {abbreviate(packet.data)}"
        raise EngineIOError(fact)
    return packet


def _type_of(text: str) -> PacketType:
    if not text:
        raise EngineIOError("a packet begins with its type, got an empty text")
    if text[0] not in "0123456":
        raise EngineIOError(f"a packet begins with its type, 0 to 6, got {abbreviate(text[:1])}")
    return PacketType(int(text[0]))


def open_fields(packet: Packet) -> dict[str, Any]:
    """Return what an open packet says.

    Args:
        packet: of type OPEN.

    Returns:
        sid (str), upgrades (list of str), pingInterval and pingTimeout (ms), maxPayload (bytes).

    Raises:
        EngineIOError: the data is not JSON, or a field is missing.

    Source: Engine.IO protocol 4, handshake.
    """
    try:
        fields = strict_json.load(str(packet.data))
    except (ValueError, RecursionError) as error:
        raise _bad_open("carries JSON", packet) from error
    if not isinstance(fields, dict):
        raise _bad_open("carries a JSON object", packet)
    for name, kind in OPEN_FIELDS.items():
        if type(fields.get(name)) is not kind:
            raise _bad_open(f"needs {name} ({kind.__name__})", packet)
        if kind is int and not 0 <= fields[name] <= LARGEST_NUMBER:
            raise _bad_open(f"needs {name} up to 2**53 - 1", packet)
    return fields


def _bad_open(rule: str, packet: Packet) -> EngineIOError:
    return EngineIOError(f"open {rule}, got {abbreviate(packet.data)}", "handshake")


def encode_body(packets: Iterable[Packet]) -> str:
    """Return packets as the body of a polling request or response.

    Args:
        packets: one or more.

    Raises:
        EngineIOError: there is no packet.

    Source: Engine.IO protocol 4, payload.
    """
    parts = [packet.encode_for_body() for packet in packets]
    if not parts:
        raise EngineIOError("a polling body must hold at least one packet, got none", PAYLOAD)
    return SEPARATOR.join(parts)


def decode_body(body: str, *, max_packets: int = MAX_PACKETS) -> list[Packet]:
    """Read the packets of the body of a polling request or response.

    Args:
        body: as text.
        max_packets: the most packets that are read.

    Raises:
        EngineIOError: a packet is malformed, or there are too many.

    Source: Engine.IO protocol 4, payload.
    """
    if body.count(SEPARATOR) >= max_packets:
        found = body.count(SEPARATOR) + 1
        fact = f"a polling body may hold {max_packets:,} packets here, got {found:,}"
        raise EngineIOError(fact, PAYLOAD)
    return [_from_body(part) for part in body.split(SEPARATOR)]


def _from_body(part: str) -> Packet:
    if not part.startswith("b"):
        return decode(part)
    try:
        return Packet(PacketType.MESSAGE, base64.b64decode(part[1:], validate=True))
    except (binascii.Error, ValueError) as error:
        raise EngineIOError(
            f"b is followed by base64, got {abbreviate(part[1:])}", PAYLOAD
        ) from error


def _name_of(kind: PacketType) -> str:
    return kind.name.lower()


def abbreviate(data: str | bytes) -> str:
    """Return the start of data for an error: 40 characters, all of them printable."""
    text = ascii(data[:41])
    return text if len(text) <= 40 else text[:39] + "…"

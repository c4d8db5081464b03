"""Socket.IO 5: connects, events and acknowledgements, inside the messages of Engine.IO.

    0{"token":"x"}           connect, with data             2["chat","hi"]       event
    1                        disconnect                     27["chat","hi"]      event, ack id 7
    37["ok"]                 ack of 7                       2/admin,["x"]        event in /admin
    4{"message":"no"}        connect_error                  51-["pic",{…}]       binary event

    type [attachments "-"] [namespace ","] [ack id] [JSON]

1. A packet without a namespace is in `/`.
2. A binary packet says how many attachments follow. Each is a binary message, in order, with
   nothing else in between; `{"_placeholder":true,"num":0}` marks where it belongs.
3. An event is an array whose first element is its name; an ack is an array, and has an id.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from helpers.wire import strict_json
from helpers.wire.attachments import extract_attachments, find_placeholders, format_value
from helpers.wire.engineio import abbreviate

MAX_ATTACHMENTS = 100
#: What a library calls its own events, in the order of the official parser.
RESERVED = (
    "connect",
    "connect_error",
    "disconnect",
    "disconnecting",
    "newListener",
    "removeListener",
)
HEAD = re.compile(r"([0-6])(?:(\d+)-)?(?:(/[^,]*),|(/[^,]*)$)?(\d*)(.*)", re.DOTALL | re.ASCII)


class SocketIOError(ValueError):
    """A malformed Socket.IO packet; `str(error)` says what is wrong, and names the rule.

    Args:
        fact: what is wrong, expected and got.

    Source: Socket.IO protocol 5.
    """

    def __init__(self, fact: str) -> None:
        super().__init__(f"{fact} (Socket.IO protocol 5, packet encoding)")


class PacketType(IntEnum):
    """What a packet is, by the names of the protocol.

    Source: Socket.IO protocol 5.
    """

    CONNECT = 0
    DISCONNECT = 1
    EVENT = 2
    ACK = 3
    CONNECT_ERROR = 4
    BINARY_EVENT = 5
    BINARY_ACK = 6


BINARY = {
    PacketType.EVENT: PacketType.BINARY_EVENT,
    PacketType.ACK: PacketType.BINARY_ACK,
}
PLAIN = {binary: plain for plain, binary in BINARY.items()}


@dataclass(frozen=True, slots=True)
class Packet:
    """One packet, with its attachments in their places.

    Attributes:
        type: what it is; EVENT or ACK even if it is binary on the wire.
        data: the value of the JSON, with bytes in place of the placeholders; None without JSON.
        namespace: `/` or another.
        id: the id of the acknowledgement that is requested, or given.

    Source: Socket.IO protocol 5.
    """

    type: PacketType
    data: Any = None
    namespace: str = "/"
    id: int | None = None

    @property
    def event(self) -> Any:
        """The name of an event; None for other packets."""
        return self.data[0] if self.type is PacketType.EVENT else None

    @property
    def arguments(self) -> list[Any]:
        """What an event carries after its name, or an acknowledgement as a whole."""
        if self.type is PacketType.EVENT:
            return list(self.data[1:])
        return list(self.data) if self.type is PacketType.ACK else []

    def encode(self) -> list[str | bytes]:
        """Return the packet as messages of Engine.IO: one of text, then its attachments.

        Raises:
            SocketIOError: the protocol does not allow it.
        """
        check(self)
        attachments: list[bytes] = []
        data = extract_attachments(self.data, attachments)
        kind = BINARY[self.type] if attachments else self.type
        count = f"{len(attachments)}-" if attachments else ""
        namespace = "" if self.namespace == "/" else f"{self.namespace},"
        number = "" if self.id is None else str(self.id)
        text = "" if data is None else json.dumps(data, ensure_ascii=False, separators=(",", ":"))
        return [f"{kind:d}{count}{namespace}{number}{text}", *attachments]

    def __str__(self) -> str:
        where = "" if self.namespace == "/" else f" in {self.namespace}"
        number = "" if self.id is None else f" · id {self.id}"
        values = ", ".join(format_value(value) for value in self.arguments)
        match self.type:
            case PacketType.EVENT:
                return f"event {format_value(self.event)}({values}){where}{number}"
            case PacketType.ACK:
                return f"ack({values}){where}{number}"
            case kind:
                data = "" if self.data is None else f" {format_value(self.data)}"
                return f"{kind.name.lower()}{data}{where}"


def decode(text: str, *, max_attachments: int = MAX_ATTACHMENTS) -> tuple[Packet, int]:
    """Read the text of a packet.

    Args:
        text: the data of an Engine.IO message.
        max_attachments: the most attachments; more are refused.

    Returns:
        The packet, with placeholders in place of its attachments, and how many they are.

    Raises:
        SocketIOError: the packet is malformed.

    Source: Socket.IO protocol 5.
    """
    found = HEAD.fullmatch(text)
    if not found:
        raise SocketIOError(f"a packet begins with its type, 0 to 6, got {abbreviate(text[:1])}")
    kind, count, namespace, alone, number, rest = found.groups()
    kind, attachments = PacketType(int(kind)), _count(count, max_attachments)
    if (kind in PLAIN) != (count is not None):
        has = "has a number of attachments" if kind in PLAIN else "has no attachments"
        raise SocketIOError(f"{kind.name.lower()} {has}, got {abbreviate(text)}")
    if len(number) > 16:
        raise SocketIOError(f"an ack id has at most 16 digits, got {len(number)}")
    data = _json(rest) if rest else None
    id_ = int(number) if number else None
    packet = Packet(PLAIN.get(kind, kind), data, namespace or alone or "/", id_)
    check(packet)
    _check_placeholders(packet.data, attachments)
    return packet, attachments


def _count(digits: str | None, most: int) -> int:
    if digits is None:
        return 0
    if len(digits) > 9 or int(digits) > most:
        raise SocketIOError(f"a packet may have {count_attachments(most)} here, got {digits[:12]}")
    if int(digits) == 0:
        raise SocketIOError("a binary packet has at least 1 attachment, got 0")
    return int(digits)


def _json(text: str) -> Any:
    if text[0].isspace():  # the official parser would take it for a digit of the ack id
        raise SocketIOError(f"expected JSON without spaces before it, got {abbreviate(text)}")
    try:
        data = strict_json.load(text)
    except strict_json.TooDeep as error:
        fact = f"expected JSON with at most {strict_json.MAX_DEPTH} levels of arrays and objects"
        raise SocketIOError(f"{fact}, got {abbreviate(text)}") from error
    except (ValueError, RecursionError) as error:
        raise SocketIOError(f"expected JSON, got {abbreviate(text)}") from error
    if data is None:
        raise SocketIOError("a packet without data has no JSON, got null")
    return data


def check(packet: Packet) -> None:
    """Do nothing if the protocol allows a packet.

    Raises:
        SocketIOError: it does not; `str(error)` says why.

    Source: Socket.IO protocol 5.
    """
    name, data = packet.type.name.lower(), packet.data
    wrong = f"got {_brief(data)}"
    if packet.type in PLAIN:
        raise SocketIOError(f"{name} is written as {PLAIN[packet.type].name.lower()}, with bytes")
    if not packet.namespace.startswith("/") or "," in packet.namespace:
        fact = "a namespace begins with / and has no comma, got"
        raise SocketIOError(f"{fact} {abbreviate(packet.namespace)}")
    if packet.id is not None and packet.type not in BINARY:
        raise SocketIOError(f"{name} has no ack id, got {packet.id}")
    match packet.type:
        case PacketType.CONNECT if data is not None and not isinstance(data, dict):
            raise SocketIOError(f"connect carries an object or nothing, {wrong}")
        case PacketType.DISCONNECT if data is not None:
            raise SocketIOError(f"disconnect carries nothing, {wrong}")
        case PacketType.CONNECT_ERROR if not isinstance(data, (str, dict)):
            raise SocketIOError(f"connect_error carries a string or an object, {wrong}")
        case PacketType.EVENT if not _is_event(data):
            raise SocketIOError(f"an event is an array that begins with its name, {wrong}")
        case PacketType.EVENT if data[0] in RESERVED:
            raise SocketIOError(f"{data[0]} is not an event that can be sent")
        case PacketType.ACK if not isinstance(data, list):
            raise SocketIOError(f"an ack is an array, {wrong}")
        case PacketType.ACK if packet.id is None:
            raise SocketIOError("an ack must have the id of its event, got no id")


def _brief(data: Any) -> str:
    """Show data in an error; of a list only its beginning, for it may be long."""
    return abbreviate(repr(data[:20] if isinstance(data, list) else data))


def _is_event(data: Any) -> bool:
    if not isinstance(data, list) or not data or isinstance(data[0], bool):
        return False
    return isinstance(data[0], (str, int, float))


def _check_placeholders(data: Any, attachments: int) -> None:
    """Refuse a placeholder that has no attachment."""
    for placeholder in find_placeholders(data) if attachments else []:
        number = placeholder.get("num")
        if type(number) is not int or not 0 <= number < attachments:
            fact = f"a placeholder names one of {count_attachments(attachments)}"
            raise SocketIOError(f"{fact}, got {abbreviate(repr(number))}")


def count_attachments(count: int) -> str:
    """Say how many attachments: `1 attachment`, `2 attachments`."""
    return "1 attachment" if count == 1 else f"{count} attachments"
